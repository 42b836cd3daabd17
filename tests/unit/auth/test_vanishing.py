"""People who are removed while a request of theirs, or about them, is under way: it is answered as any later one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, insert, select, update

from quantlab_ext.schemas.admin import AdminUserPatch
from quantlab_server.auth.actor import Actor, ActorKind
from quantlab_server.config import Settings
from quantlab_server.errors import ApiError, NotFound
from tests.support.database import TABLES
from tests.unit.auth.test_joining import admin_of, owner_of
from tests.unit.auth.test_looking_after import member
from tests.unit.auth.world import PASSWORD, World, unique

SOMETHING = f"/workflows/{UUID(int=7)}"
REQUESTS: list[tuple[str, str, Any]] = [
    ("POST", "/projects", {"name": "Ideas"}),
    ("POST", "/workflows", {"name": "Momentum", "code": "x = 1"}),
    ("PUT", "/auth/profile", {"username": "another"}),
    ("POST", "/auth/api-tokens", {"name": "n", "scopes": ["profile:read"], "expires_in_days": 3}),
    ("POST", "/auth/kernel-token", {}),
    ("POST", "/auth/mfa/totp", None),
    ("POST", "/auth/mfa/totp/confirm", {"code": "123456"}),
    ("POST", "/auth/mfa/recovery-codes", None),
    ("POST", "/auth/passkeys/register/options", None),
    ("POST", "/auth/step-up", {"password": PASSWORD}),
    ("POST", "/auth/step-up/options", None),
    ("POST", "/auth/change-email", {"email": "another@example.com"}),
    ("POST", "/auth/logout", {"scope": "this"}),
    ("PUT", f"{SOMETHING}/draft", {"base_version": 1, "content": "x = 2"}),
]


def remove(settings: Settings, user: Any) -> None:
    """Take somebody's row away, as another process does; nobody is told."""
    users = TABLES["users"]
    with owner_of(settings) as connection:
        connection.execute(delete(users).where(users.c.id == UUID(user["id"])))


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
def test_who_is_gone_is_signed_in_no_more(
    world: World, settings: Settings, method: str, path: str, body: Any
) -> None:
    anna = world.register(unique())
    token = anna["access_token"]
    # From here on this process believes for some seconds that it knows who this is.
    assert world.is_signed_in(token)
    remove(settings, anna["user"])
    headers = {"If-None-Match": "*"} if path.endswith("/draft") else {}
    answer = world.call(method, path, body, token=token, headers=headers)
    assert answer.status in (401, 404) or (path, answer.status) == ("/auth/logout", 204), (
        answer.json
    )


def test_who_is_looked_after_and_gone_is_not_found(world: World, settings: Settings) -> None:
    """Between the look at the person and the row that was to be about it."""
    admin = admin_of(world)
    user, services = member(world, admin), world.services
    tenant_id, own_id = UUID(admin["user"]["tenant_id"]), UUID(admin["user"]["id"])
    user_id = UUID(user["id"])
    remove(settings, user)
    row = {column.name: None for column in TABLES["usage_counters"].columns}
    row |= {"tenant_id": tenant_id, "user_id": user_id, "what": "workflows", "used": 1}
    caller = {"tenant_id": tenant_id, "user_id": own_id}

    def count() -> None:
        with services.database.transaction(**caller) as uow:
            uow.become(tenant_id, user_id)
            uow.execute(insert(TABLES["usage_counters"]), row)

    with pytest.raises(NotFound):
        count()


def operators(world: World) -> tuple[Any, Any]:
    """Two people of one tenant who are operators, and nobody else is."""
    first, second = world.register(unique()), None
    world.change_user(first["user"], role="admin")
    second = member(world, world.refresh(first["refresh_token"]).json)
    for user in (first["user"], second):
        world.change_user(user, role="operator")
    return first["user"], second


def test_two_last_operators_do_not_demote_each_other(world: World, settings: Settings) -> None:
    services, users = world.services, TABLES["users"]
    for _ in range(5):
        pair = operators(world)
        kept = [UUID(one["id"]) for one in pair]
        with owner_of(settings) as connection:
            others = update(users).where(users.c.role == "operator", users.c.id.not_in(kept))
            connection.execute(others.values(role="user"))
        tenant_id, start = UUID(pair[0]["tenant_id"]), Barrier(2)

        def demote(
            order: tuple[UUID, UUID], tenant_id: UUID = tenant_id, start: Barrier = start
        ) -> str:
            me, other = order
            actor = Actor(tenant_id, me, "op", "operator", "free", me, ActorKind.SESSION)
            start.wait()
            try:
                with services.database.transaction(tenant_id=tenant_id, user_id=me) as uow:
                    act = services.admin.enter(uow, actor, None)
                    services.admin.change(act, other, AdminUserPatch(role="user"))
            except ApiError as error:
                return error.code
            return "demoted"

        with ThreadPoolExecutor(2) as pool:
            outcome = sorted(pool.map(demote, [(kept[0], kept[1]), (kept[1], kept[0])]))
        # The second one is no operator any more when its turn comes.
        assert outcome == ["demoted", "insufficient_scope"]
        with owner_of(settings) as connection:
            left = select(func.count()).where(users.c.id.in_(kept), users.c.role == "operator")
            assert connection.execute(left).scalar_one() == 1
