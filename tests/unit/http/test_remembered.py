"""The short way to an answer: it ends, whatever goes wrong."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine
from tornado.netutil import bind_sockets
from tornado.routing import PathMatches, Rule
from tornado.web import Application, RequestHandler

from quantlab_server.http.dispatch import Dispatcher, Response
from quantlab_server.http.endpoint import Request
from quantlab_server.http.remembered import RememberedDoor, RememberedRouter
from quantlab_server.http.table import Route
from quantlab_server.routes import build_table

ASK = b"GET /api/workflows HTTP/1.1\r\nHost: here\r\n\r\n"


class Answers:
    """Stands for the dispatcher: its answer cannot be written as HTTP."""

    table = build_table()

    async def handle(self, request: Request, route: Route) -> Response:
        return Response(200, [b"{}"], {"X-Name": "\N{GREEK CAPITAL LETTER OMEGA}"})


class Door(RequestHandler):
    """Lets everybody in, and remembers."""

    def initialize(self, door: RememberedDoor) -> None:
        self.door = door

    def get(self, path: str) -> None:
        self.door.remember(self.request, "ann", {})


async def _second_answer() -> bytes:
    door = RememberedDoor(60)
    application = Application([("/api/(.*)", Door, {"door": door})])
    router = RememberedRouter(
        application, cast(Dispatcher, Answers()), door, "/api", quiet=True, metrics=False
    )
    rules: list[Any] = application.default_router.rules
    rules.insert(0, Rule(PathMatches("/api/.*"), router))
    server = HTTPServer(application)
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    reader, writer = await asyncio.open_connection(*sockets[0].getsockname())
    writer.write(ASK)
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ASK)
    try:
        return await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.close()
        server.stop()


def test_an_answer_that_cannot_be_sent_ends_the_connection() -> None:
    assert asyncio.run(_second_answer()) == b""


def test_an_authorizer_of_the_operators_own_is_asked_for_each_address() -> None:
    def ask(path: str) -> HTTPServerRequest:
        line = RequestStartLine("GET", path, "HTTP/1.1")
        return HTTPServerRequest(headers=HTTPHeaders({"Host": "here"}), start_line=line)

    for by_path in (False, True):
        door = RememberedDoor(60, by_path=by_path)
        door.remember(ask("/api/projects"), "ann", {})
        assert door.find(ask("/api/projects")) is not None
        assert (door.find(ask("/api/export")) is None) is by_path
