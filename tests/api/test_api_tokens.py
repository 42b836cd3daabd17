"""API tokens against the running services: alone, without Jupyter's own credentials, and by the client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

import quantlab_ext as ql
from quantlab_ext.client import Client
from tests.support.api import Api, Person
from tests.support.central import CentralDatabase
from tests.support.stream import connect, run
from tests.support.waiting import wait_until

SCOPES = ["workflows:read", "workflows:write", "profile:read", "market:read"]


def make(person: Person, *scopes: str) -> dict[str, Any]:
    answer = person.post("/auth/api-tokens", json={"name": "script", "scopes": scopes or SCOPES})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    made: dict[str, Any] = answer.json()
    return made


@pytest.mark.parametrize("header", ["Authorization", "X-QuantLab-Session"])
def test_alone_it_passes_our_routes(api: Api, person: Person, header: str) -> None:
    made = make(person)
    value = made["token"] if header == "X-QuantLab-Session" else f"Bearer {made['token']}"
    with httpx.Client(base_url=api.url, headers={header: value}, timeout=30.0) as script:
        created = script.post("/workflows", json={"name": "from a script", "code": "x = 1"})
        assert created.status_code == 201, created.text
        assert script.get("/auth/profile").json()["user"]["id"] == person.id
        for method, path in (
            ("GET", "/auth/sessions"),
            ("GET", "/auth/api-tokens"),
            ("POST", "/auth/api-tokens"),
            ("DELETE", f"/auth/api-tokens/{made['api_token']['id']}"),
            ("POST", "/auth/logout"),
            ("POST", "/auth/change-password"),
        ):
            answer = script.request(method, path, json={} if method == "POST" else None)
            assert (answer.status_code, answer.json()["error"]["code"]) == (
                403,
                "interactive_required",
            )
        person.delete(f"/auth/api-tokens/{made['api_token']['id']}").raise_for_status()
        assert script.get("/workflows").status_code == 401


def test_nothing_of_jupyters_opens_with_it(embedded_api: Api) -> None:
    token = make(embedded_api.register())["token"]
    root = embedded_api.url.removesuffix("/quantlab/api")
    for path in ("/api/contents", "/api/kernels", "/api/me"):
        answer = httpx.get(root + path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in (401, 403)


def test_the_client_takes_it_from_the_environment(
    api: Api, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUANTLAB_URL", api.url)
    monkeypatch.setenv("QUANTLAB_TOKEN", make(person)["token"])
    with Client() as client:
        assert str(client.whoami().id) == person.id
        client.workflows.save("by the client", "x = 1")
        with pytest.raises(ql.Forbidden):
            client.projects.create("not in its scopes")


def test_revoking_closes_its_sockets(api: Api, person: Person) -> None:
    made = make(person)

    async def scenario() -> None:
        async with connect(api.url, api.door) as socket:
            await socket.sign_in(made["token"])
            await socket.subscribe("library")
            person.delete(f"/auth/api-tokens/{made['api_token']['id']}").raise_for_status()
            code, _ = await socket.ending()
            assert code == 4401

    run(scenario)


def test_a_token_is_revoked_in_other_processes_within_a_second(
    make_central: Callable[..., Any],
    make_central_database: Callable[..., CentralDatabase],
    redis_url: str,
) -> None:
    database = make_central_database(redis_url=redis_url)
    one, two = (make_central(database=database) for _ in range(2))
    body = {
        "username": "anna",
        "email": "anna@example.com",
        "password": "correct horse battery staple 7",
    }
    signed_in = httpx.post(f"{one.api_url}/auth/register", json=body).json()
    with one.client(session=signed_in["access_token"]) as here:
        made = here.post("/auth/api-tokens", json={"name": "x", "scopes": SCOPES}).json()
        with two.client(session=made["token"]) as there:
            assert there.get("/workflows").status_code == 200
            id = made["api_token"]["id"]
            assert here.delete(f"/auth/api-tokens/{id}").status_code == 204
            wait_until(
                lambda: there.get("/workflows").status_code == 401,
                what="the token is revoked there",
                timeout=1,
            )
