"""Requests of the server itself: never into private networks, whatever names, redirects and resolvers say."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import ssl
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from quantlab_server.adapters.outgoing import (
    Answer,
    Outgoing,
    OutgoingFailed,
    OutgoingRefused,
    is_public,
)

PRIVATE = [
    "127.0.0.1",
    "127.8.9.10",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001:db8::1",
    "not an address",
]


class Server:
    """Answers on 127.0.0.1 and remembers what was asked."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.hosts: list[str] = []
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.hosts.append(self.headers["Host"])
                status, headers, body = server.answers.get(self.path, (200, {}, b"{}"))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
            # What it would say of a client that hangs up.
            self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # of this one server
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


def fetch(outgoing: Outgoing, url: str, *, redirects: int = 3) -> Answer:
    return asyncio.run(outgoing.fetch("GET", url, redirects=redirects))


def saying(*answers: Sequence[str]) -> tuple[Outgoing, list[str]]:
    """A guard whose resolver gives one answer after the other; and the names that it was asked for."""
    left, asked = list(answers), list[str]()

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return left.pop(0)

    return Outgoing(resolve=resolve, seconds=5), asked


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_known(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "ftp://example.com/",
        "//example.com/",
        "https://",
        "https:///path",
        "https://user@example.com/",
        "https://user:word@127.0.0.1/",
        "https://example.com\\@127.0.0.1/",
        "https://example.com:port/",
        "https://example.com:99999/",
        "https://[::1",
        "",
    ],
)
def test_what_is_no_address_of_a_web_server_is_refused(url: str) -> None:
    with pytest.raises(OutgoingRefused):
        fetch(Outgoing(), url)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "localhost",
        "0",
        "169.254.169.254",
        "[::1]",
        "[::ffff:127.0.0.1]",
    ],
)
def test_spellings_of_private_hosts_are_refused(host: str) -> None:
    # Some of these are names to the resolver, which then has no address for them.
    with pytest.raises((OutgoingRefused, OutgoingFailed)):
        fetch(Outgoing(seconds=5), f"https://{host}/")


@pytest.mark.parametrize("address", PRIVATE[:-1])
def test_a_name_that_means_a_private_address_is_refused(address: str) -> None:
    outgoing, _ = saying([address])
    with pytest.raises(OutgoingRefused):
        fetch(outgoing, "https://innocent.example/")


def test_one_private_address_among_public_ones_is_refused() -> None:
    outgoing, _ = saying(["93.184.216.34", "10.0.0.1"])
    with pytest.raises(OutgoingRefused):
        fetch(outgoing, "https://innocent.example/")


def test_the_connection_goes_to_the_address_that_was_checked(server: Server) -> None:
    # A second look at the name would find another address; there is none, and Host keeps the name.
    asked = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    name = f"rebinding.example:{server.port}"
    assert fetch(Outgoing([name], resolve=resolve), f"http://{name}/").status == 200
    assert asked == ["rebinding.example"]
    assert server.hosts == [name]


def test_a_name_is_checked_again_for_every_redirect(server: Server) -> None:
    name = f"there.example:{server.port}"
    server.answers["/"] = (302, {"Location": "/again"}, b"")
    left = [["127.0.0.1"], []]

    async def resolve(host: str, port: int) -> Sequence[str]:
        return left.pop(0)

    with pytest.raises(OutgoingFailed):
        fetch(Outgoing([name], resolve=resolve), f"http://{name}/")
    assert left == []


@pytest.mark.parametrize(
    "target",
    [
        "https://127.0.0.1:1/",
        "https://[::1]/",
        "http://example.com/",
        "file:///etc/passwd",
        "//169.254.169.254/latest/meta-data",
        "https://user@example.com/",
    ],
)
def test_redirects_are_checked_like_first_addresses(server: Server, target: str) -> None:
    server.answers["/"] = (302, {"Location": target}, b"")
    with pytest.raises(OutgoingRefused):
        fetch(Outgoing([f"127.0.0.1:{server.port}"]), f"{server.url}/")


def test_another_port_of_an_allowed_host_is_not_allowed(server: Server) -> None:
    with pytest.raises(OutgoingRefused):
        fetch(Outgoing([f"127.0.0.1:{server.port + 1}"]), f"{server.url}/")
    assert server.hosts == []


def test_redirects_end(server: Server) -> None:
    server.answers["/"] = (302, {"Location": "/"}, b"")
    answer = fetch(Outgoing(["127.0.0.1"]), f"{server.url}/", redirects=3)
    assert answer.status == 302
    assert len(server.hosts) == 4


def test_large_and_compressed_answers_are_not_read(server: Server) -> None:
    guard = Outgoing(["127.0.0.1"], max_bytes=1000)
    server.answers["/"] = (200, {}, b"x" * 100_000)
    with pytest.raises(OutgoingFailed):
        fetch(guard, f"{server.url}/")
    server.answers["/"] = (200, {"Content-Encoding": "gzip"}, b"x")
    with pytest.raises(OutgoingFailed):
        fetch(guard, f"{server.url}/")


def test_a_certificate_that_nobody_trusts_is_refused(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        signed.public_bytes(Encoding.PEM)
        + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    running = Server(context)
    try:
        with pytest.raises(OutgoingFailed):
            fetch(Outgoing(["127.0.0.1"], seconds=5), f"https://127.0.0.1:{running.port}/")
    finally:
        running.close()
    assert running.hosts == []


def test_nobody_there_is_a_failure(server: Server) -> None:
    server.close()
    with pytest.raises(OutgoingFailed):
        fetch(Outgoing(["127.0.0.1"], seconds=5), f"{server.url}/")
