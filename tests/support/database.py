"""Databases for tests of the database itself: settings, a prepared PostgreSQL to copy, people in two tenants."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    func,
    insert,
    select,
)
from traitlets.config import Config

from quantlab_server.config import Settings, load_settings
from quantlab_server.db import migrate, postgresql
from quantlab_server.db.base import new_id
from quantlab_server.db.engine import Database, parse_url
from quantlab_server.db.roles import init_roles
from quantlab_server.models import Base
from tests.support.central import BACKUP, OWNER, RUNTIME
from tests.support.postgres import PostgresUrls

TABLES = Base.metadata.tables


def settings_for(url: str, folder: Path, *, owner_url: str = "", **database: Any) -> Settings:
    """Settings of a database; keywords are traits of DatabaseSettings."""
    mode = "central" if url.startswith("postgresql") else "embedded"
    config = Config({"DatabaseSettings": database} if database else {})
    return replace(
        load_settings(config, mode=mode),
        database_url=url,
        owner_database_url=owner_url or url,
        data_dir=folder,
    )


def sqlite_settings(folder: Path, **database: Any) -> Settings:
    """Settings of a SQLite file in ``folder``."""
    return settings_for(f"sqlite:///{folder / 'quantlab.sqlite3'}", folder, **database)


@dataclass(frozen=True, slots=True)
class PostgresDatabase:
    """A database with our roles."""

    urls: PostgresUrls
    name: str
    folder: Path

    def url(self, role: tuple[str, str] | None = None) -> str:
        """Address for a role (default: the superuser)."""
        user, password = role or (None, None)
        return self.urls.url(self.name, user=user, password=password)

    def settings(self, **database: Any) -> Settings:
        """Settings of the service on it."""
        return settings_for(self.url(RUNTIME), self.folder, owner_url=self.url(OWNER), **database)

    def superuser(self) -> psycopg.Connection[tuple[Any, ...]]:
        """An autocommit connection that no policy holds."""
        return self.urls.connect(self.name)

    @contextmanager
    def as_owner(self) -> Iterator[Connection]:
        """A committed transaction of the owner, through SQLAlchemy."""
        engine = postgresql.make_engine(parse_url(self.url(OWNER)), self.settings().database)
        with engine.connect() as connection:
            connection.connection.driver_connection.execute("BEGIN")  # type: ignore[union-attr]  # it is open
            with connection.begin():
                yield connection

    def make_roles(self) -> None:
        """The roles, and the database for the owner."""
        init_roles(
            self.url(),
            runtime_url=self.url(RUNTIME),
            owner_url=self.url(OWNER),
            backup_url=self.url(BACKUP),
        )


def empty_postgres(urls: PostgresUrls, folder: Path) -> PostgresDatabase:
    """A database with roles and no tables."""
    database = PostgresDatabase(urls, urls.create_database(), folder)
    database.make_roles()
    return database


def upgraded_postgres(urls: PostgresUrls, folder: Path) -> PostgresDatabase:
    """A database with roles, tables and policies."""
    database = empty_postgres(urls, folder)
    migrate.upgrade(database.settings())
    return database


def copy_postgres(source: PostgresDatabase) -> PostgresDatabase:
    """A copy of a database that nobody is connected to: faster than migrating again."""
    name = f"{source.name}_{new_id().hex[-8:]}"
    with source.urls.connect() as admin:
        admin.execute(
            f'CREATE DATABASE "{name}" TEMPLATE "{source.name}" OWNER "{OWNER[0]}"'.encode()
        )
    return replace(source, name=name)


@dataclass(frozen=True, slots=True)
class Person:
    """A user's ids."""

    tenant_id: UUID
    user_id: UUID

    @property
    def context(self) -> dict[str, UUID]:
        """Keywords of ``Database.transaction``."""
        return {"tenant_id": self.tenant_id, "user_id": self.user_id}


@dataclass(frozen=True, slots=True)
class People:
    """Two tenants with two users each."""

    ann: Person
    amy: Person
    bob: Person
    ben: Person

    @property
    def all(self) -> tuple[Person, ...]:
        """Ann and Amy share a tenant, so do Bob and Ben."""
        return (self.ann, self.amy, self.bob, self.ben)


