"""Large bodies of callers who may not send them: nothing of them is kept, and the answer still arrives."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.central import CentralProcess
from tests.support.jupyter import JupyterServerProcess
from tests.support.process import ServerProcess
from tests.support.waiting import wait_until

PASSWORD = "correct horse battery staple 7"
# More than what sockets hold: it cannot all be sent without the server reading.
SIZE = 19_000_000
ARGS = (
    "--LimitSettings.general=4/hour",
    "--PasswordSettings.memory_kib=64",
    "--PasswordSettings.time_cost=1",
)


class Spooling:
    """A service with a folder of its own for what it keeps while it reads."""

    def __init__(self, process: ServerProcess, door: dict[str, str], folder: Path) -> None:
        self.process = process
        self.door = door
        self.folder = folder
        self.url: str = process.api_url  # type: ignore[attr-defined]  # both kinds have it

    def kept(self) -> list[Path]:
        """Bodies that are kept right now."""
        return list(self.folder.glob("quantlab-*"))

    def open(self, path: str, *lines: str) -> socket.socket:
        """A connection on which the head of a large POST was sent."""
        url = urlsplit(self.url)
        sock = socket.create_connection((url.hostname or "", url.port or 80), timeout=60)
        head = [
            f"POST {url.path}{path} HTTP/1.1",
            f"Host: {url.netloc}",
            f"Content-Length: {SIZE}",
            "Connection: close",
            *(f"{name}: {value}" for name, value in self.door.items()),
            *lines,
        ]
        sock.sendall(("\r\n".join(head) + "\r\n\r\n").encode())
        return sock

    def register(self) -> str:
        """A new person's access token."""
        name = f"p{secrets.token_hex(5)}"
        body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
        with self.process.client() as client:  # type: ignore[attr-defined]  # both kinds have it
            answer = client.post(f"{self.url}/auth/register", json=body, headers=self.door)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["access_token"])


@pytest.fixture(scope="module", params=["embedded", "central"])
def spooling(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    make_central: Callable[..., CentralProcess],
) -> Iterator[Spooling]:
    """A server whose temporary files nobody else makes."""
    folder = tmp_path_factory.mktemp("spool")
    server: Any
    if request.param == "embedded":
        server = JupyterServerProcess(tmp_path_factory.mktemp("api"), app="server", args=ARGS)
        # Nobody but the people of the test: the local account is not counted.
        server.command.append("--QuantLabExtension.local_account=False")
        door = {"Authorization": f"token {server.token}"}
    else:
        server, door = make_central(args=ARGS, start=False), {}
    server.env["TMPDIR"] = str(folder)
    server.start()
    yield Spooling(server, door, folder)
    server.terminate()


def answer_of(sock: socket.socket) -> tuple[int, str]:
    data = b""
    while chunk := sock.recv(65536):
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    return int(head.split()[1]), str(json.loads(body)["error"]["code"])


def test_nothing_is_kept_of_a_body_that_nobody_may_send(spooling: Spooling) -> None:
    session = f"X-QuantLab-Session: {spooling.register()}"
    body = b"x" * (SIZE - 1)
    # The control: whoever is signed in fills a file, which goes with the connection.
    with spooling.open("/workflows", "Content-Type: application/json", session) as sock:
        sock.sendall(body)
        wait_until(lambda: len(spooling.kept()) == 1, what="a body is kept")
    wait_until(lambda: not spooling.kept(), what="it is gone")
    for path, kind, identity, expected in (
        ("/workflows", "application/json", "X-Other: 1", (401, "not_signed_in")),
        ("/import", "application/zip", "X-Other: 1", (401, "not_signed_in")),
        ("/workflows", "text/plain", session, (415, "unsupported_media_type")),
    ):
        with spooling.open(path, f"Content-Type: {kind}", identity) as sock:
            sock.sendall(body)
            assert spooling.kept() == []
            sock.sendall(b"x")
            assert answer_of(sock) == expected


def test_requests_with_large_bodies_are_counted_before_they_are_kept(spooling: Spooling) -> None:
    session = f"X-QuantLab-Session: {spooling.register()}"
    lines = ("Content-Type: application/json", session)
    for _ in range(4):
        # Gone before anything of the body was sent.
        with spooling.open("/workflows", *lines) as sock:
            sock.sendall(b"x" * 300_000)
            wait_until(lambda: len(spooling.kept()) == 1, what="a body is kept")
        wait_until(lambda: not spooling.kept(), what="it is gone")
    with spooling.open("/workflows", *lines) as sock:
        sock.sendall(b"x" * (SIZE - 1))
        assert spooling.kept() == []
        sock.sendall(b"x")
        assert answer_of(sock) == (429, "too_many_requests")


def test_a_large_body_that_is_let_in_is_counted_once(spooling: Spooling) -> None:
    session = f"X-QuantLab-Session: {spooling.register()}"
    with spooling.process.client() as client:  # type: ignore[attr-defined]  # both kinds have it
        answer = client.post(
            f"{spooling.url}/workflows",
            json={"name": "large", "code": "#" + "x" * 400_000},
            headers={**spooling.door, "X-QuantLab-Session": session.split()[1]},
        )
    assert answer.status_code == 201, answer.text
    assert answer.headers["RateLimit-Remaining"] == "3"
