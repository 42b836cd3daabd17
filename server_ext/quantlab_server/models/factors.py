"""Second factors: one-time codes by an app, recovery codes, passkeys, and the challenges that passkeys answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from quantlab_server.db.base import Base, OwnedMixin, now
from quantlab_server.db.types import Json, UtcDateTime


def _person() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["tenant_id", "user_id"], ["users.tenant_id", "users.id"], ondelete="CASCADE"
    )


class TotpFactor(OwnedMixin, Base):
    """A person's app for one-time codes; not before ``confirmed_at`` does it count.

    ``secret`` is sealed under the signing key ``kid``. ``last_step`` is the time step of the newest code that was
    accepted: neither it nor an older one is accepted again.
    """

    __tablename__ = "totp_factors"
    __table_args__ = (_person(), UniqueConstraint("tenant_id", "user_id"))

    kid: Mapped[str] = mapped_column(String(64))
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecoveryCode(OwnedMixin, Base):
    """One recovery code, as SHA-256; used once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (_person(), UniqueConstraint("tenant_id", "user_id", "code_hash"))

    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Passkey(OwnedMixin, Base):
    """A WebAuthn credential. It is good for the one ``rp_id`` (host name) that it was made for."""

    __tablename__ = "passkeys"
    __table_args__ = (_person(), UniqueConstraint("tenant_id", "user_id", "credential_id"))

    credential_id: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger, default=0)
    rp_id: Mapped[str] = mapped_column(String(253))
    name: Mapped[str] = mapped_column(String(200))
    transports: Mapped[list[Any]] = mapped_column(Json, default=list)
    # Kept by a password manager or cloud, so that a lost device does not lose it.
    synced: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FactorChallenge(OwnedMixin, Base):
    """What a passkey has to sign, once, soon, and for one purpose. Nobody's before it is known who signs in."""

    __tablename__ = "factor_challenges"
    __table_args__ = (Index("ix_factor_challenges_expires_at", "tenant_id", "expires_at"),)

    purpose: Mapped[str] = mapped_column(String(20))
    challenge: Mapped[bytes] = mapped_column(LargeBinary(64))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