def make_people(database: Database) -> People:
    """Two tenants with two users each, made as registration makes them."""
    first, second = new_id(), new_id()
    people = People(
        ann=Person(first, new_id()),
        amy=Person(first, new_id()),
        bob=Person(second, new_id()),
        ben=Person(second, new_id()),
    )
    for tenant in (first, second):
        with database.transaction(tenant_id=tenant, user_id=new_id()) as uow:
            uow.execute(insert(TABLES["tenants"]), {"id": tenant, "name": f"tenant {tenant}"})
    for name, person in zip(("ann", "amy", "bob", "ben"), people.all, strict=True):
        with database.transaction(tenant_id=person.tenant_id, user_id=person.user_id) as uow:
            uow.execute(insert(TABLES["users"]), user_row(person, name))
    return people


def user_row(person: Person, name: str) -> dict[str, Any]:
    """A row of ``users``."""
    return {
        "tenant_id": person.tenant_id,
        "id": person.user_id,
        "username": name,
        "username_key": f"{name}-{person.user_id}",
    }


def sample_row(table: Table, person: Person, **values: Any) -> dict[str, Any]:
    """A row of any table that belongs to ``person``: required columns get a value of their type."""
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.name == "tenant_id" or (table.name == "tenants" and column.name == "id"):
            row[column.name] = person.tenant_id
        elif column.name in ("user_id", "drafter_id", "person_id", "author_id", "actor_id"):
            row[column.name] = person.user_id
        elif not column.nullable and column.default is None:
            row[column.name] = _sample(column)
        elif column.primary_key and isinstance(column.type, Uuid):
            row[column.name] = new_id()
    return row | values


def _sample(column: Column[Any]) -> Any:
    kind = column.type
    if column.name == "access":
        return "view"
    if column.name == "seq":
        # A place in a chain, which nobody else has.
        return new_id().int >> 66
    if isinstance(kind, Uuid):
        return new_id()
    if isinstance(kind, LargeBinary):
        return new_id().bytes * 2
    if isinstance(kind, String):
        return new_id().hex[: kind.length or 32]
    if isinstance(kind, JSON):
        return {}
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, Integer | BigInteger):
        return 1
    if isinstance(kind, DateTime) or "UtcDateTime" in type(kind).__name__:
        return datetime(2024, 1, 1, tzinfo=UTC)
    raise NotImplementedError(f"{column}: {kind!r}")


@dataclass(frozen=True, slots=True)
class Library:
    """An object of a person with everything that hangs on it."""

    owner: Person
    object_id: UUID
    content_hash: bytes
    session_id: UUID


def make_library(connection: Connection, owner: Person) -> Library:
    """One row in every table that belongs to ``owner``; returns what they hang on.

    Of what a person has once only, the first library has the row.
    """
    made = Library(owner, new_id(), new_id().bytes * 2, new_id())
    for table in Base.metadata.sorted_tables:
        row = library_row(table, made)
        if row is not None and not (_is_single(table) and _has_row(connection, table, owner)):
            connection.execute(insert(table), row)
    return made


def _is_single(table: Table) -> bool:
    """Whether a person has one row at most."""
    return any(
        isinstance(each, UniqueConstraint) and set(each.columns.keys()) == {"tenant_id", "user_id"}
        for each in table.constraints
    )


def _has_row(connection: Connection, table: Table, owner: Person) -> bool:
    own = (table.c.tenant_id == owner.tenant_id) & (table.c.user_id == owner.user_id)
    return connection.execute(select(func.count()).select_from(table).where(own)).scalar_one() > 0


def library_row(table: Table, made: Library, **values: Any) -> dict[str, Any] | None:
    """A row of ``table`` that fits ``made``; None for tables of people and of nobody."""
    if table.name in ("tenants", "users", "installation_events"):
        return None
    row = sample_row(table, made.owner)
    if table.name == "saved_objects":
        row["id"] = made.object_id
    if table.name == "sessions":
        row["id"] = made.session_id
    for name, value in (
        ("object_id", made.object_id),
        ("session_id", made.session_id),
        ("content_hash", made.content_hash),
        ("hash", made.content_hash),
        ("grantee_id", made.owner.user_id),
    ):
        if name in table.columns:
            row[name] = value
    return row | values
