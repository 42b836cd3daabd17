"""Tenants, users, login identities, sessions, refresh tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    bindparam,
    case,
    false,
    literal,
)
from sqlalchemy.orm import Mapped, mapped_column

from quantlab_server.db.base import Base, OwnedMixin, new_id, now
from quantlab_server.db.types import Json, UtcDateTime


class Tenant(Base):
    """A tenant: the wall that no query crosses. ``id`` is what ``tenant_id`` is elsewhere."""

    __tablename__ = "tenants"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200))
    personal: Mapped[bool] = mapped_column(default=False)
    settings: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class User(Base):
    """A person. ``epoch`` moves when every token of the person must die (password, disable)."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role IN ('user', 'admin', 'operator')", name="role"),
        UniqueConstraint("tenant_id", "username_key"),
    )

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    username: Mapped[str] = mapped_column(String(200))
    username_key: Mapped[str] = mapped_column(String(400))
    email: Mapped[str | None] = mapped_column(String(320))
    email_verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    password_hash: Mapped[str | None] = mapped_column(String(400))
    password_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    role: Mapped[str] = mapped_column(String(20), default="user")
    tier: Mapped[str] = mapped_column(String(20), default="free")
    tier_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_active: Mapped[bool] = mapped_column(default=True)
    is_local: Mapped[bool] = mapped_column(default=False)
    # Signed up, and not confirmed yet by the mail: cannot sign in.
    verification_pending: Mapped[bool] = mapped_column(default=False, server_default=false())
    # The wanted username was taken: another one is chosen when the address is confirmed.
    username_pending: Mapped[bool] = mapped_column(default=False, server_default=false())
    # A confirmed app for codes, or a passkey: the password alone does not sign this person in.
    has_second_factor: Mapped[bool] = mapped_column(default=False, server_default=false())
    # When who owns the address got the account back from somebody who had made it with that address: what was saved
    # until then is not this person's own hand.
    taken_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Set: the account is removed for good some days later, unless somebody takes it back.
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Its own person deleted it, and may take that back by signing in.
    is_leaving: Mapped[bool] = mapped_column(default=False, server_default=false())
    epoch: Mapped[int] = mapped_column(default=0)
    preferences: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    default_layout_id: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


# A tier that was given for a time falls back by itself, at that moment and in every query.
FALLBACK_TIER = "free"
PRESENT_TIER = case(
    (
        User.tier_expires_at <= bindparam(None, callable_=now, type_=UtcDateTime(), unique=True),
        literal(FALLBACK_TIER),
    ),
    else_=User.tier,
).label("tier")

# What an account is made of, for queries that join Tenant.
ACCOUNT_COLUMNS = (
    User.tenant_id,
    User.id.label("user_id"),
    Tenant.name.label("tenant_name"),
    User.username,
    User.email,
    User.password_hash,
    User.role,
    PRESENT_TIER,
    User.tier_expires_at,
    User.is_active,
    User.is_local,
    User.has_second_factor,
    User.epoch,
    User.preferences,
    User.default_layout_id,
    User.created_at,
    User.verification_pending,
    User.username_pending,
    User.password_changed_at,
    User.deleted_at,
    User.is_leaving,
)


