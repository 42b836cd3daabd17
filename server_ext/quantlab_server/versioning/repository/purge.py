"""What the purge looks for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select

from quantlab_server.db.prepared import Prepared
from quantlab_server.db.session import UnitOfWork
from quantlab_server.versioning.repository.tables import OBJECTS, o

_EXPIRED = Prepared(
    select(o.tenant_id, o.user_id, o.id)
    .where(o.deleted_at.is_not(None), o.deleted_at < bindparam("before"))
    .order_by(o.tenant_id, o.deleted_at)
    .limit(bindparam("limit"))
)

_REMOVE = Prepared(
    delete(OBJECTS)
    .where(
        o.tenant_id == bindparam("tenant_id"),
        o.id == bindparam("id"),
        o.deleted_at.is_not(None),
        o.deleted_at < bindparam("before"),
    )
    .returning(o.id)
)


def expired(uow: UnitOfWork, before: datetime, limit: int) -> list[Any]:
    """Objects deleted before an instant: tenant, owner, id. Under policies, those of the context's tenant."""
    return _EXPIRED.all(uow, before=before, limit=limit)


def remove(uow: UnitOfWork, **values: Any) -> bool:
    """Remove one of them with everything that hangs on it; False when it was brought back meanwhile."""
    return _REMOVE.first(uow, **values) is not None
