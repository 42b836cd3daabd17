"""Queries on ``api_tokens``; the tenant's context is set by the caller."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, delete, func, insert, select, update

from quantlab_server.db.session import UnitOfWork
from quantlab_server.models.account import PRESENT_TIER, ApiToken, User

_SHOWN = (
    ApiToken.id,
    ApiToken.name,
    ApiToken.hint,
    ApiToken.scopes,
    ApiToken.created_at,
    ApiToken.expires_at,
    ApiToken.last_used_at,
    ApiToken.last_used_address,
)


def list_tokens(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> list[Row[Any]]:
    """A person's tokens, newest first."""
    query = (
        select(*_SHOWN)
        .where(ApiToken.tenant_id == tenant_id, ApiToken.user_id == user_id)
        .order_by(ApiToken.created_at.desc(), ApiToken.id.desc())
    )
    return list(uow.execute(query))


def count_tokens(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, moment: datetime) -> int:
    """How many of a person's tokens have not expired."""
    query = select(func.count()).where(
        ApiToken.tenant_id == tenant_id, ApiToken.user_id == user_id, ApiToken.expires_at > moment
    )
    return int(uow.execute(query).scalar_one())


def insert_token(uow: UnitOfWork, values: dict[str, Any]) -> Row[Any]:
    """Insert a token."""
    return uow.execute(insert(ApiToken).values(**values).returning(*_SHOWN)).one()


def delete_token(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, token_id: UUID) -> str | None:
    """Delete one of a person's tokens; its name, or None when there is none."""
    statement = (
        delete(ApiToken)
        .where(
            ApiToken.tenant_id == tenant_id, ApiToken.user_id == user_id, ApiToken.id == token_id
        )
        .returning(ApiToken.name)
    )
    return uow.execute(statement).scalar_one_or_none()


def delete_tokens(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> int:
    """Delete all tokens of a person; how many."""
    statement = delete(ApiToken).where(ApiToken.tenant_id == tenant_id, ApiToken.user_id == user_id)
    return uow.execute(statement).rowcount


def get_live(
    uow: UnitOfWork, tenant_id: UUID, user_id: UUID, token_id: UUID, moment: datetime
) -> Row[Any] | None:
    """A token with its person, if both are good."""
    query = (
        select(
            ApiToken.tenant_id,
            ApiToken.user_id,
            ApiToken.id,
            ApiToken.scopes,
            ApiToken.expires_at,
            ApiToken.last_used_at,
            User.username,
            User.role,
            PRESENT_TIER,
            User.has_second_factor,
        )
        .join(User, and_(User.tenant_id == ApiToken.tenant_id, User.id == ApiToken.user_id))
        .where(
            ApiToken.tenant_id == tenant_id,
            ApiToken.user_id == user_id,
            ApiToken.id == token_id,
            ApiToken.expires_at > moment,
            User.is_active,
        )
    )
    return uow.execute(query).one_or_none()


def touch_token(uow: UnitOfWork, tenant_id: UUID, token_id: UUID, values: dict[str, Any]) -> None:
    """Change columns of a token."""
    uow.execute(
        update(ApiToken)
        .where(ApiToken.tenant_id == tenant_id, ApiToken.id == token_id)
        .values(**values)
    )
