"""Walks every route of the table: whoever adds one is tested here without doing anything."""

from __future__ import annotations

import json
import uuid
from typing import Any

import httpx
import pytest

from quantlab_server.auth.scopes import ADMIN, KERNEL, Scope
from quantlab_server.http.endpoint import Endpoint
from quantlab_server.routes import build_table
from tests.support.admins import make_team, operator
from tests.support.api import Api, Person
from tests.support.layouts import LAYOUT, PICTURE

ENDPOINTS = build_table().endpoints
PROTECTED = [e for e in ENDPOINTS if e.scope is not Scope.PUBLIC]
WITH_BODY = [e for e in ENDPOINTS if e.method != "GET" and (e.body or e.decode)]
WITH_JSON = [e for e in WITH_BODY if e.body is not None and e.body_type == "application/json"]
# What a person owns and could be asked for by id.
OWNED = [e for e in PROTECTED if "id" in e.path_params and e.scope not in ADMIN]
# What those may who look after a tenant; the walk's people do not.
ADMINISTRATION = [e for e in PROTECTED if e.scope in ADMIN]


# Two people for the whole walk of a service: registering anew for each of a thousand tests is what took long.
_PEOPLE: dict[tuple[str, str], Person] = {}
_TOKENS: dict[tuple[str, str], str] = {}


def _resident(api: Api, role: str) -> Person:
    if (api.url, role) not in _PEOPLE:
        _PEOPLE[api.url, role] = api.register()
    return _PEOPLE[api.url, role]


@pytest.fixture
def person(api: Api) -> Person:
    """Who owns things."""
    return _resident(api, "person")


@pytest.fixture
def other(api: Api) -> Person:
    """Somebody in another tenant."""
    return _resident(api, "other")


@pytest.fixture
def able(api: Api, person: Person, request: pytest.FixtureRequest) -> Person:
    """Somebody who may use the endpoint."""
    scope = request.node.callspec.params["endpoint"].scope
    if scope not in ADMIN:
        return person
    if scope is Scope.INSTALLATION:
        # None of the tests that ask for somebody able sends what would be done.
        return Person("operator", "", {}, operator(api))
    if (api.url, "admin") not in _PEOPLE:
        _PEOPLE[api.url, "admin"] = make_team(api).admin
    return _PEOPLE[api.url, "admin"]


