"""Wire models of invitations into a tenant."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from quantlab_ext.schemas.accounts import Role
from quantlab_ext.schemas.base import Answer, Wire


class InvitationCreate(Wire):
    """Invites one person, once."""

    role: Role = "user"
    email: Annotated[str, Field(min_length=3, max_length=320)] | None = Field(
        default=None, description="Only who signs up with this address may use the invitation."
    )
    expires_in_days: Annotated[int, Field(ge=1, le=90)] = 7


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
    state: Literal["open", "used", "expired"]


class NewInvitation(Answer):
    """A new invitation with its token, which is stored nowhere."""

    invitation: Invitation
    token: str
