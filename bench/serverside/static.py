"""Files below named folders, as any web server gives them: the floor of pages that ask a service."""

from __future__ import annotations

import asyncio
import sys

from tornado.httpserver import HTTPServer
from tornado.web import Application, StaticFileHandler


async def _serve(port: int, folders: dict[str, str]) -> None:
    handlers = [
        (rf"/{name}/(.*)", StaticFileHandler, {"path": path}) for name, path in folders.items()
    ]
    server = HTTPServer(Application(handlers))
    server.listen(port, "127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    # PORT NAME=FOLDER ...
    named = (argument.split("=", 1) for argument in sys.argv[2:])
    asyncio.run(_serve(int(sys.argv[1]), dict(named)))
