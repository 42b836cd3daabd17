"""Finding people of the context's tenant. PostgreSQL's policies show a person only itself: there it is a function."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select

from quantlab_server.db.session import UnitOfWork
from quantlab_server.models.account import User

_LIMIT = 10

_FOUND = func.quantlab_people_like(bindparam("pattern")).table_valued("id", "username")
_BY_FUNCTION = select(_FOUND.c.id, _FOUND.c.username)
_LIKE = (
    select(User.id, User.username)
    .where(
        User.tenant_id == bindparam("tenant_id"),
        User.id != bindparam("me"),
        User.is_active,
        User.verification_pending.is_(False),
        User.username_key.like(bindparam("pattern"), escape="\\"),
    )
    .order_by(User.username_key)
    .limit(_LIMIT)
)


def people_like(uow: UnitOfWork, tenant_id: UUID, me: UUID, pattern: str) -> list[Any]:
    """Rows of (id, username) of people who may sign in, but the context's own, at most ten, by name.

    ``pattern`` is one of LIKE on folded names, escaped by a backslash.
    """
    if uow.is_postgresql:
        return list(uow.execute(_BY_FUNCTION, {"pattern": pattern}))
    return list(uow.execute(_LIKE, {"tenant_id": tenant_id, "me": me, "pattern": pattern}))
