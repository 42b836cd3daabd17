"""Who listens to what in this process: connections by person, listeners by channel, frames from any thread."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import TYPE_CHECKING
from uuid import UUID

from quantlab_server.errors import TooManyRequests, Unavailable
from quantlab_server.stream import messages
from quantlab_server.stream.closing import Closing
from quantlab_server.stream.family import Families, Place
from quantlab_server.stream.replay import Replays

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quantlab_server.auth.actor import Actor
    from quantlab_server.auth.ratelimit import RateLimiter
    from quantlab_server.auth.revocation import Revoked
    from quantlab_server.config import StreamSettings
    from quantlab_server.stream.connection import Connection
    from quantlab_server.stream.family import Family

_RETRY = 60  # seconds after which a client that has too many connections may try again


class Hub:
    """One per process. Everything but ``publish`` and ``recheck`` is called on the event loop.

    A frame is encoded once by whoever publishes it and goes as it is to every listener of its channel. Other
    processes of an installation are not reached: a bus between them would call ``publish`` here.

    Args:
        limiter: counts messages of clients.
    """

    def __init__(self, settings: StreamSettings, limiter: RateLimiter) -> None:
        self.settings = settings
        self.limiter = limiter
        self.families = Families({})
        self.stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._open: set[Connection] = set()
        # Those that have not said who they are, and how many of them each address has.
        self._unsigned: set[Connection] = set()
        self._strangers: Counter[str] = Counter()
        self._people: dict[UUID, set[Connection]] = {}
        self._channels: dict[str, set[Connection]] = {}
        # Who catches up is not too slow for that alone.
        kept = min(settings.replay_events, settings.queue_frames // 4)
        self._replays = Replays(channels=settings.replay_people, frames=kept)

    def offer(self, families: Mapping[str, Family]) -> None:
        """Say which topics there are; once, before the first connection."""
        self.families = Families(families)

    def publish(self, channel: str, frame: bytes) -> None:
        """Send a frame to all who listen to a channel; from any thread."""
        loop = self._loop
        # Whoever begins to listen after this look reads what is durable already.
        if loop is None or (channel not in self._channels and channel not in self._replays):
            return
        # The loop may have ended: then nobody listens any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(self._deliver, channel, frame)

    def recheck(self, revoked: Revoked) -> None:
        """Have the identities that may have ended looked at again now; from any thread."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._look, revoked)

    def enter(self, connection: Connection) -> None:
        """A socket was opened; nobody knows yet by whom."""
        self._loop = asyncio.get_running_loop()
        self._open.add(connection)
        if self.stopping:
            connection.end(Unavailable("The service is stopping."), Closing.STOPPING)
            return
        settings = self.settings
        if (
            len(self._unsigned) >= settings.unsigned_connections
            or self._strangers[connection.address] >= settings.unsigned_per_address
        ):
            problem = TooManyRequests(
                _RETRY, "Too many connections have not said yet who they are. Try again later."
            )
            connection.end(problem, Closing.TOO_MANY)
            return
        self._unsigned.add(connection)
        self._strangers[connection.address] += 1

    def _known(self, connection: Connection) -> None:
        """It has a name by now, or is gone: its place among those without one is free."""
        if connection in self._unsigned:
            self._unsigned.discard(connection)
            self._strangers[connection.address] -= 1
            if not self._strangers[connection.address]:
                del self._strangers[connection.address]

    def sign_in(self, connection: Connection, actor: Actor) -> None:
        """The connection is a person's.

        Raises:
            TooManyRequests: they have as many as one may have.
        """
        others = self._people.setdefault(actor.user_id, set())
        if len(others) >= self.settings.connections_per_person:
            raise TooManyRequests(
                _RETRY,
                f"You have {len(others)} connections open already. Close some pages or programs.",
            )
        others.add(connection)
        self._known(connection)

    def leave(self, connection: Connection, actor: Actor | None) -> None:
        """The connection has ended."""
        self._open.discard(connection)
        self._known(connection)
        if actor is not None and actor.user_id in self._people:
            mine = self._people[actor.user_id]
            mine.discard(connection)
            if not mine:
                del self._people[actor.user_id]

    def join(self, connection: Connection, place: Place) -> None:
        """Send the channel's frames to a connection from now on."""
        listeners = self._channels.setdefault(place.channel, set())
        if not listeners:
            self.families.of(place.channel).joined(place.channel)
        listeners.add(connection)

    def part(self, connection: Connection, place: Place) -> None:
        """Send them no longer."""
        listeners = self._channels.get(place.channel)
        if listeners is None or connection not in listeners:
            return
        listeners.discard(connection)
        if not listeners:
            del self._channels[place.channel]
            self.families.of(place.channel).left(place.channel)

    def catch_up(self, connection: Connection, place: Place, point: str | None) -> None:
        """Tell who has just joined what they missed since ``point``, and how far they are by that."""
        if self.families.of(place.channel).replayed:
            found = self._replays.catch_up(place.channel, point)
            for frame in found.frames:
                connection.push(frame)
            connection.push(messages.resume(place.name, found.point, reset=found.reset))

    def stop(self) -> None:
        """End every connection, and refuse new ones."""
        self.stopping = True
        for connection in list(self._open):
            connection.end(Unavailable("The service is stopping."), Closing.STOPPING)

    def _deliver(self, channel: str, frame: bytes) -> None:
        reached = self._replays.add(channel, frame)
        topic = channel.partition(":")[0]
        point = None if reached is None else messages.resume(topic, reached)
        # A copy: who is too slow is taken out meanwhile.
        for connection in tuple(self._channels.get(channel, ())):
            connection.push(frame)
            if point is not None:
                connection.push(point)

    def _look(self, revoked: Revoked) -> None:
        for connection in tuple(self._open):
            actor = connection.actor
            if actor is None:
                continue
            everybody = revoked.session_id is None and revoked.user_id is None
            if (
                everybody
                or revoked.session_id == actor.session_id
                or revoked.user_id == actor.user_id
            ):
                connection.look()
