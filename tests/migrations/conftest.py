"""Fixtures of migration tests: databases that hold nothing yet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from quantlab_server.config import Settings
from tests.support.database import PostgresDatabase, empty_postgres, sqlite_settings
from tests.support.postgres import PostgresUrls


@pytest.fixture
def pg(postgres: PostgresUrls, tmp_path: Path) -> Iterator[PostgresDatabase]:
    """A PostgreSQL database with roles and no tables."""
    database = empty_postgres(postgres, tmp_path)
    yield database
    postgres.drop_database(database.name)


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of an empty database: the same test on both."""
    if request.param == "sqlite":
        return sqlite_settings(tmp_path / "data")
    database: PostgresDatabase = request.getfixturevalue("pg")
    return database.settings()
