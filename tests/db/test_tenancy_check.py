"""Every rule of the tenancy check is broken once, and named; an unbroken database has no problem."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from quantlab_server.config import Settings
from quantlab_server.db import migrate
from quantlab_server.db.engine import Database
from quantlab_server.db.migrate import check_database, problems_of
from tests.support.database import PostgresDatabase, copy_postgres, sqlite_settings


@pytest.fixture(scope="module")
def checked(upgraded: PostgresDatabase) -> Iterator[PostgresDatabase]:
    """One database for this file: each test takes back what it broke."""
    database = copy_postgres(upgraded)
    yield database
    database.urls.drop_database(database.name)


def rules_after(database: PostgresDatabase, *statements: str) -> set[str]:
    """Rules broken once a superuser ran ``statements``; undone afterwards."""
    with database.superuser() as admin:
        admin.execute("BEGIN")
        for statement in statements:
            admin.execute(statement.encode())
        # The catalogue as changed is visible in this transaction only: check inside it.
        found = problems_inside(admin)
        admin.execute("ROLLBACK")
    return {problem.rule for problem in found}


def problems_inside(admin: object) -> list[object]:
    """Problems seen on a driver connection that is already in a transaction."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import StaticPool

    from quantlab_server.db import tenancy_check

    engine = create_engine("postgresql+psycopg://", creator=lambda: admin, poolclass=StaticPool)
    engine.dialect.do_rollback = lambda _: None  # type: ignore[method-assign]  # the test ends its transaction itself
    with engine.connect() as connection:
        return list(tenancy_check.check(connection, runtime="ql_runtime"))


def test_a_prepared_database_has_no_problem(checked: PostgresDatabase) -> None:
    assert check_database(checked.settings()) == []
    assert rules_after(checked) == set()


BROKEN = {
    "trigger-missing": ["ALTER TABLE audit_events DISABLE TRIGGER audit_events_queue"],
    "role-superuser": ["ALTER ROLE ql_runtime SUPERUSER"],
    "role-bypassrls": ["ALTER ROLE ql_runtime BYPASSRLS"],
    "role-attributes": ["ALTER ROLE ql_runtime CREATEROLE"],
    "role-member": ["GRANT ql_owner TO ql_runtime"],
    "role-member (look-ups)": ["GRANT ql_lookup TO ql_runtime"],
    "role-member (of everything)": ["GRANT pg_read_all_data TO ql_runtime"],
    "role-member (indirect)": [
        "CREATE ROLE ql_between",
        "GRANT ql_owner TO ql_between",
        "GRANT ql_between TO ql_runtime",
    ],
    "role-owns": ["ALTER TABLE projects OWNER TO ql_runtime"],
    "role-owns (function)": [
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER FUNCTION mine() OWNER TO ql_runtime",
    ],
    "role-owns (schema)": ["CREATE SCHEMA mine AUTHORIZATION ql_runtime"],
    "role-creates": ["GRANT CREATE ON SCHEMA public TO ql_runtime"],
    "table-missing": ["DROP TABLE usage_counters"],
    "table-unknown": ["CREATE TABLE notes (tenant_id uuid, id uuid, PRIMARY KEY (tenant_id, id))"],
    "rls-off": ["ALTER TABLE projects DISABLE ROW LEVEL SECURITY"],
    "rls-off (new table)": ["CREATE TABLE notes (tenant_id uuid PRIMARY KEY)"],
    "rls-not-forced": ["ALTER TABLE projects NO FORCE ROW LEVEL SECURITY"],
    "rls-off (partition)": [
        "CREATE TABLE ticks (tenant_id uuid) PARTITION BY HASH (tenant_id)",
        "CREATE TABLE ticks_0 PARTITION OF ticks FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
        "ALTER TABLE ticks ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE ticks FORCE ROW LEVEL SECURITY",
    ],
    "tenant-policy": ["DROP POLICY tenant ON projects"],
    "tenant-policy (permissive)": [
        "DROP POLICY tenant ON projects",
        "CREATE POLICY tenant ON projects TO ql_runtime USING (tenant_id ="
        " (SELECT nullif(current_setting('quantlab.tenant_id', true), '')::uuid))",
    ],
    "tenant-policy (for one command)": [
        "DROP POLICY tenant ON projects",
        "CREATE POLICY tenant ON projects AS RESTRICTIVE FOR SELECT TO ql_runtime USING (tenant_id ="
        " (SELECT nullif(current_setting('quantlab.tenant_id', true), '')::uuid))",
    ],
    "tenant-policy (without nullif)": [
        "ALTER POLICY tenant ON projects USING"
        " (tenant_id = (SELECT current_setting('quantlab.tenant_id', true)::uuid))"
    ],
    "tenant-policy (with a way round)": [
        "ALTER POLICY tenant ON projects USING (tenant_id ="
        " (SELECT nullif(current_setting('quantlab.tenant_id', true), '')::uuid) OR true)"
    ],
    "tenant-policy (for another role)": ["ALTER POLICY tenant ON projects TO ql_backup"],
    "tenant-policy (anything may be written)": [
        "ALTER POLICY tenant ON projects WITH CHECK (true)"
    ],
    "policy-missing": ["DROP POLICY own ON projects"],
    "policy-missing (owner)": ["DROP POLICY owner_all ON projects"],
    "policy-unknown": ["CREATE POLICY more ON projects TO ql_runtime USING (true)"],
    "policy-public": ["CREATE POLICY more ON projects USING (true)"],
    "policy-changed": ["ALTER POLICY own ON projects USING (true)"],
    "policy-changed (shared)": [
        "ALTER POLICY shared_read ON saved_objects USING (deleted_at IS NULL)"
    ],
    "key-tenant": ["CREATE UNIQUE INDEX uq_wrong ON projects (name_key)"],
    "key-tenant (foreign)": [
        "CREATE UNIQUE INDEX uq_users_id ON users (id)",
        "ALTER TABLE projects ADD CONSTRAINT fk_wrong FOREIGN KEY (user_id) REFERENCES users (id)",
    ],
    "key-tenant (expression)": ["CREATE UNIQUE INDEX uq_wrong ON projects (lower(name))"],
    "view-owner-rights": ["CREATE VIEW everything AS SELECT * FROM projects"],
    "view-owner-rights (off)": [
        "CREATE VIEW everything WITH (security_invoker = false) AS SELECT * FROM projects"
    ],
    "matview": ["CREATE MATERIALIZED VIEW everything AS SELECT * FROM projects"],
    "function-unknown": [
        "CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM users'"
    ],
    "function-search-path": ["ALTER FUNCTION quantlab_tenant_ids() RESET search_path"],
    "function-search-path (open)": [
        "ALTER FUNCTION quantlab_tenant_ids() SET search_path = public"
    ],
    "function-owner": ["ALTER FUNCTION quantlab_tenant_ids() OWNER TO ql_owner"],
    "function-owner (log-in)": ["ALTER ROLE ql_lookup LOGIN"],
    "function-public": ["GRANT EXECUTE ON FUNCTION quantlab_tenant_ids() TO PUBLIC"],
    "function-changed": [
        "CREATE OR REPLACE FUNCTION quantlab_tenant_ids() RETURNS SETOF uuid LANGUAGE sql STABLE"
        " SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT id FROM public.users'"
    ],
    "function-missing": ["DROP FUNCTION quantlab_tenant_ids()"],
    "grant-too-much": ["GRANT DELETE ON audit_events TO ql_runtime"],
    "grant-too-much (update)": ["GRANT UPDATE ON installation_events TO ql_runtime"],
    "grant-too-much (column)": ["GRANT UPDATE (tag) ON audit_events TO ql_runtime"],
    "grant-too-much (everyone)": ["GRANT SELECT ON login_identities TO PUBLIC"],
    "grant-too-much (content)": ["GRANT UPDATE (data) ON contents TO ql_runtime"],
    "grant-too-much (truncate)": ["GRANT TRUNCATE ON users TO ql_runtime"],
    "grant-missing": ["REVOKE INSERT ON audit_events FROM ql_runtime"],
}


