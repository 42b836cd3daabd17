"""Queries on ``refresh_tokens``: what a refresh does. The tenant's context is set by the caller.

A hub's people refresh all day, so these statements are few and prepared.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, case, insert, null, or_, select, update

from quantlab_server.accounts.account import Account
from quantlab_server.db.prepared import Prepared
from quantlab_server.db.session import UnitOfWork
from quantlab_server.models.account import ACCOUNT_COLUMNS, RefreshToken, Session, Tenant, User
from quantlab_server.sessions.repository import is_live, with_user

_t = RefreshToken.__table__.c
_of_tenant = RefreshToken.tenant_id == bindparam("of_tenant")

_LOCK_SESSION = Prepared(
    select(Session.id, Session.amr, Session.auth_time, Session.expires_at)
    .join(
        RefreshToken,
        and_(RefreshToken.tenant_id == Session.tenant_id, RefreshToken.session_id == Session.id),
    )
    .where(
        _of_tenant,
        RefreshToken.user_id == bindparam("of_user"),
        RefreshToken.token_hash == bindparam("of_hash"),
    )
    .with_for_update(of=Session)
)
_LIVE_ACCOUNT = Prepared(
    select(*ACCOUNT_COLUMNS)
    .join(Session, with_user())
    .join(Tenant, Tenant.id == User.tenant_id)
    .where(
        Session.tenant_id == bindparam("of_tenant"),
        Session.user_id == bindparam("of_user"),
        Session.id == bindparam("of_session"),
        is_live(bindparam("moment"), bindparam("idle_since")),
    )
)
_TAKE = Prepared(
    update(RefreshToken)
    .where(
        _of_tenant,
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
_INSERT = Prepared(insert(RefreshToken).values({column: bindparam(column.name) for column in _t}))
_is_parent = RefreshToken.id.is_not_distinct_from(bindparam("parent", type_=_t.id.type))
# Both things that the first use of a token means for those before it: one statement instead of two.
_SETTLE = Prepared(
    update(RefreshToken)
    .where(
        _of_tenant,
        RefreshToken.session_id == bindparam("of_session"),
        or_(
            and_(_is_parent, RefreshToken.successor_used_at.is_(None)),
            and_(
                ~_is_parent,
                RefreshToken.successor_cipher.is_not(None),
                or_(
                    RefreshToken.successor_used_at < bindparam("since"),
                    RefreshToken.successor_used_at > bindparam("until"),
                ),
            ),
        ),
    )
    .values(
        successor_used_at=case(
            (_is_parent, bindparam("moment", type_=_t.successor_used_at.type)),
            else_=RefreshToken.successor_used_at,
        ),
        successor_cipher=case((_is_parent, RefreshToken.successor_cipher), else_=null()),
    )
)
_TOUCH = Prepared(
    update(Session)
    .where(Session.tenant_id == bindparam("of_tenant"), Session.id == bindparam("of_session"))
    .values(last_used_at=bindparam("moment"), address=bindparam("from"), user_agent=bindparam("by"))
)
_STATE = select(
    RefreshToken.id,
    RefreshToken.used_at,
    RefreshToken.expires_at,
    RefreshToken.successor_id,
    RefreshToken.successor_cipher,
    RefreshToken.successor_used_at,
).where(_of_tenant)
_BY_HASH = Prepared(_STATE.where(RefreshToken.token_hash == bindparam("of_hash")))
_BY_ID = Prepared(_STATE.where(RefreshToken.id == bindparam("of_token")))


def lock_session(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, token_hash: bytes) -> Any:
    """The session that a refresh token belongs to, whatever its state, locked until the commit; None if there is none.

    The lock is what a password change or a reset meets: it comes before a refresh or after it.
    """
    return _LOCK_SESSION.first(uow, of_tenant=tenant_id, of_user=user_id, of_hash=token_hash)


def get_live_account(
    uow: UnitOfWork,
    tenant_id: UUID,
    user_id: UUID,
    session_id: UUID,
    moment: datetime,
    idle: timedelta,
) -> Account | None:
    """The person of a session, if both are good.

    A statement of its own, after the lock: what the lock waited for is seen here.
    """
    row = _LIVE_ACCOUNT.first(
        uow,
        of_tenant=tenant_id,
        of_user=user_id,
        of_session=session_id,
        moment=moment,
        idle_since=moment - idle,
    )
    return None if row is None else Account(**row._asdict())


def insert_token(uow: UnitOfWork, **values: Any) -> None:
    """Insert an unused refresh token."""
    unused = {"used_at": None, "successor_id": None, "successor_cipher": None}
    _INSERT.run(uow, **unused, successor_used_at=None, **values)


def take_token(
    uow: UnitOfWork,
    tenant_id: UUID,
    token_hash: bytes,
    moment: datetime,
    successor_id: UUID,
    sealed: bytes,
    expires_at: datetime,
) -> Any:
    """Use a token for the first time; None when it was used before or is too old.

    It is kept until its successor expires, because until then it may have to lead there again.
    """
    return _TAKE.first(
        uow,
        of_tenant=tenant_id,
        of_hash=token_hash,
        moment=moment,
        successor=successor_id,
        sealed=sealed,
        until=expires_at,
    )


def settle_older(
    uow: UnitOfWork,
    tenant_id: UUID,
    session_id: UUID,
    parent_id: UUID | None,
    moment: datetime,
    window: tuple[datetime, datetime],
) -> None:
    """What the first use of a token means for the session's older ones.

    From ``moment`` on its parent is accepted for the replay window only. Tokens whose successor was used outside
    ``window`` forget what that was.
    """
    _SETTLE.run(
        uow,
        of_tenant=tenant_id,
        of_session=session_id,
        parent=parent_id,
        moment=moment,
        since=window[0],
        until=window[1],
    )


def touch_session(
    uow: UnitOfWork,
    tenant_id: UUID,
    session_id: UUID,
    moment: datetime,
    address: str | None,
    user_agent: str | None,
) -> None:
    """Note when and from where a session was used last."""
    values = {"moment": moment, "from": address, "by": user_agent}
    _TOUCH.run(uow, of_tenant=tenant_id, of_session=session_id, **values)


def get_token(uow: UnitOfWork, tenant_id: UUID, token_hash: bytes) -> Any:
    """A refresh token by its hash; None if there is none."""
    return _BY_HASH.first(uow, of_tenant=tenant_id, of_hash=token_hash)


def get_successor(uow: UnitOfWork, tenant_id: UUID, token_id: UUID) -> Any:
    """A refresh token by its id; None if there is none."""
    return _BY_ID.first(uow, of_tenant=tenant_id, of_token=token_id)
