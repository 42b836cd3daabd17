"""Bringing the database to this version's tables: in one transaction, under one lock, by whoever comes first.

Embedded mode does it at start; on PostgreSQL it is ``quantlab db upgrade`` with the owner's URL. A crash at any
point leaves the old state or the new one.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.pool import NullPool

from quantlab_server.db import sqlite, tenancy_check
from quantlab_server.db.engine import parse_url
from quantlab_server.db.policies import Roles
from quantlab_server.db.role_names import configured_roles
from quantlab_server.db.tenancy_check import Problem

if TYPE_CHECKING:
    from alembic.config import Config

    from quantlab_server.config import Settings

# Any constant: the same for every process that migrates.
_LOCK = 0x514C4D49
_MIN_POSTGRESQL = 150_000
_LOCK_TIMEOUT_MS = 60_000
_STATEMENT_TIMEOUT_MS = 30 * 60_000


class DatabaseNotReady(Exception):
    """The database cannot be used as it is; the message says which command helps, and holds no secret."""


def migrations_folder() -> Path:
    """The migrations of this code: in the package (a wheel), or beside it in the checkout.

    An editable install may have an old copy in site-packages; it is not looked at.

    Raises:
        DatabaseNotReady: the installation is incomplete.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "migrations", package.parent.parent / "migrations"):
        if (folder / "env.py").is_file():
            return folder
    raise DatabaseNotReady(
        "The migrations are missing from this installation. Reinstall quantlab-ext."
    )


@cache
def _revisions() -> dict[str, str | None]:
    """Every revision and the one before it, read from the files: importing Alembic costs a start 0.2 s."""
    found: dict[str, str | None] = {}
    for file in (migrations_folder() / "versions").glob("*.py"):
        names = dict(_NAMES.findall(file.read_text(encoding="utf-8")))
        found[names["revision"].strip("\"'")] = (
            None if names["down_revision"] == "None" else names["down_revision"].strip("\"'")
        )
    return found


_NAMES = re.compile(r"^(revision|down_revision)\b[^=\n]*=\s*(\S+)\s*$", re.MULTILINE)


def head() -> str:
    """The newest revision that this code knows.

    Raises:
        DatabaseNotReady: the installation is incomplete.
    """
    revisions = _revisions()
    newest = set(revisions) - set(revisions.values())
    if len(newest) != 1:
        raise DatabaseNotReady(
            "The migrations of this installation are damaged. Reinstall quantlab-ext."
        )
    return newest.pop()


def revision_of(connection: Connection) -> str | None:
    """The revision that a database is at; None: it has never been upgraded."""
    if connection.dialect.name == "postgresql":
        known = connection.execute(text("SELECT to_regclass('public.alembic_version')")).scalar()
    else:
        known = connection.execute(
            text("SELECT name FROM sqlite_master WHERE name = 'alembic_version'")
        ).scalar()
    if known is None:
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def is_at_head(connection: Connection) -> bool:
    """Whether the database has this code's tables."""
    return revision_of(connection) == head()


def problem_with_revision(revision: str | None, *, postgresql: bool) -> str | None:
    """What to say about a database at ``revision``; None when it is this code's."""
    if revision == head():
        return None
    if revision is not None and not _is_known(revision):
        return (
            f"The database was written by a newer QuantLab (revision {revision}). "
            "Install that version: pip install --upgrade quantlab-ext"
        )
    command = "quantlab db upgrade" if postgresql else "quantlab db upgrade (or start JupyterLab)"
    return f"The database is not up to date. Run: {command}"


def _is_known(revision: str) -> bool:
    return revision in _revisions()


def sqlite_path(settings: Settings) -> Path | None:
    """The SQLite file of ``settings``; None on PostgreSQL."""
    url = parse_url(settings.database_url)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def check_database(settings: Settings) -> list[Problem]:
    """What keeps the service from running on this database, seen as the role it runs as.

    Raises:
        DatabaseNotReady: it cannot be reached.
    """
    from quantlab_server.db.engine import Database
    from quantlab_server.errors import Unavailable

    database = Database(settings)
    try:
        with database.transaction(writes=False) as uow:
            return problems_of(uow.connection)
    except Unavailable:
        raise DatabaseNotReady(
            "The database does not answer, or refuses the log-in: see QUANTLAB_DATABASE_URL."
        ) from None
    finally:
        database.close()


def problems_of(connection: Connection) -> list[Problem]:
    """Problems of the database of an open transaction: its revision first, then tenancy."""
    try:
        revision = revision_of(connection)
    except ProgrammingError:
        # No right on alembic_version: nothing was ever granted to this role.
        return [Problem("revision", "unreadable for this role", "Run: quantlab db upgrade")]
    wrong = problem_with_revision(revision, postgresql=connection.dialect.name == "postgresql")
    if wrong is not None:
        return [Problem("revision", str(revision or "none"), wrong)]
    return tenancy_check.check(connection)


