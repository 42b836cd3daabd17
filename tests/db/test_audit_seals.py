"""Seals of the audit log on both databases: rows are chained after their commit, and what is done to one shows."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import DBAPIError
from traitlets import TraitError

from quantlab_server.audit.seals.background import SealingTask
from quantlab_server.audit.seals.chain import INSTALLATION, Checkpoint
from quantlab_server.audit.seals.sealer import AuditSealer
from quantlab_server.audit.seals.verify import Verifier
from quantlab_server.audit.service import AuditService
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.keys import Keyring
from quantlab_server.config import Settings
from quantlab_server.db.base import new_id, now
from quantlab_server.db.engine import Database
from quantlab_server.http.worker import Workers
from quantlab_server.settings_audit import AuditSettings
from tests.support.audit import EVENTS, POINTS, SEALS, Tamper, faults, record, scalar, sealed
from tests.support.database import (
    TABLES,
    People,
    Person,
    PostgresDatabase,
    make_people,
    sample_row,
)
from tests.support.waiting import wait_until

# -- sealing -------------------------------------------------------------------------------------------------------


def test_each_tenant_has_a_chain_of_its_own(
    database: Database, people: People, sealer: AuditSealer, verifier: Verifier
) -> None:
    record(database, people.ann, 3)
    record(database, people.amy, 2)
    record(database, people.bob, 1)
    with database.transaction() as uow:
        AuditService().installation(uow, AuditTag.LOGIN_FAILED, detail={"reason": "unknown"})
    with database.transaction(**people.ann.context) as uow:
        AuditService().installation(uow, AuditTag.LOGIN_THROTTLED)
    first, second = people.ann.tenant_id, people.bob.tenant_id
    assert set(sealer.waiting()) == {first, second, INSTALLATION}
    assert [sealer.seal(chain).sealed for chain in (first, second, INSTALLATION)] == [5, 1, 2]
    assert sealer.waiting() == []
    for chain, rows in ((first, 5), (second, 1), (INSTALLATION, 2)):
        report = verifier.check(chain)
        assert (report.rows, report.waiting, report.faults) == (rows, 0, [])


def test_the_order_of_commits_does_not_matter(
    settings: Settings,
    database: Database,
    people: People,
    sealer: AuditSealer,
    verifier: Verifier,
) -> None:
    """An event that was made first and committed last gets a later place, and is not lost."""
    chain = people.ann.tenant_id
    record(database, people.ann)
    if settings.database_url.startswith("sqlite"):
        sealer.seal(chain)
        record(database, people.amy)
    else:
        with database.transaction(**people.amy.context) as uow:
            AuditService().record_about(
                uow, chain, people.amy.user_id, AuditTag.LOGOUT, actor_id=people.amy.user_id
            )
            record(database, people.ann, 2)
            assert sealer.seal(chain).sealed == 3
    assert sealer.seal(chain).sealed == 1
    assert verifier.check(chain).faults == []


def test_an_act_that_is_rolled_back_leaves_nothing(
    database: Database, people: People, sealer: AuditSealer
) -> None:
    """Of every kind of event, and nobody is told of it."""
    told: list[object] = []
    audit = AuditService()
    audit.listeners.append(told.append)
    person = people.ann
    for tag in AuditTag:
        with pytest.raises(RuntimeError), database.transaction(**person.context) as uow:
            audit.record_about(uow, person.tenant_id, person.user_id, tag, actor_id=person.user_id)
            audit.installation(uow, tag)
            raise RuntimeError("the act fails")
    assert sealer.waiting() == []
    assert told == []
    assert scalar(database, person.tenant_id, select(func.count()).select_from(EVENTS)) == 0


def test_what_a_savepoint_undid_is_not_told(database: Database, people: People) -> None:
    """A part of an act that is tried and undone: its event is gone, and nobody has heard of it."""
    told: list[AuditTag] = []
    audit, person = AuditService(), people.ann
    audit.listeners.append(lambda recorded: told.append(recorded.tag))
    with database.transaction(**person.context) as uow:
        audit.record_about(uow, person.tenant_id, person.user_id, AuditTag.WORKFLOW_SAVED)
        with pytest.raises(RuntimeError), uow.savepoint():
            audit.record_about(uow, person.tenant_id, person.user_id, AuditTag.WORKFLOW_DELETED)
            raise RuntimeError("this part fails")
    assert told == [AuditTag.WORKFLOW_SAVED]
    assert scalar(database, person.tenant_id, select(func.count()).select_from(EVENTS)) == 1


def test_several_processes_make_one_chain(
    settings: Settings,
    people: People,
    keyring: Keyring,
    verifier: Verifier,
    open_database: Callable[[Settings], Database],
) -> None:
    chain = people.ann.tenant_id
    databases = [open_database(settings) for _ in range(4)]
    problems: list[Exception] = []
    done = threading.Event()

    def seal(database: Database) -> None:
        sealer = AuditSealer(AuditSettings(), database, keyring)
        try:
            # Not without a pause: SQLite's file lock is polled, and whoever asks all the time has it.
            while not done.wait(0.05):
                sealer.seal(chain)
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=seal, args=(one,)) for one in databases[:2]]
    writers = [
        threading.Thread(target=record, args=(one, person, 20))
        for one, person in zip(databases[2:], (people.ann, people.amy), strict=True)
    ]
    for thread in (*threads, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in threads:
        thread.join()
    assert problems == []
    AuditSealer(AuditSettings(), databases[0], keyring).seal(chain)
    report = verifier.check(chain)
    assert (report.rows, report.waiting, report.faults) == (40, 0, [])


def test_a_running_server_seals_by_itself(
    database: Database, people: People, sealer: AuditSealer, verifier: Verifier
) -> None:
    audit, workers = AuditService(), Workers(2, 8)
    settings = AuditSettings(poll=3600.0, gather=0.01)
    chain, person = people.ann.tenant_id, people.ann

    def act() -> None:
        with database.transaction(**person.context) as uow:
            audit.record_about(uow, chain, person.user_id, AuditTag.LOGOUT, actor_id=person.user_id)

    async def live() -> None:
        task = SealingTask(settings, sealer, workers, audit)
        task.start()
        task.start()
        for count in (1, 2):
            await workers.run(act)
            await asyncio.to_thread(
                wait_until, lambda n=count: sealed(database, chain) == n, what="sealed"
            )
        await task.stop()
        await task.stop()

    asyncio.run(live())
    workers.close()
    assert faults(verifier, chain) == []
    # What the last pass left open is signed when the server stops.
    assert scalar(database, chain, select(func.max(POINTS.c.seq))) == 2


def test_checkpoints_are_made_at_intervals_and_go_to_the_log(
    database: Database,
    people: People,
    keyring: Keyring,
    caplog: pytest.LogCaptureFixture,
) -> None:
    chain = people.ann.tenant_id
    sealer = AuditSealer(AuditSettings(checkpoint_rows=3), database, keyring)
    with caplog.at_level(logging.INFO, "quantlab.audit"):
        places = []
        for _ in range(5):
            record(database, people.ann)
            sealer.seal(chain)
            places.append(scalar(database, chain, select(func.max(POINTS.c.seq))))
        assert sealer.seal(chain, conclude=True).sealed == 0
    assert places == [1, 1, 1, 4, 4]
    assert scalar(database, chain, select(func.max(POINTS.c.seq))) == 5
    lines = [message for message in caplog.messages if message.startswith("checkpoint ")]
    points = [Checkpoint.parse(line.removeprefix("checkpoint ")) for line in lines]
    assert [point.seq for point in points] == [1, 4, 5]
    assert all(point.is_signed(keyring.derive("audit")) for point in points)


# -- nobody changes it ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["audit_events", "audit_seals", "audit_checkpoints"])
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE"])
def test_what_the_service_may_not_do(
    database: Database, chain: UUID, verifier: Verifier, table: str, verb: str
) -> None:
    column = "tag" if table == "audit_events" else "kid"
    statement = f"UPDATE {table} SET {column} = 'x'" if verb == "UPDATE" else f"DELETE FROM {table}"
    with pytest.raises(DBAPIError, match=r"permission denied|audit rows are"):
        with database.transaction(tenant_id=chain) as uow:
            uow.connection.exec_driver_sql(statement)
    assert faults(verifier, chain) == []


def test_installation_events_stay_as_well(database: Database, sealer: AuditSealer) -> None:
    with database.transaction() as uow:
        AuditService().installation(uow, AuditTag.LOGIN_FAILED)
    sealer.seal(INSTALLATION)
    for statement in (
        "UPDATE installation_events SET tag = 'x'",
        "DELETE FROM installation_events",
    ):
        with pytest.raises(DBAPIError, match=r"permission denied|audit rows are"):
            with database.transaction(tenant_id=INSTALLATION) as uow:
                uow.connection.exec_driver_sql(statement)


# -- retention -----------------------------------------------------------------------------------------------------


def happen(
    database: Database, person: Person, chain: UUID, keyring: Keyring, days: int, count: int = 2
) -> None:
    """Events of so many days ago, sealed and signed then."""
    then = now() - timedelta(days=days)
    table = TABLES["installation_events"] if chain == INSTALLATION else EVENTS
    for _ in range(count):
        row = sample_row(table, person, id=new_id(), at=then, detail={})
        with database.transaction(**person.context) as uow:
            uow.execute(insert(table), row)
    AuditSealer(AuditSettings(), database, keyring, clock=lambda: then).seal(chain, conclude=True)


@pytest.mark.parametrize("kind", ["tenant", "installation"])
def test_what_is_old_goes_and_the_rest_can_be_checked(
    database: Database,
    people: People,
    keyring: Keyring,
    verifier: Verifier,
    tamper: Tamper,
    kind: str,
) -> None:
    chain = people.ann.tenant_id if kind == "tenant" else INSTALLATION
    sealer = AuditSealer(AuditSettings(retention_days=60), database, keyring)
    for days in (100, 80, 50, 0):
        happen(database, people.ann, chain, keyring, days)
    assert sealed(database, chain) == 8
    assert chain in sealer.due()
    assert [sealer.expire(chain) for _ in range(3)] == [2, 2, 0]
    assert chain not in sealer.due()
    report = verifier.check(chain)
    assert (report.rows, report.faults) == (4, [])
    happen(database, people.ann, chain, keyring, 0)
    report = verifier.check(chain)
    assert (report.rows, report.faults) == (6, [])
    # The next row that goes without a mark is missed.
    tamper("DELETE FROM audit_seals WHERE seq = 5")
    assert "row 5 is missing" in faults(verifier, chain)


def test_a_chain_of_which_all_is_old_goes_on_where_it_was(
    database: Database,
    people: People,
    sealer: AuditSealer,
    keyring: Keyring,
    verifier: Verifier,
) -> None:
    chain = people.ann.tenant_id
    happen(database, people.ann, chain, keyring, 500, count=3)
    assert sealer.expire(chain) == 3
    assert verifier.check(chain).faults == []
    record(database, people.ann, 2)
    sealer.seal(chain, conclude=True)
    report = verifier.check(chain)
    assert (report.rows, report.faults) == (2, [])
    assert scalar(database, chain, select(func.min(SEALS.c.seq))) == 4


def test_for_ever_is_for_ever(database: Database, people: People, keyring: Keyring) -> None:
    chain = people.ann.tenant_id
    sealer = AuditSealer(AuditSettings(retention_days=0), database, keyring)
    happen(database, people.ann, chain, keyring, 5000)
    assert sealer.due() == []
    assert sealer.expire(chain) == 0
    with pytest.raises(TraitError, match="at least 30"):
        AuditSettings(retention_days=7)


@pytest.mark.postgres
def test_postgresql_itself_keeps_what_is_young(
    pg: PostgresDatabase,
    open_database: Callable[[Settings], Database],
    keyring: Keyring,
) -> None:
    """Also from a service that was told to remove it, by whoever has its keys."""
    database = open_database(pg.settings())
    people = make_people(database)
    chain = people.ann.tenant_id
    record(database, people.ann, 2)
    settings = AuditSettings(retention_days=30)
    AuditSealer(settings, database, keyring).seal(chain, conclude=True)
    later = AuditSealer(settings, database, keyring, clock=lambda: now() + timedelta(days=900))
    assert later.expire(chain) == 0
    assert Verifier(database, keyring).check(chain).rows == 2
