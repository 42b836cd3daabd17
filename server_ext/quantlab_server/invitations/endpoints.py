"""Routes of invitations into the own tenant."""

from __future__ import annotations

from uuid import UUID

from quantlab_ext.schemas.base import Page
from quantlab_ext.schemas.invitations import Invitation, InvitationCreate, NewInvitation
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.scopes import Scope
from quantlab_server.http.endpoint import Call, endpoint
from quantlab_server.invitations import service


@endpoint(
    "GET",
    "/admin/invitations",
    scope=Scope.INVITATIONS,
    answer=Page[Invitation],
    errors=(403,),
    interactive=True,
)
def list_invitations(call: Call) -> Page[Invitation]:
    """List the newest invitations of the own tenant; administrators only."""
    items = service.list_all(call.uow, call.actor)
    return Page[Invitation](items=items, total=len(items))


@endpoint(
    "POST",
    "/admin/invitations",
    scope=Scope.INVITATIONS,
    answer=NewInvitation,
    status=201,
    step_up=True,
    audit=AuditTag.INVITATION_CREATED,
    errors=(403, 409, 422),
)
def create_invitation(call: Call, body: InvitationCreate) -> NewInvitation:
    """Invite a person into the own tenant; the token is shown this once."""
    made = service.create(call.uow, call.actor, body)
    call.audit_subject = made.invitation.id
    call.audit_detail = {"role": body.role, "email": made.invitation.email}
    return made


@endpoint(
    "DELETE",
    "/admin/invitations/{id}",
    scope=Scope.INVITATIONS,
    status=204,
    interactive=True,
    audit=AuditTag.INVITATION_REVOKED,
)
def revoke_invitation(call: Call, id: UUID) -> None:
    """Take an invitation back that nobody used yet."""
    service.revoke(call.uow, call.actor, id)
    call.audit_subject = id
