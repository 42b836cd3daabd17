"""Wire models of accounts, sessions and profile. Secrets appear only where they are handed out once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from quantlab_ext.schemas.base import Answer, JsonObject, Wire
from quantlab_ext.schemas.factors import PasskeyProof
from quantlab_ext.schemas.layouts import ChartDefaults

Role = Literal["user", "admin", "operator"]
Theme = Literal["system", "light", "dark"]
# A person's own words are never echoed, so the plain upper bounds here only keep abuse out; the password
# policy itself lives in auth/passwords.py and answers with named codes.
Login = Annotated[str, Field(min_length=1, max_length=320)]
Secret = Annotated[str, Field(min_length=1, max_length=1024)]
Transport = Literal["cookie", "body"]


class Register(Wire):
    """Sign-up. ``transport: body`` is for clients that cannot keep cookies."""

    username: Annotated[str, Field(min_length=1, max_length=200)]
    email: Annotated[str, Field(min_length=3, max_length=320)]
    password: Secret
    invitation: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        default=None, description="Token of an invitation: the account is made in its tenant."
    )
    transport: Transport = "cookie"


class LogIn(Wire):
    """Log-in by e-mail or username; with a second factor also ``otp`` or ``passkey``."""

    login: Login
    password: Secret
    otp: Annotated[str, Field(max_length=64)] | None = None
    passkey: PasskeyProof | None = None
    transport: Transport = "cookie"


class Refresh(Wire):
    """Only for ``transport: body``; browsers send the cookie."""

    refresh_token: Annotated[str, Field(max_length=512)] | None = None


class LogOut(Wire):
    """Which sessions end: this one, all others, or all."""

    scope: Literal["this", "others", "all"] = "this"


class User(Answer):
    """Who someone is, as the person itself sees it."""

    id: UUID
    tenant_id: UUID
    tenant_name: str
    username: str
    email: str | None
    role: Role
    tier: str
    is_local: bool = Field(
        default=False, description="The account of whoever holds this Jupyter server."
    )


class Tokens(Answer):
    """A new pair. ``refresh_token`` only with ``transport: body``; browsers hold it in an HttpOnly cookie."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int = Field(description="Seconds.")
    user: User
    refresh_token: str | None = None


class Session(Answer):
    """One of the caller's sessions."""

    id: UUID
    kind: Literal["password", "passkey", "local"]
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    address: str | None
    user_agent: str | None
    current: bool


class Quota(Answer):
    """How much of a limit is used; storage is in bytes. What is kept counts until it is deleted."""

    used: int
    limit: int


class Rate(Answer):
    """How many requests of a limit are used, and when counting begins anew."""

    used: int
    limit: int
    resets_at: datetime


class Preferences(Wire):
    """What follows the person from device to device."""

    theme: Theme = "system"
    timezone: Annotated[str, Field(max_length=64)] | None = None
    chart_defaults: ChartDefaults = Field(default_factory=ChartDefaults)
    notifications: JsonObject = {}


class Profile(Answer):
    """The caller's profile."""

    user: User
    username: str
    email: str | None
    role: Role
    tier: str
    preferences: Preferences
    default_layout_id: UUID | None
    tier_expires_at: datetime | None = Field(
        default=None, description="When the tier falls back to the free one; null: never."
    )
    quotas: dict[str, Quota]
    rates: dict[str, Rate] = Field(
        default={},
        description="Requests by rate limit, this one included; empty where none is set.",
    )
    created_at: datetime


class ProfileUpdate(Wire):
    """Writable parts of a profile. Members left out stay as they are."""

    username: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    preferences: Preferences | None = None
    default_layout_id: UUID | None = None


class ChangePassword(Wire):
    """A password change; other sessions end."""

    current_password: Secret
    new_password: Secret


class AuthConfig(Answer):
    """What the sign-in forms need to know before anyone is signed in."""

    mode: Literal["embedded", "central"]
    registration: Literal["open", "invitation", "closed"]
    local_account: bool
    local_signed_out: bool
    verification: bool
    recovery: bool = Field(description="A forgotten password is reset by mail.")
    password_min: int
    password_max: int
    passkeys: bool = Field(description="One can sign in here by a passkey.")


class KernelTokenRequest(Wire):
    """Asks for a token for one kernel; a kernel's own token renews itself and ignores ``kernel_id``."""

    kernel_id: Annotated[str, Field(max_length=100)] | None = None


class KernelToken(Answer):
    """A short-lived token that reads and writes the library and nothing else."""

    token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int = Field(description="Seconds.")
    scopes: list[str]


class AuditEvent(Answer):
    """One event of the caller's own activity."""

    id: UUID
    at: datetime
    tag: str
    subject_id: UUID | None
    address: str | None
    detail: JsonObject
