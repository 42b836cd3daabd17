"""A client of the stream, over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import orjson
from pydantic import TypeAdapter
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from quantlab_ext.schemas.stream import StreamAnswer

_ANSWERS: TypeAdapter[Any] = TypeAdapter(StreamAnswer)

# Seconds: far more than anything takes on a busy machine.
PATIENCE = 60.0


class Closed(AssertionError):
    """The server has closed the connection where a message was expected."""

    def __init__(self, code: int | None, reason: str | None) -> None:
        super().__init__(f"closed: {code} {reason}")
        self.code, self.reason = code, reason


class Socket:
    """One connection. What is received is read in order."""

    def __init__(self, connection: WebSocketClientConnection) -> None:
        self._connection = connection
        self.points: dict[str, str] = {}

    async def send(self, **message: Any) -> None:
        """Send a message."""
        await self.send_text(orjson.dumps(message).decode())

    async def send_text(self, text: str | bytes) -> None:
        """Send what need not be a message."""
        await self._connection.write_message(text, binary=isinstance(text, bytes))

    async def next(self) -> dict[str, Any]:
        """The next message; how far topics were told is only noted in ``points``.

        Raises:
            Closed: there is none any more.
        """
        while (message := await self._read())["type"] == "resume":
            self.points[message["topic"]] = message["point"]
        return message

    async def caught_up(self) -> tuple[list[dict[str, Any]], bool]:
        """The messages until a topic says how far it was told, and whether all is to be read anew."""
        seen: list[dict[str, Any]] = []
        while (message := await self._read())["type"] != "resume":
            seen.append(message)
        self.points[message["topic"]] = message["point"]
        return seen, bool(message["reset"])

    async def _read(self) -> dict[str, Any]:
        text = await asyncio.wait_for(self._connection.read_message(), PATIENCE)
        if text is None:
            raise Closed(self._connection.close_code, self._connection.close_reason)
        # Whatever is sent is what the document says is sent.
        _ANSWERS.validate_json(text)
        message: dict[str, Any] = orjson.loads(text)
        return message

    async def next_of(self, kind: str) -> dict[str, Any]:
        """The next message of a type; others are passed over."""
        while (message := await self.next())["type"] != kind:
            pass
        return message

    async def ending(self) -> tuple[int | None, list[dict[str, Any]]]:
        """The close code, and the messages before it."""
        seen: list[dict[str, Any]] = []
        while True:
            try:
                seen.append(await self.next())
            except Closed as closed:
                return closed.code, seen

    async def sign_in(self, token: str | None) -> dict[str, Any]:
        """Say who it is; the answer."""
        await self.send(type="auth", token=token)
        return await self.next()

    async def subscribe(self, *topics: str) -> dict[str, Any]:
        """Listen to topics; the answer."""
        await self.send(type="subscribe", topics=list(topics))
        return await self.next()

    def close(self) -> None:
        """Close it from this side."""
        self._connection.close()


@asynccontextmanager
async def connect(api_url: str, headers: dict[str, str] | None = None) -> AsyncIterator[Socket]:
    """Open the stream of an API.

    Raises:
        tornado.httpclient.HTTPClientError: the handshake is refused.
    """
    url = api_url.replace("http", "ws", 1) + "/stream"
    request = HTTPRequest(url, headers=headers or {}, request_timeout=PATIENCE)
    socket = Socket(await websocket_connect(request))
    try:
        yield socket
    finally:
        socket.close()


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a test that talks with sockets."""
    asyncio.run(scenario())
