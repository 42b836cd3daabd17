"""Step-up: what cannot be undone needs a person that proved lately who it is."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from tornado.httputil import HTTPHeaders

from quantlab_server.auth.actor import Actor
from quantlab_server.http.endpoint import Body, Endpoint, Request
from quantlab_server.routes import build_table
from tests.unit.auth.world import PASSWORD, World, unique


@pytest.fixture
def anna(world: World) -> Any:
    return world.register(unique())


def actor_of(world: World, token: str | None, host_user: str | None = "somebody") -> Actor:
    headers = HTTPHeaders({} if token is None else {"X-QuantLab-Session": token})
    request = Request("GET", "/x", {}, headers, {}, Body(), "192.0.2.1", False, "r", "/", host_user)
    return world.services.authenticator.resolve(request)


def is_fresh(world: World, token: str | None) -> bool:
    return world.services.authenticator.proved_recently(actor_of(world, token))


def step_up(world: World, token: str, password: str = PASSWORD, **options: Any) -> Any:
    return world.call("POST", "/auth/step-up", {"password": password}, token=token, **options)


def test_signing_in_is_a_proof_for_five_minutes(world: World, anna: Any) -> None:
    token = anna["access_token"]
    assert is_fresh(world, token)
    world.clock.move(300)
    assert is_fresh(world, token)
    world.clock.move(1)
    assert not is_fresh(world, token)


def test_the_password_proves_it_again(world: World, anna: Any) -> None:
    token = anna["access_token"]
    world.clock.move(301)
    assert not is_fresh(world, token)
    answer = step_up(world, token)
    assert answer.status == 200
    # The session counts, so the old token does too; the new one says when.
    assert is_fresh(world, token)
    claims = jwt.decode(answer.json["access_token"], options={"verify_signature": False})
    assert claims["auth_time"] == world.clock()
    assert world.events(anna["user"])[0]["tag"] == "account:session:proved_again"


def test_refreshing_proves_nothing(world: World, anna: Any) -> None:
    world.clock.move(301)
    renewed = world.refresh(anna["refresh_token"]).json
    assert not is_fresh(world, renewed["access_token"])


def test_a_clock_that_was_set_back_proves_nothing(world: World, anna: Any) -> None:
    token = anna["access_token"]
    actor = actor_of(world, token)
    world.clock.move(-61)
    assert not world.services.authenticator.proved_recently(actor)


def test_a_wrong_password_proves_nothing_and_costs_one_hash(world: World, anna: Any) -> None:
    token = anna["access_token"]
    world.clock.move(301)
    before = world.services.accounts.hasher.verifications
    answer = step_up(world, token, "wrong")
    assert world.services.accounts.hasher.verifications == before + 1
    assert (answer.status, answer.codes) == (422, {("password", "wrong_password")})
    assert not is_fresh(world, token)
    assert world.events(anna["user"])[0]["tag"] == "account:session:proof_refused"


def test_failures_count_as_failed_log_ins(world: World, anna: Any) -> None:
    token = anna["access_token"]
    for _ in range(10):
        assert step_up(world, token, "wrong", address="192.0.2.50").status == 422
    assert step_up(world, token, address="192.0.2.50").status == 429
    # Nor can the password be tried where it is changed.
    body = {"current_password": PASSWORD, "new_password": "nine quiet lamps 47"}
    changed = world.call("POST", "/auth/change-password", body, token=token, address="192.0.2.50")
    assert changed.status == 429


def test_kernels_cannot_prove_anything(world: World, anna: Any) -> None:
    issued = world.call("POST", "/auth/kernel-token", {}, token=anna["access_token"]).json
    assert not is_fresh(world, issued["token"])
    refused = step_up(world, issued["token"])
    assert (refused.status, refused.code) == (403, "interactive_required")


def test_jupyters_door_is_the_local_accounts_proof(world: World) -> None:
    world.call("GET", "/auth/profile")
    world.clock.move(86_400)
    assert is_fresh(world, None)
    refused = world.call("POST", "/auth/step-up", {"password": "x"})
    assert (refused.status, refused.code) == (403, "no_step_up")


def test_what_needs_step_up_needs_a_person() -> None:
    endpoints: list[Endpoint] = build_table().endpoints
    assert all(endpoint.interactive for endpoint in endpoints if endpoint.step_up)
