"""Two tenants, two people each, one connection: nothing of another is ever visible or writable on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from quantlab_server.db.base import new_id
from quantlab_server.db.engine import Database
from quantlab_server.db.policies import PLAIN_TABLES
from quantlab_server.db.policies import TABLES as DECLARED
from quantlab_server.models import Base
from tests.support.central import BACKUP
from tests.support.database import (
    TABLES,
    Library,
    People,
    Person,
    PostgresDatabase,
    copy_postgres,
    library_row,
    make_library,
    make_people,
    sample_row,
)

pytestmark = pytest.mark.postgres

ALL_TABLES = sorted(TABLES)
# What the runtime role may read, change and remove where a person's own rows are concerned.
READABLE = [name for name in ALL_TABLES if "SELECT" in DECLARED[name].grants]
# Of the tenant, not of who made them.
ADMINS = ["invitations"]
# What operators set for everybody, and everybody's requests go by.
EVERYBODYS = ["installation_settings"]
# Of jobs of the tenant, which nobody's requests are.
JOBS = ["audit_checkpoints", "audit_seals", "audit_unsealed", "installation_events"]


@pytest.fixture(scope="module")
def pg(upgraded: PostgresDatabase) -> Iterator[PostgresDatabase]:
    """One database for this file: its tests only try to change what they must not."""
    database = copy_postgres(upgraded)
    yield database
    database.urls.drop_database(database.name)


@pytest.fixture(scope="module")
def database(pg: PostgresDatabase) -> Iterator[Database]:
    """One connection: whatever one transaction leaves behind, the next one gets."""
    database = Database(pg.settings(pool_size=1))
    yield database
    database.close()


@pytest.fixture(scope="module")
def people(database: Database) -> People:
    return make_people(database)


@pytest.fixture(scope="module")
def anns(pg: PostgresDatabase, people: People) -> Library:
    """A row of Ann's in every table, put there by the owner."""
    with pg.as_owner() as owner:
        return make_library(owner, people.ann)


def test_every_table_is_declared() -> None:
    assert set(DECLARED) == set(TABLES)
    assert not set(PLAIN_TABLES) & set(TABLES)


@pytest.mark.parametrize("name", ALL_TABLES)
def test_nobody_else_sees_changes_or_adds_rows(
    name: str, database: Database, people: People, anns: Library
) -> None:
    table = TABLES[name]
    grants = DECLARED[name].grants
    for other in (people.amy, people.bob):
        if "SELECT" in grants and name not in EVERYBODYS:
            assert not foreign_rows(database, other, table)
        if "UPDATE," in f"{grants}," or "DELETE" in grants:
            assert change_everything(database, other, table) == 0
        if name in ("tenants", "users", "installation_events"):
            continue
        refused_insert(database, other, table, anns)


def foreign_rows(database: Database, person: Person, table: Table) -> list[Any]:
    """Rows that a person sees and that are neither its own nor its tenant's own record."""
    with database.transaction(writes=False, **person.context) as uow:
        rows = uow.execute(select(table)).mappings().all()
    if table.name == "tenants":
        return [row for row in rows if row["id"] != person.tenant_id]
    if table.name == "users":
        return [row for row in rows if row["id"] != person.user_id]
    return list(rows)


def change_everything(database: Database, person: Person, table: Table) -> int:
    """How many rows of others a person's UPDATE and DELETE without a condition reach."""
    if table.name in ("tenants", "users"):
        key = person.tenant_id if table.name == "tenants" else person.user_id
        elsewhere = table.c.id != key
    else:
        elsewhere = text("true")
    grants = DECLARED[table.name].grants
    touched = 0
    with database.transaction(**person.context) as uow:
        if "UPDATE," in f"{grants},":
            column = next(iter(table.columns))
            touched += uow.execute(update(table).where(elsewhere).values({column: column})).rowcount
        if "DELETE" in grants:
            touched += uow.execute(delete(table).where(elsewhere)).rowcount
    return touched


def refused_insert(database: Database, person: Person, table: Table, made: Library) -> None:
    """Neither a row of Ann's nor an own row hung on Ann's things can be added."""
    theirs = library_row(table, made, **fresh_ids(table))
    assert theirs is not None
    with pytest.raises(ProgrammingError), database.transaction(**person.context) as uow:
        uow.execute(insert(table), theirs)
    names = [key for key in ("object_id", "session_id") if key in table.columns]
    if names:
        mine = Library(person, made.object_id, made.content_hash, made.session_id)
        hung = library_row(table, mine, **fresh_ids(table))
        assert hung is not None
        with pytest.raises((ProgrammingError, IntegrityError)):
            with database.transaction(**person.context) as uow:
                uow.execute(insert(table), hung)


def fresh_ids(table: Table) -> dict[str, Any]:
    """So that no unique key, which is checked after the policies, is what refuses."""
    fresh: dict[str, Any] = {}
    if "id" in table.columns:
        fresh["id"] = new_id()
    for column in ("key", "tag_key", "what", "normalised_value"):
        if column in table.columns:
            fresh[column] = new_id().hex[:20]
    if "version" in table.columns and table.name == "object_versions":
        fresh["version"] = 99
    return fresh


