"""Requests that Jupyter's door has let in a moment ago: the same caller is let in again without the long look.

What Jupyter does with every request (matching some forty addresses, identity, a cookie, host, origin and XSRF checks,
log records that nobody reads, a handler with its headers) costs three times what our dispatcher does. So the decision
of the real handler is kept for a few seconds under everything that it was made from: the address' method, the caller's
place and **all** headers but those that are known to be about the body or to be looked at by our own dispatcher.
Identity, revocation, limits and scopes of QuantLab are decided anew for every request, by the dispatcher.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Container, Mapping
from contextlib import suppress
from http import HTTPStatus
from http.client import responses
from typing import Any, cast
from urllib.parse import parse_qs

from jupyter_server._tz import utcnow
from jupyter_server.auth.identity import User
from jupyter_server.prometheus.log_functions import prometheus_log_method
from tornado.http1connection import HTTP1Connection
from tornado.httputil import (
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerRequest,
    RequestStartLine,
    ResponseStartLine,
    format_timestamp,
)
from tornado.iostream import StreamClosedError
from tornado.routing import Router
from tornado.web import Application

from quantlab_server.auth.scopes import Scope
from quantlab_server.http.dispatch import Dispatcher, Response
from quantlab_server.http.endpoint import Body
from quantlab_server.http.mount import (
    PIECE,
    announced_length,
    build_request,
    pieces,
    request_id_of,
)
from quantlab_server.http.parse import PARSE_INLINE
from quantlab_server.http.table import Route

log = logging.getLogger("quantlab")

# Not looked at by anything that decides who may come in.
_ABOUT_THE_BODY = frozenset(
    {
        "Accept",
        "Accept-Encoding",
        "Cache-Control",
        "Connection",
        "Content-Length",
        "Content-Type",
        "Idempotency-Key",
        "If-Match",
        "If-None-Match",
        "Pragma",
        "X-Request-Id",
    }
)
# Written anew for every answer.
_OF_ONE_ANSWER = frozenset({"Content-Length", "Content-Type", "Date", "Set-Cookie"})
_MOST = 256

Key = tuple[Any, ...]


class Admission:
    """What Jupyter decided about a caller: under which name, and with which headers it answers.

    Args:
        name: of who was let in, or None.
        headers: that Jupyter's handler puts on its answers.
        until: of the monotonic clock, in seconds.
        alone: a token of ours was all that the caller showed, so that Jupyter itself knows nobody.
    """

    __slots__ = ("headers", "host_user", "name", "until")

    def __init__(
        self, name: str | None, headers: Mapping[str, str], until: float, *, alone: bool = False
    ) -> None:
        self.name = name
        self.host_user = None if alone else name
        self.headers = {n: v for n, v in headers.items() if n not in _OF_ONE_ANSWER}
        self.until = until


class _Headers(dict[str, str]):
    """Headers of an answer, each once and in canonical spelling: tornado's own class checks every one again."""

    get_all = dict.items


class RememberedDoor:
    """The last admissions, by everything they were decided from.

    Args:
        seconds: how long an admission is good for.
        by_path: an authorizer of the operator's own decides, who may look at the address.
    """

    def __init__(self, seconds: float, *, by_path: bool = False) -> None:
        self._seconds = seconds
        self._by_path = by_path
        self._known: OrderedDict[Key, Admission] = OrderedDict()

    def find(self, request: HTTPServerRequest) -> Admission | None:
        """The decision about such a request, if one was made lately."""
        key = self._key(request)
        known = self._known.get(key)
        if known is not None and known.until < time.monotonic():
            del self._known[key]
            return None
        return known

    def remember(
        self,
        request: HTTPServerRequest,
        host_user: str | None,
        headers: Mapping[str, str],
        ours: Container[str] = (),
        *,
        alone: bool = False,
    ) -> None:
        """Keep that Jupyter let this request in, unless it may have been for what the address says.

        Queries are no part of the key: what a credential in one of them opens would stay open to everybody.

        Args:
            ours: names of values in an address that our endpoints ask for.
            alone: a token of ours was all that the caller showed.
        """
        if any(name not in ours for name in parse_qs(request.query)):
            return
        if len(self._known) >= _MOST:
            self._known.popitem(last=False)
        until = time.monotonic() + self._seconds
        self._known[self._key(request)] = Admission(host_user, headers, until, alone=alone)

    def _key(self, request: HTTPServerRequest) -> Key:
        """Reading and changing are different questions to Jupyter's authorizer and XSRF check."""
        headers = [item for item in request.headers.get_all() if item[0] not in _ABOUT_THE_BODY]
        reads = request.method in ("GET", "HEAD")
        path = request.path if self._by_path else ""
        return reads, path, request.remote_ip, request.protocol, *headers


