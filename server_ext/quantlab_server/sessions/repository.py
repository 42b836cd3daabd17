"""Queries on ``sessions`` and ``refresh_tokens``; the tenant's context is set by the caller."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, bindparam, delete, insert, or_, select, update

from quantlab_server.db.session import UnitOfWork
from quantlab_server.models.account import PRESENT_TIER, ApiToken, RefreshToken, Session, User

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


def _is_live(moment: datetime, idle: timedelta) -> ColumnElement[bool]:
    return and_(
        Session.revoked_at.is_(None),
        Session.expires_at > moment,
        # Only refreshing counts as use: what hangs on a session (a kernel) does not keep it alive.
        or_(Session.kind == "local", Session.last_used_at > moment - idle),
        Session.epoch == User.epoch,
        User.is_active,
    )


def _with_user() -> ColumnElement[bool]:
    return and_(User.tenant_id == Session.tenant_id, User.id == Session.user_id)


# Made once: putting a statement together takes longer than running it, and a refresh needs eight.
_LOCK_SESSION_OF_TOKEN = (
    select(
        Session.id,
        Session.kind,
        Session.amr,
        Session.auth_time,
        Session.expires_at,
        Session.revoked_at,
    )
    .join(
        RefreshToken,
        and_(RefreshToken.tenant_id == Session.tenant_id, RefreshToken.session_id == Session.id),
    )
    .where(
        RefreshToken.tenant_id == bindparam("of_tenant"),
        RefreshToken.user_id == bindparam("of_user"),
        RefreshToken.token_hash == bindparam("of_hash"),
    )
    .with_for_update(of=Session)
)
_TAKE_TOKEN = (
    update(RefreshToken)
    .where(
        RefreshToken.tenant_id == bindparam("of_tenant"),
        RefreshToken.token_hash == bindparam("of_hash"),
        RefreshToken.used_at.is_(None),
        RefreshToken.expires_at > bindparam("moment"),
    )
    .values(
        used_at=bindparam("moment"),
        successor_id=bindparam("successor"),
        successor_cipher=bindparam("sealed"),
        expires_at=bindparam("until"),
    )
    .returning(RefreshToken.id, RefreshToken.parent_id)
)
_NOTE_SUCCESSOR_USED = (
    update(RefreshToken)
    .where(
        RefreshToken.tenant_id == bindparam("of_tenant"),
        RefreshToken.id == bindparam("of_token"),
        RefreshToken.successor_used_at.is_(None),
    )
    .values(successor_used_at=bindparam("moment"))
)
_ERASE_ENVELOPES = (
    update(RefreshToken)
    .where(
        RefreshToken.tenant_id == bindparam("of_tenant"),
        RefreshToken.session_id == bindparam("of_session"),
        RefreshToken.successor_cipher.is_not(None),
        or_(
            RefreshToken.successor_used_at < bindparam("since"),
            RefreshToken.successor_used_at > bindparam("until"),
        ),
    )
    .values(successor_cipher=None)
)
_ERASE_OTHER_ENVELOPES = _ERASE_ENVELOPES.where(RefreshToken.id != bindparam("kept"))


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
        .join(User, _with_user())
        .where(
            Session.tenant_id == tenant_id,
            Session.user_id == user_id,
            Session.id == session_id,
            _is_live(moment, idle),
        )
    ).one_or_none()


def get_live_local(
    uow: UnitOfWork, tenant_id: UUID, user_id: UUID, moment: datetime
) -> Row[Any] | None:
    """The local account's session, if the person did not log out."""
    return uow.execute(
        select(*_LIVE)
        .join(User, _with_user())
        .where(
            Session.tenant_id == tenant_id,
            Session.user_id == user_id,
            Session.kind == "local",
            _is_live(moment, timedelta(0)),
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
        .join(User, _with_user())
        .where(
            Session.tenant_id == tenant_id,
            Session.user_id == user_id,
            _is_live(moment, idle),
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


def lock_session_of_token(
    uow: UnitOfWork, tenant_id: UUID, user_id: UUID, token_hash: bytes
) -> Row[Any] | None:
    """The session that a refresh token belongs to, whatever its state, locked until the commit.

    The lock is what a password change or a reset meets: it comes before a refresh or after it.
    """
    values = {"of_tenant": tenant_id, "of_user": user_id, "of_hash": token_hash}
    return uow.execute(_LOCK_SESSION_OF_TOKEN, values).one_or_none()


def insert_token(uow: UnitOfWork, values: dict[str, Any]) -> None:
    """Insert a refresh token."""
    uow.execute(insert(RefreshToken).values(**values))


def take_token(
    uow: UnitOfWork,
    tenant_id: UUID,
    token_hash: bytes,
    moment: datetime,
    successor_id: UUID,
    sealed: bytes,
    expires_at: datetime,
) -> Row[Any] | None:
    """Use a token for the first time; None when it was used before or is too old.

    It is kept until its successor expires, because until then it may have to lead there again.
    """
    values = {
        "of_tenant": tenant_id,
        "of_hash": token_hash,
        "moment": moment,
        "successor": successor_id,
        "sealed": sealed,
        "until": expires_at,
    }
    return uow.execute(_TAKE_TOKEN, values).one_or_none()


def get_token(
    uow: UnitOfWork,
    tenant_id: UUID,
    *,
    token_hash: bytes | None = None,
    token_id: UUID | None = None,
) -> Row[Any] | None:
    """A refresh token by its hash or id."""
    query = select(
        RefreshToken.id,
        RefreshToken.used_at,
        RefreshToken.expires_at,
        RefreshToken.successor_id,
        RefreshToken.successor_cipher,
        RefreshToken.successor_used_at,
    ).where(RefreshToken.tenant_id == tenant_id)
    if token_hash is not None:
        query = query.where(RefreshToken.token_hash == token_hash)
    else:
        query = query.where(RefreshToken.id == token_id)
    return uow.execute(query).one_or_none()


def note_successor_used(uow: UnitOfWork, tenant_id: UUID, token_id: UUID, moment: datetime) -> None:
    """From now on the parent of a used token is accepted for the replay window only."""
    values = {"of_tenant": tenant_id, "of_token": token_id, "moment": moment}
    uow.execute(_NOTE_SUCCESSOR_USED, values)


def erase_envelopes(
    uow: UnitOfWork,
    tenant_id: UUID,
    session_id: UUID,
    keep: UUID | None,
    moments: tuple[datetime, datetime],
) -> None:
    """Forget the successors of tokens whose successor was used outside ``moments``; ``keep`` is one token's id."""
    values = {
        "of_tenant": tenant_id,
        "of_session": session_id,
        "since": moments[0],
        "until": moments[1],
    }
    if keep is None:
        uow.execute(_ERASE_ENVELOPES, values)
    else:
        uow.execute(_ERASE_OTHER_ENVELOPES, values | {"kept": keep})


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
