"""Wire models of invitations into a tenant."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from quantlab_ext.schemas.accounts import Role, Transport
from quantlab_ext.schemas.base import Answer, Wire

Days = Annotated[int, Field(ge=1, le=90)]
State = Literal["open", "used", "expired", "revoked"]
Token = Annotated[str, Field(min_length=1, max_length=200)]


class InvitationCreate(Wire):
    """Invites one person, once."""

    role: Role = "user"
    email: Annotated[str, Field(min_length=3, max_length=320)] | None = Field(
        default=None,
        description="Only who signs up, or has an account, with this address may use the invitation.",
    )
    expires_in_days: Days = 7
    send: bool = Field(
        default=False, description="Mail it to the address; the link is then in the mail only."
    )


class InvitationResend(Wire):
    """Sends an invitation again; the link that was sent before ends."""

    expires_in_days: Days = 7


class Invitation(Answer):
    """An invitation as administrators of the tenant see it; its token is shown once, when it is made."""

    id: UUID
    role: Role
    email: str | None
    invited_by: UUID
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    used_by: UUID | None
    used_by_name: str | None = Field(
        default=None, description="None: nobody used it, or who did is not of the tenant any more."
    )
    revoked_at: datetime | None
    state: State


class NewInvitation(Answer):
    """A new invitation with its token, which is stored nowhere. Both are None when they are in a mail only."""

    invitation: Invitation
    token: str | None
    link: str | None = Field(
        description="The page that the token is used at; None where the address of this service is not set."
    )


class InvitationToken(Wire):
    """Who holds the token of an invitation."""

    token: Token


class InvitationAccept(InvitationToken):
    """Joins with the account that is signed in. ``transport: body`` is for clients that cannot keep cookies."""

    transport: Transport = "cookie"


class OpenInvitation(Answer):
    """What an invitation offers to whoever holds its token."""

    tenant: str
    role: Role
    email: str | None = Field(description="The one address that it is for; None: any.")
    invited_by: str
    expires_at: datetime