@pytest.mark.parametrize("name", READABLE)
def test_a_person_sees_the_own_rows(name: str, database: Database, anns: Library) -> None:
    """The counterpart: the test above is not green because nobody sees anything."""
    with database.transaction(writes=False, **anns.owner.context) as uow:
        seen = uow.execute(select(TABLES[name])).all()
    assert bool(seen) == (name not in (*ADMINS, *JOBS))


@pytest.mark.parametrize("name", ADMINS)
def test_an_admin_sees_what_is_the_tenants(
    name: str, database: Database, pg: PostgresDatabase, anns: Library
) -> None:
    users, one = TABLES["users"], anns.owner
    ann = (users.c.tenant_id == one.tenant_id) & (users.c.id == one.user_id)
    for role, expected in (("admin", True), ("user", False)):
        with pg.as_owner() as owner:
            owner.execute(update(users).where(ann).values(role=role))
        with database.transaction(writes=False, **one.context) as uow:
            assert bool(uow.execute(select(TABLES[name])).all()) is expected


def test_without_a_context_nothing_is_there(database: Database, anns: Library) -> None:
    for name in READABLE:
        with database.transaction(writes=False) as uow:
            rows = uow.execute(select(TABLES[name])).all()
        assert bool(rows) == (name in EVERYBODYS), name
    with database.transaction(writes=False, tenant_id=anns.owner.tenant_id) as uow:
        assert uow.execute(select(TABLES["saved_objects"])).all() == []


@pytest.mark.parametrize("name", ["audit_events", "installation_events"])
def test_what_happened_cannot_be_changed(name: str, database: Database, anns: Library) -> None:
    table = TABLES[name]
    for statement in (delete(table), update(table).values(tag="nothing"), text(f"TRUNCATE {name}")):
        with pytest.raises(ProgrammingError, match="permission denied"):
            with database.transaction(**anns.owner.context) as uow:
                uow.execute(statement)
    with database.transaction(**anns.owner.context) as uow:
        uow.execute(insert(table), sample_row(table, anns.owner))


def test_nobody_signs_for_another(database: Database, people: People, anns: Library) -> None:
    version = library_row(TABLES["object_versions"], anns, version=2, author_id=people.amy.user_id)
    event = library_row(TABLES["audit_events"], anns, id=new_id(), actor_id=people.amy.user_id)
    for table, row in (("object_versions", version), ("audit_events", event)):
        with pytest.raises(ProgrammingError, match="row-level security"):
            with database.transaction(**people.ann.context) as uow:
                uow.execute(insert(TABLES[table]), row)


def test_versions_and_content_do_not_change(database: Database, anns: Library) -> None:
    for name, column in (("object_versions", "author_id"), ("contents", "data")):
        with pytest.raises(ProgrammingError, match="permission denied"):
            with database.transaction(**anns.owner.context) as uow:
                uow.execute(text(f"UPDATE {name} SET {column} = {column}"))


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE ql_owner",
        "SET ROLE ql_lookup",
        "SET SESSION AUTHORIZATION ql_owner",
        "ALTER TABLE users DISABLE ROW LEVEL SECURITY",
        "DROP POLICY tenant ON users",
        "CREATE TABLE mine (id int)",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
        "SELECT * FROM login_identities",
        "INSERT INTO login_identities SELECT * FROM login_identities",
        "CREATE TRIGGER t BEFORE INSERT ON users EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "ALTER ROLE ql_runtime BYPASSRLS",
        "COPY users TO '/tmp/stolen'",
        "TRUNCATE users",
        "UPDATE alembic_version SET version_num = 'x'",
    ],
)
def test_the_service_cannot_get_out(statement: str, database: Database, people: People) -> None:
    with pytest.raises(DBAPIError), database.transaction(**people.ann.context) as uow:
        uow.execute(text(statement))


def test_turning_row_security_off_fails_instead_of_showing_all(
    database: Database, people: People
) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"):
        with database.transaction(**people.ann.context) as uow:
            uow.execute(text("SET LOCAL row_security = off"))
            uow.execute(select(TABLES["users"])).all()


def test_the_owner_sees_every_row_for_backfills(pg: PostgresDatabase, anns: Library) -> None:
    with pg.as_owner() as owner:
        assert owner.execute(text("SELECT count(*) FROM users")).scalar_one() >= 4
        assert owner.execute(text("UPDATE saved_objects SET name = name")).rowcount == 1


def test_the_backup_role_reads_every_row_and_writes_none(
    pg: PostgresDatabase, anns: Library
) -> None:
    url = pg.url(BACKUP).replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as backup:
        for name in ALL_TABLES:
            (count,) = backup.execute(f"SELECT count(*) FROM {name}".encode()).fetchone() or (0,)
            assert count > 0 or name == "installation_events", name
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            backup.execute("DELETE FROM users")


# -- random interleavings ------------------------------------------------------------------------------------------

