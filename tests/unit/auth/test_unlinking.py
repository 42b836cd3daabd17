"""Log-ins of other services: one way into the account stays, however many are taken away at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest

from quantlab_server.auth.actor import Actor, ActorKind
from quantlab_server.db.base import new_id, now
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Conflict
from quantlab_server.factors import repository as factors
from quantlab_server.oidc import repository
from tests.unit.auth.world import World, unique


def link(world: World, user: Any) -> UUID:
    """A log-in that leads to somebody."""
    id = new_id()
    row = {
        "tenant_id": UUID(user["tenant_id"]),
        "id": id,
        "user_id": UUID(user["id"]),
        "provider": "corporate",
        "issuer": "https://id.example.com",
        "subject": unique(),
        "email": None,
        "created_at": now(),
        "last_used_at": now(),
    }
    with world.services.database.transaction(
        tenant_id=row["tenant_id"], user_id=row["user_id"]
    ) as uow:
        repository.insert_link(uow, row)
    return id


def add_passkey(world: World, user: Any, host: str, *, synced: bool) -> UUID:
    """A passkey of somebody, as the ceremony keeps it."""
    id = new_id()
    person = {"tenant_id": UUID(user["tenant_id"]), "user_id": UUID(user["id"])}
    values = {
        "id": id,
        "credential_id": id.bytes,
        "public_key": b"key",
        "sign_count": 1,
        "rp_id": host,
        "name": "key",
        "transports": [],
        "synced": synced,
        "created_at": now(),
    }
    with world.services.database.transaction(**person) as uow:
        factors.insert_passkey(uow, person | values)
        factors.mark_person(uow, person["tenant_id"], person["user_id"], True)
    return id


def act(world: World, user: Any, do: Callable[[UnitOfWork, Actor], object]) -> str:
    """Do something as somebody: "done", or why not."""
    tenant_id, user_id = UUID(user["tenant_id"]), UUID(user["id"])
    actor = Actor(tenant_id, user_id, "anna", "user", "free", user_id, ActorKind.SESSION)
    try:
        with world.services.database.transaction(tenant_id=tenant_id, user_id=user_id) as uow:
            do(uow, actor)
    except Conflict as error:
        return error.code
    return "done"


def test_of_two_last_ways_in_one_stays(world: World) -> None:
    for _ in range(5):
        user = world.register(unique())["user"]
        ids = [link(world, user) for _ in range(2)]
        world.change_user(user, password_hash=None)
        tenant_id, user_id = UUID(user["tenant_id"]), UUID(user["id"])
        actor = Actor(tenant_id, user_id, "anna", "user", "free", user_id, ActorKind.SESSION)
        start = Barrier(2)

        def unlink(id: UUID, actor: Actor = actor, start: Barrier = start) -> str:
            start.wait()
            try:
                with world.services.database.transaction(
                    tenant_id=actor.tenant_id, user_id=actor.user_id
                ) as uow:
                    return world.services.oidc.unlink(uow, actor, id)
            except Conflict as error:
                return error.code

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(unlink, ids)) == ["corporate", "last_log_in"]


@pytest.mark.parametrize(
    ("synced", "host", "is_way_in"),
    [
        (True, "quantlab.example.org", True),
        (False, "quantlab.example.org", False),
        (True, "other.example", False),
    ],
)
def test_a_passkey_is_a_way_in_if_it_signs_in_alone_and_here(
    make: Callable[..., World], synced: bool, host: str, is_way_in: bool
) -> None:
    world = make(public_url="https://quantlab.example.org")
    user = world.register(unique())["user"]
    id, passkey = link(world, user), add_passkey(world, user, host, synced=synced)
    world.change_user(user, password_hash=None)
    assert act(world, user, lambda uow, actor: world.services.oidc.unlink(uow, actor, id)) == (
        "done" if is_way_in else "last_log_in"
    )

    def remove(uow: UnitOfWork, actor: Actor) -> None:
        account = world.services.accounts.require(uow, actor.tenant_id, actor.user_id)
        world.services.factors.remove_passkey(uow, account, passkey)

    # What is the last way in by now stays too; while a log-in is linked, a passkey may go.
    assert act(world, user, remove) == ("last_log_in" if is_way_in else "done")


def test_with_a_password_the_last_log_in_and_the_last_passkey_may_go(world: World) -> None:
    user = world.register(unique())["user"]
    id, passkey = link(world, user), add_passkey(world, user, "localhost", synced=False)
    assert act(world, user, lambda uow, actor: world.services.oidc.unlink(uow, actor, id)) == "done"

    def remove(uow: UnitOfWork, actor: Actor) -> None:
        account = world.services.accounts.require(uow, actor.tenant_id, actor.user_id)
        world.services.factors.remove_passkey(uow, account, passkey)

    assert act(world, user, remove) == "done"
