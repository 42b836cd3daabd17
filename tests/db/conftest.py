"""Fixtures of tests of the database: one migration, copied for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from quantlab_server.config import Settings
from quantlab_server.db import migrate
from quantlab_server.db.engine import Database
from tests.support.audit import chain, keyring, sealer, tamper, verifier
from tests.support.database import (
    People,
    PostgresDatabase,
    copy_postgres,
    make_people,
    sqlite_settings,
    upgraded_postgres,
)
from tests.support.postgres import PostgresUrls

__all__ = ["chain", "keyring", "sealer", "tamper", "verifier"]


@pytest.fixture(scope="session")
def upgraded(
    postgres: PostgresUrls, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PostgresDatabase]:
    """A migrated PostgreSQL database that is only copied."""
    database = upgraded_postgres(postgres, tmp_path_factory.mktemp("pg"))
    yield database
    postgres.drop_database(database.name)


@pytest.fixture
def pg(upgraded: PostgresDatabase) -> Iterator[PostgresDatabase]:
    """A migrated PostgreSQL database of this test's own."""
    database = copy_postgres(upgraded)
    yield database
    database.urls.drop_database(database.name)


@pytest.fixture
def sqlite(tmp_path: Path) -> Settings:
    """A migrated SQLite database of this test's own."""
    settings = sqlite_settings(tmp_path / "data")
    migrate.upgrade(settings)
    return settings


@pytest.fixture
def open_database() -> Iterator[Callable[[Settings], Database]]:
    """Opens databases and closes them after the test."""
    opened: list[Database] = []

    def make(settings: Settings) -> Database:
        opened.append(Database(settings))
        return opened[-1]

    yield make
    for database in opened:
        database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest) -> Settings:
    """Settings of a migrated database: the same test on both."""
    if request.param == "sqlite":
        found: Settings = request.getfixturevalue("sqlite")
        return found
    database: PostgresDatabase = request.getfixturevalue("pg")
    return database.settings()


@pytest.fixture
def database(settings: Settings, open_database: Callable[[Settings], Database]) -> Database:
    """The service's database, on both."""
    return open_database(settings)


@pytest.fixture
def people(database: Database) -> People:
    """Two tenants with two users each, on both."""
    return make_people(database)
