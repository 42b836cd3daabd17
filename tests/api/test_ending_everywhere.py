"""What ends an identity ends it in every process: requests of kernels and open sockets, with the bus and without."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import redis

from quantlab_server.config import SessionSettings
from quantlab_server.installation.live import SOCKET_AGE
from tests.support.central import CentralProcess
from tests.support.stream import connect, run
from tests.support.valkey import EmbeddedValkey
from tests.support.waiting import wait_until

PASSWORD = "correct horse battery staple 7"

# So that what closes sockets is not the stream's own look at who is there.
SELDOM = ("--StreamSettings.check_seconds=3600",)
# Nor a look at the database: only the bus can have told, whatever a test waits for.
NEVER = (*SELDOM, "--SessionSettings.revocation_check=3600")


class Pair:
    """Two processes on one database, and the bus between them."""

    def __init__(
        self, one: CentralProcess, two: CentralProcess, bus: EmbeddedValkey | None = None
    ) -> None:
        self.one, self.two, self.bus = one, two, bus

    def hears(self) -> bool:
        """Whether both processes listen: what one publishes has a listener in the other."""
        assert self.bus is not None
        client: Any = redis.Redis.from_url(self.bus.url)
        with client:
            found: int = client.pubsub_numsub("quantlab:revocations")[0][1]
        return found == 2


Make = Callable[..., Any]


@pytest.fixture(scope="module")
def by_bus(make_central: Make, make_central_database: Make) -> Iterator[Pair]:
    """Nobody looks at the database again: the bus alone tells."""
    with EmbeddedValkey() as bus:
        database = make_central_database(redis_url=bus.url)
        one, two = (make_central(database=database, args=NEVER) for _ in range(2))
        pair = Pair(one, two, bus)
        wait_until(pair.hears, what="both listen")
        yield pair


@pytest.fixture(scope="module")
def without_bus(make_central: Make, make_central_database: Make) -> Pair:
    """There is none: the looks at the database alone tell."""
    database = make_central_database()
    one, two = (make_central(database=database, args=SELDOM) for _ in range(2))
    return Pair(one, two)


@pytest.fixture(scope="module")
def with_broken_bus(make_central: Make, make_central_database: Make) -> Iterator[Pair]:
    """It stopped after both had listened."""
    with EmbeddedValkey() as bus:
        database = make_central_database(redis_url=bus.url)
        one, two = (make_central(database=database, args=SELDOM) for _ in range(2))
        pair = Pair(one, two, bus)
        wait_until(pair.hears, what="both listen")
        bus.stop()
        yield pair


def sign_out(client: httpx.Client, victim: str) -> None:
    client.post("/auth/logout", json={"scope": "all"}).raise_for_status()


def sign_out_others(client: httpx.Client, victim: str) -> None:
    client.post("/auth/logout", json={"scope": "others"}).raise_for_status()


def end_session(client: httpx.Client, victim: str) -> None:
    client.delete(f"/auth/sessions/{victim}").raise_for_status()


def change_password(client: httpx.Client, victim: str) -> None:
    body = {"current_password": PASSWORD, "new_password": "eight grey wolves 92"}
    client.post("/auth/change-password", json=body).raise_for_status()


Act = Callable[[httpx.Client, str], None]
ACTS = (sign_out, sign_out_others, end_session, change_password)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
@pytest.mark.parametrize("told", ["by_bus", "without_bus", "with_broken_bus"])
def test_kernels_and_sockets_of_a_session_end_in_the_other_process(
    told: str, act: Act, request: pytest.FixtureRequest
) -> None:
    ends_everywhere(request.getfixturevalue(told), act)


def test_the_bus_tells_again_when_it_is_back(by_bus: Pair) -> None:
    assert by_bus.bus is not None
    by_bus.bus.stop()
    by_bus.bus.start()
    wait_until(by_bus.hears, what="the bus is back", timeout=60)
    ends_everywhere(by_bus, sign_out)


def test_without_a_bus_nothing_is_believed_for_five_seconds(without_bus: Pair) -> None:
    """That the looks come is shown above; this is how often. A socket's look believes half a second, too."""
    assert SessionSettings().revocation_check + SOCKET_AGE < 5
    assert not any("revocation_check" in option for option in SELDOM)


def ends_everywhere(pair: Pair, act: Act) -> None:
    """What a session started in one process ends in the other, when it is ended in the first."""
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
        wait_until(lambda: there.get("/auth/profile").status_code == 401, what="the kernel is out")
        assert there.post("/auth/kernel-token", json={}).status_code == 401
