"""Signing in and out over real HTTP, embedded on SQLite and central on PostgreSQL."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from http.cookies import Morsel, SimpleCookie
from typing import Any

import httpx
import pytest

from tests.support.api import PASSWORD, Api, Person


def error(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, whose shape is checked on the way."""
    body = answer.json()["error"]
    assert body["message"]
    assert body["request_id"]
    return answer.status_code, str(body["code"])


def log_in(client: httpx.Client, login: str, password: str = PASSWORD) -> httpx.Response:
    return client.post("/auth/login", json={"login": login, "password": password})


def cookie_of(answer: httpx.Response, kind: str) -> Morsel[str]:
    """The one cookie of that kind which the answer sets."""
    found = []
    for header in answer.headers.get_list("Set-Cookie"):
        for name, morsel in SimpleCookie(header).items():
            if name.startswith(kind):
                found.append(morsel)
    (morsel,) = found
    return morsel


def test_a_browser_gets_cookies_that_scripts_and_other_sites_cannot_use(
    api: Api, person: Person
) -> None:
    answer = log_in(api.client(), person.username)
    assert answer.status_code == 200
    assert answer.json()["refresh_token"] is None
    for kind in ("quantlab_refresh_", "quantlab_device_"):
        cookie = cookie_of(answer, kind)
        assert cookie["httponly"]
        assert cookie["samesite"] == "Strict"
        assert cookie["path"].endswith("/api/auth")
        assert not cookie["secure"]  # this connection is not https
        assert int(cookie["max-age"]) > 86400
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_browser_stays_signed_in_by_its_cookie(api: Api, person: Person) -> None:
    browser = api.client()
    first = log_in(browser, person.username)
    renewed = browser.post("/auth/refresh", json={})
    assert renewed.status_code == 200
    assert renewed.json()["access_token"] != first.json()["access_token"]
    token = renewed.json()["access_token"]
    profile = browser.get("/auth/profile", headers={"X-QuantLab-Session": token})
    assert profile.json()["username"] == person.username
    left = browser.post("/auth/logout", json={}, headers={"X-QuantLab-Session": token})
    assert left.status_code == 204
    assert cookie_of(left, "quantlab_refresh_").value == ""
    assert error(browser.post("/auth/refresh", json={}))[0] == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_another_site_cannot_refresh_or_sign_in(
    api: Api, person: Person, headers: dict[str, str]
) -> None:
    browser = api.client()
    log_in(browser, person.username)
    assert browser.post("/auth/refresh", json={}, headers=headers).status_code == 403
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert browser.post("/auth/refresh", content=b"a=b", headers=form).status_code in (403, 415)
    plain = {"Content-Type": "text/plain"}
    assert browser.post("/auth/login", content=b"{}", headers=plain).status_code in (403, 415)
    assert browser.post("/auth/refresh", json={}).status_code == 200


def test_signup_is_another_name_of_register(api: Api) -> None:
    name = f"alias{secrets.token_hex(4)}"
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    assert api.client().post("/auth/signup", json=body).status_code == 201
    assert error(api.client().post("/auth/register", json=body)) == (409, "registration_refused")


def test_failures_tell_nothing_apart(api: Api, person: Person) -> None:
    answers = [
        log_in(api.client(), person.username, "wrong"),
        log_in(api.client(), f"nobody{secrets.token_hex(4)}", "wrong"),
        log_in(api.client(), f"nobody{secrets.token_hex(4)}@example.com", "wrong"),
    ]
    changing = {"date", "x-request-id", "ratelimit-remaining", "ratelimit-reset"}
    seen = set()
    for answer in answers:
        assert error(answer) == (401, "invalid_credentials")
        headers = {k: v for k, v in answer.headers.items() if k not in changing}
        assert "set-cookie" not in headers or api.embedded
        headers.pop("set-cookie", None)
        body = {k: v for k, v in answer.json()["error"].items() if k != "request_id"}
        seen.add((repr(sorted(headers.items())), repr(body)))
    assert len(seen) == 1


def test_ten_wrong_passwords_stop_even_the_right_one(api: Api, person: Person) -> None:
    client = api.client()
    for _ in range(10):
        assert log_in(client, person.username, "wrong").status_code == 401
    answer = log_in(client, person.username.upper())
    assert error(answer) == (429, "too_many_requests")
    assert 0 < int(answer.headers["Retry-After"]) <= 300


def test_twelve_tabs_that_wake_at_once(api: Api, person: Person) -> None:
    body = {"refresh_token": person.tokens["refresh_token"]}
    clients = [api.client() for _ in range(12)]
    with ThreadPoolExecutor(12) as tabs:
        answers = list(tabs.map(lambda client: client.post("/auth/refresh", json=body), clients))
    assert {answer.status_code for answer in answers} == {200}
    (successor,) = {answer.json()["refresh_token"] for answer in answers}
    again = clients[0].post("/auth/refresh", json={"refresh_token": successor})
    assert again.status_code == 200


