"""Upgrades on both databases: there and back, models and migrations alike, many starters, a crash half-way."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, text

from quantlab_server.config import Settings
from quantlab_server.db import migrate, policies, postgresql, sqlite
from quantlab_server.db.base import new_id
from quantlab_server.db.engine import Database, parse_url
from quantlab_server.models import Base
from tests.support.database import (
    TABLES,
    PostgresDatabase,
    make_library,
    make_people,
    sqlite_settings,
)
from tests.support.process import CHECKOUT
from tests.support.waiting import wait_until

UPGRADE = """
import os, sys
from pathlib import Path
from quantlab_server.db import migrate
from tests.support.database import settings_for
settings = settings_for(sys.argv[1], Path(sys.argv[2]), owner_url=sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
migrate.upgrade(settings)
print(migrate.check_database(settings), flush=True)
"""

# The same, but it stops inside the migrating transaction, after the tables were made, and waits to be killed.
STUCK = """
import sys, threading
from pathlib import Path
from alembic import command
from quantlab_server.db import migrate
from tests.support.database import settings_for
real = command.upgrade
def stuck(*args):
    real(*args)
    print("inside", flush=True)
    threading.Event().wait()
command.upgrade = stuck
migrate.upgrade(settings_for(sys.argv[1], Path(sys.argv[2]), owner_url=sys.argv[3]))
"""


@contextmanager
def looking(settings: Settings) -> Iterator[Connection]:
    """A plain connection of whoever owns the tables."""
    url = parse_url(settings.owner_database_url)
    if url.get_backend_name() == "postgresql":
        engine = postgresql.make_engine(url, settings.database)
    else:
        engine = sqlite.make_engine(Path(url.database or ""), settings.data_dir, 5000)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def differences(settings: Settings) -> list[Any]:
    """What Alembic would change to make the database equal to the models."""
    with looking(settings) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def start(script: str, settings: Settings) -> subprocess.Popen[str]:
    arguments = [settings.database_url, str(settings.data_dir), settings.owner_database_url]
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=CHECKOUT,
        env=os.environ | {"PYTHONPATH": f"{CHECKOUT / 'server_ext'}:{CHECKOUT}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_up_down_and_up_again(settings: Settings) -> None:
    migrate.upgrade(settings)
    assert differences(settings) == []
    assert migrate.check_database(settings) == []
    migrate.downgrade(settings, "base")
    with looking(settings) as connection:
        assert left_over(connection) == set()
    migrate.upgrade(settings)
    migrate.upgrade(settings)
    assert differences(settings) == []
    assert migrate.check_database(settings) == []


def left_over(connection: Connection) -> set[str]:
    """Tables, functions and policies of ours."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    else:
        query = (
            "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace UNION"
            " SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace UNION"
            " SELECT policyname::text FROM pg_policies"
        )
    names = set(connection.execute(text(query)).scalars())
    return {name for name in names if "alembic" not in name}


@pytest.mark.parametrize("steps", [1])
def test_every_revision_goes_up_and_down_by_itself(settings: Settings, steps: int) -> None:
    revisions = list(migrate._revisions())
    for _ in revisions:
        migrate.upgrade(settings, f"+{steps}")
        migrate.downgrade(settings, f"-{steps}")
        migrate.upgrade(settings, f"+{steps}")
    assert differences(settings) == []


def test_eight_servers_start_at_once(settings: Settings) -> None:
    starters = [start(UPGRADE, settings) for _ in range(8)]
    try:
        for starter in starters:
            assert starter.stdout is not None
            assert starter.stdout.readline() == "ready\n"
        results = [communicate(starter) for starter in go(starters)]
    finally:
        for starter in starters:
            starter.kill()
    assert results == ["[]\n"] * 8
    with looking(settings) as connection:
        count = connection.execute(text("SELECT count(*) FROM alembic_version")).scalar_one()
    assert count == 1


def go(starters: list[subprocess.Popen[str]]) -> list[subprocess.Popen[str]]:
    """Let all of them begin before any is waited for."""
    for starter in starters:
        assert starter.stdin is not None
        starter.stdin.write("go\n")
        starter.stdin.flush()
    return starters


def communicate(starter: subprocess.Popen[str]) -> str:
    out, err = starter.communicate(timeout=120)
    assert starter.returncode == 0, err
    return out


def test_killed_half_way_leaves_the_old_state(settings: Settings) -> None:
    process = start(STUCK, settings)
    assert process.stdout is not None
    assert process.stdout.readline() == "inside\n"
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    with looking(settings) as connection:
        assert left_over(connection) == set()
        assert migrate.revision_of(connection) is None
    # The lock died with the process: the next one is not in anybody's way.
    migrate.upgrade(settings)
    assert migrate.check_database(settings) == []


def test_a_newer_database_is_left_alone(settings: Settings) -> None:
    migrate.upgrade(settings)
    set_revision(settings, "ffffffffffff")
    for act in (migrate.upgrade, lambda s: migrate.downgrade(s, "base")):
        with pytest.raises(migrate.DatabaseNotReady, match="newer QuantLab") as refused:
            act(settings)
        assert "pip install --upgrade quantlab-ext" in str(refused.value)
    (problem,) = migrate.check_database(settings)
    assert "newer" in problem.remedy


def set_revision(settings: Settings, revision: str) -> None:
    with looking(settings) as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute(f"UPDATE alembic_version SET version_num = '{revision}'")


def test_an_older_database_names_the_command(settings: Settings) -> None:
    migrate.upgrade(settings)
    migrate.downgrade(settings, "base")
    problems = migrate.check_database(settings)
    assert [problem.rule for problem in problems] == ["revision"]
    assert "quantlab db upgrade" in problems[0].remedy


def test_data_survive_an_upgrade_of_an_upgraded_database(settings: Settings) -> None:
    migrate.upgrade(settings)
    database = Database(settings)
    people = make_people(database)
    migrate.upgrade(settings)
    with database.transaction(writes=False, **people.ann.context) as uow:
        assert uow.execute(text("SELECT count(*) FROM users")).scalar_one() in (1, 4)
    database.close()


def test_the_migrations_are_found_in_the_checkout() -> None:
    assert migrate.migrations_folder() == CHECKOUT / "migrations"
    assert migrate.head() in migrate._revisions()


def test_the_heads_are_those_of_alembic() -> None:
    """We read revisions ourselves, without importing Alembic; it must come to the same."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(migrate.migrations_folder()))
    assert scripts.get_heads() == [migrate.head()]
    assert {script.revision for script in scripts.walk_revisions()} == set(migrate._revisions())


# -- PostgreSQL ----------------------------------------------------------------------------------------------------


@pytest.mark.postgres
def test_missing_roles_are_named(pg: PostgresDatabase) -> None:
    other = pg.settings()
    unknown = replace(other, database_url=pg.url(("ql_not_there", "x")))
    with pytest.raises(migrate.DatabaseNotReady, match="ql_not_there") as refused:
        migrate.upgrade(unknown)
    assert "quantlab db init-roles" in str(refused.value)


@pytest.mark.postgres
def test_one_role_for_everything_is_refused(pg: PostgresDatabase) -> None:
    settings = replace(pg.settings(), database_url=pg.settings().owner_database_url)
    with pytest.raises(migrate.DatabaseNotReady, match="same role"):
        migrate.upgrade(settings)


@pytest.mark.postgres
def test_an_unreachable_database_is_named_without_its_url(pg: PostgresDatabase) -> None:
    settings = replace(
        pg.settings(), owner_database_url=pg.url(("ql_owner", "wrong-hidden-password"))
    )
    with pytest.raises(migrate.DatabaseNotReady) as refused:
        migrate.upgrade(settings)
    assert "hidden" not in str(refused.value)
    assert "could not be upgraded" in str(refused.value)


@pytest.mark.postgres
def test_the_runtime_role_cannot_migrate(pg: PostgresDatabase) -> None:
    settings = pg.settings()
    swapped = replace(
        settings,
        owner_database_url=settings.database_url,
        database_url=settings.owner_database_url,
    )
    with pytest.raises(migrate.DatabaseNotReady, match="InsufficientPrivilege"):
        migrate.upgrade(swapped)


@pytest.mark.postgres
def test_policies_are_away_during_a_migration_and_the_owner_still_sees_rows(
    pg: PostgresDatabase,
) -> None:
    """What a backfill needs, on data of two tenants."""
    settings = pg.settings()
    migrate.upgrade(settings)
    database = Database(settings)
    people = make_people(database)
    with pg.as_owner() as owner:
        make_library(owner, people.ann)
        make_library(owner, people.bob)
    database.close()
    with pg.as_owner() as owner:
        policies.remove(owner)
        for name in TABLES:
            if name != "installation_events":
                count = owner.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
                assert count >= 2, name
        owner.execute(text("UPDATE projects SET description = 'filled'"))
        owner.execute(insert(TABLES["tenants"]), {"name": "also new rows"})
    migrate.upgrade(settings)
    assert migrate.check_database(settings) == []


@pytest.mark.postgres
def test_a_second_role_may_take_over_serving(pg: PostgresDatabase) -> None:
    """The role named in the URL is the one that is granted; the one before sees nothing any more."""
    settings = pg.settings()
    migrate.upgrade(settings)
    with pg.superuser() as admin:
        admin.execute("DROP ROLE IF EXISTS ql_second")
        admin.execute("CREATE ROLE ql_second LOGIN PASSWORD 'second'")
    second = replace(settings, database_url=pg.url(("ql_second", "second")))
    migrate.upgrade(second)
    assert migrate.check_database(second) == []
    database = Database(second)
    people = make_people(database)
    with database.transaction(writes=False, **people.ann.context) as uow:
        assert uow.execute(text("SELECT count(*) FROM users")).scalar_one() == 1
    database.close()
    before = Database(settings)
    with before.transaction(writes=False, **people.ann.context) as uow:
        assert uow.execute(text("SELECT count(*) FROM users")).scalar_one() == 0
    before.close()
    with pg.superuser() as admin:
        admin.execute("DROP OWNED BY ql_second")
        admin.execute("DROP ROLE ql_second")


# -- SQLite --------------------------------------------------------------------------------------------------------


def test_a_writer_in_the_way_is_waited_for(tmp_path: Path) -> None:
    settings = sqlite_settings(tmp_path / "data")
    settings.data_dir.mkdir()
    file = settings.data_dir / "quantlab.sqlite3"
    writer = sqlite3.connect(file, isolation_level=None)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("BEGIN IMMEDIATE")
    process = start(UPGRADE, settings)
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("go\n")
    process.stdin.flush()
    wait_until(lambda: file_is_open_by(process.pid, file), what="the upgrade is at the file")
    assert process.poll() is None
    writer.execute("COMMIT")
    writer.close()
    assert communicate(process) == "[]\n"


def file_is_open_by(pid: int, file: Path) -> bool:
    folder = Path(f"/proc/{pid}/fd")
    links = [os.readlink(link) for link in folder.iterdir() if link.exists()]
    return str(file) in links


def test_rows_that_would_hang_in_the_air_stop_an_upgrade(tmp_path: Path) -> None:
    settings = sqlite_settings(tmp_path / "data")
    migrate.upgrade(settings)
    with pytest.raises(migrate.DatabaseNotReady, match="users"):
        with migrate._transaction(settings) as (connection, _):
            connection.execute(
                insert(TABLES["users"]),
                {"tenant_id": new_id(), "username": "x", "username_key": "x"},
            )
    with looking(settings) as connection:
        assert connection.execute(text("SELECT count(*) FROM users")).scalar_one() == 0


def test_a_current_database_is_opened_without_alembic(tmp_path: Path) -> None:
    """A start of JupyterLab does not pay for importing what it does not need."""
    settings = sqlite_settings(tmp_path / "data")
    migrate.upgrade(settings)
    script = UPGRADE.replace('print("ready", flush=True)\nsys.stdin.readline()', "")
    script += '\nprint("alembic" in sys.modules)\n'
    out, err = start(script, settings).communicate(timeout=60)
    assert out == "[]\nFalse\n", err
