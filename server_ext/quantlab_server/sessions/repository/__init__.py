"""Queries on ``sessions``; the tenant's context is set by the caller."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Row,
    and_,
    delete,
    insert,
    or_,
    select,
    update,
)

from quantlab_server.db.session import UnitOfWork
from quantlab_server.models.account import PRESENT_TIER, ApiToken, RefreshToken, Session, User

# An instant, or where it is put when the statement runs.
Instant = datetime | BindParameter[datetime]

_LIVE = (
    Session.tenant_id,
    Session.user_id,
    Session.id.label("session_id"),
    Session.kind,
    Session.amr,
    Session.auth_time,
    Session.last_used_at,
    Session.expires_at,
    User.username,
    User.role,
    PRESENT_TIER,
    User.epoch,
    User.has_second_factor,
)


def is_live(moment: Instant, idle_since: Instant) -> ColumnElement[bool]:
    """Whether a session, joined ``with_user``, is good; it is not once it was last used before ``idle_since``."""
    return and_(
        Session.revoked_at.is_(None),
        Session.expires_at > moment,
        # Only refreshing counts as use: what hangs on a session (a kernel) does not keep it alive.
        or_(Session.kind == "local", Session.last_used_at > idle_since),
        Session.epoch == User.epoch,
        User.is_active,
    )


def with_user() -> ColumnElement[bool]:
    """A session and its person."""
    return and_(User.tenant_id == Session.tenant_id, User.id == Session.user_id)


def get_live(
    uow: UnitOfWork,
    tenant_id: UUID,
    user_id: UUID,
    session_id: UUID,
    moment: datetime,
    idle: timedelta,
) -> Row[Any] | None:
    """The session with its person, if both are good."""
    return uow.execute(
        select(*_LIVE)
        .join(User, with_user())
        .where(
            Session.tenant_id == tenant_id,
            Session.user_id == user_id,
            Session.id == session_id,
            is_live(moment, moment - idle),
        )
    ).one_or_none()


def get_live_local(
    uow: UnitOfWork, tenant_id: UUID, user_id: UUID, moment: datetime
) -> Row[Any] | None:
    """The local account's session, if the person did not log out."""
    return uow.execute(
        select(*_LIVE)
        .join(User, with_user())
        .where(
            Session.tenant_id == tenant_id,
            Session.user_id == user_id,
            Session.kind == "local",
            is_live(moment, moment),
        )
        .order_by(Session.id.desc())
        .limit(1)
    ).one_or_none()


def list_live(
    uow: UnitOfWork, tenant_id: UUID, user_id: UUID, moment: datetime, idle: timedelta
) -> list[Row[Any]]:
    """The person's sessions, last used first."""
    query = (
        select(
            Session.id,
            Session.kind,
            Session.created_at,
            Session.last_used_at,
            Session.expires_at,
            Session.address,
            Session.user_agent,
        )
        .join(User, with_user())
        .where(
            Session.tenant_id == tenant_id,
            Session.user_id == user_id,
            is_live(moment, moment - idle),
        )
        .order_by(Session.last_used_at.desc(), Session.id.desc())
    )
    return list(uow.execute(query))


def list_origins(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> set[tuple[str, str]]:
    """Address and user agent of every session of a person that is remembered."""
    query = (
        select(Session.address, Session.user_agent)
        .where(Session.tenant_id == tenant_id, Session.user_id == user_id)
        .distinct()
    )
    return {(row.address or "", row.user_agent or "") for row in uow.execute(query)}


def insert_session(uow: UnitOfWork, values: dict[str, Any]) -> None:
    """Insert a session."""
    uow.execute(insert(Session).values(**values))


def get_means(uow: UnitOfWork, tenant_id: UUID, session_id: UUID) -> str:
    """How the person of a session proved who it is (``amr``), also when it is of an epoch that is over."""
    query = select(Session.amr).where(Session.tenant_id == tenant_id, Session.id == session_id)
    return str(uow.execute(query).scalar_one())


def touch_session(
    uow: UnitOfWork, tenant_id: UUID, session_id: UUID, values: dict[str, Any]
) -> None:
    """Change columns of a session."""
    uow.execute(
        update(Session)
        .where(Session.tenant_id == tenant_id, Session.id == session_id)
        .values(**values)
    )


def revoke(
    uow: UnitOfWork,
    tenant_id: UUID,
    user_id: UUID,
    moment: datetime,
    reason: str,
    *,
    only: UUID | None = None,
    but: UUID | None = None,
) -> list[UUID]:
    """End a person's sessions: all, ``only`` one, or all ``but`` one. The ids of those that ended now."""
    statement = (
        update(Session)
        .where(
            Session.tenant_id == tenant_id,
            Session.user_id == user_id,
            Session.revoked_at.is_(None),
        )
        .values(revoked_at=moment, revoked_reason=reason)
        .returning(Session.id)
    )
    if only is not None:
        statement = statement.where(Session.id == only)
    if but is not None:
        statement = statement.where(Session.id != but)
    ended = list(uow.execute(statement).scalars())
    if ended:
        uow.execute(
            update(RefreshToken)
            .where(RefreshToken.tenant_id == tenant_id, RefreshToken.session_id.in_(ended))
            .values(successor_cipher=None)
        )
    return ended


def delete_expired(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, before: datetime) -> int:
    """Delete a person's sessions, refresh and API tokens that expired before an instant; how many."""
    gone = 0
    for table in (ApiToken, RefreshToken, Session):
        gone += uow.execute(
            delete(table).where(
                table.tenant_id == tenant_id, table.user_id == user_id, table.expires_at < before
            )
        ).rowcount
    return gone
