"""What must count a mail before the transaction of an invitation begins."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from quantlab_ext.schemas.invitations import (
    Invitation,
    InvitationCreate,
    InvitationResend,
    NewInvitation,
)
from quantlab_server.audit.tags import AuditTag
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import TooManyRequests
from quantlab_server.http.endpoint import Call
from quantlab_server.invitations import service
from quantlab_server.sessions.answers import origin_of


async def create(call: Call, body: InvitationCreate) -> NewInvitation:
    """Make an invitation, and queue its mail if it is to be sent."""
    services, actor = call.services, call.actor
    email = service.check_new(actor, body, services.mail)
    if body.send and email is not None:
        await _count_mail(call, email)
    language = origin_of(call.request).language

    def act(uow: UnitOfWork) -> NewInvitation:
        needed = "operator" if body.role == "operator" else "admin"
        services.admin.require_role(uow, actor, needed)
        made = service.create(uow, actor, body, email, services.settings, services.mail, language)
        detail = {"role": body.role, "email": email, "mailed": body.send}
        _record(call, uow, AuditTag.INVITATION_CREATED, made.invitation.id, detail)
        return made

    return await call.transaction(act)


async def resend(call: Call, id: UUID, body: InvitationResend) -> Invitation:
    """Queue the mail of an invitation again."""
    services, actor = call.services, call.actor
    email = await call.transaction(
        lambda uow: service.address_of(uow, actor, id, services.mail), writes=False
    )
    await _count_mail(call, email)
    language = origin_of(call.request).language

    def act(uow: UnitOfWork) -> Invitation:
        sent = service.resend(uow, actor, id, body.expires_in_days, services.mail, language)
        _record(call, uow, AuditTag.INVITATION_RESENT, id, {"email": email})
        return sent

    return await call.transaction(act)


async def _count_mail(call: Call, email: str) -> None:
    """Nobody gets more than a few mails in an hour, whoever has them sent.

    Raises:
        TooManyRequests
    """
    key = call.services.accounts.account_key(email)
    if not await call.services.rate_limiter.login.mail(key):
        raise TooManyRequests(3600, "This address got several mails already. Try again later.")


def _record(call: Call, uow: UnitOfWork, tag: AuditTag, id: UUID, detail: dict[str, Any]) -> None:
    call.services.audit.record(
        uow,
        call.actor,
        tag,
        subject_id=id,
        request_id=call.request_id,
        address=call.request.address,
        detail=detail,
    )
