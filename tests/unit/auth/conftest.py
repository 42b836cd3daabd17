"""Worlds on both databases."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from quantlab_server.auth.keys import KEYS, KEYS_FILE, generate_keyring
from quantlab_server.config import Settings
from quantlab_server.db import migrate, roles
from tests.support.mail import PUBLIC_URL, Mailbox
from tests.support.postgres import PostgresUrls
from tests.unit.auth.mailing import Post
from tests.unit.auth.world import MovingClock, World, make_settings, make_world


@pytest.fixture(scope="session")
def auth_database(
    postgres: PostgresUrls, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """Runtime and owner URL of a migrated PostgreSQL database."""
    name = postgres.create_database("auth")
    runtime, owner, backup = (
        postgres.url(name, user=f"auth_{role}", password=secrets.token_hex(8))
        for role in ("runtime", "owner", "backup")
    )
    roles.init_roles(postgres.url(name), runtime_url=runtime, owner_url=owner, backup_url=backup)
    settings = make_settings(tmp_path_factory.mktemp("postgresql"))
    migrate.upgrade(replace(settings, database_url=runtime, owner_database_url=owner))
    yield runtime, owner
    postgres.drop_database(name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of a database that is at this version."""
    made = make_settings(tmp_path)
    if request.param == "postgresql":
        runtime, owner = request.getfixturevalue("auth_database")
        return replace(made, database_url=runtime, owner_database_url=owner)
    shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "quantlab.sqlite3")
    return made


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy: migrating takes longer than most tests."""
    made = make_settings(tmp_path_factory.mktemp("template"))
    migrate.upgrade(made)
    return made.data_dir / "quantlab.sqlite3"


@pytest.fixture(autouse=True)
def own_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every data folder has keys of its own, whatever the environment says."""
    for setting in (KEYS, KEYS_FILE):
        monkeypatch.delenv(setting, raising=False)


@pytest.fixture
def make(settings: Settings) -> Iterator[Callable[..., World]]:
    """Makes processes on one database; settings may be changed by keyword."""
    worlds: list[World] = []

    def build(clock: MovingClock | None = None, **changes: object) -> World:
        worlds.append(make_world(replace(settings, **changes), clock))  # type: ignore[arg-type]  # replace checks names
        return worlds[-1]

    yield build
    for world in worlds:
        world.close()


@pytest.fixture
def world(make: Callable[..., World]) -> World:
    """One process."""
    return make()


@pytest.fixture
def central_keys(own_keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys that central processes share."""
    monkeypatch.setenv(KEYS, json.dumps(generate_keyring()))


@pytest.fixture
def box() -> Iterator[Mailbox]:
    """A mail server."""
    server = Mailbox()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def post(make: Callable[..., World], box: Mailbox, central_keys: None) -> Post:
    """A central process that sends mail."""
    world = make(mode="central", local_account=False, smtp_url=box.url, public_url=PUBLIC_URL)
    return Post(world, box)
