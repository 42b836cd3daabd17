"""Periodic tasks on both databases: what is due goes, what is not stays, and nobody else's context is used."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from quantlab_server.auth.keys import generate_keyring
from quantlab_server.config import Settings
from quantlab_server.container import Services
from quantlab_server.db.base import new_id, now
from quantlab_server.db.engine import Database
from quantlab_server.tasks import PeriodicTasks
from quantlab_server.wiring import build_services
from tests.support.database import TABLES, Library, People, Person, library_row
from tests.support.library import make_desk
from tests.support.waiting import wait_until

OBJECTS, KEYS, SESSIONS, TOKENS = (
    TABLES[name] for name in ("saved_objects", "idempotency_keys", "sessions", "refresh_tokens")
)


@pytest.fixture
def services(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setenv("QUANTLAB_KEYS", json.dumps(generate_keyring()))
    built = build_services(settings)
    yield built
    built.workers.close()
    built.database.close()


@pytest.fixture
def database(services: Services) -> Database:
    return services.database


def run_once(services: Services) -> Counter[str]:
    """What each job removed; equal to another whatever jobs there are that removed nothing."""
    return Counter(asyncio.run(PeriodicTasks(services).run_once()))


def count(database: Database, person: Person, name: str) -> int:
    table = TABLES[name]
    with database.transaction(writes=False, **person.context) as uow:
        found = uow.execute(select(table).where(table.c.user_id == person.user_id)).all()
    return len(found)


def test_nothing_to_do(services: Services, people: People) -> None:
    assert run_once(services) == Counter()


def test_deleted_objects_go_after_their_time(
    services: Services, settings: Settings, database: Database, people: People
) -> None:
    for person, name in ((people.ann, "ann"), (people.bob, "bob")):
        desk = make_desk(settings, database, person, name)
        items = [desk.create(f"{name} {number}", f"code {number}") for number in range(4)]
        with database.transaction(**person.context) as uow:
            for item, days in zip(items, (31, 30.1, 29, None), strict=True):
                when = None if days is None else now() - timedelta(days=days)
                uow.execute(update(OBJECTS).where(OBJECTS.c.id == item.id).values(deleted_at=when))
    assert run_once(services)["objects"] == 4
    for person in (people.ann, people.bob):
        assert count(database, person, "saved_objects") == 2
        assert count(database, person, "object_versions") == 2
        assert count(database, person, "contents") == 2
    assert run_once(services)["objects"] == 0


def test_more_than_one_batch_goes_in_one_run(
    services: Services, settings: Settings, database: Database, people: People
) -> None:
    desk = make_desk(settings, database, people.ann, "ann")
    for number in range(120):
        desk.create(f"name {number}", "same code")
    with database.transaction(**people.ann.context) as uow:
        uow.execute(update(OBJECTS).values(deleted_at=now() - timedelta(days=40)))
    assert run_once(services)["objects"] == 120
    assert count(database, people.ann, "contents") == 0


def test_old_keys_and_ended_sessions_go(
    services: Services, database: Database, people: People
) -> None:
    moment = now()
    ages = {"old": timedelta(days=-2), "new": timedelta(hours=1)}
    for person in (people.ann, people.bob):
        for age in ages.values():
            made = Library(person, new_id(), b"", new_id())
            dates = {"expires_at": moment + age}
            with database.transaction(**person.context) as uow:
                uow.execute(insert(SESSIONS), library_row(SESSIONS, made, **dates))
                token = library_row(TOKENS, made, **dates | {"expires_at": moment + abs(age)})
                uow.execute(insert(TOKENS), token)
                uow.execute(insert(KEYS), library_row(KEYS, made, created_at=moment + age))
    assert run_once(services) == Counter(keys=2, sessions=2)
    for person in (people.ann, people.bob):
        for name in ("sessions", "refresh_tokens", "idempotency_keys"):
            assert count(database, person, name) == 1, name


def test_two_processes_at_once_do_it_once(
    services: Services, settings: Settings, database: Database, people: People
) -> None:
    desk = make_desk(settings, database, people.ann, "ann")
    for number in range(60):
        desk.create(f"name {number}", f"code {number}")
    with database.transaction(**people.ann.context) as uow:
        uow.execute(update(OBJECTS).values(deleted_at=now() - timedelta(days=40)))
    other = build_services(settings)

    async def both() -> list[int]:
        runs = [PeriodicTasks(each).run_once() for each in (services, other)]
        return [dict(done)["objects"] for done in await asyncio.gather(*runs)]

    try:
        removed = asyncio.run(both())
        # Who found the other at it stopped; the rest is for the next run.
        removed.append(run_once(services)["objects"])
    finally:
        other.workers.close()
        other.database.close()
    assert sum(removed) == 60
    assert count(database, people.ann, "usage_counters") == 2
    with database.transaction(writes=False, **people.ann.context) as uow:
        counters = TABLES["usage_counters"]
        used = uow.execute(
            select(counters.c.used).where(
                counters.c.what == "storage", counters.c.user_id == people.ann.user_id
            )
        ).scalar_one()
    assert used == 0


def test_a_run_that_fails_does_not_end_the_task(services: Services) -> None:
    closed = PeriodicTasks(services)
    services.workers.close()
    assert Counter(asyncio.run(closed.run_once())) == Counter()


def test_they_start_and_stop_with_the_loop(
    services: Services, settings: Settings, database: Database, people: People
) -> None:
    """With an interval of a second, what is due goes without anybody calling."""
    settings.library.purge_interval = 1
    with database.transaction(**people.ann.context) as uow:
        made = Library(people.ann, new_id(), b"", new_id())
        row = library_row(KEYS, made, created_at=now() - timedelta(days=2))
        uow.execute(insert(KEYS), row)

    async def live() -> None:
        tasks = PeriodicTasks(replace(services, settings=settings))
        tasks.start()
        tasks.start()
        await asyncio.to_thread(
            wait_until,
            lambda: count(database, people.ann, "idempotency_keys") == 0,
            what="the old key is gone",
        )
        await tasks.stop()
        await tasks.stop()

    asyncio.run(live())