WHO = st.sampled_from(["ann", "amy", "bob", "ben"])
ACTS = st.one_of(
    st.tuples(st.just("create"), WHO, WHO),
    st.tuples(st.just("rename_all"), WHO, WHO),
    st.tuples(st.just("take_over"), WHO, WHO),
    st.tuples(st.just("delete_theirs"), WHO, WHO),
    st.tuples(st.just("read_raw"), WHO, WHO),
    st.tuples(st.just("leak_session_setting"), WHO, WHO),
    st.tuples(st.just("fail"), WHO, WHO),
    st.tuples(st.just("become"), WHO, WHO),
)
PROJECTS = TABLES["projects"]


class Walls:
    """What must hold, kept beside the database: who has which project under which name."""

    def __init__(self, database: Database) -> None:
        self.database = database
        people = make_people(database)
        self.people = {"ann": people.ann, "amy": people.amy, "bob": people.bob, "ben": people.ben}
        self.owned: dict[str, dict[Any, str]] = {name: {} for name in self.people}

    def check(self) -> None:
        """Each sees exactly the own rows; without a context nobody sees any."""
        for name, person in self.people.items():
            with self.database.transaction(writes=False, **person.context) as uow:
                rows = uow.execute(select(PROJECTS.c.id, PROJECTS.c.name)).all()
            assert {row.id: row.name for row in rows} == self.owned[name]
        with self.database.transaction(writes=False) as uow:
            assert uow.execute(select(PROJECTS.c.id)).all() == []

    def create(self, actor: str, victim: str) -> None:
        person, target = self.people[actor], self.people[victim]
        row = sample_row(PROJECTS, target, id=new_id(), name="new")
        try:
            with self.database.transaction(**person.context) as uow:
                uow.execute(insert(PROJECTS), row)
        except ProgrammingError:
            assert actor != victim
        else:
            assert actor == victim
            self.owned[actor][row["id"]] = "new"

    def rename_all(self, actor: str, victim: str) -> None:
        with self.database.transaction(**self.people[actor].context) as uow:
            count = uow.execute(update(PROJECTS).values(name=f"by {victim}")).rowcount
        assert count == len(self.owned[actor])
        self.owned[actor] = dict.fromkeys(self.owned[actor], f"by {victim}")

    def take_over(self, actor: str, victim: str) -> None:
        target = self.people[victim]
        values = {"tenant_id": target.tenant_id, "user_id": target.user_id}
        try:
            with self.database.transaction(**self.people[actor].context) as uow:
                touched = uow.execute(update(PROJECTS).values(values)).rowcount
        except ProgrammingError:
            assert actor != victim
        else:
            assert actor == victim or touched == 0

    def delete_theirs(self, actor: str, victim: str) -> None:
        target = self.people[victim]
        with self.database.transaction(**self.people[actor].context) as uow:
            gone = uow.execute(
                delete(PROJECTS).where(
                    PROJECTS.c.tenant_id == target.tenant_id, PROJECTS.c.user_id == target.user_id
                )
            ).rowcount
        assert gone == (len(self.owned[victim]) if actor == victim else 0)
        if actor == victim:
            self.owned[actor] = {}

    def read_raw(self, actor: str, victim: str) -> None:
        target = self.people[victim]
        queries = (
            f"SELECT count(*) FROM projects WHERE user_id = '{target.user_id}' OR true",
            "SELECT count(*) FROM (SELECT * FROM projects UNION ALL SELECT * FROM projects) p",
            f"WITH p AS (SELECT 1 FROM projects WHERE tenant_id = '{target.tenant_id}') SELECT count(*) FROM p",
        )
        with self.database.transaction(writes=False, **self.people[actor].context) as uow:
            counts = [uow.execute(text(query)).scalar_one() for query in queries]
        mine = len(self.owned[actor])
        same_tenant = self.people[actor].tenant_id == target.tenant_id
        assert counts == [mine, 2 * mine, mine if same_tenant else 0]

    def leak_session_setting(self, actor: str, victim: str) -> None:
        target = self.people[victim]
        with self.database.transaction(**self.people[actor].context) as uow:
            for setting, value in (("tenant_id", target.tenant_id), ("user_id", target.user_id)):
                uow.execute(text(f"SELECT set_config('quantlab.{setting}', '{value}', false)"))

    def fail(self, actor: str, victim: str) -> None:
        with pytest.raises(RuntimeError):
            with self.database.transaction(**self.people[actor].context) as uow:
                uow.execute(delete(PROJECTS))
                raise RuntimeError(victim)

    def become(self, actor: str, victim: str) -> None:
        target = self.people[victim]
        with self.database.transaction(**self.people[actor].context) as uow:
            uow.become(target.tenant_id, target.user_id)
            seen = {row.id for row in uow.execute(select(PROJECTS.c.id))}
        assert seen == set(self.owned[victim])


@settings(max_examples=80, deadline=None)
@given(acts=st.lists(ACTS, min_size=3, max_size=12))
def test_no_order_of_acts_breaks_the_walls(
    database: Database, acts: list[tuple[str, str, str]]
) -> None:
    walls = Walls(database)
    for act, actor, victim in acts:
        getattr(walls, act)(actor, victim)
        walls.check()


def test_metadata_has_no_other_tables() -> None:
    assert {table.name for table in Base.metadata.sorted_tables} == set(ALL_TABLES)