def upgrade(settings: Settings, revision: str = "head") -> None:
    """Bring the database of ``settings`` to ``revision``, waiting for anyone who is already at it.

    Raises:
        DatabaseNotReady: newer than this code, unreachable, not enough rights, roles missing, or locked too long.
    """
    _run(settings, "upgrade", revision)


def downgrade(settings: Settings, revision: str) -> None:
    """Go back to ``revision`` (``base``: drop everything). Data of dropped columns and tables are lost.

    Raises:
        DatabaseNotReady: as for :func:`upgrade`.
    """
    _run(settings, "downgrade", revision)


def _run(settings: Settings, command: str, revision: str) -> None:
    with _named_problems(), _transaction(settings) as (connection, roles):
        found = revision_of(connection)
        if found is not None and not _is_known(found):
            raise DatabaseNotReady(
                problem_with_revision(found, postgresql=roles is not None) or "unknown revision"
            )
        if roles is None and command == "upgrade" and revision == "head" and found == head():
            return
        from alembic import command as alembic

        config = _config()
        config.attributes["connection"] = connection
        config.attributes["roles"] = roles
        getattr(alembic, command)(config, revision)


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    return config


@contextmanager
def owner_transaction() -> Iterator[Connection]:
    """For Alembic's own command line: the configured database, under the lock."""
    from quantlab_server.config import load_settings

    with _transaction(load_settings()) as (connection, _):
        yield connection


@contextmanager
def _transaction(settings: Settings) -> Iterator[tuple[Connection, Roles | None]]:
    url = parse_url(settings.owner_database_url)
    if url.get_backend_name() == "sqlite":
        with _sqlite_transaction(settings, Path(url.database or "")) as connection:
            yield connection, None
        return
    from quantlab_server.db import postgresql

    engine = postgresql.make_engine(url, settings.database)
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("BEGIN")
        with connection.begin():
            for statement in (
                f"SET LOCAL lock_timeout = {_LOCK_TIMEOUT_MS}",
                f"SET LOCAL statement_timeout = {_STATEMENT_TIMEOUT_MS}",
                "SET LOCAL idle_in_transaction_session_timeout = 0",
                # An owner's default may differ; everything of ours is in this schema.
                "SET LOCAL search_path = public",
                f"SELECT pg_advisory_xact_lock({_LOCK})",
            ):
                connection.exec_driver_sql(statement)
            yield connection, _roles(connection, settings)


@contextmanager
def _sqlite_transaction(settings: Settings, path: Path) -> Iterator[Connection]:
    wait = max(settings.database.lock_timeout_ms, _LOCK_TIMEOUT_MS)
    sqlite.prepare_file(path, settings.data_dir)
    mode = sqlite.journal_mode(path)

    def creator() -> sqlite3.Connection:
        connection = sqlite.connect(path, wait, journal=mode, read_only=False)
        # Rebuilding a table (SQLite's way of altering one) must not cascade; checked again before the commit.
        connection.execute("PRAGMA foreign_keys=OFF")
        return connection

    engine = create_engine("sqlite+pysqlite://", creator=creator, poolclass=NullPool)
    with engine.connect() as connection:
        sqlite.begin(connection, "BEGIN IMMEDIATE")
        with connection.begin():
            yield connection
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if broken is not None:
                raise DatabaseNotReady(
                    f"Rows of {broken[0]} would refer to nothing; nothing was changed."
                )


def _roles(connection: Connection, settings: Settings) -> Roles:
    # Views that respect row-level security, and a public schema that not everyone may write to.
    if int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) < _MIN_POSTGRESQL:
        raise DatabaseNotReady("QuantLab needs PostgreSQL 15 or later.")
    known = frozenset(connection.execute(text("SELECT rolname FROM pg_roles")).scalars())
    try:
        roles = configured_roles(
            settings.database_url,
            settings.owner_database_url,
            os.environ.get("QUANTLAB_BACKUP_DATABASE_URL", ""),
            known=known,
        )
    except ValueError as error:
        raise DatabaseNotReady(str(error)) from None
    missing = {roles.runtime, roles.lookup} - known
    if missing:
        raise DatabaseNotReady(
            f"Roles are missing: {', '.join(sorted(missing))}. Run: quantlab db init-roles"
        )
    return roles


@contextmanager
def _named_problems() -> Iterator[None]:
    """Driver errors as a sentence; the cause stays attached for the command line's --verbose."""
    try:
        yield
    except DBAPIError as error:
        name = type(error.orig).__name__
        state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", "")
        raise DatabaseNotReady(
            f"The database could not be upgraded: {name} {state}".rstrip()
            + ". Nothing was changed."
        ) from error
    except sqlite3.Error as error:
        raise DatabaseNotReady(
            f"The database could not be upgraded: {getattr(error, 'sqlite_errorname', 'error')}."
        ) from error
