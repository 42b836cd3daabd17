"""What those who look after a tenant see of its seals, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import update

from quantlab_server.admin import repository
from quantlab_server.admin.filters import EventFilter
from quantlab_server.audit.seals.sealer import AuditSealer
from quantlab_server.audit.seals.state import seal_state
from quantlab_server.auth.keys import Keyring
from quantlab_server.config import Settings
from quantlab_server.db.engine import Database
from tests.support.audit import Tamper, record
from tests.support.database import TABLES, People

EVERYTHING = EventFilter(None, None, None, None, None, None)
USERS = TABLES["users"]


@pytest.fixture
def admin(
    settings: Settings, people: People, open_database: Callable[[Settings], Database]
) -> dict[str, object]:
    """The context of Ann, who looks after her tenant."""
    owner = open_database(replace(settings, database_url=settings.owner_database_url))
    with owner.transaction() as uow:
        ann = USERS.c.id == people.ann.user_id
        uow.execute(update(USERS).where(ann).values(role="admin"))
    return dict(people.ann.context)


def sealed(database: Database, admin: dict[str, object]) -> list[bool]:
    """Of each event, the newest first."""
    with database.transaction(writes=False, **admin) as uow:  # type: ignore[arg-type]  # ids
        return [row["sealed"] for row in repository.list_events(uow, EVERYTHING, 10)]


def test_which_events_have_their_seal(
    database: Database,
    people: People,
    admin: dict[str, object],
    sealer: AuditSealer,
    keyring: Keyring,
) -> None:
    chain = people.ann.tenant_id
    before = seal_state(database, keyring, chain, check=True)
    assert (before.waiting, before.checkpoint) == (0, None)
    record(database, people.ann, 2)
    sealer.seal(chain, conclude=True)
    record(database, people.amy)
    record(database, people.bob)
    assert sealed(database, admin) == [False, True, True]
    state = seal_state(database, keyring, chain, check=False)
    assert (state.waiting, state.check) == (1, None)
    assert state.checkpoint is not None
    assert state.checkpoint.seq == 2


def test_a_look_at_the_newest_finds_what_was_changed(
    database: Database, people: People, sealer: AuditSealer, keyring: Keyring, tamper: Tamper
) -> None:
    chain = people.ann.tenant_id
    record(database, people.ann, 3)
    sealer.seal(chain, conclude=True)
    found = seal_state(database, keyring, chain, check=True).check
    assert found is not None
    assert (found.events, found.faults) == (3, [])
    assert tamper("UPDATE audit_events SET tag = 'library:workflow:deleted'") == 3
    found = seal_state(database, keyring, chain, check=True).check
    assert found is not None
    assert (found.events, len(found.faults)) == (3, 3)
