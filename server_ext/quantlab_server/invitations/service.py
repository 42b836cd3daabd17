"""Invitations: administrators of a tenant let one person in, once, with a role that is not above their own."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from quantlab_ext.schemas.invitations import (
    Invitation,
    InvitationCreate,
    NewInvitation,
    OpenInvitation,
    State,
)
from quantlab_server.accounts import names
from quantlab_server.accounts.ranks import require_not_above
from quantlab_server.auth.actor import Actor
from quantlab_server.config import Settings
from quantlab_server.db.base import new_id, now
from quantlab_server.db.identities import user_names
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Conflict, Forbidden, Invalid, NotFound
from quantlab_server.invitations import repository
from quantlab_server.mail.kinds import MailKind
from quantlab_server.mail.service import MailService

_MOST = 200  # open ones of a tenant


class InvitationInvalid(Forbidden):
    """403: unknown, used, expired, revoked, or for another address; nothing tells which."""

    code = "invitation_invalid"
    message = "This invitation cannot be used (any more). Ask for a new one."


def page(
    uow: UnitOfWork,
    actor: Actor,
    q: str | None,
    state: State | None,
    before: UUID | None,
    limit: int,
) -> list[Invitation]:
    """Invitations of the actor's tenant, the newest first, older than the one with id ``before``.

    Args:
        q: what the address contains, in capitals or not.
        state: only these.

    Raises:
        Forbidden: the actor is no administrator.
    """
    _require_admin(actor)
    at = now()
    rows = repository.list_invitations(uow, actor.tenant_id, q, state, at, before, limit)
    joined = user_names(uow, [row.used_by for row in rows if row.used_by is not None])
    return [_to_wire(row, at, joined.get(row.used_by)) for row in rows]


def check_new(actor: Actor, body: InvitationCreate, mail: MailService) -> str | None:
    """Check who is to be invited before anything is counted or written; the address, cleaned.

    Raises:
        Forbidden: the actor is no administrator, or below the role.
        Invalid: no address.
        Conflict: ``no_mail``.
    """
    _require_admin(actor)
    require_not_above(body.role, actor.role)
    email = None if body.email is None else names.clean_email(body.email)
    if body.send:
        if email is None:
            message = "Say to which address the invitation goes."
            raise Invalid(fields=[{"path": "email", "code": "missing", "message": message}])
        _require_mail(mail)
    return email


def create(
    uow: UnitOfWork,
    actor: Actor,
    body: InvitationCreate,
    email: str | None,
    settings: Settings,
    mail: MailService,
    language: str = "",
) -> NewInvitation:
    """Invite somebody; the token is in the answer or, ``send``, in the mail, and nowhere else.

    Args:
        email: what ``check_new`` gave.

    Raises:
        Conflict: ``too_many_invitations``.
    """
    at, token = now(), secrets.token_urlsafe(32)
    if repository.count_open(uow, actor.tenant_id, at) >= _MOST:
        raise Conflict(
            f"There are {_MOST} open invitations. Revoke some first.", code="too_many_invitations"
        )
    values: dict[str, Any] = {
        "id": new_id(),
        "role": body.role,
        "email": email,
        "created_at": at,
        "expires_at": at + timedelta(days=body.expires_in_days),
    }
    repository.insert_invitation(
        uow,
        **values,
        tenant_id=actor.tenant_id,
        user_id=actor.user_id,
        email_key=None if email is None else names.email_key(email),
        token_hash=_hash(token),
    )
    invitation = Invitation(
        **values,
        invited_by=actor.user_id,
        used_at=None,
        used_by=None,
        revoked_at=None,
        state="open",
    )
    if body.send:
        _send(uow, actor, mail, values["id"], email, token, body.expires_in_days, language)
        return NewInvitation(invitation=invitation, token=None, link=None)
    return NewInvitation(invitation=invitation, token=token, link=_link(settings, token))


def address_of(uow: UnitOfWork, actor: Actor, id: UUID, mail: MailService) -> str:
    """Where an invitation that nobody used can be sent again.

    Raises:
        Forbidden: the actor is below its role.
        NotFound: the actor's tenant has none, or it was used or taken back; also for whoever is no administrator.
        Conflict: it is for no address, or no mail is sent here.
    """
    if actor.role not in ("admin", "operator"):
        raise NotFound
    row = repository.get_invitation(uow, actor.tenant_id, id)
    if row is None or row.used_at is not None or row.revoked_at is not None:
        raise NotFound
    require_not_above(row.role, actor.role)
    if row.email is None:
        raise Conflict("This invitation is for no address. Make a new link.", code="no_address")
    _require_mail(mail)
    return str(row.email)


def resend(
    uow: UnitOfWork, actor: Actor, id: UUID, days: int, mail: MailService, language: str = ""
) -> Invitation:
    """Mail an invitation again, good for so many days from now; the link that was sent before ends.

    Raises:
        Forbidden, NotFound, Conflict: as ``address_of`` does.
    """
    email, at, token = address_of(uow, actor, id, mail), now(), secrets.token_urlsafe(32)
    end = at + timedelta(days=days)
    if not repository.prolong_invitation(uow, actor.tenant_id, id, _hash(token), end):
        raise NotFound
    _send(uow, actor, mail, id, email, token, days, language)
    row = repository.get_invitation(uow, actor.tenant_id, id)
    return _to_wire(row, at)


def revoke(uow: UnitOfWork, actor: Actor, id: UUID) -> None:
    """Take an invitation back that nobody used.

    Raises:
        NotFound: the actor's tenant has none, or it was used; also for whoever is no administrator.
    """
    if actor.role not in ("admin", "operator"):
        raise NotFound
    if not repository.revoke_invitation(uow, actor.tenant_id, id, now()):
        raise NotFound


def end_all(uow: UnitOfWork) -> None:
    """End every open invitation by the context's person, who may not invite any more."""
    repository.end_invitations(uow)


