"""What each mount owes beyond the table: doors, headers, limits while reading, uniform errors for everything."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.api import Api, Person
from tests.support.waiting import wait_until


def test_request_ids_are_kept_when_they_are_plausible(person: Person) -> None:
    kept = person.get("/workflows", headers={"X-Request-Id": "trace-12345678"})
    assert kept.headers["X-Request-Id"] == "trace-12345678"
    forged = person.get("/workflows", headers={"X-Request-Id": "x y\tz <script>"})
    assert forged.headers["X-Request-Id"] not in ("", "x y\tz <script>")


def test_errors_name_the_request(person: Person) -> None:
    answer = person.get("/nothing", headers={"X-Request-Id": "trace-12345678"})
    assert answer.json()["error"]["request_id"] == "trace-12345678"


def test_head_answers_as_get_without_a_body(person: Person) -> None:
    created = person.post("/workflows", json={"name": "head", "code": "x = 1"})
    answer = person.request("HEAD", f"/workflows/{created.json()['id']}")
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"1"'
    assert answer.content == b""


def test_nothing_may_be_stored_by_caches(person: Person) -> None:
    assert person.get("/workflows").headers["Cache-Control"] == "no-store"
    assert person.get("/workflows").headers["X-Content-Type-Options"] == "nosniff"


def test_an_announced_body_over_the_limit_is_refused_before_it_is_sent(api: Api) -> None:
    person = api.register()
    head = _head(api, person, "POST", "/workflows", "Content-Length: 21000000")
    with _connect(api) as sock:
        sock.sendall(head)
        status, body = _answer(sock)
    assert status == 413
    assert body["error"]["code"] == "too_large"
    assert body["error"]["limit"] == 20 * 1024 * 1024


@pytest.mark.parametrize(
    ("length", "status", "code"),
    [(b"\xb2", 400, "malformed"), (b"-1", 400, "malformed"), (b"9" * 5000, 413, "too_large")],
    ids=["a digit that is none", "negative", "thousands of digits"],
)
def test_a_length_that_is_none(api: Api, length: bytes, status: int, code: str) -> None:
    person = api.register()
    head = _head(api, person, "POST", "/workflows", "Content-Length: LENGTH")
    with _connect(api) as sock:
        sock.sendall(head.replace(b"LENGTH", length))
        answered, body = _answer(sock)
    assert (answered, body["error"]["code"]) == (status, code)


def test_a_large_save_is_done_although_its_sender_left(api: Api) -> None:
    person = api.register()
    created = person.post("/workflows", json={"name": "left", "code": ""}).json()
    path = f"/workflows/{created['id']}"
    body = json.dumps({"code": "#" + "x" * 3_000_000}).encode()
    head = _head(api, person, "PUT", path, 'If-Match: "1"', f"Content-Length: {len(body)}")
    with _connect(api) as sock:
        sock.sendall(head + body)
    saved = wait_until(
        lambda: person.get(path).json()["version"] == 2, what="the save is there", timeout=20
    )
    assert saved


def test_a_chunked_body_over_the_limit_ends_in_a_refusal_or_a_closed_connection(api: Api) -> None:
    person = api.register()

    def chunks() -> Iterator[bytes]:
        yield b'{"name": "'
        for _ in range(64):
            yield b"x" * 65536

    try:
        answer = person.post(
            "/projects", content=chunks(), headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in (400, 413)
    except httpx.HTTPError:
        pass  # the server hung up while we were still sending, which is its right
    assert person.get("/projects").json()["items"] == []


def test_a_21_mb_workflow_changes_nothing(person: Person) -> None:
    code = "#" + "x" * (21 * 1024 * 1024)
    try:
        answer = person.post("/workflows", json={"name": "big", "code": code})
        assert answer.status_code == 413
    except httpx.HTTPError:
        pass  # the server hung up while we were still sending, which is its right
    assert person.get("/workflows").json()["items"] == []


def test_idempotent_retries_create_once(person: Person) -> None:
    body = {"name": "once", "code": "x = 1"}
    first = person.post("/workflows", json=body, headers={"Idempotency-Key": "abc"})
    again = person.post("/workflows", json=body, headers={"Idempotency-Key": "abc"})
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert first.headers["ETag"] == again.headers["ETag"]
    assert again.headers["Idempotency-Replayed"] == "true"
    mismatch = person.post(
        "/workflows", json={"name": "two", "code": "x = 1"}, headers={"Idempotency-Key": "abc"}
    )
    assert mismatch.status_code == 422
    assert mismatch.json()["error"]["code"] == "idempotency_mismatch"
    assert len(person.get("/workflows").json()["items"]) == 1


def test_idempotency_keys_belong_to_one_person(person: Person, other: Person) -> None:
    body = {"name": "mine", "code": "x = 1"}
    headers = {"Idempotency-Key": "shared"}
    mine = person.post("/workflows", json=body, headers=headers).json()
    theirs = other.post("/workflows", json=body, headers=headers).json()
    assert mine["id"] != theirs["id"]


def test_a_refused_request_keeps_no_answer(person: Person) -> None:
    person.post("/workflows", json={"name": "taken", "code": ""})
    headers = {"Idempotency-Key": "later"}
    refused = person.post("/workflows", json={"name": "taken", "code": ""}, headers=headers)
    assert refused.status_code == 409
    item = person.get("/workflows").json()["items"][0]
    person.patch(f"/workflows/{item['id']}", json={"name": "moved"})
    again = person.post("/workflows", json={"name": "taken", "code": ""}, headers=headers)
    assert again.status_code == 201


def test_the_openapi_document_needs_no_session(api: Api) -> None:
    document = api.client().get("/openapi.json").json()
    assert "/workflows/{id}" in document["paths"]


class TestEmbedded:
    """Jupyter's own door comes first."""

    def test_cookies_alone_cannot_change_anything(self, embedded_api: Api) -> None:
        token = embedded_api.door["Authorization"].removeprefix("token ")
        base = embedded_api.url.removesuffix("/quantlab/api")
        with httpx.Client(base_url=base, follow_redirects=True) as browser:
            browser.get("/api/me", params={"token": token})
            assert browser.get("/quantlab/api/workflows").status_code == 200
            refused = browser.post("/quantlab/api/workflows", json={"name": "x", "code": ""})
            assert refused.status_code == 403
            assert refused.json()["error"]["code"] == "xsrf"

    def test_a_chosen_xsrf_pair_does_not_replace_an_identity(self, embedded_api: Api) -> None:
        answer = httpx.post(
            f"{embedded_api.url}/workflows",
            json={"name": "x", "code": ""},
            headers={"X-XSRFToken": "chosen", "Cookie": "_xsrf=chosen"},
        )
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "not_signed_in"

    def test_public_routes_are_behind_the_door_too(self, embedded_api: Api) -> None:
        answer = httpx.post(f"{embedded_api.url}/auth/login", json={"login": "a", "password": "b"})
        assert answer.status_code == 401

    def test_a_token_that_came_alone_does_not_speak_for_jupyters_person(
        self, embedded_api: Api
    ) -> None:
        person = embedded_api.register()
        wanted = {"name": "nightly", "scopes": ["profile:read"]}
        token = person.post("/auth/api-tokens", json=wanted).json()["token"]
        kernel = person.post("/auth/kernel-token").json()["token"]
        for alone in (token, kernel):
            headers = {"Authorization": f"Bearer {alone}"}
            for _ in range(2):  # by Jupyter's door, and remembered
                url = embedded_api.url
                assert httpx.get(f"{url}/auth/profile", headers=headers).status_code == 200
            # That is for whoever holds Jupyter's own credential.
            refused = httpx.post(f"{embedded_api.url}/auth/local", json={}, headers=headers)
            assert refused.status_code == 403, refused.text
            # Nor does it let a token in that needs Jupyter's door.
            both = {**headers, "X-QuantLab-Session": person.tokens["access_token"]}
            answer = httpx.get(f"{embedded_api.url}/auth/profile", headers=both)
            assert answer.status_code == 401, answer.text

    def test_another_host_name_is_refused(self, embedded_api: Api) -> None:
        answer = embedded_api.client().get("/workflows", headers={"Host": "evil.example"})
        assert answer.status_code in (401, 403)
        assert "error" in answer.json()


