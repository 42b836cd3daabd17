"""An account joins another tenant: everything of the person moves there, or nothing does.

What cannot move is found before anything changes. Then one transaction has it all: the rows, the secrets that are
bound to the tenant, the end of every session, and the one that goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from quantlab_server.accounts.account import Account
from quantlab_server.accounts.service import AccountService
from quantlab_server.admin import roles
from quantlab_server.audit.service import AuditService
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.actor import Actor
from quantlab_server.auth.sealing import Unsealable
from quantlab_server.db.base import now
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Conflict, NotSignedIn
from quantlab_server.factors.service import FactorService
from quantlab_server.invitations import service as invitations
from quantlab_server.joining import repository
from quantlab_server.recovery import tokens
from quantlab_server.sessions.beginning import Origin
from quantlab_server.sessions.service import SessionService, Started
from quantlab_server.tenants import service as tenants


class CannotMove(Conflict):
    """409: something of the account is bound to where it is; the message says what, and what to do."""

    code = "cannot_move"


@dataclass(frozen=True, slots=True)
class Joined:
    """The session that goes on in the new tenant, and who lost access to which (resource, object)."""

    started: Started
    ended: dict[tuple[str, UUID], set[UUID]]


@dataclass(frozen=True, slots=True)
class JoiningService:
    """The rules of moving an account."""

    people: AccountService
    sessions: SessionService
    factors: FactorService
    audit: AuditService

    def accept(self, uow: UnitOfWork, actor: Actor, token: str, origin: Origin) -> Joined:
        """Use an invitation with the account that is signed in: it moves to the invitation's tenant, with its role.

        Raises:
            InvitationInvalid: it cannot be used, or not by this account.
            Conflict: ``already_member``.
            CannotMove: something of the account is bound to where it is.
            LastOne: nobody else would look after the people who stay.
        """
        here = actor.tenant_id, actor.user_id
        account = self.people.require(uow, *here)
        if invitations.tenant_of(uow, token, account.email) == actor.tenant_id:
            raise Conflict("You belong to this tenant already.", code="already_member")
        roles.lock(uow)
        if not repository.lock_everything(uow, *here):
            raise NotSignedIn
        # Anew: this is what moves, and nobody changes it any more.
        account = self.people.require(uow, *here)
        roles.check_leaving(uow, account)
        secret = self._require_movable(uow, account)
        proof = self.sessions.proof_of(uow, actor)
        ended = repository.list_shares(uow, *here)
        self._record(uow, account, AuditTag.TENANT_LEFT, origin)
        way = repository.move(
            uow,
            *invitations.keys_of(token, account.email),
            lambda: invitations.use(uow, token, account.email or "", actor.user_id),
        )
        if way is None:
            raise invitations.InvitationInvalid
        tenants.drop_empty(uow, account.tenant_id)
        used = invitations.Used(way.id, way.tenant_id, way.role)
        uow.become(used.tenant_id, actor.user_id)
        account = self.people.require(uow, used.tenant_id, actor.user_id)
        self.factors.put_back(uow, account, secret)
        self.sessions.look_again(uow, actor.user_id)
        started = self.sessions.start(
            uow,
            account,
            origin,
            tag=AuditTag.TENANT_JOINED,
            proof=proof,
            detail=used.detail(),
        )
        return Joined(started, ended)

    def _require_movable(self, uow: UnitOfWork, account: Account) -> bytes | None:
        """The secret of the person's app, unsealed (None: there is no app).

        Raises:
            CannotMove
        """
        if account.is_local:
            raise CannotMove("The account of this Jupyter server stays. Create one of your own.")
        if tokens.holds_reverts(uow, account.tenant_id, account.user_id, now()):
            raise CannotMove(
                "The e-mail address of this account was changed a few days ago and can still be taken back."
                " Accept the invitation once that link has expired, seven days after the change."
            )
        try:
            return self.factors.take_out(uow, account)
        except Unsealable:
            raise CannotMove(
                "Your app for codes cannot be checked here any more. Remove it under two-step verification and"
                " set it up again, then accept the invitation."
            ) from None

    def _record(self, uow: UnitOfWork, account: Account, tag: AuditTag, origin: Origin) -> None:
        self.audit.record_about(
            uow,
            account.tenant_id,
            account.user_id,
            tag,
            actor_id=account.user_id,
            subject_id=account.user_id,
            request_id=origin.request_id,
            address=origin.address,
        )
