"""What one may know of others in the tenant: their names, and the tier of whoever shares something to edit.

PostgreSQL's policies show a person its own row of ``users`` only, so there these are look-up functions.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, func, select

from quantlab_server.db.session import UnitOfWork
from quantlab_server.models.account import PRESENT_TIER
from quantlab_server.versioning.repository.tables import USERS

_FOUND = func.quantlab_user_names(bindparam("ids", type_=ARRAY(Uuid))).table_valued(
    "id", "username"
)
_NAMES_BY_FUNCTION = select(_FOUND.c.id, _FOUND.c.username)
_NAMES = select(USERS.c.id, USERS.c.username).where(
    USERS.c.tenant_id == bindparam("tenant_id"), USERS.c.id.in_(bindparam("ids", expanding=True))
)
_TIER_BY_FUNCTION = select(func.quantlab_owner_tier(bindparam("user_id", type_=Uuid)))
_TIER = select(PRESENT_TIER).where(
    USERS.c.tenant_id == bindparam("tenant_id"), USERS.c.id == bindparam("user_id")
)


def names(uow: UnitOfWork, tenant_id: UUID, ids: Iterable[UUID]) -> dict[UUID, str]:
    """User names of people of the tenant."""
    wanted = list(set(ids))
    if not wanted:
        return {}
    if uow.is_postgresql:
        rows = uow.execute(_NAMES_BY_FUNCTION, {"ids": wanted})
    else:
        rows = uow.execute(_NAMES, {"tenant_id": tenant_id, "ids": wanted})
    return {row.id: row.username for row in rows}


def tier_of(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> str | None:
    """The tier of an owner who shares something with the context's user."""
    if uow.is_postgresql:
        tier: str | None = uow.execute(_TIER_BY_FUNCTION, {"user_id": user_id}).scalar()
    else:
        tier = uow.execute(_TIER, {"tenant_id": tenant_id, "user_id": user_id}).scalar()
    return tier
