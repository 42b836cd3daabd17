"""Queries on ``tenants``."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import insert, select

from quantlab_server.db.session import UnitOfWork
from quantlab_server.models.account import Tenant


def insert_tenant(uow: UnitOfWork, tenant_id: UUID, name: str, *, personal: bool) -> None:
    """Insert the tenant of the context."""
    uow.execute(insert(Tenant).values(id=tenant_id, name=name, personal=personal))


def get_name(uow: UnitOfWork, tenant_id: UUID) -> str | None:
    """The name of the context's tenant."""
    return uow.execute(select(Tenant.name).where(Tenant.id == tenant_id)).scalar_one_or_none()
