"""Sessions: starting, refreshing, listing, ending; the local account's session; kernels' tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from quantlab_ext.schemas.accounts import KernelToken, Session
from quantlab_server.accounts.account import Account
from quantlab_server.accounts.service import AccountService
from quantlab_server.audit.service import AuditService
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth import scopes
from quantlab_server.auth.actor import Actor
from quantlab_server.auth.authenticator import LiveSession
from quantlab_server.auth.clock import Clock, system_clock
from quantlab_server.auth.refresh_tokens import RefreshToken
from quantlab_server.auth.revocation import Revocations, Revoked
from quantlab_server.auth.tokens import Issued, Subject, TokenService
from quantlab_server.config import Settings
from quantlab_server.db.engine import Database
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import NotFound, NotSignedIn
from quantlab_server.mail.service import MailService
from quantlab_server.sessions import repository
from quantlab_server.sessions.beginning import (
    BY_PASSWORD,
    Origin,
    Proof,
    begin,
    merged,
    record,
    to_live,
)
from quantlab_server.sessions.local import LocalAccount
from quantlab_server.sessions.notices import Notices
from quantlab_server.sessions.repository import refreshing
from quantlab_server.sessions.rotation import Refusal, Rotation


@dataclass(frozen=True, slots=True)
class Started:
    """A session with a new pair of tokens."""

    account: Account
    session_id: UUID
    access: Issued
    refresh: RefreshToken
    # Seconds until the refresh token is too old.
    refresh_lifetime: int


class SessionService:
    """The rules of sessions. Also where the authenticator looks sessions up."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        tokens: TokenService,
        accounts: AccountService,
        audit: AuditService,
        revocations: Revocations,
        mail: MailService,
        *,
        let_in: Callable[[str], None],
        clock: Clock = system_clock,
    ) -> None:
        self._database = database
        self._tokens = tokens
        self._accounts = accounts
        self._audit = audit
        self._revocations = revocations
        self._notices = Notices(mail)
        # Raises while access is switched off, for roles that may not be signed in then.
        self._let_in = let_in
        self._clock = clock
        self._idle = timedelta(seconds=settings.sessions.refresh_idle)
        self._absolute = timedelta(seconds=settings.sessions.refresh_absolute)
        window = timedelta(seconds=settings.sessions.replay_window)
        self._rotation = Rotation(self._idle, window)
        self.local_account = LocalAccount(database, accounts, audit, clock)

    def start(
        self,
        uow: UnitOfWork,
        account: Account,
        origin: Origin,
        *,
        tag: AuditTag,
        proof: Proof = BY_PASSWORD,
        known_device: bool = True,
        detail: dict[str, Any] | None = None,
    ) -> Started:
        """Begin a session of a person who just proved itself; ``tag`` and ``detail`` are what the audit log says of it.

        Signing in with a device that is not known is told by mail.
        """
        self._let_in(account.role)
        moment = self._now()
        if not known_device:
            self._notices.new_device(uow, account, origin, moment)
        end = moment + self._absolute
        session_id = begin(uow, account, origin, proof, moment, end)
        refresh = self._rotation.issue(
            uow, account.tenant_id, account.user_id, session_id, moment, end
        )
        record(self._audit, uow, account, tag, session_id, origin, detail=detail)
        proved = proof.moment(moment)
        return self._started(account, session_id, refresh, proof.amr, proved, moment, end)

    def refresh(self, uow: UnitOfWork, token: RefreshToken, origin: Origin) -> Started | Refusal:
        """A new pair of tokens. What a refusal changed (the family's end) must be committed too."""
        moment = self._now()
        held = refreshing.lock_session(uow, token.tenant_id, token.user_id, token.hash)
        if held is None:
            return Refusal.ENDED
        account = refreshing.get_live_account(
            uow, token.tenant_id, token.user_id, held.id, moment, self._idle
        )
        if account is None:
            return Refusal.ENDED
        # Before anything is used up: the same token is good once access is on again.
        self._let_in(account.role)
        refresh = self._rotation.rotate(uow, token, held.id, moment, held.expires_at)
        if refresh is Refusal.REUSED:
            self._end(uow, token.tenant_id, token.user_id, "token_reused", only=held.id)
            record(self._audit, uow, account, AuditTag.TOKEN_REUSED, held.id, origin, nobody=True)
            self._notices.token_reused(uow, account, origin, moment)
        if isinstance(refresh, Refusal):
            return refresh
        refreshing.touch_session(
            uow, token.tenant_id, held.id, moment, origin.address, origin.user_agent
        )
        return self._started(
            account, held.id, refresh, held.amr, held.auth_time, moment, held.expires_at
        )

    def device_token(self, account: Account) -> Issued:
        """What this device shows from now on to be known as one of the person's."""
        return self._tokens.issue_device(account.user_id, account.epoch)

    def device_of(self, token: str) -> tuple[UUID, int] | None:
        """Person and epoch for which the device that shows this token was known; None: it is of nobody."""
        return self._tokens.read_device(token) if token else None

    def live(
        self, uow: UnitOfWork, tenant_id: UUID, user_id: UUID, session_id: UUID
    ) -> LiveSession | None:
        """The session if it and its person are good."""
        row = repository.get_live(uow, tenant_id, user_id, session_id, self._now(), self._idle)
        return None if row is None else to_live(row)

    def local(self) -> LiveSession | None:
        """The local account's session; the account is made on first use. None after the person logged out."""
        return self.local_account.session()

    def list_own(self, uow: UnitOfWork, actor: Actor) -> list[Session]:
        """The actor's sessions, last used first."""
        rows = repository.list_live(uow, actor.tenant_id, actor.user_id, self._now(), self._idle)
        return [
            Session(
                id=row.id,
                kind=row.kind,
                created_at=row.created_at,
                last_used_at=row.last_used_at,
                expires_at=row.expires_at,
                address=row.address,
                user_agent=row.user_agent,
                current=row.id == actor.session_id,
            )
            for row in rows
        ]

    def end_one(self, uow: UnitOfWork, actor: Actor, session_id: UUID) -> None:
        """End one of the actor's sessions.

        Raises:
            NotFound: no live session of the actor's.
        """
        if not self._end(uow, actor.tenant_id, actor.user_id, "ended_by_owner", only=session_id):
            raise NotFound

    def log_out(self, uow: UnitOfWork, actor: Actor, scope: str) -> None:
        """End ``this`` session, the ``others`` or ``all``."""
        this = actor.session_id
        self._end(
            uow,
            actor.tenant_id,
            actor.user_id,
            "logout",
            only=this if scope == "this" else None,
            but=this if scope == "others" else None,
        )

    def end_all(self, uow: UnitOfWork, account: Account, reason: str) -> None:
        """End every session of a person, and what hangs on them."""
        self._end(uow, account.tenant_id, account.user_id, reason)
        user_id = account.user_id
        uow.after_commit(lambda: self._revocations.publish(Revoked(user_id=user_id)))

    def survive_password_change(
        self, uow: UnitOfWork, actor: Actor, account: Account, epoch: int
    ) -> Issued:
        """End all sessions but the actor's, which moves to the new epoch and gets a new access token."""
        moment = self._now()
        # By its id: it is of the old epoch still. The password was just typed, whatever it began with.
        amr = merged(repository.get_means(uow, actor.tenant_id, actor.session_id), "pwd")
        self._end(uow, actor.tenant_id, actor.user_id, "password_changed", but=actor.session_id)
        values = {"epoch": epoch, "auth_time": moment, "amr": amr}
        repository.touch_session(uow, actor.tenant_id, actor.session_id, values)
        user_id = actor.user_id
        uow.after_commit(lambda: self._revocations.publish(Revoked(user_id=user_id)))
        return self._access(account, actor.session_id, amr, moment, epoch)

    def prove(self, uow: UnitOfWork, actor: Actor, account: Account, means: str) -> Issued:
        """Note that the actor proved now by some means who it is; a new access token says so.

        Raises:
            NotSignedIn: the session has ended.
        """
        moment = self._now()
        row = repository.get_live(
            uow, actor.tenant_id, actor.user_id, actor.session_id, moment, self._idle
        )
        if row is None:
            raise NotSignedIn
        amr = merged(row.amr, means)
        repository.touch_session(
            uow, actor.tenant_id, actor.session_id, {"auth_time": moment, "amr": amr}
        )
        session_id = actor.session_id
        uow.after_commit(lambda: self._revocations.publish(Revoked(session_id=session_id)))
        return self._access(account, session_id, amr, moment, row.epoch)

    def proof_of(self, uow: UnitOfWork, actor: Actor) -> Proof:
        """How the actor's session was begun and proved since, for one that takes its place.

        Raises:
            NotSignedIn: the session has ended.
        """
        row = repository.get_live(
            uow, actor.tenant_id, actor.user_id, actor.session_id, self._now(), self._idle
        )
        if row is None:
            raise NotSignedIn
        return Proof(row.kind, row.amr)

    def kernel_token(self, uow: UnitOfWork, actor: Actor) -> KernelToken:
        """A token for one kernel, or its renewal. It lives as long as the session that it hangs on.

        Raises:
            NotSignedIn: the session has ended.
        """
        row = repository.get_live(
            uow, actor.tenant_id, actor.user_id, actor.session_id, self._now(), self._idle
        )
        if row is None:
            raise NotSignedIn
        subject = Subject(
            tenant_id=row.tenant_id,
            user_id=row.user_id,
            session_id=row.session_id,
            role=row.role,
            tier=row.tier,
            epoch=row.epoch,
            amr=row.amr,
            auth_time=int(row.auth_time.timestamp()),
        )
        issued = self._tokens.issue_kernel(subject, scopes.KERNEL)
        return KernelToken(
            token=issued.token, expires_in=issued.expires_in, scopes=sorted(scopes.KERNEL)
        )

    def end_by_admin(self, uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> int:
        """End every session of the context's person for somebody who looks after the tenant; how many."""
        return len(self._end(uow, tenant_id, user_id, "ended_by_admin"))

    def look_again(self, uow: UnitOfWork, user_id: UUID) -> None:
        """After the commit every process looks up anew what the person is and may do."""
        uow.after_commit(lambda: self._revocations.publish(Revoked(user_id=user_id)))

    def _end(
        self,
        uow: UnitOfWork,
        tenant_id: UUID,
        user_id: UUID,
        reason: str,
        *,
        only: UUID | None = None,
        but: UUID | None = None,
    ) -> list[UUID]:
        ended = repository.revoke(uow, tenant_id, user_id, self._now(), reason, only=only, but=but)

        def tell() -> None:
            for session_id in ended:
                self._revocations.publish(Revoked(session_id=session_id))

        uow.after_commit(tell)
        return ended

    def _started(
        self,
        account: Account,
        session_id: UUID,
        refresh: RefreshToken,
        amr: str,
        auth_time: datetime,
        moment: datetime,
        session_end: datetime,
    ) -> Started:
        access = self._access(account, session_id, amr, auth_time, account.epoch)
        lifetime = min(self._idle, session_end - moment)
        return Started(account, session_id, access, refresh, int(lifetime.total_seconds()))

    def _access(
        self, account: Account, session_id: UUID, amr: str, auth_time: datetime, epoch: int
    ) -> Issued:
        subject = Subject(
            tenant_id=account.tenant_id,
            user_id=account.user_id,
            session_id=session_id,
            role=account.role,
            tier=account.tier,
            epoch=epoch,
            amr=amr,
            auth_time=int(auth_time.timestamp()),
        )
        return self._tokens.issue_access(subject, scopes.of_role(account.role))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)
