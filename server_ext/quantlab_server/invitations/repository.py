"""Queries on ``invitations``. Using one comes before its tenant is known: on PostgreSQL that is a function."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    LargeBinary,
    Row,
    String,
    Uuid,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from quantlab_server.db.session import UnitOfWork
from quantlab_server.models.invitation import Invitation

_HASH = bindparam("hash", type_=LargeBinary)
_KEY = bindparam("email_key", type_=String)
_OPEN = func.quantlab_open_invitation(_HASH, _KEY).table_valued("tenant_id", "role")
_USED = func.quantlab_use_invitation(_HASH, _KEY, bindparam("used_by", type_=Uuid)).table_valued(
    "tenant_id", "role"
)
_ROW = (
    Invitation.id,
    Invitation.role,
    Invitation.email,
    Invitation.user_id.label("invited_by"),
    Invitation.created_at,
    Invitation.expires_at,
    Invitation.used_at,
    Invitation.used_by,
)


def insert_invitation(uow: UnitOfWork, **values: Any) -> None:
    """Insert an invitation into the context's tenant."""
    uow.execute(insert(Invitation).values(**values))


def list_invitations(uow: UnitOfWork, tenant_id: UUID, limit: int) -> list[Row[Any]]:
    """The newest invitations of a tenant."""
    query = select(*_ROW).where(Invitation.tenant_id == tenant_id)
    return list(uow.execute(query.order_by(Invitation.id.desc()).limit(limit)))


def count_open(uow: UnitOfWork, tenant_id: UUID, moment: datetime) -> int:
    """How many invitations of a tenant can still be used."""
    query = select(func.count()).where(
        Invitation.tenant_id == tenant_id,
        Invitation.used_at.is_(None),
        Invitation.expires_at > moment,
    )
    return int(uow.execute(query).scalar_one())


def delete_invitation(uow: UnitOfWork, tenant_id: UUID, id: UUID) -> bool:
    """Delete an invitation that nobody used; False when there is none."""
    statement = delete(Invitation).where(
        Invitation.tenant_id == tenant_id, Invitation.id == id, Invitation.used_at.is_(None)
    )
    return bool(uow.execute(statement).rowcount)


def open_invitation(
    uow: UnitOfWork, token_hash: bytes, email_key: str, moment: datetime
) -> Row[Any] | None:
    """Tenant and role of an invitation that can be used with an address. Needs no context."""
    if uow.is_postgresql:
        query = select(_OPEN.c.tenant_id, _OPEN.c.role)
        return uow.execute(query, {"hash": token_hash, "email_key": email_key}).one_or_none()
    found = select(Invitation.tenant_id, Invitation.role).where(
        *_is_open(token_hash, email_key, moment)
    )
    return uow.execute(found).one_or_none()


def use(
    uow: UnitOfWork, token_hash: bytes, email_key: str, used_by: UUID, moment: datetime
) -> Row[Any] | None:
    """Use an invitation; of several who try at once, one gets tenant and role, the others None."""
    if uow.is_postgresql:
        values = {"hash": token_hash, "email_key": email_key, "used_by": used_by}
        return uow.execute(select(_USED.c.tenant_id, _USED.c.role), values).one_or_none()
    statement = (
        update(Invitation)
        .where(*_is_open(token_hash, email_key, moment))
        .values(used_at=moment, used_by=used_by)
        .returning(Invitation.tenant_id, Invitation.role)
    )
    return uow.execute(statement).one_or_none()


def _is_open(token_hash: bytes, email_key: str, moment: datetime) -> tuple[Any, ...]:
    return (
        Invitation.token_hash == token_hash,
        Invitation.used_at.is_(None),
        Invitation.expires_at > moment,
        or_(Invitation.email_key.is_(None), Invitation.email_key == email_key),
    )
