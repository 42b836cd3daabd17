"""Wire models of log-ins at OpenID Connect providers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from quantlab_ext.schemas.accounts import Transport
from quantlab_ext.schemas.base import Answer, Wire
from quantlab_ext.schemas.factors import PasskeyProof

# What PKCE allows (RFC 7636, section 4.1); a SHA-256 in base64url has 43 characters.
Verifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9._~-]{43,128}$")]
Challenge = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
OneTimeCode = Annotated[str, Field(min_length=1, max_length=8192)]


class OidcProvider(Answer):
    """One provider as the sign-in form shows it."""

    name: str
    label: str


class OidcProviders(Answer):
    """The providers of this installation, in the operator's order."""

    items: list[OidcProvider]


class OidcStart(Wire):
    """Begins a log-in. ``challenge`` is the S256 of a verifier that the page keeps to itself."""

    challenge: Challenge
    fresh: bool = Field(
        default=False,
        description="The provider must have the person sign in anew, so that it counts as step-up.",
    )


class OidcStarted(Answer):
    """Where the browser goes, within ``expires_in`` seconds."""

    authorization_url: str
    expires_in: int = Field(description="Seconds.")


class OidcCode(Wire):
    """What the callback yielded, and the verifier of the challenge that the log-in began with."""

    code: OneTimeCode
    verifier: Verifier


class OidcFinish(OidcCode):
    """Ends a log-in. ``transport: body`` is for clients that cannot keep cookies.

    Where the account has a second factor, the answer is ``otp_required`` with a ``ticket``: send that as ``code``, with
    the same verifier and ``otp`` or ``passkey``.
    """

    otp: Annotated[str, Field(max_length=64)] | None = None
    passkey: PasskeyProof | None = None
    transport: Transport = "cookie"


class OidcLink(Answer):
    """One of the caller's log-ins at providers. ``email`` is the address that the provider named last."""

    id: UUID
    provider: str
    label: str
    email: str | None
    created_at: datetime
    last_used_at: datetime
