"""One WebSocket: log-in by the first message, subscriptions, a bounded queue, and why it ends.

It knows no web server: what carries the frames is a `Transport`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from uuid_utils.compat import uuid7

from quantlab_ext.schemas.stream import StreamAuth, StreamSubscribe, StreamUnsubscribe
from quantlab_server.auth.actor import Actor
from quantlab_server.auth.clock import system_clock
from quantlab_server.errors import (
    ApiError,
    Forbidden,
    InsufficientScope,
    Maintenance,
    NotSignedIn,
    TooManyRequests,
)
from quantlab_server.stream import messages
from quantlab_server.stream.closing import Closing
from quantlab_server.stream.family import Place
from quantlab_server.stream.hub import Hub

log = logging.getLogger("quantlab.stream")

# Seconds between looks at an identity while the database does not answer.
_RETRY = 1.0
# Seconds between two looks at least, whatever clocks say.
_LEAST = 0.25


class Transport(Protocol):
    """What carries frames to a client."""

    async def send(self, frame: bytes) -> None:
        """Send a frame; returns when there is room for the next. Raises nothing when the client is gone."""
        ...

    def close(self, last: bytes | None, code: int, reason: str) -> None:
        """Send a last frame, if there is one, and end the connection without waiting for the client."""
        ...


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who a token is, and until when (seconds since 1970; infinite: it has no end of its own).

    ``look_in``: seconds after which it has to be asked again, because an end may have gone unheard.
    """

    actor: Actor
    expires_at: float
    look_in: float = float("inf")


Identify = Callable[[str | None], Awaitable[Admitted]]


