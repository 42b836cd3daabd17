"""Jupyter's door remembers whom it let in: only the very same caller, asking the same kind of thing, for a while."""

from __future__ import annotations

import json
import re
import secrets
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
            body = {"name": f"{secrets.token_hex(8)} {number}", "code": ""}
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


@pytest.fixture
def stranger(embedded_api: Api) -> Iterator[httpx.Client]:
    """Without any credential; its requests look like nobody else's."""
    agent = {"User-Agent": secrets.token_hex(8)}
    with httpx.Client(base_url=embedded_api.url, headers=agent) as client:
        yield client


@pytest.mark.parametrize("name", ["token", "%74oken"])
def test_a_token_in_the_address_lets_in_that_request_alone(
    embedded_api: Api, stranger: httpx.Client, name: str
) -> None:
    token = embedded_api.door["Authorization"].removeprefix("token ")
    body = {"name": secrets.token_hex(8), "code": ""}
    address = f"/workflows?limit=5&{name}={token}&1795241753770"
    for _ in range(2):
        assert stranger.get(address).status_code == 200
        assert stranger.get("/workflows").status_code == 401
    assert stranger.post(address, json=body).status_code == 201
    assert stranger.post("/workflows", json=body).status_code == 401


def test_a_kernels_token_lets_in_its_own_requests_alone(
    person: Person, stranger: httpx.Client
) -> None:
    kernel = person.post("/auth/kernel-token", json={}).json()["token"]
    access = person.tokens["access_token"]
    for _ in range(2):
        with_token = stranger.get("/workflows", headers={"X-QuantLab-Session": kernel})
        assert with_token.status_code == 200
        assert stranger.get("/workflows").status_code == 401
        # An access token is good behind Jupyter's door only.
        behind = stranger.get("/workflows", headers={"X-QuantLab-Session": access})
        assert behind.status_code == 401


def test_an_xsrf_token_in_the_address_is_for_that_request_alone(browser: httpx.Client) -> None:
    xsrf = browser.headers.pop("X-XSRFToken")
    path, body = "/quantlab/api/workflows", {"name": secrets.token_hex(8), "code": ""}
    assert browser.post(path, params={"_xsrf": xsrf}, json=body).status_code == 201
    refused = browser.post(path, json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "xsrf")


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


def test_signing_out_takes_the_cookie_along_however_the_address_is_spelt(
    embedded_api: Api, person: Person
) -> None:
    for name in ("first", "remembered"):
        assert person.post("/workflows", json={"name": name, "code": ""}).status_code == 201
    answer = person.post(f"{embedded_api.url}//auth/logout", json={})
    assert answer.status_code == 204
    assert "quantlab_refresh" in answer.headers["Set-Cookie"]


def test_jupyters_metrics_count_every_request(embedded_api: Api, person: Person) -> None:
    address = embedded_api.url.removesuffix("/quantlab/api") + "/metrics"
    counted = re.compile(
        r'^http_request_duration_seconds_count\{(?=[^}]*quantlab)(?=[^}]*method="GET")'
        r'(?=[^}]*status_code="(\d+)")[^}]*\} (\S+)$',
        re.MULTILINE,
    )

    def count(status: str) -> int:
        metrics = httpx.get(address, headers=embedded_api.door).text
        return int(sum(float(n) for code, n in counted.findall(metrics) if code == status))

    before = count("200"), count("404")
    for _ in range(3):
        assert person.get("/workflows").status_code == 200
        assert person.get("/workflows/nothing").status_code == 404
    assert (count("200"), count("404")) == (before[0] + 3, before[1] + 3)