class LoginIdentity(Base):
    """One way to name an account (or a shared tenant), unique over the whole installation.

    ``kind`` is username, email, passkey (value: hash of its credential id), local (value: the data folder's own
    account), tenant (a shared tenant's folded name; no user), oidc (a hash of issuer and subject), later hub. Outside
    tenant policies: on PostgreSQL the runtime role has no right on the table and reaches it only through these SECURITY
    DEFINER functions:

    - ``quantlab_find_identity(kind text, value text) -> (tenant_id uuid, user_id uuid)``: no row or one;
    - ``quantlab_add_identity(kind text, value text) -> boolean``: for the tenant (and, unless kind is tenant,
      the user) of the transaction's context; false when someone has it;
    - ``quantlab_drop_identity(kind text, value text) -> boolean``: only a row of the context's tenant and user;
    - ``quantlab_release_identities(kind text)``: every row of that kind of the context's user;
    - ``quantlab_tenant_ids() -> setof uuid`` and ``quantlab_due(what text, before timestamptz)``: for jobs over all
      tenants; ``quantlab_user_names(ids uuid[])``: names of people of the context's tenant.

    ``db/identities.py`` calls them, and does the same on SQLite.
    """

    __tablename__ = "login_identities"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["users.tenant_id", "users.id"], ondelete="CASCADE"
        ),
        CheckConstraint("user_id IS NOT NULL OR kind = 'tenant'", name="user"),
        Index("ix_login_identities_user", "tenant_id", "user_id"),
    )

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    normalised_value: Mapped[str] = mapped_column(String(700), primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"))
    user_id: Mapped[UUID | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class Session(OwnedMixin, Base):
    """A signed-in device; a family of refresh tokens. ``kind`` is password, passkey or local."""

    __tablename__ = "sessions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["users.tenant_id", "users.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("tenant_id", "user_id", "id"),
        Index("ix_sessions_user", "tenant_id", "user_id", "revoked_at"),
    )

    kind: Mapped[str] = mapped_column(String(20))
    epoch: Mapped[int] = mapped_column(default=0)
    amr: Mapped[str] = mapped_column(String(100), default="pwd")
    auth_time: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    last_used_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_reason: Mapped[str | None] = mapped_column(String(40))
    address: Mapped[str | None] = mapped_column(String(64))
    user_agent: Mapped[str | None] = mapped_column(String(300))


class RefreshToken(OwnedMixin, Base):
    """One refresh token, stored as SHA-256; used once, except for the replay window.

    ``successor_cipher`` holds the successor, encrypted under a key derived from the parent token itself, and is
    erased when the successor is first used.
    """

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "user_id", "session_id"],
            ["sessions.tenant_id", "sessions.user_id", "sessions.id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("tenant_id", "token_hash"),
        Index("ix_refresh_tokens_session", "tenant_id", "session_id"),
    )

    session_id: Mapped[UUID] = mapped_column()
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    parent_id: Mapped[UUID | None] = mapped_column()
    successor_id: Mapped[UUID | None] = mapped_column()
    successor_cipher: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # When the successor was first used: ends the replay window ten seconds later.
    successor_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ApiToken(OwnedMixin, Base):
    """A personal API token, stored as SHA-256. It does not depend on sessions, nor on the person's epoch.

    On PostgreSQL ``quantlab_find_api_token(hash bytea)`` finds whose it is before anybody is known.
    """

    __tablename__ = "api_tokens"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["users.tenant_id", "users.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("tenant_id", "token_hash"),
        Index("ix_api_tokens_hash", "token_hash"),
        Index("ix_api_tokens_user", "tenant_id", "user_id"),
    )

    name: Mapped[str] = mapped_column(String(200))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    hint: Mapped[str] = mapped_column(String(20))
    # Separated by spaces.
    scopes: Mapped[str] = mapped_column(String(1000))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_address: Mapped[str | None] = mapped_column(String(64))


class DeviceRequest(Base):
    """A program that waits for a person to let it in, at most ten minutes. Nobody's until somebody decides.

    Outside tenant policies: on PostgreSQL the runtime role has no right on the table and reaches it only through the
    functions that ``db/device_requests.py`` calls. Both codes are stored as SHA-256.
    """

    __tablename__ = "device_requests"
    __table_args__ = (
        ForeignKeyConstraint(
            ["decider_tenant_id", "decider_id"], ["users.tenant_id", "users.id"], ondelete="CASCADE"
        ),
        CheckConstraint("decision IN ('approved', 'denied')", name="decision"),
        UniqueConstraint("user_hash"),
        Index("ix_device_requests_user", "decider_tenant_id", "decider_id"),
    )

    device_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    client_name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[str] = mapped_column(String(1000))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    polled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Who decided, and how.
    decision: Mapped[str | None] = mapped_column(String(10))
    decider_tenant_id: Mapped[UUID | None] = mapped_column()
    decider_id: Mapped[UUID | None] = mapped_column()
