"""Queries on ``oidc_links``, and on what of a person they need; the tenant's context is set by the caller."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, insert, select, update

from quantlab_server.db.session import UnitOfWork
from quantlab_server.models.account import User
from quantlab_server.models.oidc import OidcLink


def insert_link(uow: UnitOfWork, values: dict[str, Any]) -> None:
    """Insert a link."""
    uow.execute(insert(OidcLink).values(**values))


def touch_link(
    uow: UnitOfWork,
    tenant_id: UUID,
    user_id: UUID,
    issuer: str,
    subject: str,
    *,
    email: str | None,
    moment: datetime,
) -> None:
    """Note a use of a link, and the address that the provider named."""
    uow.execute(
        update(OidcLink)
        .where(
            OidcLink.tenant_id == tenant_id,
            OidcLink.user_id == user_id,
            OidcLink.issuer == issuer,
            OidcLink.subject == subject,
        )
        .values(email=email, last_used_at=moment)
    )


def list_links(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> list[Row[Any]]:
    """A person's links, oldest first."""
    query = (
        select(
            OidcLink.id,
            OidcLink.provider,
            OidcLink.issuer,
            OidcLink.subject,
            OidcLink.email,
            OidcLink.created_at,
            OidcLink.last_used_at,
        )
        .where(OidcLink.tenant_id == tenant_id, OidcLink.user_id == user_id)
        .order_by(OidcLink.id)
    )
    return list(uow.execute(query))


def delete_link(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, link_id: UUID) -> None:
    """Delete a link."""
    uow.execute(
        delete(OidcLink).where(
            OidcLink.tenant_id == tenant_id,
            OidcLink.user_id == user_id,
            OidcLink.id == link_id,
        )
    )


def take_back(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, moment: datetime) -> None:
    """Let nothing that was known before lead into the account: no password, another epoch; the address is verified."""
    uow.execute(
        update(User)
        .where(User.tenant_id == tenant_id, User.id == user_id)
        .values(
            password_hash=None,
            password_changed_at=moment,
            email_verified_at=moment,
            verification_pending=False,
            updated_at=moment,
            epoch=User.epoch + 1,
        )
    )


def mark_verified(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, moment: datetime) -> None:
    """Note that the person's address is verified."""
    uow.execute(
        update(User)
        .where(User.tenant_id == tenant_id, User.id == user_id)
        .values(email_verified_at=moment, updated_at=moment)
    )
