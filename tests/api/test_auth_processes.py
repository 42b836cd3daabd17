"""Identity across processes: servers that share a folder or a database, and services that must not start."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import jwt
import pytest

from quantlab_server.auth.keys import generate_keyring
from tests.support.central import CentralDatabase
from tests.support.jupyter import JupyterServerProcess
from tests.support.waiting import wait_until

PASSWORD = "correct horse battery staple 7"

Jupyters = Callable[..., JupyterServerProcess]


def status(client: httpx.Client) -> int:
    return client.get("/auth/profile").status_code


def test_two_jupyter_servers_on_one_folder_are_one_person(
    make_jupyter_server: Jupyters, tmp_path: Any
) -> None:
    servers = [
        make_jupyter_server(start=False, app="server", data_dir=tmp_path / "shared")
        for _ in range(2)
    ]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda server: server.start(), servers))
    one, two = (server.client() for server in servers)
    with one, two:
        with ThreadPoolExecutor(2) as pool:
            people = list(pool.map(lambda client: client.get("/auth/profile").json(), (one, two)))
        assert people[0]["user"] == people[1]["user"]
        assert one.post("/auth/logout", json={}).status_code == 204
        assert status(one) == 401
        wait_until(lambda: status(two) == 401, what="the other server is signed out", timeout=2)
        assert two.post("/auth/local", json={}).status_code == 200
        wait_until(lambda: status(one) == 200, what="the other server is back", timeout=2)
        body = {
            "username": "anna",
            "email": "anna@example.com",
            "password": PASSWORD,
            "transport": "body",
        }
        tokens = one.post("/auth/register", json=body).json()
        there = servers[1].client(session=tokens["access_token"])
        assert status(there) == 200
        renewed = two.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
        assert renewed.status_code == 200
        session = {"X-QuantLab-Session": tokens["access_token"]}
        assert one.post("/auth/logout", json={}, headers=session).status_code == 204
        wait_until(lambda: status(there) == 401, what="the session ended there too", timeout=2)
        there.close()


def test_two_central_services_end_a_session_within_a_second(
    make_central: Callable[..., Any],
    make_central_database: Callable[..., CentralDatabase],
    redis_url: str,
) -> None:
    database = make_central_database(redis_url=redis_url)
    one, two = (make_central(database=database) for _ in range(2))
    created = database.run(
        *("user", "create", "--email", "anna@example.com", "--username", "anna"),
        *("--role", "admin", "--password-stdin"),
        stdin=PASSWORD + "\n",
    )
    assert created.returncode == 0, created.stderr
    with httpx.Client(base_url=one.api_url) as here, httpx.Client(base_url=two.api_url) as there:
        signed_in = here.post("/auth/login", json={"login": "anna", "password": PASSWORD})
        user, token = signed_in.json()["user"], signed_in.json()["access_token"]
        assert (user["id"], user["role"]) == (created.stdout.strip(), "admin")
        for client in (here, there):
            client.headers["Authorization"] = f"Bearer {token}"
            assert status(client) == 200
        assert here.post("/auth/logout", json={}).status_code == 204
        assert status(here) == 401
        wait_until(lambda: status(there) == 401, what="the session ended there", timeout=1)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "secure"),
    [(1, "https", True), (1, "http", False), (1, "http, https", True), (0, "https", False)],
)
def test_cookies_are_secure_when_the_browsers_connection_is(
    proxies: int, forwarded: str, secure: bool, make_central: Callable[..., Any], shared: Any
) -> None:
    server = shared.get(proxies)
    if server is None:
        server = make_central(args=(f"--ServiceSettings.trusted_proxies={proxies}",))
        shared[proxies] = server
    name = f"p{secrets.token_hex(4)}"
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    headers = {"X-Forwarded-Proto": forwarded}
    answer = httpx.post(f"{server.api_url}/auth/register", json=body, headers=headers)
    assert answer.status_code == 201
    cookies = answer.headers.get_list("Set-Cookie")
    assert len(cookies) == 2
    assert all(("; secure" in cookie.lower()) is secure for cookie in cookies)
    assert ("Strict-Transport-Security" in answer.headers) is secure


@pytest.fixture(scope="module")
def shared() -> dict[int, Any]:
    """Services of this module by their number of proxies."""
    return {}


def ring(**change: Any) -> str:
    (key,) = generate_keyring()["keys"]
    return json.dumps({"keys": [{**key, **change}]})


SHORT = "c2hvcnQtc2VjcmV0LWtleS0x"

KEYRINGS = {
    "missing": {"QUANTLAB_KEYS_FILE": ""},
    "no such file": {"QUANTLAB_KEYS_FILE": "/nonexistent/keys.json"},
    "short": {"QUANTLAB_KEYS_FILE": "", "QUANTLAB_KEYS": ring(key=SHORT)},
    "example": {"QUANTLAB_KEYS_FILE": "", "QUANTLAB_KEYS": ring(key="changeme" * 8)},
    "rubbish": {"QUANTLAB_KEYS_FILE": "", "QUANTLAB_KEYS": "hunter2-is-my-secret"},
}


@pytest.fixture(scope="module")
def database(make_central_database: Callable[..., CentralDatabase]) -> CentralDatabase:
    return make_central_database()


@pytest.mark.parametrize("environment", KEYRINGS.values(), ids=KEYRINGS.keys())
def test_the_central_service_refuses_bad_keys_and_names_the_setting(
    database: CentralDatabase, environment: dict[str, str]
) -> None:
    done = database.run("serve", "--port", "0", **environment)
    assert done.returncode == 1
    assert "QUANTLAB_KEYS" in done.stderr
    assert "Traceback" not in done.stderr
    for secret in (SHORT, "changemechangeme", "hunter2", "nonexistent"):
        assert secret not in done.stderr + done.stdout


def test_the_operator_makes_tenants_and_people(database: CentralDatabase) -> None:
    desk = f"Desk {secrets.token_hex(3)}"
    tenant = database.run("tenant", "create", desk)
    assert tenant.returncode == 0, tenant.stderr
    assert database.run("tenant", "create", desk.lower()).returncode == 1

    def create(*arguments: str, password: str = PASSWORD) -> Any:
        return database.run("user", "create", *arguments, "--password-stdin", stdin=password + "\n")

    by_name = create("--email", "b@example.com", "--username", "bert", "--tenant", desk)
    by_id = create(
        "--email", "c@example.com", "--username", "cleo", "--tenant", tenant.stdout.strip()
    )
    assert (by_name.returncode, by_id.returncode) == (0, 0), by_name.stderr + by_id.stderr
    for arguments, password, message in (
        (("--email", "d@example.com", "--username", "BERT"), PASSWORD, "cannot be made"),
        (("--email", "B@example.com", "--username", "dora"), PASSWORD, "cannot be made"),
        (("--email", "d@example.com", "--username", "dora"), "short", "at least 12"),
        (
            ("--email", "d@example.com", "--username", "dora", "--tenant", "No such desk"),
            PASSWORD,
            "no such tenant",
        ),
    ):
        refused = create(*arguments, password=password)
        assert refused.returncode == 1
        assert message in refused.stderr
        assert password not in refused.stderr
    without = database.run("user", "create", "--email", "e@example.com", "--username", "emil")
    assert without.returncode == 1
    assert "--password-stdin" in without.stderr


def test_rotated_and_revoked_keys_count_in_running_processes(
    make_central: Callable[..., Any], make_central_database: Callable[..., CentralDatabase]
) -> None:
    database = make_central_database()
    for command in (("--alg", "EdDSA"), ()):
        assert database.run("keys", "rotate", *command).returncode == 0
    one, two = (make_central(database=database) for _ in range(2))
    body = {"username": "anna", "email": "anna@example.com", "password": PASSWORD}
    token = httpx.post(f"{one.api_url}/auth/register", json=body).json()["access_token"]

    def published() -> list[str]:
        answer = httpx.get(f"{two.url}.well-known/jwks.json")
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=60"
        assert answer.headers["Content-Type"] == "application/json"
        assert not any("d" in key for key in answer.json()["keys"])
        return [key["kid"] for key in answer.json()["keys"]]

    signing = jwt.get_unverified_header(token)["kid"]
    assert signing in published()
    with one.client(session=token) as here, two.client(session=token) as there:
        assert (status(here), status(there)) == (200, 200)
        assert database.run("keys", "rotate").returncode == 0
        wait_until(lambda: len(published()) == 4, what="the key after the next is published")
        assert (status(here), status(there)) == (200, 200)
        assert database.run("keys", "revoke", signing).returncode == 0
        for client in (here, there):
            wait_until(lambda c=client: status(c) == 401, what="the key is revoked", timeout=5)
        assert signing not in published()
    refused = httpx.post(f"{one.url}.well-known/jwks.json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (405, "method_not_allowed")