class Connection:
    """One client. Every method is called on the event loop.

    Args:
        identify: who a token is; raises `NotSignedIn`. It is asked again and again while the connection lives.
        address: where it comes from; so many of one address may be without a name.
    """

    def __init__(
        self, hub: Hub, transport: Transport, identify: Identify, address: str = ""
    ) -> None:
        self.actor: Actor | None = None
        self.address = address
        self._hub = hub
        self._transport = transport
        self._identify = identify
        self._token: str | None = None
        self._expires_at = 0.0
        self._look_in = 0.0
        self._places: dict[str, Place] = {}
        self._queue: deque[bytes] = deque()
        self._filled = asyncio.Event()
        self._asked = asyncio.Event()
        self._ended = False
        self._tasks: list[asyncio.Task[None]] = []
        self._deadline: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """The socket is open: from now on the client has a few seconds to say who it is."""
        seconds = self._hub.settings.login_seconds
        self._deadline = asyncio.get_running_loop().call_later(seconds, self._late)
        self._start(self._write())
        self._hub.enter(self)

    async def receive(self, text: str | bytes) -> None:
        """Act on a client's message; whatever is wrong with it is answered, never raised."""
        if self._ended:
            return
        try:
            await self._act(text)
        except NotSignedIn as error:
            self.end(error, Closing.NOT_SIGNED_IN)
        except TooManyRequests as error:
            self.end(error, Closing.TOO_MANY)
        except Maintenance as error:
            self.end(error, Closing.STOPPING)
        except ApiError as error:
            self._complain(error)
        except Exception:
            log.exception("a message could not be handled")
            self.end(_internal(), Closing.INTERNAL)

    def push(self, frame: bytes) -> None:
        """Have a frame sent. A client that lets too many wait is too slow, and is let go."""
        if self._ended:
            return
        if len(self._queue) >= self._hub.settings.queue_frames:
            self._close(None, Closing.TOO_SLOW, "too_slow")
            return
        self._queue.append(frame)
        self._filled.set()

    def look(self) -> None:
        """Ask again who this is, now."""
        self._asked.set()

    def end(self, error: ApiError, code: Closing) -> None:
        """Say why, and close."""
        self._close(messages.problem(error, uuid7().hex), code, error.code)

    def closed(self) -> None:
        """The socket is gone, whoever closed it."""
        self._ended = True
        if self._deadline is not None:
            self._deadline.cancel()
        for task in self._tasks:
            task.cancel()
        for place in self._places.values():
            self._hub.part(self, place)
        self._places.clear()
        self._queue.clear()
        self._hub.leave(self, self.actor)

    def _close(self, last: bytes | None, code: Closing, reason: str) -> None:
        if self._ended:
            return
        self.closed()
        self._transport.close(last, int(code), reason)

    async def _act(self, text: str | bytes) -> None:
        try:
            message = messages.read(text)
        except ApiError:
            if self.actor is None:
                raise NotSignedIn(_FIRST) from None
            await self._count(self.actor)
            raise
        if isinstance(message, StreamAuth):
            await self._sign_in(message.token)
            return
        if self.actor is None:
            raise NotSignedIn(_FIRST)
        await self._count(self.actor)
        if isinstance(message, StreamSubscribe):
            await self._subscribe(self.actor, message)
        else:
            await self._unsubscribe(self.actor, message)

    async def _count(self, actor: Actor) -> None:
        await self._hub.limiter.hit("stream", str(actor.user_id), actor)

    async def _sign_in(self, token: str | None) -> None:
        admitted = await self._identify(token)
        actor = admitted.actor
        await self._count(actor)
        if self._ended:
            return
        if self.actor is None:
            self._hub.sign_in(self, actor)
            self._start(self._watch())
        elif actor.user_id != self.actor.user_id:
            self.end(Forbidden("Open another connection for another person."), Closing.FORBIDDEN)
            return
        if self._deadline is not None:
            self._deadline.cancel()
        self._token = token
        self._admit(admitted)
        until = admitted.expires_at
        ends = None if until == float("inf") else datetime.fromtimestamp(until, UTC).isoformat()
        self.push(messages.frame(type="authenticated", user_id=str(actor.user_id), expires_at=ends))

    def _admit(self, admitted: Admitted) -> None:
        """Take the identity as it is now: what it may no longer listen to ends."""
        self.actor, self._expires_at = admitted.actor, admitted.expires_at
        self._look_in = admitted.look_in
        for name, place in list(self._places.items()):
            if not self._hub.families.of(name).scopes <= admitted.actor.scopes:
                self._hub.part(self, self._places.pop(name))
                self._complain(InsufficientScope(), place.name)

    async def _subscribe(self, actor: Actor, message: StreamSubscribe) -> None:
        places: list[Place] = []
        for name in dict.fromkeys(message.topics):
            try:
                places.append(await self._hub.families.resolve(actor, name))
            except ApiError as error:
                self._complain(error, name)
        if self._ended:
            return
        new = {place.name: place for place in places if place.name not in self._places}
        most = self._hub.settings.topics_per_connection
        if len(self._places) + len(new) > most:
            raise TooManyRequests(_LATER, f"At most {most} topics fit into one connection.")
        for place in new.values():
            self._places[place.name] = place
            self._hub.join(self, place)
        self.push(messages.frame(type="subscribed", topics=[place.name for place in places]))
        # At once: nothing may come between joining and what was told before.
        for place in new.values():
            self._hub.catch_up(self, place, message.resume.get(place.name))
        for place in new.values():
            await self._open_with(place)

    async def _open_with(self, place: Place) -> None:
        try:
            first = await self._hub.families.of(place.name).opening(place)
        except ApiError as error:
            self._complain(error, place.name)
            return
        if first is not None and place.name in self._places:
            self.push(first)

    async def _unsubscribe(self, actor: Actor, message: StreamUnsubscribe) -> None:
        gone = []
        for name in dict.fromkeys(message.topics):
            try:
                known = self._places.get(name)
                place = known or await self._hub.families.resolve(actor, name)
            except ApiError as error:
                self._complain(error, name)
                continue
            if self._places.pop(place.name, None) is not None:
                self._hub.part(self, place)
            gone.append(place.name)
        self.push(messages.frame(type="unsubscribed", topics=gone))

    def _complain(self, error: ApiError, topic: str | None = None) -> None:
        self.push(messages.problem(error, uuid7().hex, topic))

    def _late(self) -> None:
        self.end(NotSignedIn(_FIRST), Closing.NOT_SIGNED_IN)

    def _start(self, work: Awaitable[None]) -> None:
        self._tasks.append(asyncio.ensure_future(work))

    async def _write(self) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._queue:
                await self._transport.send(self._queue.popleft())

    async def _watch(self) -> None:
        """Look again and again whether the identity still stands; end with it."""
        pause = 0.0
        while not self._ended:
            left = self._expires_at - system_clock()
            usual = min(self._hub.settings.check_seconds, self._look_in)
            wait = max(pause, min(usual, left), _LEAST)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), wait)
            self._asked.clear()
            pause = await self._check()

    async def _check(self) -> float:
        """Seconds that the next look has to wait for."""
        token = self._token
        try:
            admitted = await self._identify(token)
        except NotSignedIn as error:
            # A newer token may have come while this one was looked up.
            if token == self._token:
                self.end(error, Closing.NOT_SIGNED_IN)
        except Maintenance as error:
            self.end(error, Closing.STOPPING)
        except ApiError:
            return _RETRY
        except Exception:
            log.exception("an identity could not be looked up")
            return _RETRY
        else:
            if token == self._token and not self._ended:
                self._admit(admitted)
        return 0.0


_FIRST = 'Say first who you are: {"type": "auth", "token": …}.'
_LATER = 60  # seconds


def _internal() -> ApiError:
    return ApiError("Something went wrong on our side.", status=500, code="internal")
