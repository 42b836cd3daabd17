"""The audit log in tests of the database: events, seals, and somebody who owns the tables."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import func, select

from quantlab_server.audit.seals.sealer import AuditSealer
from quantlab_server.audit.seals.verify import Verifier
from quantlab_server.audit.service import AuditService
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.keys import Keyring, generate_keyring, parse_keyring
from quantlab_server.config import Settings
from quantlab_server.db.engine import Database, parse_url
from quantlab_server.settings_audit import AuditSettings
from tests.support.database import (
    TABLES,
    People,
    Person,
    PostgresDatabase,
)

SEALS, EVENTS, POINTS = (
    TABLES[name] for name in ("audit_seals", "audit_events", "audit_checkpoints")
)
Tamper = Callable[[str], int]


def ring(document: dict[str, object] | None = None) -> Keyring:
    return parse_keyring(json.dumps(document or generate_keyring()), "keys")


@pytest.fixture
def keyring() -> Keyring:
    return ring()


@pytest.fixture
def sealer(database: Database, keyring: Keyring) -> AuditSealer:
    return AuditSealer(AuditSettings(), database, keyring)


@pytest.fixture
def verifier(database: Database, keyring: Keyring) -> Verifier:
    return Verifier(database, keyring)


@pytest.fixture
def tamper(settings: Settings, request: pytest.FixtureRequest) -> Tamper:
    """Statements of somebody who owns the database; returns how many rows they touched."""
    if settings.database_url.startswith("sqlite"):
        path = parse_url(settings.database_url).database or ""

        def change(statement: str) -> int:
            with sqlite3.connect(path) as raw:
                for (name,) in raw.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'trigger'"
                ).fetchall():
                    raw.execute(f"DROP TRIGGER {name}")
                return raw.execute(statement).rowcount

        return change
    pg: PostgresDatabase = request.getfixturevalue("pg")

    def change_there(statement: str) -> int:
        with pg.superuser() as connection:
            return connection.execute(statement.encode()).rowcount

    return change_there


def record(database: Database, person: Person, count: int = 1, **detail: object) -> None:
    for number in range(count):
        with database.transaction(tenant_id=person.tenant_id, user_id=person.user_id) as uow:
            AuditService().record_about(
                uow,
                person.tenant_id,
                person.user_id,
                AuditTag.WORKFLOW_SAVED,
                actor_id=person.user_id,
                address="192.0.2.1",
                detail={"number": number, "share": 0.1, "name": "Ä „name“", **detail},
            )


def scalar(database: Database, chain: UUID, query: object) -> int:
    with database.transaction(tenant_id=chain, writes=False) as uow:
        return int(uow.execute(query).scalar_one())  # type: ignore[arg-type]  # a select


def sealed(database: Database, chain: UUID) -> int:
    return scalar(database, chain, select(func.count()).where(SEALS.c.tenant_id == chain))


def id_text(value: UUID, settings: Settings) -> str:
    return value.hex if settings.database_url.startswith("sqlite") else str(value)


def event_at(database: Database, chain: UUID, seq: int) -> UUID:
    with database.transaction(tenant_id=chain, writes=False) as uow:
        query = select(SEALS.c.event_id).where(SEALS.c.tenant_id == chain, SEALS.c.seq == seq)
        found: UUID = uow.execute(query).scalar_one()
        return found


def faults(verifier: Verifier, chain: UUID, **options: object) -> list[str]:
    return verifier.check(chain, **options).faults  # type: ignore[arg-type]  # passed on


@pytest.fixture
def chain(database: Database, people: People, sealer: AuditSealer) -> UUID:
    """Ann's tenant with ten sealed rows, signed at the end."""
    record(database, people.ann, 10)
    sealer.seal(people.ann.tenant_id, conclude=True)
    sealer.seal(people.ann.tenant_id, conclude=True)
    return people.ann.tenant_id