class RememberedRouter(Router):
    """Answers for callers that are known; leaves everybody and everything else to Jupyter's handlers."""

    def __init__(
        self,
        application: Application,
        dispatcher: Dispatcher,
        door: RememberedDoor,
        prefix: str,
        *,
        quiet: bool,
        metrics: bool,
    ) -> None:
        """Take what the mount knows.

        Args:
            quiet: the server's log function writes nothing about a success.
            metrics: requests are counted for Jupyter's ``/metrics``.
        """
        self.application = application
        self.dispatcher = dispatcher
        self.cookie_path = prefix
        self._door = door
        self._quiet = quiet
        self._metrics = metrics
        self._start = len(prefix) + 1

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> HTTPMessageDelegate | None:
        """None: the next rule is asked, in the end the handler that asks Jupyter."""
        length = announced_length(request)
        path = request.path[self._start :]
        if (
            length is None
            or length > PARSE_INLINE
            or "Transfer-Encoding" in request.headers
            # Credentials in the address are Jupyter's to judge.
            or "token=" in request.query
            or "_xsrf=" in request.query
            or "%" in path
            or self.application.transforms
        ):
            return None
        route = self.dispatcher.table.route(request.method or "GET", path)
        endpoint = route.endpoint
        # What is public, or sets cookies, is rare.
        if endpoint is None or endpoint.scope is Scope.PUBLIC or endpoint.path.startswith("/auth/"):
            return None
        if length > route.max_body:
            return None
        admission = self._door.find(request)
        if admission is None:
            return None
        return _Exchange(self, request, path, route, admission)

    def note(self, exchange: _Exchange) -> None:
        """Log and count an answered request, and that somebody is at work, as Jupyter's handlers do."""
        settings = self.application.settings
        if exchange.current_user and "no_track_activity=" not in exchange.request.query:
            settings["api_last_activity"] = utcnow()
        log_function = settings.get("log_function")
        if log_function is not None and not (self._quiet and exchange.get_status() < 400):
            log_function(exchange)
        elif self._metrics:
            prometheus_log_method(exchange)


class _Exchange(HTTPMessageDelegate):
    """One request and its answer, straight on the connection."""

    def __init__(
        self,
        router: RememberedRouter,
        request: HTTPServerRequest,
        path: str,
        route: Route,
        admission: Admission,
    ) -> None:
        self._router = router
        self.request = request
        self._path = path
        self._route = route
        self._admission = admission
        self._chunks: list[bytes] = []
        self._task: asyncio.Task[None] | None = None
        self._status = 0

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        """Nothing to do before the body."""
        return None

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Keep a piece of the body; its length was checked."""
        self._chunks.append(chunk)
        return None

    def finish(self) -> None:
        """The request is whole: answer it."""
        self._task = asyncio.ensure_future(self._answer_or_close())

    async def _answer_or_close(self) -> None:
        """Whatever fails: nobody is left waiting for an answer that does not come."""
        try:
            await self._answer()
        except Exception:
            log.exception("an answer could not be sent")
            cast(HTTP1Connection, self.request.connection).close()

    async def _answer(self) -> None:
        router, request = self._router, self.request
        ours = build_request(
            request,
            self._path,
            Body(b"".join(self._chunks)),
            request_id=request_id_of(request),
            base_path=router.cookie_path,
            address=request.remote_ip or "unknown",
            host_user=self._admission.host_user,
        )
        response = await router.dispatcher.handle(ours, self._route)
        self._status = response.status
        with suppress(StreamClosedError):  # the client went away
            await self._send(response)
        router.note(self)

    async def _send(self, response: Response) -> None:
        connection = self.request.connection
        assert connection is not None
        status, body = response.status, response.body
        plain = _Headers({**self._admission.headers, **response.headers})
        size = sum(map(len, body))
        if status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            plain["Content-Length"] = str(size)
        plain["Date"] = format_timestamp(time.time())
        # A dictionary has all that the connection asks of headers.
        headers = cast(HTTPHeaders, plain)
        start = ResponseStartLine("", status, responses.get(status, "Unknown"))
        if self.request.method == "HEAD" or size <= PIECE:
            content = b"" if self.request.method == "HEAD" else b"".join(body)
            connection.write_headers(start, headers, content)
        else:
            connection.write_headers(start, headers)
            for piece in pieces(body):
                await connection.write(piece)
                # A socket that takes everything at once does not let others have their turn by itself.
                await asyncio.sleep(0)
        connection.finish()

    # What Jupyter's log function asks a handler for.

    @property
    def settings(self) -> dict[str, Any]:
        """Of Jupyter's web application."""
        return self._router.application.settings

    @property
    def current_user(self) -> User | None:
        """Whom Jupyter let in."""
        name = self._admission.name
        return User(username=name) if name is not None else None

    def get_status(self) -> int:
        """HTTP status of the answer."""
        return self._status
