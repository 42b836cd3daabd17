"""Invitations: administrators of a tenant let one person in, once, with a role that is not above their own."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from quantlab_ext.schemas.invitations import Invitation, InvitationCreate, NewInvitation
from quantlab_server.accounts import names
from quantlab_server.auth.actor import Actor
from quantlab_server.db.base import new_id, now
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Conflict, Forbidden, NotFound
from quantlab_server.invitations import repository

_RANK = {"user": 0, "admin": 1, "operator": 2}
_MOST = 200  # open ones of a tenant, and rows of the list


class InvitationInvalid(Forbidden):
    """403: unknown, used, expired, revoked, or for another address; nothing tells which."""

    code = "invitation_invalid"
    message = "This invitation cannot be used (any more). Ask for a new one."


def list_all(uow: UnitOfWork, actor: Actor) -> list[Invitation]:
    """The newest invitations of the actor's tenant.

    Raises:
        Forbidden: the actor is no administrator.
    """
    _require_admin(actor)
    at = now()
    return [_to_wire(row, at) for row in repository.list_invitations(uow, actor.tenant_id, _MOST)]


def create(uow: UnitOfWork, actor: Actor, body: InvitationCreate) -> NewInvitation:
    """Invite somebody; the token is in the answer and nowhere else.

    Raises:
        Forbidden: the actor is no administrator, or below the role.
        Invalid: no address.
        Conflict: ``too_many_invitations``.
    """
    _require_admin(actor)
    if _RANK[body.role] > _RANK[actor.role]:
        raise Forbidden("You cannot invite somebody into a role above your own.")
    email = None if body.email is None else names.clean_email(body.email)
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
        **values, invited_by=actor.user_id, used_at=None, used_by=None, state="open"
    )
    return NewInvitation(invitation=invitation, token=token)


def revoke(uow: UnitOfWork, actor: Actor, id: UUID) -> None:
    """Take an invitation back that nobody used.

    Raises:
        NotFound: the actor's tenant has none, or it was used; also for whoever is no administrator.
    """
    if actor.role not in ("admin", "operator"):
        raise NotFound
    if not repository.delete_invitation(uow, actor.tenant_id, id):
        raise NotFound


def check(uow: UnitOfWork, token: str, email: str) -> None:
    """Whether an invitation could be used with an address. Needs no context.

    Raises:
        InvitationInvalid
    """
    if repository.open_invitation(uow, _hash(token), names.email_key(email), now()) is None:
        raise InvitationInvalid


def use(uow: UnitOfWork, token: str, email: str, user_id: UUID) -> tuple[UUID, str]:
    """Use an invitation up for a new person; tenant and role. Only one of several who try at once succeeds.

    Raises:
        InvitationInvalid
    """
    row = repository.use(uow, _hash(token), names.email_key(email), user_id, now())
    if row is None:
        raise InvitationInvalid
    return row.tenant_id, row.role


def _require_admin(actor: Actor) -> None:
    if actor.role not in ("admin", "operator"):
        raise Forbidden("Only administrators invite people.")


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _to_wire(row: Any, at: datetime) -> Invitation:
    state = "used" if row.used_at else "expired" if row.expires_at <= at else "open"
    return Invitation(**row._mapping, state=state)
