"""What every answer carries and what no request gets: headers, https, odd methods, two lengths, what is logged."""

from __future__ import annotations

import re
import secrets
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from quantlab_server.routes import build_table
from tests.support.api import Api, Person
from tests.support.waiting import wait_until

# Of the central process: API, signed in and not, absent, refused, pages, keys, health, the stream.
ADDRESSES = (
    "api/auth/config",
    "api/auth/profile",
    "api/no/such/address",
    "api/openapi.json",
    "api/stream",
    "account/reset",
    "account/page.css",
    "account/no-such-page",
    ".well-known/jwks.json",
    "health/live",
    "health/ready",
    "no/such/address",
)


def _root(api: Api) -> str:
    return api.url.removesuffix("api")


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_carries_the_headers_of_security(central_api: Api, address: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = httpx.request(method, _root(central_api) + address)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        policy = answer.headers["Content-Security-Policy"]
        for directive in (
            "default-src 'none'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ):
            assert directive in policy
        assert "unsafe" not in policy
        # There is no TLS here, and who says so itself is not believed.
        assert "Strict-Transport-Security" not in answer.headers


@pytest.fixture(scope="module")
def proxied(make_central: Callable[..., Any]) -> Any:
    """A central service behind one proxy of its own."""
    return make_central(args=("--ServiceSettings.trusted_proxies=1",))


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_over_https_asks_for_https(proxied: Any, address: str) -> None:
    for method in ("GET", "POST"):
        answer = httpx.request(
            method, proxied.url + address, headers={"X-Forwarded-Proto": "https"}
        )
        header = answer.headers["Strict-Transport-Security"]
        found = re.search(r"max-age=(\d+)", header)
        assert found is not None
        assert int(found.group(1)) >= 31_536_000
        assert "includeSubDomains" in header


@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_is_redirected_to_https(proxied: Any, address: str) -> None:
    for protocol in ("http", "https"):
        answer = httpx.get(proxied.url + address, headers={"X-Forwarded-Proto": protocol})
        assert not answer.is_redirect


def test_every_answer_says_what_it_is(central_api: Api, person: Person) -> None:
    for address in ADDRESSES:
        answer = httpx.get(_root(central_api) + address)
        kind = answer.headers.get("Content-Type", "")
        if answer.content:
            # JSON is UTF-8 by definition; a charset is for kinds of text.
            assert kind == "application/json" or re.fullmatch(
                r"text/(html|css|plain|javascript); charset=utf-8", kind
            ), address
    export = person.get("/export")
    assert export.status_code == 200, export.text
    assert export.headers["Content-Type"] == "application/zip"
    assert re.fullmatch(
        r'attachment; filename="[\w.-]+\.zip"', export.headers["Content-Disposition"]
    )


def test_trace_is_not_spoken(api: Api) -> None:
    for address in ("/auth/config", "/auth/profile"):
        answer = api.client().request("TRACE", address, headers={"X-Secret": "do-not-echo"})
        assert answer.status_code in (401, 404, 405)
        assert "do-not-echo" not in answer.text


def test_reading_methods_change_nothing(person: Person) -> None:
    made = person.post("/workflows", json={"name": "stays", "code": "1"}).json()
    before = [person.get("/auth/audit").json(), person.get(f"/workflows/{made['id']}").json()]
    for endpoint in build_table().endpoints:
        if endpoint.method == "GET":
            continue
        path = re.sub(r"\{\w+\}", made["id"], endpoint.path)
        answer = person.get(path, headers={"X-HTTP-Method-Override": endpoint.method})
        assert answer.status_code < 500
    after = [person.get("/auth/audit").json(), person.get(f"/workflows/{made['id']}").json()]
    assert after == before


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 2", "Transfer-Encoding: chunked"),
        ("Content-Length: 2", "Content-Length: 40"),
        ("Content-Length: 2, 40",),
        ("Transfer-Encoding: chunked, identity",),
        ("Transfer-Encoding: xchunked",),
    ],
    ids=["both", "two lengths", "a list of lengths", "two encodings", "unknown encoding"],
)
def test_a_request_of_two_lengths_is_refused(api: Api, lines: tuple[str, ...]) -> None:
    url = urlsplit(api.url)
    head = [
        f"POST {url.path}/auth/login HTTP/1.1",
        f"Host: {url.netloc}",
        *(f"{name}: {value}" for name, value in api.door.items()),
        "Content-Type: application/json",
        *lines,
    ]
    smuggled = f"GET {url.path}/auth/config HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n"
    with socket.create_connection((url.hostname or "", url.port or 80), timeout=20) as connection:
        connection.sendall(("\r\n".join(head) + f"\r\n\r\n0\r\n\r\n{smuggled}").encode())
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    # Closed without a word, or one refusal: never a second answer.
    assert answer.count(b"HTTP/1.1 ") <= 1
    assert b"HTTP/1.1 2" not in answer


@pytest.mark.parametrize("query", ["limit=1&limit=2", "q=a&q=b", "sort=name&sort=-name"])
def test_a_parameter_given_twice_is_refused(person: Person, query: str) -> None:
    answer = person.get(f"/workflows?{query}")
    assert answer.status_code == 422
    (field,) = answer.json()["error"]["fields"]
    assert (field["path"], field["code"]) == (query.partition("=")[0], "repeated")


def test_refusals_are_logged_with_who_what_when_and_where(central_api: Api) -> None:
    person = central_api.register()
    asked = secrets.token_hex(8)
    forged = "x\r\n2030-01-01T00:00:00.000Z INFO quantlab.security refused nobody"
    answer = person.get(
        "/admin/users",
        params={"q": forged},
        headers={"X-Request-Id": asked, "User-Agent": "a forged line"},
    )
    assert answer.status_code == 403
    line = re.compile(
        r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO quantlab\.security"
        rf" refused insufficient_scope \w+ to {person.id} at 127\.0\.0\.1 \({asked}\)$",
        re.MULTILINE,
    )
    wait_until(
        lambda: f"ms 127.0.0.1 {asked}" in central_api.process.log_text(), what="the request's line"
    )
    log = central_api.process.log_text()
    assert line.search(log), log[-2000:]
    assert "refused nobody" not in log
    assert re.search(
        rf"Z INFO quantlab\.access 403 GET /api/admin/users [\d.]+ms 127\.0\.0\.1 {asked}", log
    )
