"""An HTTP service that answers as a test tells it to: errors, lost answers, slow starts."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What to answer; ``drop`` closes the connection without a word."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False
    raw: bytes | None = None


def problem(status: int, code: str, **details: Any) -> Answer:
    """An error in QuantLab's shape."""
    inner = {"code": code, "message": f"{code}.", "request_id": "r-1", **details}
    return Answer(status, {"error": inner})


DROP = Answer(drop=True)


class ScriptedService:
    """Serves on loopback while entered. ``script`` decides each answer; ``seen`` keeps what came."""

    def __init__(self, script: Callable[[Seen], Answer] | list[Answer]) -> None:
        self.seen: list[Seen] = []
        left = list(script) if isinstance(script, list) else []
        self._script = script if callable(script) else lambda _: left.pop(0)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        """The API's prefix."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/api"

    def answer(self, seen: Seen) -> Answer:
        """Record and decide."""
        self.seen.append(seen)
        return self._script(seen)

    def __enter__(self) -> ScriptedService:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(service: ScriptedService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            answer = service.answer(Seen(self.command, self.path, dict(self.headers), body))
            if answer.drop:
                self.close_connection = True
                return
            content = answer.raw if answer.raw is not None else json.dumps(answer.body).encode()
            if answer.status == 204:
                content = b""
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = serve  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    return Handler
