"""A service that knows leaked passwords, as a process: SHA-1 ranges with padding, like Have I Been Pwned's.

``python -m tests.support.breaches PORT PASSWORD...``; it prints the path and the padding header of each question.
"""

from __future__ import annotations

import hashlib
import secrets
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from tests.support.process import ServerProcess, base_environment
from tests.support.waiting import free_port

PADDING = 20  # lines


class BreachesProcess(ServerProcess):
    """The process; ``url`` is what the setting takes."""

    def __init__(self, folder: Path, *passwords: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/range/"
        self.asked = folder / "asked.log"
        super().__init__(
            [sys.executable, "-m", "tests.support.breaches", str(self.port), *passwords],
            env=base_environment(),
            log=self.asked,
            ready_url=f"{self.url}00000",
        )


def serve(port: int, passwords: list[str]) -> None:
    """Answer until the process is ended."""
    known = {
        hashlib.sha1(word.encode()).hexdigest().upper() for word in passwords
    }  # the protocol's hash

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            prefix = self.path.rpartition("/")[2]
            print("asked", prefix, self.headers.get("Add-Padding"), flush=True)
            lines = [f"{digest[5:]}:42" for digest in known if digest.startswith(prefix)]
            lines += [f"{secrets.token_hex(18)[:35].upper()}:0" for _ in range(PADDING)]
            body = "\r\n".join(lines).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    HTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2:])
