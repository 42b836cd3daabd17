"""Queries on ``tenants``."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Integer,
    String,
    Text,
    Uuid,
    bindparam,
    column,
    delete,
    func,
    insert,
    select,
    text,
    update,
)

from quantlab_server.db.session import UnitOfWork
from quantlab_server.db.types import UtcDateTime
from quantlab_server.models.account import Tenant, User
from quantlab_server.models.saved import UsageCounter


def insert_tenant(uow: UnitOfWork, tenant_id: UUID, name: str, *, personal: bool) -> None:
    """Insert the tenant of the context."""
    uow.execute(insert(Tenant).values(id=tenant_id, name=name, personal=personal))


def is_shared(uow: UnitOfWork, tenant_id: UUID) -> bool:
    """Whether the context's tenant exists and is nobody's personal one."""
    query = select(Tenant.id).where(Tenant.id == tenant_id, Tenant.personal.is_(False))
    return uow.execute(query).one_or_none() is not None


def exists(uow: UnitOfWork, tenant_id: UUID) -> bool:
    """Whether the context's tenant exists, shared or somebody's own."""
    return uow.execute(select(Tenant.id).where(Tenant.id == tenant_id)).one_or_none() is not None


def get(uow: UnitOfWork, tenant_id: UUID) -> Any:
    """The context's tenant; None: there is none."""
    query = select(Tenant.id, Tenant.name, Tenant.personal, Tenant.created_at)
    return uow.execute(query.where(Tenant.id == tenant_id)).one_or_none()


def lock(uow: UnitOfWork, tenant_id: UUID) -> Any:
    """Name and kind of the context's tenant, held until the transaction ends; None: there is none."""
    query = select(Tenant.name, Tenant.personal).where(Tenant.id == tenant_id).with_for_update()
    return uow.execute(query).one_or_none()


def rename(uow: UnitOfWork, tenant_id: UUID, name: str) -> None:
    """Set the name of the context's tenant."""
    uow.execute(update(Tenant).where(Tenant.id == tenant_id).values(name=name))


_DROP_EMPTY = text("SELECT quantlab_drop_empty_tenant()")


def drop_empty(uow: UnitOfWork, tenant_id: UUID) -> None:
    """Delete the context's tenant if it is a personal one without people. On PostgreSQL only a function sees them."""
    if uow.is_postgresql:
        uow.execute(_DROP_EMPTY)
        return
    left = select(User.id).where(User.tenant_id == tenant_id).exists()
    uow.execute(delete(Tenant).where(Tenant.id == tenant_id, Tenant.personal, ~left))


_COLUMNS = (
    column("id", Uuid()),
    column("name", String()),
    column("personal", Boolean()),
    column("created_at", UtcDateTime()),
    column("people", BigInteger()),
    column("storage", BigInteger()),
)


def list_tenants(
    uow: UnitOfWork, q: str | None, before: UUID | None, limit: int, *, only: UUID | None = None
) -> list[dict[str, Any]]:
    """Tenants of the installation, the newest first; on PostgreSQL for active operators only."""
    if uow.is_postgresql:
        kinds = ((q, Text()), (before, Uuid()), (only, Uuid()), (limit, Integer()))
        values = [bindparam(None, value, type_=kind) for value, kind in kinds]
        found = func.quantlab_tenants(*values).table_valued(*_COLUMNS, name="found")
        return [dict(row) for row in uow.execute(select(found)).mappings()]
    people = (
        select(func.count())
        .where(User.tenant_id == Tenant.id, User.deleted_at.is_(None))
        .scalar_subquery()
    )
    storage = (
        select(func.coalesce(func.sum(UsageCounter.used), 0))
        .where(UsageCounter.tenant_id == Tenant.id, UsageCounter.what == "storage")
        .scalar_subquery()
    )
    query = select(
        Tenant.id,
        Tenant.name,
        Tenant.personal,
        Tenant.created_at,
        people.label("people"),
        storage.label("storage"),
    )
    if q:
        query = query.where(func.instr(func.lower(Tenant.name), func.lower(q)) > 0)
    if before is not None:
        query = query.where(Tenant.id < before)
    if only is not None:
        query = query.where(Tenant.id == only)
    rows = uow.execute(query.order_by(Tenant.id.desc()).limit(limit))
    return [dict(row) for row in rows.mappings()]
