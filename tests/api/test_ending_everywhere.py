"""What ends an identity ends it in every process: requests of kernels and open sockets, with the bus and without."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import redis

from quantlab_server.config import SessionSettings
from tests.support.central import CentralDatabase, CentralProcess
from tests.support.stream import connect, run
from tests.support.valkey import EmbeddedValkey
from tests.support.waiting import wait_until

PASSWORD = "correct horse battery staple 7"

# So that what closes sockets is not the stream's own look at who is there.
NEVER = ("--StreamSettings.check_seconds=3600",)


class Pair:
    """Two processes on one database and one bus, which can be stopped."""

    def __init__(self, one: CentralProcess, two: CentralProcess, bus: EmbeddedValkey) -> None:
        self.one, self.two, self.bus = one, two, bus


@pytest.fixture(scope="module")
def pair(
    make_central: Callable[..., CentralProcess],
    make_central_database: Callable[..., CentralDatabase],
) -> Iterator[Pair]:
    """With the bus running; tests stop it, and the last ones come last."""
    with EmbeddedValkey() as bus:
        database = make_central_database(redis_url=bus.url)
        one, two = (make_central(database=database, args=NEVER) for _ in range(2))
        yield Pair(one, two, bus)


def sign_out(client: httpx.Client, victim: str) -> None:
    client.post("/auth/logout", json={"scope": "all"}).raise_for_status()


def sign_out_others(client: httpx.Client, victim: str) -> None:
    client.post("/auth/logout", json={"scope": "others"}).raise_for_status()


def end_session(client: httpx.Client, victim: str) -> None:
    client.delete(f"/auth/sessions/{victim}").raise_for_status()


def change_password(client: httpx.Client, victim: str) -> None:
    body = {"current_password": PASSWORD, "new_password": "eight grey wolves 92"}
    client.post("/auth/change-password", json=body).raise_for_status()


ACTS = (sign_out, sign_out_others, end_session, change_password)


# The bus is stopped by the first test that wants it down: parameters of the inner decorator change last.
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
@pytest.mark.parametrize("bus", ["up", "down"])
def test_kernels_and_sockets_of_a_session_end_in_the_other_process(
    pair: Pair, act: Callable[[httpx.Client, str], None], bus: str
) -> None:
    if bus == "down":
        pair.bus.stop()
    name = f"p{secrets.token_hex(4)}"
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    desk = httpx.post(f"{pair.one.api_url}/auth/register", json=body).json()
    away = httpx.post(
        f"{pair.two.api_url}/auth/login", json={"login": name, "password": PASSWORD}
    ).json()
    with (
        pair.one.client(session=desk["access_token"]) as here,
        pair.two.client(session=away["access_token"]) as there,
    ):
        kernel = there.post("/auth/kernel-token", json={}).json()["token"]
        (victim,) = [s["id"] for s in there.get("/auth/sessions").json()["items"] if s["current"]]

        async def scenario() -> None:
            async with connect(pair.two.api_url) as page, connect(pair.two.api_url) as cell:
                for socket, token in ((page, away["access_token"]), (cell, kernel)):
                    assert (await socket.sign_in(token))["type"] == "authenticated"
                    await socket.subscribe("library")
                act(here, victim)
                for socket in (page, cell):
                    code, said = await socket.ending()
                    assert code == 4401
                    assert said[-1]["error"]["code"] == "not_signed_in"

        run(scenario)
        there.headers["Authorization"] = f"Bearer {kernel}"
        wait_until(
            lambda: there.get("/auth/profile").status_code == 401,
            what="the kernel is out",
            timeout=5,
        )
        assert there.post("/auth/kernel-token", json={}).status_code == 401


def test_without_a_bus_nothing_is_believed_for_five_seconds(pair: Pair) -> None:
    assert SessionSettings().revocation_check + 0.5 < 5
    pair.bus.start()
    wait_until(lambda: _knows_redis(pair), what="the bus is back", timeout=60)


def _knows_redis(pair: Pair) -> bool:
    """Whether both processes listen again: what one publishes has a listener in the other."""
    client: Any = redis.Redis.from_url(pair.bus.url)
    with client:
        found: int = client.pubsub_numsub("quantlab:revocations")[0][1]
    return found == 2
