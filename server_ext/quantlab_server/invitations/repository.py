"""Queries on ``invitations``. Using one comes before its tenant is known: on PostgreSQL that is a function."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Row,
    String,
    Uuid,
    and_,
    bindparam,
    column,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import aliased

from quantlab_server.db.session import UnitOfWork
from quantlab_server.db.types import UtcDateTime
from quantlab_server.models.account import Tenant, User
from quantlab_server.models.invitation import Invitation

_HASH = bindparam("hash", type_=LargeBinary)
_KEY = bindparam("email_key", type_=String)
_OPEN = func.quantlab_open_invitation(_HASH, _KEY).table_valued("tenant_id", "role")
_USED = func.quantlab_use_invitation(_HASH, _KEY, bindparam("used_by", type_=Uuid)).table_valued(
    "tenant_id", "role", column("id", Uuid())
)
_PURGE = select(func.quantlab_purge_invitations(bindparam("before", type_=UtcDateTime())))
_END = text("SELECT quantlab_end_invitations()")
_SHOWN = func.quantlab_show_invitation(_HASH).table_valued(
    column("tenant_id", Uuid()),
    column("tenant", String()),
    column("role", String()),
    column("email", String()),
    column("expires_at", UtcDateTime()),
    column("inviter", String()),
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
    Invitation.revoked_at,
)
_UNUSED = (Invitation.used_at.is_(None), Invitation.revoked_at.is_(None))


def insert_invitation(uow: UnitOfWork, **values: Any) -> None:
    """Insert an invitation into the context's tenant."""
    uow.execute(insert(Invitation).values(**values))


def list_invitations(
    uow: UnitOfWork,
    tenant_id: UUID,
    q: str | None,
    state: str | None,
    moment: datetime,
    before: UUID | None,
    limit: int,
) -> list[Row[Any]]:
    """Invitations of a tenant to addresses that contain ``q``, the newest first, older than the one ``before``."""
    query = select(*_ROW).where(Invitation.tenant_id == tenant_id)
    if q:
        email = func.lower(Invitation.email)
        query = query.where(email.contains(q.lower(), autoescape=True))
    if state is not None:
        query = query.where(*_in_state(state, moment))
    if before is not None:
        query = query.where(Invitation.id < before)
    return list(uow.execute(query.order_by(Invitation.id.desc()).limit(limit)))


def _in_state(state: str, moment: datetime) -> tuple[ColumnElement[bool], ...]:
    """What ``service.state_of`` says, as conditions."""
    if state == "used":
        return (Invitation.used_at.is_not(None),)
    if state == "revoked":
        return (Invitation.used_at.is_(None), Invitation.revoked_at.is_not(None))
    is_over = Invitation.expires_at <= moment
    return (*_UNUSED, is_over if state == "expired" else ~is_over)


def get_invitation(uow: UnitOfWork, tenant_id: UUID, id: UUID) -> Row[Any] | None:
    """One invitation of a tenant, or None."""
    query = select(*_ROW).where(Invitation.tenant_id == tenant_id, Invitation.id == id)
    return uow.execute(query).one_or_none()


def count_open(uow: UnitOfWork, tenant_id: UUID, moment: datetime) -> int:
    """How many invitations of a tenant can still be used."""
    query = select(func.count()).where(
        Invitation.tenant_id == tenant_id, *_UNUSED, Invitation.expires_at > moment
    )
    return int(uow.execute(query).scalar_one())


def revoke_invitation(uow: UnitOfWork, tenant_id: UUID, id: UUID, moment: datetime) -> bool:
    """Take an invitation back that nobody used; False when there is none."""
    return _change(uow, tenant_id, id, (), {"revoked_at": moment})


def prolong_invitation(
    uow: UnitOfWork, tenant_id: UUID, id: UUID, token_hash: bytes, expires_at: datetime
) -> bool:
    """Give an unused invitation another token and end; False when there is none."""
    return _change(uow, tenant_id, id, (), {"token_hash": token_hash, "expires_at": expires_at})


