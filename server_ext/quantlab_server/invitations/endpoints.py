"""Routes of invitations into the own tenant, and of whoever holds one."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from quantlab_ext.schemas.base import Page
from quantlab_ext.schemas.invitations import (
    Invitation,
    InvitationCreate,
    InvitationResend,
    InvitationToken,
    NewInvitation,
    OpenInvitation,
    State,
)
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.scopes import Scope
from quantlab_server.http.endpoint import Call, endpoint
from quantlab_server.http.pagination import PageQuery, cut_by_id, decode_id
from quantlab_server.invitations import sending, service


class InvitationsQuery(PageQuery):
    """``q``: what the address contains, in capitals or not; ``state``: only these."""

    q: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")] | None = None
    state: State | None = None


@endpoint(
    "GET",
    "/admin/invitations",
    scope=Scope.INVITATIONS,
    answer=Page[Invitation],
    errors=(403,),
    interactive=True,
)
def list_invitations(call: Call, query: InvitationsQuery) -> Page[Invitation]:
    """List the invitations of the own tenant, the newest first; administrators only."""
    before = decode_id(query.cursor)
    found = service.page(call.uow, call.actor, query.q, query.state, before, query.limit + 1)
    items, cursor = cut_by_id(found, query.limit)
    return Page[Invitation](items=items, next_cursor=cursor)


@endpoint(
    "POST",
    "/admin/invitations",
    scope=Scope.INVITATIONS,
    answer=NewInvitation,
    status=201,
    step_up=True,
    errors=(403, 409, 422, 429),
)
async def create_invitation(call: Call, body: InvitationCreate) -> NewInvitation:
    """Invite a person into the own tenant, by mail or by a link that is shown this once."""
    return await sending.create(call, body)


@endpoint(
    "POST",
    "/admin/invitations/{id}/resend",
    scope=Scope.INVITATIONS,
    answer=Invitation,
    step_up=True,
    errors=(403, 409, 429),
)
async def resend_invitation(call: Call, id: UUID, body: InvitationResend) -> Invitation:
    """Mail an invitation again that nobody used; the link that was sent before ends."""
    return await sending.resend(call, id, body)


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


@endpoint(
    "POST",
    "/auth/invitation",
    scope=Scope.PUBLIC,
    answer=OpenInvitation,
    writes=False,
    errors=(403,),
)
def show_invitation(call: Call, body: InvitationToken) -> OpenInvitation:
    """Get what an invitation offers to whoever holds its token; it stays good."""
    return service.show(call.uow, body.token)