def draw_link(uow: UnitOfWork, settings: Settings, tenant_id: UUID, id: str) -> str | None:
    """The link of a mail with a fresh token, in the context of who invites; None when the invitation is over.

    Who is no administrator any more invites nobody.
    """
    token = secrets.token_urlsafe(32)
    if not repository.replace_token(uow, tenant_id, UUID(id), _hash(token), now()):
        return None
    return _link(settings, token)


def show(uow: UnitOfWork, token: str) -> OpenInvitation:
    """What an invitation offers; it stays good. Needs no context.

    Raises:
        InvitationInvalid
    """
    row = repository.show_invitation(uow, _hash(token), now())
    if row is None:
        raise InvitationInvalid
    return OpenInvitation(
        tenant=row.tenant,
        role=row.role,
        email=row.email,
        invited_by=row.inviter,
        expires_at=row.expires_at,
    )


def check(uow: UnitOfWork, token: str, email: str) -> None:
    """Whether an invitation could be used with an address. Needs no context.

    Raises:
        InvitationInvalid
    """
    tenant_of(uow, token, email)


def keys_of(token: str, email: str | None) -> tuple[bytes, str]:
    """What a token and an address are looked up by; an account without an address has the key of none."""
    return _hash(token), names.email_key(email or "")


def tenant_of(uow: UnitOfWork, token: str, email: str | None) -> UUID:
    """The tenant that an invitation leads to, for an account with this address. Needs no context.

    Raises:
        InvitationInvalid
    """
    row = repository.open_invitation(uow, *keys_of(token, email), now())
    if row is None:
        raise InvitationInvalid
    return UUID(str(row.tenant_id))


@dataclass(frozen=True, slots=True)
class Used:
    """An invitation that brought somebody in: where, and as what."""

    id: UUID
    tenant_id: UUID
    role: str

    def detail(self) -> dict[str, Any]:
        """What the audit row of the person's coming says of it."""
        return {"invitation": str(self.id), "role": self.role}


def use(uow: UnitOfWork, token: str, email: str, user_id: UUID) -> Used:
    """Use an invitation up for a new person. Only one of several who try at once succeeds.

    Raises:
        InvitationInvalid
    """
    row = repository.use(uow, _hash(token), names.email_key(email), user_id, now())
    if row is None:
        raise InvitationInvalid
    return Used(row.id, row.tenant_id, row.role)


def _send(
    uow: UnitOfWork,
    actor: Actor,
    mail: MailService,
    id: UUID,
    email: str | None,
    token: str,
    days: int,
    language: str,
) -> None:
    """Queue the mail. ``token`` is drawn anew when it leaves; this one only tells what the reader will see."""
    offered = show(uow, token)
    mail.send(
        uow,
        MailKind.INVITATION,
        actor.tenant_id,
        actor.user_id,
        email,
        language=language,
        data={
            "invitation": str(id),
            "tenant": offered.tenant,
            "inviter": offered.invited_by,
            "days": days,
        },
    )


def _link(settings: Settings, token: str) -> str | None:
    """The page that a token is used at, which is in the fragment; None where ``public_url`` is not set."""
    base = settings.public_url.rstrip("/")
    if not base:
        return None
    if settings.embedded:
        return f"{base}/lab#quantlab-invitation={token}"
    return f"{base}/account/join#token={token}"


def _require_admin(actor: Actor) -> None:
    if actor.role not in ("admin", "operator"):
        raise Forbidden("Only administrators invite people.")


def _require_mail(mail: MailService) -> None:
    if not mail.ready:
        raise Conflict("No mail is sent here. Hand over the link instead.", code="no_mail")


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _to_wire(row: Any, at: datetime, used_by_name: str | None = None) -> Invitation:
    return Invitation(**row._mapping, used_by_name=used_by_name, state=state_of(row, at))


def state_of(row: Any, at: datetime) -> State:
    """What an invitation is at an instant; ``repository.list_invitations`` filters alike."""
    if row.used_at is not None:
        return "used"
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if row.expires_at <= at else "open"