def replace_token(
    uow: UnitOfWork, tenant_id: UUID, id: UUID, token_hash: bytes, moment: datetime
) -> bool:
    """Give an open invitation another token; False when it is over, or who invites looks after nobody any more."""
    still = (Invitation.expires_at > moment, _inviter_may())
    return _change(uow, tenant_id, id, still, {"token_hash": token_hash})


def _change(
    uow: UnitOfWork, tenant_id: UUID, id: UUID, conditions: tuple[Any, ...], values: dict[str, Any]
) -> bool:
    key = (Invitation.tenant_id == tenant_id, Invitation.id == id)
    statement = update(Invitation).where(*key, *_UNUSED, *conditions).values(**values)
    return bool(uow.execute(statement).rowcount)


def end_invitations(uow: UnitOfWork) -> None:
    """Delete what the context's person sent out and nobody used."""
    if uow.is_postgresql:
        uow.execute(_END)
        return
    uow.execute(
        delete(Invitation).where(
            Invitation.tenant_id == uow.tenant_id,
            Invitation.user_id == uow.user_id,
            Invitation.used_at.is_(None),
        )
    )


def show_invitation(uow: UnitOfWork, token_hash: bytes, moment: datetime) -> Row[Any] | None:
    """What an invitation that can be used offers: tenant, role, address, end, who invites. Needs no context."""
    if uow.is_postgresql:
        return uow.execute(select(_SHOWN), {"hash": token_hash}).one_or_none()
    inviter = aliased(User)
    query = (
        select(
            Invitation.tenant_id,
            Tenant.name.label("tenant"),
            Invitation.role,
            Invitation.email,
            Invitation.expires_at,
            inviter.username.label("inviter"),
        )
        .join(Tenant, Tenant.id == Invitation.tenant_id)
        .join(
            inviter,
            and_(inviter.tenant_id == Invitation.tenant_id, inviter.id == Invitation.user_id),
        )
        .where(*_is_live(token_hash, moment))
    )
    return uow.execute(query).one_or_none()


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
    """Use an invitation; of several who try at once, one gets tenant, role and its id, the others None."""
    if uow.is_postgresql:
        values = {"hash": token_hash, "email_key": email_key, "used_by": used_by}
        found = select(_USED.c.tenant_id, _USED.c.role, _USED.c.id)
        return uow.execute(found, values).one_or_none()
    statement = (
        update(Invitation)
        .where(*_is_open(token_hash, email_key, moment))
        .values(used_at=moment, used_by=used_by)
        .returning(Invitation.tenant_id, Invitation.role, Invitation.id)
    )
    return uow.execute(statement).one_or_none()


def delete_expired(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, before: datetime) -> int:
    """Delete invitations by the context's person that expired before an instant; how many."""
    if uow.is_postgresql:
        return int(uow.execute(_PURGE, {"before": before}).scalar_one())
    statement = delete(Invitation).where(
        Invitation.tenant_id == tenant_id,
        Invitation.user_id == user_id,
        Invitation.expires_at < before,
    )
    return uow.execute(statement).rowcount


def _is_live(token_hash: bytes, moment: datetime) -> tuple[Any, ...]:
    return (
        Invitation.token_hash == token_hash,
        *_UNUSED,
        Invitation.expires_at > moment,
        _inviter_may(),
    )


def _is_open(token_hash: bytes, email_key: str, moment: datetime) -> tuple[Any, ...]:
    return (
        *_is_live(token_hash, moment),
        or_(Invitation.email_key.is_(None), Invitation.email_key == email_key),
    )


def _inviter_may() -> ColumnElement[bool]:
    """Nobody invites into a role that they could not give today."""
    return exists().where(
        User.tenant_id == Invitation.tenant_id,
        User.id == Invitation.user_id,
        User.is_active,
        User.deleted_at.is_(None),
        or_(User.role == "operator", and_(User.role == "admin", Invitation.role != "operator")),
    )