def name(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def path(endpoint: Endpoint, ids: dict[str, str] | None = None) -> str:
    result = endpoint.path
    for parameter, kind in endpoint.path_params.items():
        value = (ids or {}).get(parameter) or ("1" if kind is int else str(uuid.uuid4()))
        result = result.replace("{" + parameter + "}", value)
    return result


def headers(endpoint: Endpoint) -> dict[str, str]:
    given = {"Content-Type": endpoint.body_type}
    if endpoint.needs_if_match:
        given["If-Match"] = '"1"'
    elif endpoint.path.endswith("/draft") and endpoint.method == "PUT":
        given["If-None-Match"] = "*"
    return given


def send(
    client: Any, endpoint: Endpoint, content: bytes | None = None, **ids: str
) -> httpx.Response:
    response: httpx.Response = client.request(
        endpoint.method, path(endpoint, ids), headers=headers(endpoint), content=content
    )
    return response


def assert_error(response: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"].startswith("application/json")
    error: dict[str, Any] = response.json()["error"]
    assert set(error) >= {"code", "message", "request_id"}
    assert response.headers["Cache-Control"] == "no-store"
    if code is not None:
        assert error["code"] == code
    return error


def test_the_table_is_walked() -> None:
    assert len(ENDPOINTS) > 30
    assert OWNED
    assert WITH_JSON


@pytest.mark.parametrize("endpoint", PROTECTED, ids=name)
def test_nobody_comes_in_without_an_identity(api: Api, endpoint: Endpoint) -> None:
    assert_error(send(api.anonymous(), endpoint, b"{}"), 401)


@pytest.mark.parametrize("endpoint", PROTECTED, ids=name)
@pytest.mark.parametrize(
    "token", ["garbage", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", "qlp_000000000000"]
)
def test_a_false_token_is_not_the_local_account(api: Api, endpoint: Endpoint, token: str) -> None:
    assert_error(send(api.client(token), endpoint, b"{}"), 401)


def test_unknown_addresses_and_methods_say_nothing_to_strangers(api: Api) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        assert_error(api.anonymous().request(method, "/no/such/address"), 401)
    assert_error(api.anonymous().request("DELETE", "/workflows"), 401)


def test_unknown_addresses_and_methods(person: Person) -> None:
    assert_error(person.get("/no/such/address"), 404, "not_found")
    assert_error(person.get("/"), 404, "not_found")
    response = person.delete("/workflows")
    assert_error(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == "GET, POST"


@pytest.mark.parametrize(
    "endpoint", [e for e in PROTECTED if e.interactive or e.scope not in KERNEL], ids=name
)
def test_a_kernels_token_does_only_what_kernels_may(api: Api, endpoint: Endpoint) -> None:
    person = _resident(api, "person")
    if (api.url, "kernel") not in _TOKENS:
        answer = person.post("/auth/kernel-token", json={})
        _TOKENS[api.url, "kernel"] = answer.json()["token"]
    refused = send(api.client(_TOKENS[api.url, "kernel"]), endpoint, b"{}")
    error = assert_error(refused, 403)
    assert error["code"] in ("insufficient_scope", "interactive_required")


@pytest.mark.parametrize("endpoint", ADMINISTRATION, ids=name)
def test_administration_is_for_admins(person: Person, endpoint: Endpoint) -> None:
    assert_error(send(person, endpoint, b"{}"), 403, "insufficient_scope")


@pytest.mark.parametrize("endpoint", OWNED, ids=name)
def test_another_persons_object_is_as_absent_as_a_random_one(
    person: Person, other: Person, endpoint: Endpoint
) -> None:
    noun = endpoint.path.strip("/").split("/")[0]
    if endpoint.path.startswith("/auth/api-tokens"):
        made = person.post("/auth/api-tokens", json={"name": "x", "scopes": ["profile:read"]})
        mine = made.json()["api_token"]["id"]
    elif noun == "admin":
        # Only administrators have any; tests of invitations show that theirs stay theirs.
        mine = str(uuid.uuid4())
    elif noun == "auth":
        mine = person.get("/auth/sessions").json()["items"][0]["id"]
    else:
        content = {"workflows": {"code": "x = 1"}, "layouts": {"document": LAYOUT}}
        body = {"name": f"secret {uuid.uuid4()}"} | content.get(noun, {})
        created = person.post(f"/{noun}", json=body)
        assert created.status_code == 201, created.text
        mine = created.json()["id"]
    example = _valid_body(endpoint)
    theirs = send(other, endpoint, example, id=mine)
    absent = send(other, endpoint, example, id=str(uuid.uuid4()))
    assert theirs.status_code == absent.status_code == 404, (theirs.text, absent.text)
    assert _without_request_id(theirs) == _without_request_id(absent)
    if endpoint.method == "GET":
        asked = [path(endpoint, {"id": id}) for id in (mine, str(uuid.uuid4()))]
        heads = [other.request("HEAD", address) for address in asked]
        assert [head.status_code for head in heads] == [404, 404]
        lengths = {head.headers.get("Content-Length") for head in heads}
        assert len(lengths) == 1


@pytest.mark.parametrize("endpoint", OWNED, ids=name)
@pytest.mark.parametrize("bad", ["0", "null", "%00", "..%2f..", "'--", "1" * 300])
def test_what_cannot_be_an_id_is_absent(person: Person, endpoint: Endpoint, bad: str) -> None:
    if endpoint.path_params["id"] is not uuid.UUID:
        pytest.fail(f"{name(endpoint)}: ids are UUIDs")
    assert_error(send(person, endpoint, _valid_body(endpoint), id=bad), 404, "not_found")


@pytest.mark.parametrize("endpoint", WITH_BODY, ids=name)
def test_oversized_bodies_are_refused(person: Person, endpoint: Endpoint) -> None:
    size = endpoint.max_body + 1
    request = person.http.build_request(
        endpoint.method,
        path(endpoint),
        headers={**headers(endpoint), "Content-Length": str(size)},
        content=iter([b" " * 1024]),
    )
    # Only the announcement is sent: the refusal must not wait for the body.
    request.headers.pop("Transfer-Encoding", None)
    with RawAnswer(request) as answer:
        assert b" 413 " in answer.split(b"\r\n", 1)[0]
        assert b"too_large" in answer


@pytest.mark.parametrize("endpoint", WITH_JSON, ids=name)
def test_unknown_members_are_refused(able: Person, endpoint: Endpoint) -> None:
    error = assert_error(send(able, endpoint, b'{"surely_unknown_member": 1}'), 422)
    assert {"surely_unknown_member": "unknown_field"}.items() <= {
        field["path"]: field["code"] for field in error["fields"]
    }.items()


@pytest.mark.parametrize("endpoint", WITH_JSON, ids=name)
@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b'{"name": "\xff\xfe"}', 400),
        (b"[]", 422),
        (b'"text"', 422),
        (b"null", 422),
        (b"[" * 100_000, 400),
    ],
    ids=["truncated", "not utf-8", "list", "text", "null", "deep"],
)
def test_what_is_not_an_object_is_refused(
    able: Person, endpoint: Endpoint, content: bytes, status: int
) -> None:
    response = send(able, endpoint, content)
    assert response.status_code in {status, 400, 422}, response.text
    assert_error(response, response.status_code)


@pytest.mark.parametrize("endpoint", WITH_JSON, ids=name)
def test_other_content_types_are_refused(able: Person, endpoint: Endpoint) -> None:
    response = able.request(
        endpoint.method,
        path(endpoint),
        headers={**headers(endpoint), "Content-Type": "text/plain"},
        content=b"{}",
    )
    assert_error(response, 415)


@pytest.mark.parametrize(
    "endpoint",
    [e for e in ENDPOINTS if e.method != "GET" and e.scope is not Scope.PUBLIC],
    ids=name,
)
def test_other_sites_cannot_ask_for_changes(person: Person, endpoint: Endpoint) -> None:
    response = person.request(
        endpoint.method,
        path(endpoint),
        headers={**headers(endpoint), "Origin": "https://evil.example"},
        content=b"{}",
    )
    assert response.status_code == 403, response.text


def _without_request_id(response: httpx.Response) -> dict[str, Any]:
    error: dict[str, Any] = response.json()["error"]
    error.pop("request_id")
    return error


def _valid_body(endpoint: Endpoint) -> bytes | None:
    """A body that passes validation, so that what is tested is the look-up."""
    bodies = {
        "PUT /workflows/{id}": b'{"code": "x = 2"}',
        "PUT /workflows/{id}/draft": b'{"base_version": 1, "content": "x = 2"}',
        "POST /workflows/{id}/versions": b'{"from": "draft", "revision": 1}',
        "POST /workflows/{id}/merge": b'{"base_version": 1, "content": "x = 2"}',
        "PUT /layouts/{id}": json.dumps({"document": LAYOUT}).encode(),
        "PUT /layouts/{id}/draft": _with_base(LAYOUT),
        "POST /layouts/{id}/versions": b'{"from": "draft", "revision": 1}',
        "POST /layouts/{id}/merge": _with_base(LAYOUT),
        "PUT /workflows/{id}/shares": b'{"user": "nobody", "access": "view"}',
        "PUT /layouts/{id}/shares": b'{"user": "nobody", "access": "view"}',
        "PUT /workflows/{id}/trust": b'{"version": 1, "act": "ran"}',
    }
    if endpoint.body_type == "image/png":
        return PICTURE
    if endpoint.method in ("GET", "DELETE") or endpoint.body is None:
        return None
    return bodies.get(name(endpoint), b"{}")


def _with_base(content: Any) -> bytes:
    return json.dumps({"base_version": 1, "content": content}).encode()


class RawAnswer:
    """Sends a request's head on a socket of its own and reads what comes back."""

    def __init__(self, request: httpx.Request) -> None:
        import socket

        lines = [f"{request.method} {request.url.raw_path.decode()} HTTP/1.1"]
        lines += [f"{k}: {v}" for k, v in request.headers.items()]
        self._socket = socket.create_connection((request.url.host, request.url.port or 80), 10)
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())

    def __enter__(self) -> bytes:
        answer = b""
        while chunk := self._socket.recv(65536):
            answer += chunk
            if b'"request_id"' in answer and answer.endswith(b"}}"):
                break
        return answer

    def __exit__(self, *_: object) -> None:
        self._socket.close()
