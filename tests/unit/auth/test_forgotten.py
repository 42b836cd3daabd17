"""Once an account is removed no row has its names, and the audit log, which keeps its id, is still as it was sealed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from quantlab_server.audit.seals.sealer import AuditSealer
from quantlab_server.audit.seals.verify import Verifier
from quantlab_server.config import Settings
from quantlab_server.db.base import now
from quantlab_server.db.engine import Database
from quantlab_server.leaving import tasks as leaving
from quantlab_server.models import Base
from tests.unit.auth.world import PASSWORD, World, unique


@pytest.fixture
def owner(settings: Settings) -> Iterator[Database]:
    """Whom no policy hides anything from."""
    database = Database(replace(settings, database_url=settings.owner_database_url))
    yield database
    database.close()


def naming(owner: Database, *words: str) -> set[str]:
    """Tables in which something has one of the words, in capitals or not."""
    found = set()
    with owner.transaction(writes=False) as uow:
        for table in Base.metadata.sorted_tables:
            for row in uow.execute(select(table)):
                text = " ".join(
                    value.decode(errors="replace") if isinstance(value, bytes) else str(value)
                    for value in row
                ).casefold()
                if any(word.casefold() in text for word in words):
                    found.add(table.name)
    return found


def live_a_life(world: World, one: Any) -> None:
    """Everything here leaves an event, and most a row of its own."""
    name, token = one["user"]["username"], one["access_token"]

    def call(method: str, path: str, body: Any = None) -> Any:
        answer = world.call(method, path, body, token=token)
        assert answer.status < 300, answer.json
        return answer.json

    world.log_in(name)
    world.log_in(f"{name}@example.com")
    world.log_in(name, "not that one at all 5")
    call("POST", "/auth/api-tokens", {"name": "script", "scopes": ["workflows:read"]})
    made = call("POST", "/workflows", {"name": "one", "code": "x = 1\n"})
    call("GET", f"/workflows/{made['id']}")
    call("POST", "/projects", {"name": "two"})
    call("POST", "/admin/invitations", {})
    call("POST", "/admin/kill-switch", {"target": "trading", "on": True, "reason": "a test"})
    call("PATCH", "/admin/settings", {"registration": "open"})
    call("PATCH", "/admin/settings", {"registration": None})
    call("POST", "/admin/kill-switch", {"target": "trading", "on": False, "reason": ""})
    call("PUT", "/auth/profile", {"username": f"{name}x"})
    body = {"current_password": PASSWORD, "new_password": "eight grey wolves 92"}
    call("POST", "/auth/change-password", body)


def test_no_table_has_the_names_and_the_log_verifies(world: World, owner: Database) -> None:
    one = world.register(unique())
    name, user = one["user"]["username"], one["user"]
    world.change_user(user, role="operator")
    one = world.refresh(one["refresh_token"]).json
    live_a_life(world, one)
    chain = UUID(user["tenant_id"])
    keyring = world.services.identity.keyring
    sealer = AuditSealer(world.services.settings.audit, world.services.database, keyring)
    assert sealer.seal(chain, conclude=True).sealed > 5
    assert {"users", "login_identities"} <= naming(owner, name)

    world.change_user(user, is_active=False, deleted_at=now() - timedelta(days=20))
    context = {"tenant_id": chain, "user_id": UUID(user["id"])}
    with world.services.database.transaction(**context) as uow:
        assert leaving.purge(world.services.audit, uow, now() - timedelta(days=14)) == 1
    assert naming(owner, name) == set()
    # Ids stay in events alone.
    ids = naming(owner, user["id"], UUID(user["id"]).hex)
    assert ids == {"audit_events", "installation_events"}
    verifier = Verifier(world.services.database, keyring)
    before = verifier.check(chain)
    assert (before.waiting, before.faults) == (1, [])
    assert sealer.seal(chain, conclude=True).sealed == 1
    after = verifier.check(chain)
    assert (after.rows, after.waiting, after.faults) == (before.rows + 1, 0, [])
    assert chain in verifier.chains()
