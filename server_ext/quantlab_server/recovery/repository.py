"""Queries on ``one_time_tokens``, and on what an account's maker leaves; the tenant's context is set by the caller."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from quantlab_server.db.session import UnitOfWork
from quantlab_server.models.account import User
from quantlab_server.models.mail import OneTimeToken
from quantlab_server.models.oidc import OidcLink
from quantlab_server.models.saved import ObjectDraft, ObjectTrust


def put_token(uow: UnitOfWork, values: dict[str, Any]) -> None:
    """Insert a token, or put it in the place of the one for the same purpose and address."""
    insert = postgresql.insert if uow.is_postgresql else sqlite.insert
    statement = insert(OneTimeToken).values(**values)
    kept = ("tenant_id", "user_id", "purpose", "email_key")
    uow.execute(
        statement.on_conflict_do_update(
            index_elements=list(kept),
            set_={name: statement.excluded[name] for name in values if name not in (*kept, "id")},
        )
    )


def get_token(
    uow: UnitOfWork, tenant_id: UUID, user_id: UUID, token_hash: bytes, moment: datetime
) -> Row[Any] | None:
    """Purpose and address of a live token."""
    query = select(OneTimeToken.purpose, OneTimeToken.email).where(
        _live(tenant_id, user_id, token_hash, moment)
    )
    return uow.execute(query).one_or_none()


def take_token(
    uow: UnitOfWork, tenant_id: UUID, user_id: UUID, token_hash: bytes, moment: datetime
) -> Row[Any] | None:
    """Use a live token up; of several who try at once, one gets it."""
    return uow.execute(
        delete(OneTimeToken)
        .where(_live(tenant_id, user_id, token_hash, moment))
        .returning(OneTimeToken.purpose, OneTimeToken.email)
    ).one_or_none()


def delete_tokens(
    uow: UnitOfWork,
    tenant_id: UUID,
    user_id: UUID,
    purposes: Iterable[str],
    *,
    email_key: str | None = None,
    but_email_key: str | None = None,
) -> list[str]:
    """Delete a person's tokens for some purposes: all, those about one address, or all but those; their addresses."""
    statement = delete(OneTimeToken).where(
        OneTimeToken.tenant_id == tenant_id,
        OneTimeToken.user_id == user_id,
        OneTimeToken.purpose.in_(list(purposes)),
    )
    if email_key is not None:
        statement = statement.where(OneTimeToken.email_key == email_key)
    if but_email_key is not None:
        statement = statement.where(OneTimeToken.email_key != but_email_key)
    return list(uow.execute(statement.returning(OneTimeToken.email_key)).scalars())


def delete_expired(
    uow: UnitOfWork, tenant_id: UUID, user_id: UUID, before: datetime
) -> list[tuple[str, str]]:
    """Delete what expired before an instant: ``(purpose, email_key)`` of each."""
    rows = uow.execute(
        delete(OneTimeToken)
        .where(
            OneTimeToken.tenant_id == tenant_id,
            OneTimeToken.user_id == user_id,
            OneTimeToken.expires_at < before,
        )
        .returning(OneTimeToken.purpose, OneTimeToken.email_key)
    )
    return [(row.purpose, row.email_key) for row in rows]


def has_live(
    uow: UnitOfWork, tenant_id: UUID, user_id: UUID, purpose: str, moment: datetime
) -> bool:
    """Whether a token for a purpose is still good."""
    query = select(OneTimeToken.id).where(
        OneTimeToken.tenant_id == tenant_id,
        OneTimeToken.user_id == user_id,
        OneTimeToken.purpose == purpose,
        OneTimeToken.expires_at > moment,
    )
    return uow.execute(query.limit(1)).one_or_none() is not None


def get_expiry(
    uow: UnitOfWork, tenant_id: UUID, user_id: UUID, purpose: str, email_key: str
) -> datetime | None:
    """When the token for a purpose and an address expires; None: there is none."""
    query = select(OneTimeToken.expires_at).where(
        OneTimeToken.tenant_id == tenant_id,
        OneTimeToken.user_id == user_id,
        OneTimeToken.purpose == purpose,
        OneTimeToken.email_key == email_key,
    )
    return uow.execute(query).scalar_one_or_none()


def lock_verification(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> datetime | None:
    """When the person's address was verified here; the row stays as it is until the transaction ends."""
    found: datetime | None = uow.execute(
        select(User.email_verified_at)
        .where(User.tenant_id == tenant_id, User.id == user_id)
        .with_for_update()
    ).scalar_one()
    return found


def delete_log_ins(uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> None:
    """Delete a person's links to log-ins at other services; their identities are given up elsewhere."""
    uow.execute(
        delete(OidcLink).where(OidcLink.tenant_id == tenant_id, OidcLink.user_id == user_id)
    )


def distrust(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, until: datetime) -> None:
    """Let nothing that was saved, drafted or run until then count as the person's own."""
    uow.execute(
        update(User)
        .where(User.tenant_id == tenant_id, User.id == user_id)
        .values(taken_back_at=until)
    )
    uow.execute(
        delete(ObjectTrust).where(
            ObjectTrust.tenant_id == tenant_id, ObjectTrust.person_id == user_id
        )
    )
    uow.execute(
        update(ObjectDraft)
        .where(ObjectDraft.tenant_id == tenant_id, ObjectDraft.drafter_id == user_id)
        .values(in_person=False)
    )


def _live(
    tenant_id: UUID, user_id: UUID, token_hash: bytes, moment: datetime
) -> ColumnElement[bool]:
    return and_(
        OneTimeToken.tenant_id == tenant_id,
        OneTimeToken.user_id == user_id,
        OneTimeToken.token_hash == token_hash,
        OneTimeToken.expires_at > moment,
    )
