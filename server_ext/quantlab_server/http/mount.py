"""What both tornado mounts share: reading a bounded body, building the request, sending the response."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Awaitable, Iterator, Sequence
from typing import Any
from urllib.parse import parse_qs

from tornado.httputil import HTTPServerRequest
from tornado.web import RequestHandler
from uuid_utils.compat import uuid7

from quantlab_server.errors import ApiError, Malformed, TooLarge
from quantlab_server.http.dispatch import Admission, Dispatcher, Response
from quantlab_server.http.endpoint import Body, Request
from quantlab_server.http.parse import PARSE_INLINE
from quantlab_server.http.table import Route

_REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")
# Larger answers are handed to the socket in pieces, so that no single copy holds the event loop.
PIECE = 512 * 1024
# Digits of a length that is believed to be one.
_DIGITS = 15
# Bytes of a body after which the event loop does something else in between.
_TURN = 256 * 1024


class BodyReader:
    """Counts a body while it arrives; keeps a small one in memory and spools a large one to a private file.

    Spooling spares the event loop the joining and copying of many megabytes, and lets the parsing process read
    the body without it passing through this one again.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        # Whether the file was handed over, so that somebody may be reading it.
        self.is_taken = False
        # Whether anybody is going to read it; what comes for nobody is counted and thrown away.
        self.is_wanted = True
        self._chunks: list[bytes] = []
        self._file: Any = None
        self._turn = 0

    def add(self, chunk: bytes) -> None:
        """Take a chunk.

        Raises:
            TooLarge: the body is over the limit.
        """
        self.size += len(chunk)
        if self.size > self.limit:
            raise TooLarge(self.limit)
        if not self.is_wanted:
            return
        if self._file is None and self.size > PARSE_INLINE:
            self._file = tempfile.NamedTemporaryFile(prefix="quantlab-", delete=False)  # noqa: SIM115  # closed by body() or discard()
            for earlier in self._chunks:
                self._file.write(earlier)
            self._chunks.clear()
        if self._file is None:
            self._chunks.append(chunk)
        else:
            self._file.write(chunk)

    def takes_turns(self) -> bool:
        """Whether so much has come since the last time that others should have their turn."""
        if self.size - self._turn < _TURN:
            return False
        self._turn = self.size
        return True

    def body(self) -> Body:
        """The whole body."""
        if self._file is None:
            return Body(b"".join(self._chunks))
        self.is_taken = True
        self._file.close()
        return Body(path=self._file.name, size=self.size)

    def discard(self) -> None:
        """Remove the file, if there is one."""
        if self._file is not None:
            self._file.close()
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._file.name)
            self._file = None


def announced_length(request: HTTPServerRequest) -> int | None:
    """Bytes of the body that Content-Length announces, 0 without one; None when it is not a number."""
    text = request.headers.get("Content-Length", "0")
    # "²" is a digit to Python, and a number of thousands of digits is none.
    if not (text.isascii() and text.isdigit()):
        return None
    return int(text) if len(text) <= _DIGITS else sys.maxsize


def request_id_of(request: HTTPServerRequest) -> str:
    """The caller's, or a new one."""
    given = request.headers.get("X-Request-Id", "")
    return given if _REQUEST_ID.match(given) else uuid7().hex


def build_request(
    request: HTTPServerRequest,
    path: str,
    body: Body,
    *,
    request_id: str,
    base_path: str,
    address: str,
    host_user: str | None,
) -> Request:
    """tornado's request as the dispatcher takes it."""
    return Request(
        method=request.method or "GET",
        path=path,
        query=parse_qs(request.query, keep_blank_values=True) if request.query else {},
        headers=request.headers,
        cookies={name: morsel.value for name, morsel in request.cookies.items()}
        if "Cookie" in request.headers
        else {},
        body=body,
        address=address,
        secure=request.protocol == "https",
        request_id=request_id,
        base_path=base_path,
        host_user=host_user,
        is_gone=lambda: _is_gone(request),
    )


def _is_gone(request: HTTPServerRequest) -> bool:
    stream = getattr(request.connection, "stream", None)
    return stream is None or bool(stream.closed())


def pieces(body: Sequence[bytes]) -> Iterator[bytes]:
    """A large answer as what is written at once, so that no single copy holds the event loop."""
    for part in body:
        view = memoryview(part)
        for start in range(0, len(view), PIECE):
            yield bytes(view[start : start + PIECE])


