"""Queries on ``tenants``."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import insert, select

from quantlab_server.db.session import UnitOfWork
from quantlab_server.models.account import Tenant


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
