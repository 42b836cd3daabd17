"""Log-ins at OpenID Connect providers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from quantlab_server.db.base import Base, OwnedMixin, now
from quantlab_server.db.types import UtcDateTime


class OidcLink(OwnedMixin, Base):
    """A person's log-in at an OpenID Connect provider; its hash in ``login_identities`` makes it one person's only."""

    __tablename__ = "oidc_links"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["users.tenant_id", "users.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("tenant_id", "issuer", "subject"),
        Index("ix_oidc_links_user", "tenant_id", "user_id"),
    )

    provider: Mapped[str] = mapped_column(String(31))
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(255))
    email: Mapped[str | None] = mapped_column(String(320))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    last_used_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