class TableMixin(RequestHandler):
    """Serves the table on a tornado handler that streams its request body."""

    dispatcher: Dispatcher
    cookie_path: str
    api_path: str = ""
    route: Route
    reader: BodyReader
    admission: Admission | None = None
    request_id: str = ""

    def open_request(self) -> None:
        """Call first in ``prepare``: finds the route and the request id, refuses by Content-Length.

        Raises:
            ApiError: the body is announced to be too large, or its length is not a number.
        """
        self.request_id = request_id_of(self.request)
        # As it was sent: in what tornado hands to a handler, an encoded slash has become a separator.
        self.api_path = self.request.path[len(self.cookie_path) + 1 :]
        self.route = self.dispatcher.table.route(self.request.method or "GET", self.api_path)
        self.reader = BodyReader(self.route.max_body)
        self.request.connection.set_max_body_size(max(self.route.max_body + 1, 64 * 1024))  # type: ignore[union-attr]  # HTTP/1 connections have it
        length = announced_length(self.request)
        if length is None:
            raise Malformed("Content-Length is not a number.")
        if length > self.route.max_body:
            raise TooLarge(self.route.max_body)

    async def admit_large(self, address: str, host_user: str | None) -> None:
        """Call last in ``prepare``: decides about the caller before a body comes that would fill a file.

        Smaller bodies wait in memory, and their callers are decided about once. What a refused caller goes on sending
        is thrown away as it comes; to hang up instead would lose the answer for clients that read it at the end.
        """
        if (announced_length(self.request) or 0) > PARSE_INLINE or (
            "Transfer-Encoding" in self.request.headers
        ):
            head = self._request_with(Body(), address, host_user)
            self.admission = await self.dispatcher.admit(head, self.route)
            self.reader.is_wanted = self.admission.refused is None

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Count and keep a chunk; answer 413 and close the connection as soon as there is too much."""
        if self._finished:
            return None
        try:
            self.reader.add(chunk)
        except TooLarge as error:
            self.send_problem(error, close=True)
        # While a fast client's bytes keep coming, tornado goes on reading without a look at anything else.
        return asyncio.sleep(0) if self.reader.takes_turns() else None

    def build_request(self, address: str, host_user: str | None) -> Request:
        """The request as the dispatcher takes it."""
        return self._request_with(self.reader.body(), address, host_user)

    def _request_with(self, body: Body, address: str, host_user: str | None) -> Request:
        return build_request(
            self.request,
            self.api_path,
            body,
            request_id=self.request_id,
            base_path=self.cookie_path,
            address=address,
            host_user=host_user,
        )

    def send_problem(self, error: ApiError, *, close: bool = False) -> None:
        """Answer with an error in the uniform shape; ``close`` ends the connection (the body is still coming)."""
        response = self.dispatcher.problem(error, self.request_id or uuid7().hex)
        self._apply(response)
        if close:
            self.set_header("Connection", "close")
        self.finish_raw(b"".join(response.body))

    async def send(self, response: Response) -> None:
        """Send an answer; a large one in pieces."""
        self._apply(response)
        if self.request.method == "HEAD" or not response.body:
            self.finish_raw(b"")
            return
        if sum(map(len, response.body)) <= PIECE:
            self.finish_raw(b"".join(response.body))
            return
        self.set_header("Content-Length", str(sum(map(len, response.body))))
        for piece in pieces(response.body):
            self.write(piece)
            await self.flush()
            # A socket that takes everything at once does not let others have their turn by itself.
            await asyncio.sleep(0)
        self.finish_raw(b"")

    def finish_raw(self, body: bytes) -> None:
        """Finish without the base class touching the content type."""
        self.finish(body or None)

    def _apply(self, response: Response) -> None:
        self.set_status(response.status)
        if response.status == 204:
            self.clear_header("Content-Type")
        for name, value in response.headers.items():
            self.set_header(name, value)
        for cookie in response.cookies:
            self.set_cookie(
                cookie.name,
                cookie.value,
                path=cookie.path,
                max_age=cookie.max_age if cookie.value else 0,
                httponly=True,
                samesite=cookie.same_site,
                secure=self.request.protocol == "https",
            )

    def compute_etag(self) -> None:
        """No hashing of bodies: entity tags are versions."""
        return

    def on_finish(self) -> None:
        """Remove a spooled body."""
        reader = getattr(self, "reader", None)
        if reader is not None:
            reader.discard()
        super().on_finish()

    def on_connection_close(self) -> None:
        """The client went away: remove a spooled body that will never be complete.

        One that is complete is being read elsewhere; it goes when that is done.
        """
        super().on_connection_close()
        reader = getattr(self, "reader", None)
        if reader is not None and not reader.is_taken:
            reader.discard()
