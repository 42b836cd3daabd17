"""How audit rows are sealed: beside them, so that the rows themselves are never touched again.

A chain is a tenant's, or the installation's (the id of zeros, which no tenant has).
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from quantlab_server.db.base import Base
from quantlab_server.db.types import UtcDateTime


class AuditUnsealed(Base):
    """An event that waits for its seal. A trigger on the tables of events fills it, in the act's transaction."""

    __tablename__ = "audit_unsealed"

    chain_id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)


class AuditSeal(Base):
    """The seal of an event: ``mac`` is over the event, its place and the seal before, with the key ``kid``."""

    __tablename__ = "audit_seals"
    __table_args__ = (UniqueConstraint("tenant_id", "event_id"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[UUID] = mapped_column()
    mac: Mapped[bytes] = mapped_column(LargeBinary(32))
    kid: Mapped[str] = mapped_column(String(64))


class AuditCheckpoint(Base):
    """A signed statement of how far a chain went (``kind`` sealed), or up to where it was removed (retention)."""

    __tablename__ = "audit_checkpoints"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    mac: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kid: Mapped[str] = mapped_column(String(64))
    signature: Mapped[bytes] = mapped_column(LargeBinary(32))
