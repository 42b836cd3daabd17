"""What administration shows of people, and to whom; where somebody came from; what a device is promised."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest

from quantlab_ext.schemas.admin import AdminUserPatch
from quantlab_server.auth import scopes
from quantlab_server.auth.actor import Actor, ActorKind
from quantlab_server.errors import ApiError
from tests.unit.auth.test_joining import accept, admin_of, invite
from tests.unit.auth.test_looking_after import change, member
from tests.unit.auth.world import PASSWORD, Answer, World, unique

ELSEWHERE = "203.0.113.40"


@pytest.fixture
def admin(world: World) -> Any:
    """An administrator of a tenant, signed in with that role."""
    return admin_of(world)


def signed_in(world: World, user: Any) -> Any:
    answer = world.log_in(user["username"])
    assert answer.status == 200, answer.json
    return answer.json


def people(world: World, person: Any) -> set[str]:
    answer = world.call("GET", "/people", token=person["access_token"])
    assert answer.status == 200, answer.json
    return {one["username"] for one in answer.json["items"]}


def test_who_cannot_sign_in_is_offered_to_nobody(world: World, admin: Any) -> None:
    asks, waits, off, there = (member(world, admin) for _ in range(4))
    ann = signed_in(world, asks)
    assert {one["username"] for one in (waits, off, there)} <= people(world, ann)
    world.change_user(waits, verification_pending=True)
    world.change_user(off, is_active=False)
    found = people(world, ann)
    assert there["username"] in found
    assert not {waits["username"], off["username"]} & found


def own_events(world: World, person: Any) -> list[dict[str, Any]]:
    answer = world.call("GET", "/auth/audit", token=person["access_token"])
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def test_a_person_sees_its_own_addresses_and_no_admins(world: World, admin: Any) -> None:
    user = member(world, admin)
    world.call(
        "PATCH",
        f"/admin/users/{user['id']}",
        {"tier": "pro"},
        token=admin["access_token"],
        address=ELSEWHERE,
    )
    world.log_in(user["username"], "wrong", address="198.51.100.7")
    seen = {one["tag"]: one["address"] for one in own_events(world, signed_in(world, user))}
    assert seen["admin:user:tier_changed"] is None
    # Whoever guesses at the password is not known; from where is the person's business.
    assert seen["account:session:refused"] == "198.51.100.7"
    assert seen["account:session:started"] == "192.0.2.1"
    listed = world.call("GET", "/admin/audit", token=admin["access_token"]).json["items"]
    (row,) = (one for one in listed if one["tag"] == "admin:user:tier_changed")
    assert row["address"] == ELSEWHERE


def test_the_log_says_by_which_invitation_somebody_came(world: World, admin: Any) -> None:
    came = world.call(
        "POST",
        "/auth/register",
        {
            "username": (name := unique()),
            "email": f"{name}@example.com",
            "password": PASSWORD,
            "invitation": invite(world, admin, role="admin"),
        },
    )
    assert came.status == 201, came.json
    moved = accept(world, world.register(unique()), invite(world, admin, role="user"))
    assert moved.status == 200, moved.json
    listed = world.call("GET", "/admin/invitations", token=admin["access_token"]).json["items"]
    by_person = {one["used_by"]: one for one in listed}
    for answer, tag in (
        (came, "account:user:registered"),
        (moved, "account:tenant:joined"),
    ):
        user = answer.json["user"]
        (event,) = (one for one in world.events(user) if one["tag"] == tag)
        invitation = by_person[user["id"]]
        assert event["detail"]["invitation"] == invitation["id"]
        assert event["detail"]["role"] == invitation["role"] == user["role"]


def begin(world: World) -> Any:
    return world.call("POST", "/auth/device", {"client_name": "laptop"}).json


def decide(world: World, person: Any, codes: Any) -> Answer:
    body = {"user_code": codes["user_code"]}
    return world.call("POST", "/auth/device/approve", body, token=person["access_token"])


def fetch(world: World, codes: Any) -> Answer:
    world.clock.move(6)
    return world.call("POST", "/auth/device/token", {"device_code": codes["device_code"]})


def test_a_promise_to_a_device_ends_when_its_person_is_disabled(world: World, admin: Any) -> None:
    user, codes = member(world, admin), begin(world)
    assert decide(world, signed_in(world, user), codes).status == 200
    for on in (False, True):
        assert change(world, admin, user, is_active=on).status == 200
    assert fetch(world, codes).code == "expired_token"


def test_no_promise_is_made_by_a_request_that_a_disabling_overtakes(
    world: World, admin: Any
) -> None:
    """Let through before, and committed after: the person is on again when the program asks."""
    services, tenant = world.services, UUID(admin["user"]["tenant_id"])
    for _ in range(4):
        user, codes, start = member(world, admin), begin(world), Barrier(2)
        person = signed_in(world, user)
        session = UUID(
            world.call("GET", "/auth/sessions", token=person["access_token"]).json["items"][0]["id"]
        )
        actor = Actor(
            tenant,
            UUID(user["id"]),
            user["username"],
            "user",
            "free",
            session,
            ActorKind.SESSION,
            scopes=scopes.PERSON,
        )

        def approve(actor: Actor = actor, codes: Any = codes, start: Barrier = start) -> str:
            start.wait()
            try:
                with services.database.transaction(
                    tenant_id=actor.tenant_id, user_id=actor.user_id
                ) as uow:
                    found = services.device.look(uow, actor, codes["user_code"])
                    assert found is not None
                    services.device.approve(uow, actor, codes["user_code"], found)
            except ApiError as error:
                return error.code
            return "approved"

        def disable(user: Any = user, start: Barrier = start, session: UUID = session) -> str:
            boss = Actor(
                tenant,
                UUID(admin["user"]["id"]),
                "admin",
                "admin",
                "free",
                session,
                ActorKind.SESSION,
            )
            start.wait()
            for on in (False, True):
                with services.database.transaction(tenant_id=tenant, user_id=boss.user_id) as uow:
                    act = services.admin.enter(uow, boss, None)
                    services.admin.change(act, UUID(user["id"]), AdminUserPatch(is_active=on))
            return "disabled"

        with ThreadPoolExecutor(2) as pool:
            done: list[Callable[[], str]] = [approve, disable]
            outcome = list(pool.map(lambda one: one(), done))
        assert outcome in (["approved", "disabled"], ["not_signed_in", "disabled"])
        assert fetch(world, codes).code in ("expired_token", "authorization_pending")
