"""The rules of one connection, with a client that takes frames as slowly as a test wants."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
import pytest
from traitlets.config import Config
from uuid_utils.compat import uuid7

from quantlab_ext.schemas.stream import LibraryEvent
from quantlab_server.auth.actor import Actor, ActorKind
from quantlab_server.auth.ratelimit import RateLimiter
from quantlab_server.auth.revocation import Revoked
from quantlab_server.auth.scopes import PERSON, Scope
from quantlab_server.config import LimitSettings, StreamSettings
from quantlab_server.errors import NotSignedIn, Unavailable
from quantlab_server.http.endpoint import News
from quantlab_server.stream.connection import Admitted, Connection
from quantlab_server.stream.hub import Hub
from quantlab_server.stream.library import Library

FOREVER = float("inf")


class Client:
    """Takes frames while ``takes`` is set, and remembers how it ended."""

    def __init__(self) -> None:
        self.frames: list[Any] = []
        self.points: list[Any] = []
        self.takes = asyncio.Event()
        self.takes.set()
        self.code: int | None = None
        self.ended = asyncio.Event()

    async def send(self, frame: bytes) -> None:
        message = orjson.loads(frame)
        if message["type"] == "resume":
            self.points.append(message)
        else:
            self.frames.append(message)
        await self.takes.wait()

    def close(self, last: bytes | None, code: int, reason: str) -> None:
        if last is not None:
            self.frames.append(orjson.loads(last))
        self.code = code
        self.ended.set()


class World:
    """A hub with the topic library, and people who can be turned away."""

    def __init__(self, **settings: Any) -> None:
        config = Config({"StreamSettings": settings})
        self.hub = Hub(StreamSettings(config=config), RateLimiter(LimitSettings()))
        self.library = Library(self.hub.publish)
        self.hub.offer({"library": self.library})
        self.problem: Exception | None = None
        self.expires_at = FOREVER
        self.scopes = PERSON
        self.looked = 0

    def actor(self, user: UUID) -> Actor:
        return Actor(
            tenant_id=user,
            user_id=user,
            username="someone",
            role="user",
            tier="free",
            session_id=user,
            kind=ActorKind.SESSION,
            scopes=self.scopes,
        )

    async def identify(self, token: str | None) -> Admitted:
        self.looked += 1
        if self.problem is not None:
            raise self.problem
        return Admitted(self.actor(UUID(token)), self.expires_at)

    async def listener(self, user: UUID) -> tuple[Connection, Client]:
        """Signed in, listening to the library; its answers are taken already."""
        client = Client()
        connection = Connection(self.hub, client, self.identify)
        connection.open()
        await connection.receive(orjson.dumps({"type": "auth", "token": str(user)}).decode())
        await connection.receive('{"type":"subscribe","topics":["library"]}')
        await until(lambda: len(client.frames) == 2)
        return connection, client

    def change(self, *people: UUID) -> None:
        self.library.tell(News(LibraryEvent(resource="layouts", act="saved"), frozenset(people)))


async def until(condition: Callable[[], bool]) -> None:
    """Let others run until something is so."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110  # what is waited for sets no event
            await asyncio.sleep(0)


@pytest.fixture
def user() -> UUID:
    return uuid7()


def test_who_is_too_slow_is_let_go_and_nobody_else(user: UUID) -> None:
    async def scenario() -> None:
        world = World(queue_frames=4)
        (_, slow), (_, quick) = await world.listener(user), await world.listener(user)
        slow.takes.clear()
        for count in range(1, 8):
            world.change(user)
            await until(lambda wanted=2 + count: len(quick.frames) == wanted)
        # One frame is under way and four wait, of events and of points.
        assert slow.code == 4408
        assert quick.code is None

    asyncio.run(scenario())


def test_who_comes_back_is_told_what_was_missed_or_to_read_anew(user: UUID) -> None:
    async def scenario() -> None:
        world = World(replay_events=2)

        async def come_back(point: str) -> Client:
            client = Client()
            connection = Connection(world.hub, client, world.identify)
            connection.open()
            await connection.receive(orjson.dumps({"type": "auth", "token": str(user)}).decode())
            message = {"type": "subscribe", "topics": ["library"], "resume": {"library": point}}
            await connection.receive(orjson.dumps(message).decode())
            await until(lambda: len(client.points) == 1)
            return client

        connection, client = await world.listener(user)
        world.change(user)
        await until(lambda: len(client.points) == 2)
        point = client.points[-1]["point"]
        connection.closed()
        for _ in range(2):
            await asyncio.to_thread(world.change, user)
        again = await come_back(point)
        assert [each["type"] for each in again.frames[2:]] == ["event", "event"]
        assert again.points[0]["reset"] is False
        await asyncio.to_thread(world.change, user)
        late = await come_back(point)
        assert [each["type"] for each in late.frames] == ["authenticated", "subscribed"]
        assert late.points[0]["reset"] is True

    asyncio.run(scenario())


