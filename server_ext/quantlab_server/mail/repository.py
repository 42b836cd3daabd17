"""Queries on ``outgoing_mail``; the tenant's context is set by the caller."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, insert, select, update

from quantlab_server.db.session import UnitOfWork
from quantlab_server.models.mail import OutgoingMail


def insert_mail(uow: UnitOfWork, values: dict[str, Any]) -> None:
    """Queue a mail."""
    uow.execute(insert(OutgoingMail).values(**values))


def list_due(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, moment: datetime) -> list[UUID]:
    """Ids of a person's mails that are to be tried, oldest first."""
    query = (
        select(OutgoingMail.id)
        .where(
            OutgoingMail.tenant_id == tenant_id,
            OutgoingMail.user_id == user_id,
            OutgoingMail.failed_at.is_(None),
            OutgoingMail.due_at < moment,
        )
        .order_by(OutgoingMail.id)
    )
    return list(uow.execute(query).scalars())


def claim(
    uow: UnitOfWork, tenant_id: UUID, mail_id: UUID, moment: datetime, until: datetime
) -> Row[Any] | None:
    """Take a mail for one try that ends before ``until``; None when another process has it."""
    return uow.execute(
        update(OutgoingMail)
        .where(
            OutgoingMail.tenant_id == tenant_id,
            OutgoingMail.id == mail_id,
            OutgoingMail.failed_at.is_(None),
            OutgoingMail.due_at < moment,
        )
        .values(due_at=until, attempts=OutgoingMail.attempts + 1)
        .returning(*OutgoingMail.__table__.columns)
    ).one_or_none()


def delete_sent(uow: UnitOfWork, tenant_id: UUID, mail_id: UUID) -> None:
    """A mail that was sent leaves nothing behind."""
    uow.execute(
        delete(OutgoingMail).where(OutgoingMail.tenant_id == tenant_id, OutgoingMail.id == mail_id)
    )


def update_mail(
    uow: UnitOfWork, tenant_id: UUID, mail_id: UUID, attempts: int, values: dict[str, Any]
) -> None:
    """Note how a try ended, unless another one began since."""
    uow.execute(
        update(OutgoingMail)
        .where(
            OutgoingMail.tenant_id == tenant_id,
            OutgoingMail.id == mail_id,
            OutgoingMail.attempts == attempts,
        )
        .values(**values)
    )


def delete_waiting(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, kinds: Iterable[str]) -> None:
    """Forget a person's mails of some kinds that were not sent yet."""
    uow.execute(
        delete(OutgoingMail).where(
            OutgoingMail.tenant_id == tenant_id,
            OutgoingMail.user_id == user_id,
            OutgoingMail.kind.in_(list(kinds)),
        )
    )


def delete_failed(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, before: datetime) -> int:
    """Delete a person's mails that were given up before an instant; how many."""
    return uow.execute(
        delete(OutgoingMail).where(
            OutgoingMail.tenant_id == tenant_id,
            OutgoingMail.user_id == user_id,
            OutgoingMail.failed_at < before,
        )
    ).rowcount
