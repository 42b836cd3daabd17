"""Mails that wait to be sent, and the one-time tokens of their links."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from quantlab_server.db.base import Base, OwnedMixin, now
from quantlab_server.db.types import Json, UtcDateTime

_USER = ["users.tenant_id", "users.id"]


class OutgoingMail(OwnedMixin, Base):
    """A mail to send: what it is about, never its text or a token. A sent one is deleted.

    ``due_at`` is when it is tried next. Whoever tries it moves it beyond the time that a try can take, so that no
    other process tries meanwhile, and a process that died in the middle loses nothing.
    """

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "user_id"], _USER, ondelete="CASCADE"),
        Index("ix_outgoing_mail_due", "failed_at", "due_at"),
        Index("ix_outgoing_mail_user", "tenant_id", "user_id"),
    )

    kind: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(String(320))
    # What the reader's browser asked for, as in Accept-Language; empty: not known.
    language: Mapped[str] = mapped_column(String(35), default="")
    data: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    # Given up; kept a while so that an operator can see it.
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(String(100))


class OneTimeToken(OwnedMixin, Base):
    """A token that was mailed, stored as SHA-256; deleted by its use. ``email`` is the address that it is about.

    One is live per purpose; of links that take an old address back, one per address.
    """

    __tablename__ = "one_time_tokens"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "user_id"], _USER, ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "user_id", "purpose", "email_key"),
        Index("ix_one_time_tokens_expires", "expires_at"),
    )

    purpose: Mapped[str] = mapped_column(String(20))
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(700))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
