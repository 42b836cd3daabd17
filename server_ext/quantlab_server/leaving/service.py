"""The rules of leaving: an account that its person, or an admin, deletes is closed at once and removed days later.

Until then its person may keep it: who signs in, with every factor, is told so by an error that carries a token for
that one purpose. Strangers learn nothing: without the right password such an account answers as any other does.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from quantlab_ext.schemas.leaving import Leaving, LeavingPreview
from quantlab_server.accounts import changes
from quantlab_server.accounts.account import Account
from quantlab_server.accounts.service import AccountService
from quantlab_server.admin import roles
from quantlab_server.api_tokens.service import ApiTokenService
from quantlab_server.audit.service import AuditService
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.actor import Actor
from quantlab_server.auth.clock import Clock, system_clock
from quantlab_server.auth.tokens import Subject, TokenRefused, TokenService
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import AccountLeaving, ApiError, Forbidden, NotSignedIn
from quantlab_server.invitations import service as invitations
from quantlab_server.leaving import repository
from quantlab_server.mail.kinds import MailKind
from quantlab_server.mail.service import MailService
from quantlab_server.recovery.service import RecoveryService
from quantlab_server.sessions.beginning import Origin, Proof, record
from quantlab_server.sessions.notices import shown_time
from quantlab_server.sessions.service import SessionService, Started

# As long somebody may change their mind.
DAYS_KEPT = timedelta(days=14)


class LocalAccountStays(Forbidden):
    """403: the account of a Jupyter server goes with its data folder."""

    code = "local_account"
    message = "This account belongs to this Jupyter server. Remove the server's QuantLab data folder to delete it."


class LeavingService:
    """Leaving, and staying after all."""

    def __init__(
        self,
        accounts: AccountService,
        sessions: SessionService,
        api_tokens: ApiTokenService,
        tokens: TokenService,
        mail: MailService,
        recovery: RecoveryService,
        audit: AuditService,
        *,
        clock: Clock = system_clock,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._api_tokens = api_tokens
        self._tokens = tokens
        self._mail = mail
        self._recovery = recovery
        self._audit = audit
        self._clock = clock

    def preview(self, uow: UnitOfWork, actor: Actor) -> LeavingPreview:
        """What would go with the actor's account, and why it cannot be deleted, if so."""
        account = self._accounts.require(uow, actor.tenant_id, actor.user_id)
        items = repository.count_items(uow, actor.tenant_id, actor.user_id)
        shared, people = repository.count_shared(uow, actor.tenant_id, actor.user_id)
        try:
            _check(uow, account)
            refusal = None
        except ApiError as error:
            refusal = error.message
        return LeavingPreview(
            deletes_at=self._now() + DAYS_KEPT,
            items=items,
            shared_items=shared,
            people=people,
            refusal=refusal,
        )

    def leave(self, uow: UnitOfWork, actor: Actor, origin: Origin) -> Leaving:
        """Close the actor's account; it is removed for good some days later.

        Raises:
            LocalAccountStays: it is the local account.
            LastOne: nobody else could look after those who stay.
        """
        roles.lock(uow)
        account = self._accounts.require(uow, actor.tenant_id, actor.user_id)
        _check(uow, account)
        moment = self._now()
        self.close(uow, account, moment, in_person=True)
        self._audit.record(
            uow,
            actor,
            AuditTag.ACCOUNT_LEFT,
            subject_id=actor.user_id,
            request_id=origin.request_id,
            address=origin.address,
        )
        self._mail.send(
            uow,
            MailKind.ACCOUNT_LEAVING,
            account.tenant_id,
            account.user_id,
            account.email,
            language=origin.language,
            data={"time": shown_time(moment + DAYS_KEPT)},
        )
        return Leaving(deletes_at=moment + DAYS_KEPT)

    def close(
        self, uow: UnitOfWork, account: Account, moment: datetime, *, in_person: bool
    ) -> None:
        """End every way into the account of the context's person; it goes for good when its days are over.

        ``in_person``: the person did it, and may take it back by signing in.
        """
        values = {
            "deleted_at": moment,
            "is_active": False,
            "is_leaving": in_person,
        }
        self._accounts.administer(uow, account.tenant_id, account.user_id, values)
        # Every token of the person dies with the old epoch.
        changes.end_epoch(uow, account)
        self._sessions.end_all(uow, account, "account_deleted")
        self._api_tokens.end_all(uow, account.tenant_id, account.user_id)
        self._recovery.end_links(uow, account.tenant_id, account.user_id)
        invitations.end_all(uow)

    def ask(self, account: Account, proof: Proof) -> AccountLeaving:
        """What somebody is told who just proved by ``proof`` to be the person of an account that is leaving."""
        assert account.deleted_at is not None
        subject = Subject(
            tenant_id=account.tenant_id,
            user_id=account.user_id,
            session_id=repository.NOBODY,
            role=account.role,
            tier=account.tier,
            epoch=account.epoch,
            amr=proof.amr,
            auth_time=int(self._clock()),
        )
        issued = self._tokens.issue_keep(subject, proof.kind)
        return AccountLeaving(
            deletes_at=(account.deleted_at + DAYS_KEPT).isoformat(),
            keep_token=issued.token,
            expires_in=issued.expires_in,
        )

    def keep(self, uow: UnitOfWork, token: str, origin: Origin) -> Started:
        """Take the deletion back and begin a session, by a token of ``ask``, which is good once.

        Raises:
            NotSignedIn: the token is not good (any more), or it is too late.
        """
        try:
            claims, kind, amr = self._tokens.verify_keep(token)
        except TokenRefused:
            raise _too_late() from None
        uow.become(claims.tenant_id, claims.user_id)
        account = changes.lock(uow, claims.tenant_id, claims.user_id)
        # The new epoch makes the token worthless, here and in every other tab that has one.
        if account is None or not account.is_leaving or account.epoch != claims.epoch:
            raise _too_late()
        self._accounts.administer(
            uow,
            account.tenant_id,
            account.user_id,
            {
                "deleted_at": None,
                "is_active": True,
                "is_leaving": False,
                "epoch": account.epoch + 1,
            },
        )
        self._sessions.look_again(uow, account.user_id)
        account = self._accounts.require(uow, account.tenant_id, account.user_id)
        self._mail.drop(uow, account.tenant_id, account.user_id, (MailKind.ACCOUNT_LEAVING,))
        started = self._sessions.start(
            uow,
            account,
            origin,
            tag=AuditTag.LOGIN_SUCCEEDED,
            proof=Proof(kind, amr),
            known_device=False,
        )
        record(self._audit, uow, account, AuditTag.ACCOUNT_KEPT, started.session_id, origin)
        return started

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _check(uow: UnitOfWork, account: Account) -> None:
    if account.is_local:
        raise LocalAccountStays
    roles.check_leaving(uow, account)


def _too_late() -> NotSignedIn:
    return NotSignedIn("This cannot be used any more. Sign in again.", code="keep_token_invalid")
