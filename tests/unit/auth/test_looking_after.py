"""Rules of looking after people that need a clock, or somebody else who acts at the same moment."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from quantlab_ext.schemas.admin import AdminUserPatch
from quantlab_server.accounts import changes
from quantlab_server.accounts import repository as accounts
from quantlab_server.accounts.account import Account
from quantlab_server.accounts.service import AccountService
from quantlab_server.admin.service import Acting, AdminService
from quantlab_server.auth.actor import Actor, ActorKind
from quantlab_server.db.session import UnitOfWork
from tests.unit.auth.world import PASSWORD, Answer, World, unique


@pytest.fixture
def admin(world: World) -> Any:
    """An administrator of a tenant, signed in with that role."""
    made = world.register(unique())
    world.change_user(made["user"], role="admin")
    return world.refresh(made["refresh_token"]).json


def member(world: World, admin: Any) -> dict[str, Any]:
    """Somebody else of the tenant."""
    name = unique()
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    answer = world.call("POST", "/admin/users", body, token=admin["access_token"])
    assert answer.status == 201, answer.json
    return {**answer.json, "tenant_id": admin["user"]["tenant_id"]}


def change(world: World, admin: Any, user: Any, **values: Any) -> Answer:
    path = f"/admin/users/{user['id']}"
    return world.call("PATCH", path, values, token=admin["access_token"])


def undelete(world: World, admin: Any, user: Any) -> Answer:
    path = f"/admin/users/{user['id']}/undelete"
    return world.call("POST", path, {}, token=admin["access_token"])


def in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def test_the_tier_of_local_accounts_is_given_to_nobody(world: World, admin: Any) -> None:
    user = member(world, admin)
    assert change(world, admin, user, tier="local").codes == {("tier", "unknown_tier")}
    name = unique()
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    made = world.call("POST", "/admin/users", body | {"tier": "local"}, token=admin["access_token"])
    assert made.codes == {("tier", "unknown_tier")}
    assert world.log_in(name).status == 401


def test_a_tier_that_would_have_ended_is_refused(world: World, admin: Any) -> None:
    user = member(world, admin)
    past = change(world, admin, user, tier="pro", tier_expires_at=in_days(-1))
    assert past.codes == {("tier_expires_at", "passed")}
    naive = change(world, admin, user, tier="pro", tier_expires_at="2099-01-01T00:00:00")
    assert naive.status == 422
    assert {path for path, _ in naive.codes} == {"tier_expires_at"}


def test_a_new_tier_is_not_over_because_the_last_one_is(world: World, admin: Any) -> None:
    user = member(world, admin)
    world.change_user(user, tier="pro", tier_expires_at=datetime.now(UTC) - timedelta(days=1))
    given = change(world, admin, user, tier="team").json
    assert (given["tier"], given["tier_expires_at"]) == ("team", None)
    # An end that is still to come stays until it is taken away.
    until = in_days(9)
    assert change(world, admin, user, tier_expires_at=until).json["tier"] == "team"
    kept = change(world, admin, user, tier="pro").json["tier_expires_at"]
    assert datetime.fromisoformat(kept) == datetime.fromisoformat(until)
    assert change(world, admin, user, tier_expires_at=None).json["tier_expires_at"] is None


def test_only_a_deletion_is_taken_back(world: World, admin: Any) -> None:
    user = member(world, admin)
    assert undelete(world, admin, user).code == "not_deleted"
    assert change(world, admin, user, is_active=False).status == 200
    assert undelete(world, admin, user).code == "not_deleted"
    path = f"/admin/users/{user['id']}"
    for was_active in (False, True):
        for _ in range(2):
            assert world.call("DELETE", path, token=admin["access_token"]).status == 204
        had_back = undelete(world, admin, user)
        assert (had_back.status, had_back.json["deleted_at"]) == (200, None)
        assert had_back.json["is_active"] is was_active
        assert change(world, admin, user, is_active=True).status == 200


def test_taking_a_deletion_back_needs_a_recent_proof(world: World, admin: Any) -> None:
    user = member(world, admin)
    path = f"/admin/users/{user['id']}"
    assert world.call("DELETE", path, token=admin["access_token"]).status == 204
    world.clock.move(600)
    assert undelete(world, admin, user).code == "step_up_required"
    again = world.log_in(admin["user"]["username"]).json
    assert undelete(world, again, user).status == 200


class _Meanwhile(AccountService):
    """Accounts whose epoch somebody else moves right after they were looked at."""

    def __init__(self, real: AccountService, user_id: UUID) -> None:
        self._real = real
        self._user_id = user_id

    def require(self, uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> Account:
        account = self._real.require(uow, tenant_id, user_id)
        if user_id == self._user_id:
            changes.end_epoch(uow, account)
        return account


def test_no_epoch_is_used_twice(world: World, admin: Any) -> None:
    user, mine, services = member(world, admin), admin["user"], world.services
    tenant_id, user_id, own_id = (
        UUID(text) for text in (user["tenant_id"], user["id"], mine["id"])
    )
    service = AdminService(
        _Meanwhile(services.accounts, user_id),
        services.sessions,
        services.api_tokens,
        services.audit,
        services.leaving,
        services.recovery,
        services.settings.quotas,
    )

    def epoch() -> int:
        with services.database.transaction(
            tenant_id=tenant_id, user_id=user_id, writes=False
        ) as uow:
            return services.accounts.require(uow, tenant_id, user_id).epoch

    before = epoch()
    actor = Actor(tenant_id, own_id, "admin", "admin", "free", own_id, ActorKind.SESSION)
    with services.database.transaction(tenant_id=tenant_id, user_id=own_id) as uow:
        service.change(Acting(uow, actor, tenant_id), user_id, AdminUserPatch(is_active=False))
    # One by whoever was quicker, one by disabling.
    assert epoch() == before + 2


def accept(world: World, token: str) -> Answer:
    name = unique()
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    # Each from an address of its own: the limit on registrations has a test elsewhere.
    address = f"198.51.100.{secrets.randbelow(250)}"
    return world.call("POST", "/auth/register", body | {"invitation": token}, address=address)


@pytest.mark.parametrize("end", ["demoted", "disabled", "deleted"])
def test_an_invitation_ends_with_the_right_to_invite(world: World, admin: Any, end: str) -> None:
    user = member(world, admin)
    world.change_user(user, role="admin")
    inviter = world.log_in(user["username"]).json

    def invite(who: Any) -> str:
        made = world.call(
            "POST", "/admin/invitations", {"role": "admin"}, token=who["access_token"]
        )
        assert made.status == 201, made.json
        return str(made.json["token"])

    used, left, mine = invite(inviter), invite(inviter), invite(admin)
    assert accept(world, used).json["user"]["role"] == "admin"
    if end == "demoted":
        assert change(world, admin, user, role="user").status == 200
        back: dict[str, Any] = {"role": "admin"}
    elif end == "disabled":
        assert change(world, admin, user, is_active=False).status == 200
        back = {"is_active": True}
    else:
        path = f"/admin/users/{user['id']}"
        assert world.call("DELETE", path, token=admin["access_token"]).status == 204
        back = {"is_active": True}
    assert accept(world, left).code == "invitation_invalid"
    # Also when the right comes back; who invited besides is none the worse.
    assert change(world, admin, user, **back).status == 200
    assert accept(world, left).code == "invitation_invalid"
    assert accept(world, mine).json["user"]["role"] == "admin"


def test_nobody_brings_in_who_is_above_what_they_are_now(world: World, admin: Any) -> None:
    made = world.call(
        "POST", "/admin/invitations", {"role": "admin"}, token=admin["access_token"]
    ).json
    # However the role was lost: by a tool of the operator's, say.
    world.change_user(admin["user"], role="user")
    assert accept(world, made["token"]).code == "invitation_invalid"
    world.change_user(admin["user"], role="admin")
    world.change_user(admin["user"], is_active=False)
    assert accept(world, made["token"]).code == "invitation_invalid"
    world.change_user(admin["user"], is_active=True)
    assert accept(world, made["token"]).status == 201


@pytest.mark.parametrize(
    ("role", "method", "path", "body"),
    [
        ("operator", "POST", "/admin/kill-switch", {"target": "trading", "on": False}),
        ("operator", "PATCH", "/admin/settings", {"registration": None}),
        ("operator", "PATCH", "/admin/tenants/{tenant_id}", {"name": "another"}),
        ("admin", "PATCH", "/admin/tenant", {"name": "another"}),
        ("admin", "POST", "/admin/invitations", {"role": "user"}),
        ("operator", "POST", "/admin/invitations", {"role": "operator"}),
    ],
)
def test_a_role_that_was_just_taken_away_does_nothing_more(
    world: World, role: str, method: str, path: str, body: Any
) -> None:
    made = world.register(unique())
    world.change_user(made["user"], role=role)
    tokens = world.refresh(made["refresh_token"]).json
    user, token = tokens["user"], tokens["access_token"]
    assert world.call("GET", "/admin/users", token=token).status == 200
    # This process has not heard of it yet.
    tenant_id, user_id = UUID(user["tenant_id"]), UUID(user["id"])
    less = {"role": "user" if role == "admin" else "admin"}
    with world.services.database.transaction(tenant_id=tenant_id, user_id=user_id) as uow:
        accounts.update_user(uow, tenant_id, user_id, less)
    refused = world.call(method, path.format(tenant_id=tenant_id), body, token=token)
    assert (refused.status, refused.code) == (403, "insufficient_scope")
