"""Lists of administration on PostgreSQL: a page reads the page, however many people and events there are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from quantlab_server.admin import repository
from quantlab_server.admin.filters import EventFilter, PeopleFilter
from quantlab_server.config import Settings
from quantlab_server.db.base import new_id, now
from quantlab_server.db.engine import Database
from quantlab_server.db.session import UnitOfWork
from tests.support.database import People, PostgresDatabase, make_people

pytestmark = pytest.mark.postgres

MANY, PAGE = 4000, 25
# For a few pages: what was read counts on until the server has gathered its statistics.
LITTLE = 8 * PAGE
_READ = text(
    "SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"
    " WHERE relname = :name"
)
EVERYBODY = PeopleFilter(None, None, None, None, "username_key", descending=False, after=None)
EVERYTHING = EventFilter(None, None, None, None, None, None)


@pytest.fixture
def database(pg: PostgresDatabase, open_database: Callable[[Settings], Database]) -> Database:
    return open_database(pg.settings())


@pytest.fixture
def people(pg: PostgresDatabase, database: Database) -> People:
    """Ann looks after a tenant of many, in which much has happened: nearly all of it to Amy."""
    made = make_people(database)
    tenant, ann, amy = made.ann.tenant_id, made.ann.user_id, made.amy.user_id
    with pg.superuser() as admin:
        admin.execute("UPDATE users SET role = 'admin' WHERE id = %s", [ann])
        admin.execute(
            "INSERT INTO users (tenant_id, id, username, username_key, role, tier, is_active, is_local,"
            " epoch, created_at, updated_at, preferences) SELECT tenant_id, gen_random_uuid(), 'p' || n, 'p' || n,"
            " 'user', tier, true, false, epoch, created_at + (n / 10) * interval '1 second', updated_at, preferences"
            " FROM users, generate_series(1, %s) n WHERE id = %s",
            [MANY, amy],
        )
        ids = [new_id() for _ in range(MANY)]
        rows = [
            (tenant, id, ann if number % 500 == 0 else amy, now() + timedelta(seconds=number))
            for number, id in enumerate(ids)
        ]
        with admin.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO audit_events (tenant_id, id, user_id, at, tag, detail)"
                " VALUES (%s, %s, %s, %s, 'library:workflow:saved', '{}')",
                rows,
            )
        admin.execute("ANALYZE")
    return made


def read(uow: UnitOfWork, table: str) -> int:
    """Rows of a table that the transaction has read, and perhaps those just before it."""
    return int(uow.execute(_READ, {"name": table}).scalar_one())


def test_a_page_of_events_reads_the_page(database: Database, people: People) -> None:
    ids: list[Any] = []
    before = None
    for _ in range(3):
        with database.transaction(**people.ann.context, writes=False) as uow:
            narrow = EventFilter(None, None, None, None, None, before)
            rows = repository.list_events(uow, narrow, PAGE)
            assert read(uow, "audit_events") <= LITTLE
        ids += [row["id"] for row in rows]
        before = ids[-1]
    assert len(ids) == 3 * PAGE
    assert ids == sorted(ids, reverse=True)


def test_of_one_person_only_that_persons_are_read(database: Database, people: People) -> None:
    narrow = EventFilter("library:", people.ann.user_id, None, None, None, None)
    with database.transaction(**people.ann.context, writes=False) as uow:
        rows = repository.list_events(uow, narrow, PAGE)
        assert read(uow, "audit_events") <= LITTLE
    assert len(rows) == MANY // 500
    assert {row["user_id"] for row in rows} == {people.ann.user_id}


@pytest.mark.parametrize("descending", [False, True])
def test_a_page_of_people_reads_the_page(
    database: Database, people: People, descending: bool
) -> None:
    found: list[str] = []
    after = None
    for _ in range(3):
        narrow = PeopleFilter(None, None, None, None, "username_key", descending, after)
        with database.transaction(**people.ann.context, writes=False) as uow:
            rows = repository.list_people(uow, narrow, PAGE)
            assert read(uow, "users") <= LITTLE
        found += [row["username_key"] for row in rows]
        after = (rows[-1]["username_key"], rows[-1]["id"])
    with database.transaction(**people.ann.context, writes=False) as uow:
        assert repository.count_people(uow, EVERYBODY) == MANY + 2
        order = text(
            "SELECT key FROM unnest(CAST(:keys AS text[])) AS key ORDER BY key"
            + (" DESC" if descending else "")
        )
        assert found == list(uow.execute(order, {"keys": found}).scalars())
    assert len(set(found)) == 3 * PAGE


def test_pages_by_time_are_complete(database: Database, people: People) -> None:
    """Every person is in exactly one page, also where instants are the same."""
    found: set[Any] = set()
    after, pages = None, 0
    while True:
        narrow = PeopleFilter(None, None, None, None, "created_at", True, after)
        with database.transaction(**people.ann.context, writes=False) as uow:
            rows = repository.list_people(uow, narrow, 1000)
        pages += 1
        assert not found & {row["id"] for row in rows}
        found |= {row["id"] for row in rows}
        if len(rows) < 1000:
            break
        after = (rows[-1]["created_at"], rows[-1]["id"])
    assert (pages, len(found)) == (5, MANY + 2)


def test_one_person_is_read_alone(database: Database, people: People) -> None:
    with database.transaction(**people.ann.context, writes=False) as uow:
        row = repository.get_person(uow, people.amy.user_id)
        assert read(uow, "users") <= LITTLE
    assert row is not None
    assert row["username"] == "amy"


def test_nobody_else_gets_any(database: Database, people: People) -> None:
    """Who looks after nobody, and an administrator in another tenant."""
    elsewhere = {"tenant_id": people.bob.tenant_id, "user_id": people.ann.user_id}
    for context in (people.amy.context, people.bob.context, elsewhere):
        with database.transaction(**context, writes=False) as uow:
            assert repository.list_people(uow, EVERYBODY, PAGE) == []
            assert repository.list_events(uow, EVERYTHING, PAGE) == []
            assert repository.count_people(uow, EVERYBODY) == 0
            assert repository.count_others(uow, people.ann.user_id) == 0
            assert repository.get_person(uow, people.amy.user_id) is None
