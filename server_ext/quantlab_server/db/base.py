"""The declarative base, naming conventions and the columns that every table of a tenant has."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import MetaData, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from uuid_utils.compat import uuid7

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Declares tables; statements are Core, the ORM's unit of work stays off hot paths."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {UUID: Uuid()}


class OwnedMixin:
    """A row of one user of one tenant. Primary and foreign keys start with ``tenant_id``."""

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    user_id: Mapped[UUID] = mapped_column()


def new_id() -> UUID:
    """A fresh UUIDv7: ordered by time, so that indexes grow at one end."""
    return uuid7()


def now() -> datetime:
    """This instant in UTC, to the microsecond."""
    return datetime.now(UTC)
