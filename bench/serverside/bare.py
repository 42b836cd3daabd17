"""The floor of the central service: bare tornado, a constant reply, started and logging like ``quantlab serve``."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler


class Constant(RequestHandler):
    """Answers every method with the same bytes, whatever was sent."""

    def initialize(self, body: bytes) -> None:
        """``body`` is the answer."""
        self.body = body

    def _answer(self) -> None:
        self.set_header("Content-Type", "application/json")
        self.finish(self.body)

    get = put = post = _answer

    def compute_etag(self) -> None:
        """No hashing: the floor must not do what ours does not."""
        return


async def _serve(port: int, body: bytes) -> None:
    server = HTTPServer(Application([(r".*", Constant, {"body": body})]))
    server.listen(port, "127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2]).read_bytes()))
