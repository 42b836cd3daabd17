"""What becomes of a person who is deleted, on both databases: no row names it any more, but those of the audit log."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from quantlab_server.auth.keys import generate_keyring
from quantlab_server.config import Settings
from quantlab_server.container import Services
from quantlab_server.db import device_requests
from quantlab_server.db.base import new_id, now
from quantlab_server.db.engine import Database
from quantlab_server.db.identities import Due
from quantlab_server.leaving import repository
from quantlab_server.models import Base
from quantlab_server.tasks import PeriodicTasks
from quantlab_server.wiring import build_services
from tests.support.database import TABLES, People, Person, library_row, make_library, user_row

USERS, TENANTS, AUDIT = (TABLES[name] for name in ("users", "tenants", "audit_events"))
NOBODY = UUID(int=0)
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def services(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setenv("QUANTLAB_KEYS", json.dumps(generate_keyring()))
    built = build_services(settings)
    yield built
    built.workers.close()
    built.database.close()


@pytest.fixture
def owner(settings: Settings, open_database: Callable[[Settings], Database]) -> Database:
    """Whom no policy hides anything from."""
    return open_database(replace(settings, database_url=settings.owner_database_url))


def run(services: Services, ahead: timedelta = timedelta()) -> dict[str, int]:
    """What each job removes at this moment, or some time later."""
    later = (now() + ahead).timestamp()
    return dict(asyncio.run(PeriodicTasks(services, clock=lambda: later).run_once()))


def change(owner: Database, person: Person, **values: Any) -> None:
    with owner.transaction() as uow:
        uow.execute(update(USERS).where(USERS.c.id == person.user_id).values(**values))


def every_row(owner: Database) -> Rows:
    with owner.transaction(writes=False) as uow:
        return {
            table.name: [dict(row) for row in uow.execute(select(table)).mappings()]
            for table in Base.metadata.sorted_tables
        }


def naming(rows: Rows, id: UUID) -> set[str]:
    """Tables in which something names an id, in a column or inside a text."""
    forms = (str(id), id.hex)
    return {
        name
        for name, found in rows.items()
        if any(form in str(value) for row in found for value in row.values() for form in forms)
    }


def crowd(owner: Database, people: People) -> None:
    """Ann has a row in every table, and was busy in what Amy shares with her."""
    with owner.transaction() as uow:
        make_library(uow, people.ann)  # type: ignore[arg-type]  # executes as a connection does
        amys = make_library(uow, people.amy)  # type: ignore[arg-type]  # as above
        ann = people.ann.user_id
        for name, values in (
            ("object_versions", {"version": 2, "author_id": ann}),
            ("object_drafts", {"drafter_id": ann}),
            ("object_trust", {"person_id": ann}),
            ("object_openings", {"person_id": ann}),
            ("object_shares", {"grantee_id": ann}),
            ("invitations", {"used_by": ann}),
        ):
            uow.execute(insert(TABLES[name]), library_row(TABLES[name], amys, **values))


def test_nothing_names_a_person_who_is_gone(
    services: Services, owner: Database, people: People
) -> None:
    crowd(owner, people)
    before = every_row(owner)
    change(owner, people.ann, deleted_at=now(), is_active=False)
    assert run(services, timedelta(days=13, hours=23))["accounts"] == 0
    assert "users" in naming(every_row(owner), people.ann.user_id)
    assert run(services, timedelta(days=14, hours=1))["accounts"] == 1
    after = every_row(owner)
    assert naming(after, people.ann.user_id) == {"audit_events"}
    # What is others' stays: Amy's object with the version that Ann wrote, by nobody.
    for name in ("saved_objects", "contents", "projects", "object_thumbnails"):
        kept = [row for row in before[name] if row["user_id"] == people.amy.user_id]
        assert after[name] == kept, name
    written = [row for row in after["object_versions"] if row["author_id"] == NOBODY]
    assert [(row["user_id"], row["version"]) for row in written] == [(people.amy.user_id, 2)]
    assert {row["id"] for row in after["users"]} == {p.user_id for p in people.all} - {
        people.ann.user_id
    }
    assert {row["id"] for row in after["tenants"]} == {people.ann.tenant_id, people.bob.tenant_id}


def test_that_it_went_is_in_the_audit_log(
    services: Services, owner: Database, people: People
) -> None:
    change(owner, people.bob, deleted_at=now() - timedelta(days=20), is_active=False)
    told: list[tuple[str, UUID | None]] = []
    services.audit.listeners.append(lambda one: told.append((one.tag.value, one.user_id)))
    assert run(services)["accounts"] == 1
    assert told == [("account:user:purged", people.bob.user_id)]
    (event,) = [e for e in every_row(owner)["audit_events"] if e["tag"] == "account:user:purged"]
    assert (event["user_id"], event["actor_id"]) == (people.bob.user_id, None)
    assert event["detail"] == {"reason": "deleted"}
    assert run(services)["accounts"] == 0


def personal(owner: Database, *names: str) -> list[Person]:
    """People of one new personal tenant."""
    tenant = new_id()
    members = [Person(tenant, new_id()) for _ in names]
    with owner.transaction() as uow:
        uow.execute(insert(TENANTS), {"id": tenant, "name": names[0], "personal": True})
        for name, member in zip(names, members, strict=True):
            uow.execute(insert(USERS), user_row(member, name))
    return members


def test_a_personal_tenant_goes_with_its_last_person(
    services: Services, owner: Database, people: People
) -> None:
    (alone,) = personal(owner, "eve")
    host, guest = personal(owner, "max", "guest")
    for person in (alone, host):
        change(owner, person, deleted_at=now() - timedelta(days=20))
    assert run(services)["accounts"] == 2
    rows = every_row(owner)
    left = {row["id"] for row in rows["tenants"]}
    assert alone.tenant_id not in left
    assert host.tenant_id in left
    assert guest.user_id in {row["id"] for row in rows["users"]}


def test_accounts_that_nobody_confirmed_go(
    services: Services, owner: Database, people: People
) -> None:
    week = timedelta(days=7)
    (stranger,) = personal(owner, "stranger")
    identity = {
        "kind": "email",
        "normalised_value": "taken@example.com",
        "tenant_id": stranger.tenant_id,
        "user_id": stranger.user_id,
    }
    with owner.transaction() as uow:
        uow.execute(insert(TABLES["login_identities"]), identity)
    change(owner, stranger, verification_pending=True, created_at=now())
    assert run(services, week - timedelta(hours=1))["unverified"] == 0
    assert run(services, week + timedelta(hours=1))["unverified"] == 1
    rows = every_row(owner)
    assert naming(rows, stranger.user_id) == {"audit_events"}
    assert "taken@example.com" not in {r["normalised_value"] for r in rows["login_identities"]}
    # Everybody else is as old, but confirmed.
    assert len(rows["users"]) == len(people.all)


def test_how_long_is_a_setting(services: Services, owner: Database, people: People) -> None:
    change(owner, people.ben, verification_pending=True, created_at=now() - timedelta(days=10))
    services.settings.mail.unverified_days = 30
    assert run(services)["unverified"] == 0
    services.settings.mail.unverified_days = 2
    assert run(services)["unverified"] == 1


def test_forgetting_does_nothing_while_there_is_such_a_person(
    services: Services, owner: Database, people: People
) -> None:
    crowd(owner, people)
    before = every_row(owner)
    with services.database.transaction(**people.ann.context) as uow:
        if not uow.is_postgresql:
            return  # there it is one caller's rule
        repository.forget(uow, people.ann.tenant_id, people.ann.user_id)
    assert every_row(owner) == before


def test_challenges_and_invitations_go_after_their_time(
    services: Services, owner: Database, people: People
) -> None:
    moment = now()
    with owner.transaction() as uow:
        for person in (people.ann, people.bob):
            made = make_library(uow, person)  # type: ignore[arg-type]  # executes as a connection does
            for name, age in (("factor_challenges", -1), ("invitations", -1), ("invitations", 31)):
                row = library_row(TABLES[name], made, expires_at=moment - timedelta(days=age))
                uow.execute(insert(TABLES[name]), row)
    for table in ("factor_challenges", "invitations"):
        assert len(every_row(owner)[table]) == (4 if table == "factor_challenges" else 6)
    removed = run(services)
    # Those that a sample row has are of 2024.
    assert (removed["challenges"], removed["invitations"]) == (2, 4)
    rows = every_row(owner)
    assert {row["expires_at"] for row in rows["factor_challenges"]} == {moment + timedelta(days=1)}
    assert {row["expires_at"] for row in rows["invitations"]} == {moment + timedelta(days=1)}


def test_programs_that_nobody_let_in_go_without_another_coming(
    services: Services, owner: Database, people: People
) -> None:
    moment = now()
    with services.database.transaction() as uow:
        for name, age in (("old", 61), ("late", 59), ("waiting", -10)):
            added = device_requests.add_request(
                uow,
                device=name.encode(),
                user=name.encode() * 2,
                client=name,
                address="192.0.2.1",
                scopes="",
                now=moment - timedelta(minutes=age + 10),
                expires=moment - timedelta(minutes=age),
            )
            assert added
    tasks = PeriodicTasks(services, clock=moment.timestamp)
    assert asyncio.run(tasks.purge_devices()) == 1
    left = {row["client_name"] for row in every_row(owner)["device_requests"]}
    assert left == {"late", "waiting"}
    assert asyncio.run(tasks.purge_devices()) == 0


def test_what_expires_has_a_purge() -> None:
    """Who adds a table whose rows end decides when they go."""
    ends = {t.name for t in Base.metadata.sorted_tables if {"expires_at"} & set(t.columns.keys())}
    purged = {
        "sessions": "sessions",
        "refresh_tokens": "sessions",
        "api_tokens": "sessions",
        "one_time_tokens": "one_time_tokens",
        "factor_challenges": "challenges",
        "invitations": "invitations",
        # Of nobody: PeriodicTasks.purge_devices.
        "device_requests": None,
    }
    assert ends == set(purged)
    jobs = set(get_args(Due)) | {None}
    assert set(purged.values()) <= jobs
