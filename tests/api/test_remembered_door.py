"""Jupyter's door remembers whom it let in: only the very same caller, asking the same kind of thing, for a while."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.support.api import Api, Person


@pytest.fixture
def browser(embedded_api: Api) -> Iterator[httpx.Client]:
    """A browser that came in by Jupyter's token, and has read once, so that its cookies are remembered."""
    base = embedded_api.url.removesuffix("/quantlab/api")
    token = embedded_api.door["Authorization"].removeprefix("token ")
    with httpx.Client(base_url=base, follow_redirects=True) as client:
        client.get("/login", params={"token": token})
        client.headers["X-XSRFToken"] = client.cookies["_xsrf"]
        for number in range(3):
            assert client.get("/quantlab/api/workflows").status_code == 200
            body = {"name": f"{token} {number}", "code": ""}
            assert client.post("/quantlab/api/workflows", json=body).status_code == 201
        yield client


@pytest.fixture
def person(embedded_api: Api) -> Person:
    """Somebody whose requests are remembered."""
    person = embedded_api.register()
    for _ in range(3):
        assert person.get("/workflows").status_code == 200
    return person


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": ""},
        {"Authorization": "token wrong"},
        {"Authorization": "token", "Cookie": "_xsrf=a"},
    ],
)
def test_without_the_credential_nobody_comes_in(person: Person, headers: dict[str, str]) -> None:
    assert person.get("/workflows", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_another_host_or_origin_is_another_question(
    person: Person, headers: dict[str, str], status: int
) -> None:
    created = person.post("/workflows", json={"name": "kept", "code": ""}).json()
    answer = person.request("DELETE", f"/workflows/{created['id']}", headers=headers)
    assert answer.status_code == status
    assert person.get(f"/workflows/{created['id']}").status_code == 200


def test_a_browser_cannot_write_without_its_xsrf_header(browser: httpx.Client) -> None:
    body = {"name": "x", "code": ""}
    for header in ("", "forged"):
        refused = browser.post(
            "/quantlab/api/workflows", json=body, headers={"X-XSRFToken": header}
        )
        assert refused.status_code == 403
        assert refused.json()["error"]["code"] == "xsrf"
    foreign = browser.post(
        "/quantlab/api/workflows", json=body, headers={"Origin": "https://evil.example"}
    )
    assert foreign.status_code == 403


def test_the_session_is_looked_at_every_time(person: Person) -> None:
    assert person.post("/auth/logout", json={}).status_code < 300
    assert person.get("/workflows").status_code == 401


def test_a_remembered_answer_carries_what_jupyter_put_on_the_first(embedded_api: Api) -> None:
    person = embedded_api.register()
    # A header that nobody has sent yet makes the first of these a new question.
    asked = {"X-Unseen-Before": person.username}
    first, second = (person.get("/workflows", headers=asked) for _ in range(2))
    changing = {"X-Request-Id", "Date", "RateLimit-Remaining", "RateLimit-Reset"}
    changing = {name.lower() for name in changing}
    assert "default-src 'none'" in second.headers["Content-Security-Policy"]
    assert {k: v for k, v in first.headers.items() if k not in changing} == {
        k: v for k, v in second.headers.items() if k not in changing
    }


def test_head_large_answers_errors_and_empty_ones(person: Person) -> None:
    code = "#" + "x" * 1_500_000
    created = person.post("/workflows", json={"name": "large", "code": code}).json()
    path = f"/workflows/{created['id']}"
    for _ in range(2):
        assert person.get(path).json()["code"] == code
        head = person.request("HEAD", path)
        assert (head.status_code, head.content, head.headers["ETag"]) == (200, b"", '"1"')
        missing = person.put(path, json={"code": "1"})
        assert missing.status_code == 428
        assert missing.json()["error"]["request_id"] == missing.headers["X-Request-Id"]
    gone = person.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert "Content-Length" not in gone.headers


def test_a_small_answer_that_becomes_large_is_still_whole(person: Person) -> None:
    created = person.post("/workflows", json={"name": "grows", "code": "1"}).json()
    path = f"/workflows/{created['id']}"
    for version, size in enumerate((1, 200_000, 10), start=1):
        code = "2" * size
        saved = person.put(path, json={"code": code}, headers={"If-Match": f'"{version}"'})
        assert saved.status_code == 200
        for _ in range(3):
            assert json.loads(person.get(path).content)["code"] == code
