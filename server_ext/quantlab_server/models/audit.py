"""What happened: rows are inserted in the act's own transaction and never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from quantlab_server.db.base import Base, new_id, now
from quantlab_server.db.types import Json, UtcDateTime


class AuditEvent(Base):
    """An event of a tenant. ``user_id`` is whom it concerns (and who may read it), ``actor_id`` who acted."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_user", "tenant_id", "user_id", "at", "id"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column()
    actor_id: Mapped[UUID | None] = mapped_column()
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    tag: Mapped[str] = mapped_column(String(80))
    subject_id: Mapped[UUID | None] = mapped_column()
    request_id: Mapped[str | None] = mapped_column(String(64))
    address: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class InstallationEvent(Base):
    """An event of no tenant, such as a failed log-in to an account that does not exist. Write-only at run time."""

    __tablename__ = "installation_events"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    tag: Mapped[str] = mapped_column(String(80))
    request_id: Mapped[str | None] = mapped_column(String(64))
    address: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class IdempotencyKey(Base):
    """The answer to a creating POST, kept a day, so that a retry creates nothing twice."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("ix_idempotency_keys_created", "tenant_id", "created_at"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    method: Mapped[str] = mapped_column(String(10), primary_key=True)
    path: Mapped[str] = mapped_column(String(300), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    body_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column()
    etag: Mapped[str | None] = mapped_column(String(80))
    answer: Mapped[str] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
