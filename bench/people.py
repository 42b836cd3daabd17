"""Central services on a PostgreSQL of their own, and people in them."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from bench.client import Client
from tests.support.central import CentralDatabase, CentralProcess
from tests.support.postgres import EmbeddedPostgres
from tests.support.valkey import EmbeddedValkey

PASSWORD = "a horse that counts its oats"
# The limiter counts, as it does in service; it only never says no.
UNLIMITED = tuple(
    f"--LimitSettings.{name}=100000000/hour"
    for name in (
        *("general", "anonymous", "refresh", "registration"),
        *("login_pair", "login_address", "login_account", "login_global"),
    )
)


@dataclass
class Central:
    """A prepared database, to start processes on and to look into as its superuser."""

    database: CentralDatabase
    home: Path
    stack: ExitStack

    def start(self) -> CentralProcess:
        """One more process."""
        name = f"central{secrets.token_hex(3)}"
        process = CentralProcess(self.database, self.home / name, args=UNLIMITED)
        self.stack.callback(process.terminate)
        process.start()
        return process

    def sql(self) -> psycopg.Connection[Any]:
        """A connection that no policy binds; each statement commits by itself."""
        connection = psycopg.connect(self.database.url().replace("+psycopg", ""), autocommit=True)
        self.stack.callback(connection.close)
        return connection


@contextmanager
def central(home: Path, *, bus: bool = False) -> Iterator[Central]:
    """PostgreSQL, and with ``bus`` Valkey."""
    with ExitStack() as stack:
        postgres = stack.enter_context(EmbeddedPostgres())
        redis_url = stack.enter_context(EmbeddedValkey()).url if bus else ""
        name = postgres.urls.create_database()
        database = CentralDatabase(name, postgres.urls, home / "database", redis_url)
        database.prepare()
        yield Central(database, home, stack)


def register(process: CentralProcess, name: str) -> Any:
    """Sign somebody up; the answer, with the refresh token in it."""
    body = {
        "username": name,
        "email": f"{name}@example.com",
        "password": PASSWORD,
        "transport": "body",
    }
    client = Client(process.api_url)
    try:
        return client.send("POST", "/auth/register", json.dumps(body).encode()).json()
    finally:
        client.close()


def paced(
    act: Callable[[Client, int], object], url: str, *, per_second: float, seconds: float
) -> tuple[list[float], list[str]]:
    """Send at a fixed pace, whether or not earlier ones were answered; seconds of each answer, and what failed.

    An answer's time counts from when it was due, so a service that falls behind cannot hide it.
    """
    amount = round(per_second * seconds)
    taken, failed, lock = [0.0] * amount, list[str](), threading.Lock()
    numbers = iter(range(amount))
    began = time.perf_counter() + 0.2

    def work() -> None:
        client = Client(url)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                client.close()
                return
            due = began + number / per_second
            time.sleep(max(0.0, due - time.perf_counter()))
            try:
                act(client, number)
            except (OSError, RuntimeError) as error:
                failed.append(str(error))
            taken[number] = time.perf_counter() - due

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken, failed