class TestCentral:
    """A bare server that answers our addresses and nothing else."""

    def test_everything_else_is_absent_in_json(self, central_api: Api) -> None:
        root = central_api.url.removesuffix("/api")
        for path in ("/", "/lab", "/api/../etc/passwd", "/terminals", "/metrics/x", "/.env"):
            for method in ("GET", "POST", "BREW"):
                answer = httpx.request(method, root + path)
                assert answer.status_code in (404, 405, 401), (path, answer.status_code)
                assert answer.json()["error"]["code"]
                assert "Content-Security-Policy" in answer.headers
                assert "tornado" not in answer.headers.get("Server", "").lower()

    def test_health(self, central_api: Api) -> None:
        root = central_api.url.removesuffix("/api")
        assert httpx.get(f"{root}/health/live").json() == {"status": "ok"}
        ready = httpx.get(f"{root}/health/ready")
        assert ready.status_code == 200
        assert ready.json()["database"] == "ok"
        for path in ("live", "ready"):
            head = httpx.head(f"{root}/health/{path}")
            assert (head.status_code, head.content) == (200, b"")
            refused = httpx.post(f"{root}/health/{path}", content=b"x")
            assert refused.status_code == 405
            assert refused.json()["error"]["code"] == "method_not_allowed"

    def test_no_kernels_contents_or_terminals(self, central_api: Api) -> None:
        root = central_api.url.removesuffix("/api")
        for path in ("/api/kernels", "/api/contents", "/api/terminals", "/api/sessions"):
            assert httpx.get(root + path).status_code == 401


def _connect(api: Api) -> socket.socket:
    url = urlsplit(api.url)
    return socket.create_connection((url.hostname or "127.0.0.1", url.port or 80), timeout=20)


def _head(api: Api, person: Person, method: str, path: str, *lines: str) -> bytes:
    url = urlsplit(api.url)
    headers = [
        f"{method} {url.path}{path} HTTP/1.1",
        f"Host: {url.netloc}",
        "Content-Type: application/json",
        f"X-QuantLab-Session: {person.tokens['access_token']}",
        *(f"{name}: {value}" for name, value in api.door.items()),
        *lines,
    ]
    return ("\r\n".join(headers) + "\r\n\r\n").encode()


def _answer(sock: socket.socket) -> tuple[int, dict[str, dict[str, object]]]:
    data = b""
    while chunk := sock.recv(65536):
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)