def test_a_session_that_ends_anywhere_ends_its_connections(user: UUID) -> None:
    async def scenario() -> None:
        world = World(check_seconds=3600.0)
        _, client = await world.listener(user)
        looked = world.looked
        world.hub.recheck(Revoked(session_id=uuid7()))
        world.hub.recheck(Revoked(session_id=user))
        await until(lambda: world.looked > looked)
        assert client.code is None, "it was looked at and still stands"
        world.problem = NotSignedIn("Your session has ended.")
        world.hub.recheck(Revoked())
        await client.ended.wait()
        assert client.code == 4401
        assert client.frames[-1]["error"]["code"] == "not_signed_in"
        world.change(user)
        assert client.frames[-1]["type"] == "error"

    asyncio.run(scenario())


def test_few_may_be_without_a_name_from_one_address_and_in_all(user: UUID) -> None:
    async def scenario() -> None:
        world = World(unsigned_per_address=2, unsigned_connections=3)

        def come(address: str) -> tuple[Connection, Client]:
            client = Client()
            connection = Connection(world.hub, client, world.identify, address)
            connection.open()
            return connection, client

        first, _ = come("10.0.0.1")
        second, _ = come("10.0.0.1")
        _, refused = come("10.0.0.1")
        assert refused.code == 4429
        assert refused.frames[-1]["error"]["code"] == "too_many_requests"
        _, elsewhere = come("10.0.0.2")
        assert elsewhere.code is None
        _, refused = come("10.0.0.3")
        assert refused.code == 4429, "so many in all"
        # Who says their name, and who goes, makes room.
        await first.receive(orjson.dumps({"type": "auth", "token": str(user)}).decode())
        second.closed()
        assert [come("10.0.0.1")[1].code for _ in range(3)] == [None, None, 4429]

    asyncio.run(scenario())


def test_a_token_that_expires_ends_it_without_being_asked(user: UUID) -> None:
    async def scenario() -> None:
        world = World(check_seconds=3600.0)
        world.expires_at = time.time() + 0.5
        _, client = await world.listener(user)
        world.problem = NotSignedIn()
        await asyncio.wait_for(client.ended.wait(), 60)
        assert client.code == 4401

    asyncio.run(scenario())


def test_a_database_that_does_not_answer_ends_nothing(user: UUID) -> None:
    async def scenario() -> None:
        world = World(check_seconds=3600.0)
        _, client = await world.listener(user)
        world.problem = Unavailable()
        looked = world.looked
        world.hub.recheck(Revoked())
        await until(lambda: world.looked > looked)
        world.change(user)
        await until(lambda: len(client.frames) == 3)
        assert client.code is None

    asyncio.run(scenario())


def test_what_a_newer_token_may_not_hear_ends(user: UUID) -> None:
    async def scenario() -> None:
        world = World()
        connection, client = await world.listener(user)
        world.scopes = frozenset({Scope.MARKET_READ})
        await connection.receive(orjson.dumps({"type": "auth", "token": str(user)}).decode())
        await until(lambda: len(client.frames) == 4)
        assert client.frames[2]["error"]["code"] == "insufficient_scope"
        assert client.frames[2]["topic"] == "library"
        world.change(user)
        await connection.receive('{"type":"subscribe","topics":["library"]}')
        await until(lambda: len(client.frames) == 6)
        assert [each["type"] for each in client.frames[4:]] == ["error", "subscribed"]
        assert client.frames[5]["topics"] == []

    asyncio.run(scenario())


def test_after_stopping_nobody_is_taken_in(user: UUID) -> None:
    async def scenario() -> None:
        world = World()
        _, client = await world.listener(user)
        world.hub.stop()
        assert client.code == 4503
        late = Client()
        Connection(world.hub, late, world.identify).open()
        assert late.code == 4503
        # From a thread whose transaction is still under way.
        await asyncio.to_thread(world.change, user)

    asyncio.run(scenario())
