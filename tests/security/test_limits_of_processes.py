"""Limits over two real processes: together they never admit more, with Redis or (each by itself) without."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.central import CentralProcess
from tests.support.valkey import EmbeddedValkey

# By the hour, so that no window ends while a busy machine works through this.
LIMITS = (
    "--LimitSettings.general=20/hour",
    "--LimitSettings.anonymous=60/hour",
    "--LimitSettings.login_pair=10/hour",
    "--PasswordSettings.memory_kib=64",
    "--PasswordSettings.time_cost=1",
)
PASSWORD = "correct horse battery staple 7"


@pytest.fixture(scope="module")
def valkey() -> Iterator[EmbeddedValkey]:
    with EmbeddedValkey() as server:
        yield server


@pytest.fixture(scope="module")
def pair(
    valkey: EmbeddedValkey,
    make_central: Callable[..., CentralProcess],
    make_central_database: Callable[..., Any],
) -> list[CentralProcess]:
    """Two processes on one database and one Valkey."""
    database = make_central_database(redis_url=valkey.url)
    return [make_central(database=database, args=LIMITS) for _ in range(2)]


def at_once(
    pair: list[CentralProcess], number: int, ask: Callable[[httpx.Client, int], httpx.Response]
) -> list[httpx.Response]:
    """The answers to ``number`` requests that go to both at the same time."""
    clients = [process.client() for process in pair]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: ask(clients[n % 2], n), range(number)))
    for client in clients:
        client.close()
    return answers


def statuses(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def register(process: CentralProcess) -> tuple[str, str]:
    """A new person: name and access token."""
    name = f"p{secrets.token_hex(5)}"
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    with process.client() as client:
        answer = client.post("/auth/register", json=body)
    assert answer.status_code == 201, answer.text
    return name, answer.json()["access_token"]


def test_two_processes_admit_no_more_than_the_limit_together(
    pair: list[CentralProcess], valkey: EmbeddedValkey
) -> None:
    valkey.flush()
    _, token = register(pair[0])
    headers = {"Authorization": f"Bearer {token}"}
    answers = at_once(pair, 60, lambda client, _: client.get("/auth/profile", headers=headers))
    assert statuses(answers) == {200: 20, 429: 40}
    for answer in answers:
        assert answer.headers["RateLimit-Limit"] == "20"
        assert 0 < int(answer.headers["RateLimit-Reset"]) <= 3600
        if answer.status_code == 429:
            assert answer.headers["Retry-After"] == answer.headers["RateLimit-Reset"]
            assert answer.headers["RateLimit-Remaining"] == "0"
    good = (answer for answer in answers if answer.status_code == 200)
    assert sorted(int(a.headers["RateLimit-Remaining"]) for a in good) == list(range(20))


def test_guesses_sent_to_two_processes_at_once_are_counted_together(
    pair: list[CentralProcess], valkey: EmbeddedValkey
) -> None:
    valkey.flush()
    name, _ = register(pair[0])
    body = {"login": name, "password": "a wrong horse in a wrong stable"}
    answers = at_once(pair, 40, lambda client, _: client.post("/auth/login", json=body))
    assert set(statuses(answers)) == {401, 429}
    assert statuses(answers)[401] <= 10
    right = {"login": name, "password": PASSWORD}
    while statuses(answers)[401] < 10:
        # Who was refused because others were being checked may try again, until ten have failed.
        answers += at_once(pair, 1, lambda client, _: client.post("/auth/login", json=body))
    # Also the right password waits now, on both.
    answers = at_once(pair, 2, lambda client, _: client.post("/auth/login", json=right))
    assert statuses(answers) == {429: 2}


def test_forged_forwarded_addresses_are_one_address(
    pair: list[CentralProcess], valkey: EmbeddedValkey
) -> None:
    valkey.flush()

    def ask(client: httpx.Client, number: int) -> httpx.Response:
        forged = {
            "X-Forwarded-For": f"198.51.100.{number}",
            "X-Real-IP": f"198.51.100.{number}",
            "Forwarded": f"for=198.51.100.{number}",
            "True-Client-IP": f"198.51.100.{number}",
            "X-Forwarded-Proto": "https",
        }
        return client.get("/auth/config", headers=forged)

    answers = at_once(pair, 80, ask)
    assert statuses(answers) == {200: 60, 429: 20}
    assert not any("Strict-Transport-Security" in answer.headers for answer in answers)


def test_without_redis_each_process_keeps_the_limit_by_itself(
    pair: list[CentralProcess], valkey: EmbeddedValkey
) -> None:
    valkey.flush()
    _, token = register(pair[0])
    headers = {"Authorization": f"Bearer {token}"}
    valkey.stop()
    try:
        answers = at_once(pair, 100, lambda client, _: client.get("/auth/profile", headers=headers))
    finally:
        valkey.start()
    assert statuses(answers) == {200: 40, 429: 60}
