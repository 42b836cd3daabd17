"""Inserts and reads of audit rows; nothing here updates or deletes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, case, insert, select

from quantlab_server.audit.tags import AuditTag
from quantlab_server.db.base import new_id, now
from quantlab_server.db.prepared import Prepared
from quantlab_server.db.session import UnitOfWork
from quantlab_server.models.audit import AuditEvent, InstallationEvent

# With every save: compiled once.
_INSERT = Prepared(
    insert(AuditEvent).values({c: bindparam(c.name) for c in AuditEvent.__table__.columns})
)


def insert_event(
    uow: UnitOfWork,
    *,
    tenant_id: UUID,
    user_id: UUID,
    actor_id: UUID | None,
    tag: AuditTag,
    subject_id: UUID | None,
    request_id: str | None,
    address: str | None,
    detail: dict[str, Any],
) -> tuple[UUID, datetime]:
    """Insert an event of a tenant; its id and instant."""
    id, at = new_id(), now()
    _INSERT.run(
        uow,
        tenant_id=tenant_id,
        id=id,
        user_id=user_id,
        actor_id=actor_id,
        at=at,
        tag=str(tag),
        subject_id=subject_id,
        request_id=request_id,
        address=address,
        detail=detail,
    )
    return id, at


def insert_installation_event(
    uow: UnitOfWork,
    *,
    tag: AuditTag,
    request_id: str | None,
    address: str | None,
    detail: dict[str, Any],
) -> tuple[UUID, datetime]:
    """Insert an event that belongs to no tenant; its id and instant."""
    id, at = new_id(), now()
    uow.execute(
        insert(InstallationEvent),
        {
            "id": id,
            "at": at,
            "tag": str(tag),
            "request_id": request_id,
            "address": address,
            "detail": detail,
        },
    )
    return id, at


def list_events(
    uow: UnitOfWork, tenant_id: UUID, user_id: UUID, *, limit: int, before: UUID | None
) -> list[dict[str, Any]]:
    """A person's own events, newest first; ``before`` is the id that the last page ended with.

    Where somebody else acted, such as an administrator, the address is theirs and not shown.
    """
    by_others = and_(AuditEvent.actor_id.is_not(None), AuditEvent.actor_id != user_id)
    query = (
        select(
            AuditEvent.id,
            AuditEvent.at,
            AuditEvent.tag,
            AuditEvent.subject_id,
            case((by_others, None), else_=AuditEvent.address).label("address"),
            AuditEvent.detail,
        )
        .where(AuditEvent.tenant_id == tenant_id, AuditEvent.user_id == user_id)
        .order_by(AuditEvent.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(AuditEvent.id < before)
    return [dict(row) for row in uow.execute(query).mappings()]
