"""Signing up: who gets in, what is refused, and what is not told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from quantlab_server.tenants import service as tenants
from tests.unit.auth.world import PASSWORD, Answer, World, unique


@pytest.fixture
def anna(world: World) -> Any:
    return world.register(unique())


def test_signing_up_signs_in(world: World) -> None:
    wanted = unique()
    tokens = world.register(wanted)
    assert tokens["token_type"] == "Bearer"
    assert 0 < tokens["expires_in"] <= 900
    user = tokens["user"]
    assert (user["username"], user["email"]) == (wanted, f"{wanted}@example.com")
    assert (user["role"], user["tier"], user["is_local"]) == ("user", "free", False)
    assert world.call("GET", "/auth/profile", token=tokens["access_token"]).json["user"] == user
    assert [event["tag"] for event in world.events(user)] == ["account:user:registered"]


def test_everybody_gets_a_tenant_of_their_own(world: World) -> None:
    one, two = world.register(unique()), world.register(unique())
    assert one["user"]["tenant_id"] != two["user"]["tenant_id"]


@pytest.mark.parametrize("spelling", [str.upper, str.title, lambda n: f" {n} "])
def test_a_taken_username_is_taken_in_any_spelling(
    world: World, anna: Any, spelling: Callable[[str], str]
) -> None:
    body = {
        "username": spelling(anna["user"]["username"]),
        "email": f"{unique()}@example.com",
        "password": PASSWORD,
    }
    by_name = world.call("POST", "/auth/register", body)
    taken = spelling(anna["user"]["email"])
    by_address = world.call(
        "POST", "/auth/register", {"username": unique(), "email": taken, "password": PASSWORD}
    )
    assert by_name.status == by_address.status == 409
    assert by_name.json == by_address.json
    assert by_name.code == "registration_refused"
    assert "fields" not in by_name.json["error"]
    assert by_name.cookies == by_address.cookies == {}


def test_a_refused_registration_leaves_nothing_behind(world: World, anna: Any) -> None:
    wanted = unique()
    body = {"username": wanted, "email": anna["user"]["email"], "password": PASSWORD}
    assert world.call("POST", "/auth/register", body).status == 409
    world.register(wanted)


def test_every_refused_field_is_named(world: World) -> None:
    body = {"username": "two words", "email": "nobody", "password": "short"}
    answer = world.call("POST", "/auth/register", body)
    assert answer.status == 422
    assert answer.codes == {
        ("username", "invalid_character"),
        ("email", "invalid_email"),
        ("password", "too_short"),
    }


@pytest.mark.parametrize("extra", ["role", "tier", "tenant_id", "is_active", "is_local", "epoch"])
def test_nobody_makes_themselves_an_operator(world: World, extra: str) -> None:
    body = {"username": unique(), "email": f"{unique()}@example.com", "password": PASSWORD}
    answer = world.call("POST", "/auth/register", {**body, extra: "operator"})
    assert answer.status == 422
    assert answer.codes == {(extra, "unknown_field")}


@pytest.mark.parametrize("in_one_tenant", [False, True])
def test_twenty_people_who_want_one_name_at_once(world: World, in_one_tenant: bool) -> None:
    wanted = unique()
    if in_one_tenant:
        with world.services.database.transaction() as uow:
            tenants.create_shared(uow, wanted)
        world.services.settings.service.default_tenant = wanted

    async def rush() -> list[Answer]:
        return await asyncio.gather(
            *(
                world.send(
                    "POST",
                    "/auth/register",
                    {"username": wanted, "email": f"{wanted}{n}@example.com", "password": PASSWORD},
                    address=f"198.51.100.{n}",
                )
                for n in range(20)
            )
        )

    statuses = [answer.status for answer in world.run(rush())]
    assert sorted(statuses) == [201] + [409] * 19


def test_closed_registration_is_closed_before_anything_is_checked(
    make: Callable[..., World],
) -> None:
    world = make()
    world.services.settings.service.registration = "closed"
    answer = world.call("POST", "/auth/register", {"username": "", "email": "", "password": ""})
    assert answer.status in (403, 422)
    good = {"username": unique(), "email": f"{unique()}@example.com", "password": PASSWORD}
    answer = world.call("POST", "/auth/register", good)
    assert (answer.status, answer.code) == (403, "registration_closed")
    assert world.call("GET", "/auth/config").json["registration"] == "closed"


def test_new_people_join_the_default_tenant(make: Callable[..., World]) -> None:
    world, shared = make(), f"Desk {unique()}"
    with world.services.database.transaction() as uow:
        tenant_id = tenants.create_shared(uow, shared)
    world.services.settings.service.default_tenant = shared.upper()
    user = world.register(unique())["user"]
    assert user["tenant_id"] == str(tenant_id)
    assert user["tenant_name"] == shared
