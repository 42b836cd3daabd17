"""The address of the stream on both mounts: a WebSocket, behind the same door as the API."""

from __future__ import annotations

import contextlib
from abc import abstractmethod
from typing import Any

from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler
from uuid_utils.compat import uuid7

from quantlab_server.auth.authenticator import HEADER
from quantlab_server.errors import ApiError, MethodNotAllowed, SecondFactorRequired
from quantlab_server.http import guard
from quantlab_server.http.dispatch import Dispatcher
from quantlab_server.http.endpoint import Body, Request
from quantlab_server.http.mount import build_request, request_id_of
from quantlab_server.installation.live import SOCKET_AGE
from quantlab_server.stream.connection import Admitted, Connection

_PING = 30.0  # seconds between pings, and until one has to be answered
_MOST = 64 * 1024  # bytes of a client's message


class UpgradeRequired(ApiError):
    """426: a plain request where a WebSocket is."""

    status = 426
    code = "upgrade_required"
    message = "Open this address as a WebSocket."

    def __init__(self) -> None:
        super().__init__(headers={"Upgrade": "websocket", "Connection": "Upgrade"})


class _Socket:
    """A handler as the connection's transport."""

    def __init__(self, handler: WebSocketHandler) -> None:
        self._handler = handler

    async def send(self, frame: bytes) -> None:
        with contextlib.suppress(WebSocketClosedError, StreamClosedError):
            await self._handler.write_message(frame)

    def close(self, last: bytes | None, code: int, reason: str) -> None:
        with contextlib.suppress(WebSocketClosedError, StreamClosedError):
            if last is not None:
                # Written at once or buffered before the close frame; nobody waits for a client that is let go.
                self._handler.write_message(last).add_done_callback(_forget)
            self._handler.close(code, reason)


def _forget(future: Any) -> None:
    if not future.cancelled():
        future.exception()


class StreamHandler(WebSocketHandler):
    """What both mounts share."""

    dispatcher: Dispatcher
    connection: Connection | None = None

    def initialize(self, dispatcher: Dispatcher) -> None:
        """Take what the mount was built with."""
        self.dispatcher = dispatcher

    @abstractmethod
    async def admit(self) -> None:
        """Decide who may open a connection.

        Raises:
            ApiError: not this one.
        """

    @abstractmethod
    def caller(self) -> tuple[str, str | None]:
        """Address of the caller, and whom Jupyter let in (None: nobody)."""

    async def prepare(self) -> None:
        """Refuse before the handshake what need not be spoken with, in the shape of every error."""
        try:
            if self.request.method != "GET":
                raise MethodNotAllowed(headers={"Allow": "GET"})
            await self.admit()
            guard.check_site(
                self.request.headers, self.dispatcher.services.settings.service.allowed_origins
            )
            if not _is_handshake(self):
                raise UpgradeRequired
        except ApiError as error:
            self.send_problem(error)

    def check_origin(self, origin: str = "") -> bool:
        """Decided in ``prepare``, by the rule of the API."""
        return True

    def get_compression_options(self) -> None:
        """None: it would cost each connection 45 KiB."""
        return

    @property
    def ping_interval(self) -> float:
        """A client that has gone without a word is noticed."""
        return _PING

    @property
    def ping_timeout(self) -> float:
        """As long as the interval."""
        return _PING

    @property
    def max_message_size(self) -> int:
        """No message of a client is large."""
        return _MOST

    def open(self, *args: str, **kwargs: str) -> None:
        """The handshake is done."""
        self.set_nodelay(True)
        self.connection = Connection(
            self.dispatcher.services.stream, _Socket(self), self._identify, self.caller()[0]
        )
        self.connection.open()

    async def on_message(self, message: str | bytes) -> None:
        """The next message is read when this one was acted on."""
        if self.connection is not None:
            await self.connection.receive(message)

    def on_close(self) -> None:
        """Whoever closed it."""
        if self.connection is not None:
            self.connection.closed()

    def send_problem(self, error: ApiError) -> None:
        """Answer the handshake with an error in the uniform shape."""
        response = self.dispatcher.problem(error, request_id_of(self.request))
        self.set_status(response.status)
        for name, value in response.headers.items():
            self.set_header(name, value)
        self.finish(b"".join(response.body))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Whatever goes wrong in tornado before the handshake is done."""
        message = "The WebSocket could not be opened."
        code = "malformed" if status_code < 500 else "internal"
        self.send_problem(ApiError(message, status=status_code, code=code))

    def plain_request(self, headers: Any, host_user: str | None) -> Request:
        """A request for the authenticator."""
        request = build_request(
            self.request,
            "/stream",
            Body(),
            request_id=uuid7().hex,
            base_path="",
            address=self.caller()[0],
            host_user=host_user,
        )
        request.headers = headers
        return request

    async def _identify(self, token: str | None) -> Admitted:
        """Who a token of a message is; the handshake's own headers prove nothing about a person."""
        headers = {} if token is None else {HEADER: token}
        request = self.plain_request(headers, self.caller()[1])
        services = self.dispatcher.services
        state = await services.installation.live.fresh(services.workers.run, SOCKET_AGE)
        actor = await self.dispatcher.identify(request)
        state.let_in(actor.role)
        if actor.must_enrol:
            raise SecondFactorRequired
        authenticator = services.authenticator
        return Admitted(actor, authenticator.expires_at(request), authenticator.look_in(request))


def _is_handshake(handler: RequestHandler) -> bool:
    headers = handler.request.headers
    connection = [part.strip().lower() for part in headers.get("Connection", "").split(",")]
    return headers.get("Upgrade", "").lower() == "websocket" and "upgrade" in connection
