"""Queries of exports that no other resource has."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, select

from quantlab_server.db.session import UnitOfWork
from quantlab_server.models.saved import ObjectShare, SavedObject

_SHARES = (
    select(
        SavedObject.resource,
        SavedObject.name,
        ObjectShare.object_id,
        ObjectShare.user_id,
        ObjectShare.grantee_id,
        ObjectShare.access,
        ObjectShare.created_at,
    )
    .join(
        SavedObject,
        and_(
            SavedObject.tenant_id == ObjectShare.tenant_id, SavedObject.id == ObjectShare.object_id
        ),
    )
    .where(SavedObject.deleted_at.is_(None))
    .order_by(ObjectShare.object_id, ObjectShare.grantee_id)
)


def shares_given(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> list[Row[Any]]:
    """Whom the context's person lets see what."""
    mine = (ObjectShare.tenant_id == tenant_id, ObjectShare.user_id == user_id)
    return list(uow.execute(_SHARES.where(*mine)))


def shares_taken(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> list[Row[Any]]:
    """Who lets the context's person see what."""
    mine = (ObjectShare.tenant_id == tenant_id, ObjectShare.grantee_id == user_id)
    return list(uow.execute(_SHARES.where(*mine)))