def test_a_token_is_dead_at_once_after_signing_out(api: Api, person: Person) -> None:
    assert person.get("/auth/profile").status_code == 200
    assert person.post("/auth/logout", json={"scope": "this"}).status_code == 204
    assert person.get("/auth/profile").status_code == 401
    assert person.get("/workflows").status_code == 401


def test_sessions_are_ones_own(api: Api, person: Person, other: Person) -> None:
    (mine,) = person.get("/auth/sessions").json()["items"]
    assert mine["current"] is True
    foreign = other.request("DELETE", f"/auth/sessions/{mine['id']}")
    random = other.request("DELETE", "/auth/sessions/01890000-0000-7000-8000-000000000000")
    assert error(foreign) == error(random) == (404, "not_found")
    assert person.get("/auth/profile").status_code == 200


def test_a_kernel_comes_in_with_its_token_alone_and_stays_narrow(api: Api, person: Person) -> None:
    issued = person.post("/auth/kernel-token", json={"kernel_id": "k1"}).json()
    for headers in (
        {"Authorization": f"Bearer {issued['token']}"},
        {"X-QuantLab-Session": issued["token"]},
    ):
        with httpx.Client(base_url=api.url, headers=headers) as kernel:
            assert kernel.get("/auth/profile").json()["username"] == person.username
            created = kernel.post("/workflows", json={"name": secrets.token_hex(4), "code": "x=1"})
            assert created.status_code == 201
            assert kernel.post("/auth/kernel-token", json={}).status_code == 200
            for method, path, body in _PERSONAL:
                assert kernel.request(method, path, json=body).status_code == 403, path
    person.post("/auth/logout", json={})
    with httpx.Client(base_url=api.url, headers=headers) as kernel:
        assert kernel.get("/auth/profile").status_code == 401
        assert kernel.post("/auth/kernel-token", json={}).status_code == 401


_PERSONAL: list[tuple[str, str, Any]] = [
    ("GET", "/auth/sessions", None),
    ("GET", "/auth/audit", None),
    ("POST", "/auth/logout", {}),
    ("PUT", "/auth/profile", {"username": "other"}),
    ("POST", "/auth/change-password", {"current_password": "x", "new_password": "y"}),
]


def test_access_tokens_alone_do_not_pass_jupyters_door(api: Api, person: Person) -> None:
    headers = {"X-QuantLab-Session": person.tokens["access_token"]}
    with httpx.Client(base_url=api.url, headers=headers) as client:
        assert client.get("/auth/profile").status_code == (401 if api.embedded else 200)


def test_a_password_change_ends_other_sessions(api: Api, person: Person) -> None:
    elsewhere = log_in(api.client(), person.username).json()["access_token"]
    body = {"current_password": PASSWORD, "new_password": "eleven green kettles 52"}
    answer = person.post("/auth/change-password", json=body)
    assert answer.status_code == 200
    assert api.client(elsewhere).get("/auth/profile").status_code == 401
    assert person.get("/auth/profile").status_code == 401
    assert api.client(answer.json()["access_token"]).get("/auth/profile").status_code == 200
    assert log_in(api.client(), person.username).status_code == 401
    assert log_in(api.client(), person.email, body["new_password"]).status_code == 200


def test_what_people_did_is_recorded_for_them(api: Api, person: Person) -> None:
    log_in(api.client(), person.username, "wrong")
    person.put("/auth/profile", json={"preferences": {"theme": "dark"}})
    page = person.get("/auth/audit", params={"limit": 2}).json()
    assert [event["tag"] for event in page["items"]] == [
        "account:profile:changed",
        "account:session:refused",
    ]
    rest = person.get("/auth/audit", params={"limit": 2, "cursor": page["next_cursor"]}).json()
    assert [event["tag"] for event in rest["items"]] == ["account:user:registered"]
    assert rest["next_cursor"] is None


def test_no_secret_is_written_to_the_log(api: Api, person: Person) -> None:
    word = f"words that nobody knows {secrets.token_hex(8)}"
    log_in(api.client(), person.username, word)
    log_in(api.client(), word, word)
    person.get("/auth/profile")
    log = api.process.log_text()
    for secret in (word, person.tokens["access_token"], person.tokens["refresh_token"], PASSWORD):
        assert secret not in log


def test_the_configuration_says_what_the_forms_need(api: Api) -> None:
    config = api.client().get("/auth/config").json()
    assert config["mode"] == api.mode
    assert config["registration"] == "open"
    assert config["local_account"] is api.embedded
    assert (config["password_min"], config["password_max"]) == (12, 128)