@pytest.mark.postgres
@pytest.mark.parametrize("broken", sorted(BROKEN))
def test_a_broken_rule_is_named(broken: str, checked: PostgresDatabase) -> None:
    rule = broken.split(" ")[0]
    assert rule in rules_after(checked, *BROKEN[broken]), broken


@pytest.mark.postgres
def test_a_security_invoker_view_is_fine(checked: PostgresDatabase) -> None:
    view = "CREATE VIEW names WITH (security_invoker = true) AS SELECT name FROM projects"
    assert rules_after(checked, view) == set()


@pytest.mark.postgres
def test_serving_as_the_owner_is_refused(checked: PostgresDatabase) -> None:
    from tests.support.central import OWNER
    from tests.support.database import settings_for

    settings = settings_for(checked.url(OWNER), checked.folder)
    assert "role-owns" in {problem.rule for problem in check_database(settings)}


@pytest.mark.postgres
def test_an_upgrade_mends_what_was_broken(pg: PostgresDatabase) -> None:
    with pg.superuser() as admin:
        for statement in (
            "DROP POLICY tenant ON projects",
            "CREATE POLICY more ON projects TO ql_runtime USING (true)",
            "ALTER TABLE users NO FORCE ROW LEVEL SECURITY",
            "GRANT DELETE ON audit_events TO ql_runtime",
            "DROP FUNCTION quantlab_tenant_ids()",
        ):
            admin.execute(statement.encode())
    assert len(check_database(pg.settings())) >= 4
    migrate.upgrade(pg.settings())
    assert check_database(pg.settings()) == []


def test_every_problem_says_what_to_do(sqlite: Settings) -> None:
    database = Database(sqlite)
    with database.transaction() as uow:
        assert problems_of(uow.connection) == []
        uow.execute(text("DROP TABLE usage_counters"))
        (problem,) = problems_of(uow.connection)
    database.close()
    assert problem.rule == "table-missing"
    assert "usage_counters" in str(problem)
    assert "quantlab db upgrade" in str(problem)


def test_an_empty_database_is_not_up_to_date(tmp_path: object) -> None:
    from pathlib import Path

    settings = sqlite_settings(Path(str(tmp_path)) / "data")
    (problem,) = check_database(settings)
    assert problem.rule == "revision"
    assert "quantlab db upgrade" in problem.remedy
