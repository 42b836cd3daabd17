"""What a page of another site can make a browser send: forms, fetch, links that lead away, WebSockets."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tornado.httpclient import HTTPClientError

from tests.support.api import Api, Person
from tests.support.stream import connect, run

FORM_TYPES = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
EVIL_ORIGINS = [
    "https://evil.example",
    "null",
    "http://127.0.0.1.evil.example",
    "http://evil.example@127.0.0.1",
    "http://127.0.0.1:1",
    "",
]
LEADING_AWAY = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/%09/evil.example",
    "/%5cevil.example",
    "/%2f%2fevil.example",
    "https:evil.example",
    "https:/evil.example",
    "javascript:alert(1)",
    "/.evil.example",
    "/%0d%0aLocation:%20https://evil.example",
]
PARAMETERS = ["next", "url", "redirect", "redirect_uri", "return_to", "continue", "state", "iss"]


def _login(person: Person) -> dict[str, str]:
    return {"login": person.username, "password": "correct horse battery staple 7"}


@pytest.mark.parametrize("kind", FORM_TYPES)
def test_a_form_changes_nothing(person: Person, kind: str) -> None:
    for content in (b'{"name": "x", "code": "1"}', b'{"name":"x","code":"1","a":"="}', b"name=x"):
        answer = person.post("/workflows", content=content, headers={"Content-Type": kind})
        assert answer.status_code == 415, answer.text
    assert person.get("/workflows").json()["items"] == []


def test_a_body_without_a_type_is_refused(person: Person) -> None:
    request = person.http.build_request("POST", "/workflows", content=b'{"name":"x","code":"1"}')
    request.headers.pop("Content-Type", None)
    assert person.http.send(request).status_code == 415


@pytest.mark.parametrize("origin", EVIL_ORIGINS)
def test_another_origin_changes_nothing_and_signs_nobody_in(
    api: Api, person: Person, origin: str
) -> None:
    headers = {"Origin": origin}
    answer = person.post("/workflows", json={"name": "x", "code": "1"}, headers=headers)
    assert answer.status_code == 403, answer.text
    answer = api.client().post("/auth/login", json=_login(person), headers=headers)
    assert answer.status_code == 403, answer.text
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_fetch_metadata_of_another_site_is_refused(api: Api, person: Person, site: str) -> None:
    headers = {"Sec-Fetch-Site": site}
    answer = person.post("/workflows", json={"name": "x", "code": "1"}, headers=headers)
    assert answer.status_code == 403
    answer = api.client().post("/auth/refresh", json={}, headers=headers)
    assert answer.status_code == 403


def test_no_answer_lets_another_origin_read(api: Api, person: Person) -> None:
    for method in ("GET", "OPTIONS"):
        answer = person.request(
            method,
            "/auth/profile",
            headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "PUT"},
        )
        # Jupyter lets any page read that shows Jupyter's token itself, as this client does; a browser's cookies
        # are never enough for it.
        if not api.embedded:
            assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("target", LEADING_AWAY)
def test_nothing_redirects_away(api: Api, target: str) -> None:
    base = api.url.removesuffix("/api")
    for address in (f"{api.url}{target}", f"{base}{target}", f"{api.url}/auth/config{target}"):
        with httpx.Client(headers=api.door) as client:
            try:
                answer = client.get(address)
            except httpx.InvalidURL:
                continue
        _stays(answer)
    for path in ("/auth/config", "/auth/oidc/callback", "/auth/oidc/providers"):
        answer = api.client().get(path, params=dict.fromkeys(PARAMETERS, target))
        _stays(answer)


def _stays(answer: httpx.Response) -> None:
    location = answer.headers.get("Location", "")
    # A slash too many is taken off by Jupyter, which then leads to itself.
    assert not location or httpx.URL(answer.url).join(location).host == answer.url.host
    assert not location.startswith(("//", "/\\", "\\"))
    assert 'href="//evil' not in answer.text


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_a_socket_of_another_origin_is_refused_before_the_upgrade(api: Api, origin: str) -> None:
    async def scenario() -> None:
        with pytest.raises(HTTPClientError) as error:
            async with connect(api.url, {**api.door, "Origin": origin}):
                pass
        assert error.value.code == 403

    run(scenario)


def test_a_token_in_an_address_is_no_identity(api: Api, person: Person) -> None:
    token: Any = person.tokens["access_token"]
    names = ("token", "access_token", "session", "X-QuantLab-Session")
    answer = api.anonymous().get("/auth/profile", params=dict.fromkeys(names, token))
    assert answer.status_code == 401
