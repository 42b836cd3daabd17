"""Ways back in, and proof of addresses: verification, reset, changed addresses.

Whoever asks for a mail is told the same whether or not there is an account. What a token allows is decided when it
is used: it is taken by one DELETE in the transaction of its act.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from quantlab_server.accounts import changes, names
from quantlab_server.accounts.account import Account
from quantlab_server.accounts.service import AccountService, NewAccount, RegistrationRefused
from quantlab_server.api_tokens.service import ApiTokenService
from quantlab_server.audit.service import AuditService
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.actor import Actor
from quantlab_server.auth.clock import Clock, system_clock
from quantlab_server.auth.owned_tokens import OwnedToken
from quantlab_server.config import Settings
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Conflict, Forbidden, Invalid
from quantlab_server.factors.service import FactorService
from quantlab_server.invitations import service as invitations
from quantlab_server.mail.kinds import MailKind
from quantlab_server.mail.service import MailService
from quantlab_server.recovery import letters, tokens
from quantlab_server.recovery.taking_back import TakingBack
from quantlab_server.recovery.tokens import Granted, Purpose
from quantlab_server.sessions.beginning import Origin
from quantlab_server.sessions.notices import shown_time
from quantlab_server.sessions.service import SessionService
from quantlab_server.tenants.service import NOBODY

# What a new password or address makes worthless. A link that takes an old address back stays: who stole an account
# could otherwise end it with a new password.
_ENDED = (Purpose.RESET, Purpose.WELCOME, Purpose.VERIFY, Purpose.CHANGE_EMAIL)


# What lets somebody choose a password: a forgotten one, or the first.
_PASSWORD = (Purpose.RESET, Purpose.WELCOME)


class LinkInvalid(Invalid):
    """422: a link that was used, has expired, or never was one; nothing tells which."""

    code = "link_invalid"
    message = "This link was used already or has expired. Ask for a new one."


class RecoveryService:
    """The rules of mailed links."""

    def __init__(
        self,
        settings: Settings,
        accounts: AccountService,
        sessions: SessionService,
        api_tokens: ApiTokenService,
        factors: FactorService,
        mail: MailService,
        audit: AuditService,
        *,
        clock: Clock = system_clock,
    ) -> None:
        self._settings = settings
        self._accounts = accounts
        self._sessions = sessions
        self._api_tokens = api_tokens
        self._mail = mail
        self._audit = audit
        self.taking_back = TakingBack(sessions, api_tokens, factors, mail, audit)
        self._clock = clock
        self.links = letters.MailLinks(settings, clock)

    @property
    def verifies(self) -> bool:
        """Whether addresses are confirmed by mail."""
        return self._mail.ready

    # ---- signing up ---------------------------------------------------------------------------------------

    def register(
        self,
        uow: UnitOfWork,
        new: NewAccount,
        password_hash: str,
        origin: Origin,
        *,
        may_mail: bool,
    ) -> None:
        """Sign somebody up who still has to confirm the address. What happened is told by mail only.

        A username that is taken is settled when the address is confirmed, by who owns the address.
        """
        account, used = self._try_register(uow, new, password_hash)
        tag, kind = AuditTag.ACCOUNT_REGISTERED, MailKind.VERIFY
        if account is None:
            account = self._accounts.find_by_login(uow, new.email or "")
            if account is None:
                spare = replace(new, username=changes.spare_username())
                account, used = self._try_register(uow, spare, password_hash, username_pending=True)
                if account is None:
                    # An address that somebody keeps who may still take it back.
                    return
            else:
                tag, kind = AuditTag.REGISTRATION_REPEATED, MailKind.ALREADY_REGISTERED
                if account.verification_pending:
                    kind = MailKind.REGISTERED_AGAIN
                    self._distrust(uow, account, may_mail=may_mail)
        self._record(uow, account, tag, origin, None if used is None else used.detail())
        if may_mail and account.is_open:
            self._send(uow, kind, account, account.email, origin)

    def _try_register(
        self,
        uow: UnitOfWork,
        new: NewAccount,
        password_hash: str,
        *,
        username_pending: bool = False,
    ) -> tuple[Account | None, invitations.Used | None]:
        try:
            with uow.savepoint():
                return self._accounts.register(
                    uow, new, password_hash, pending=True, username_pending=username_pending
                )
        except RegistrationRefused:
            uow.become(NOBODY, NOBODY)
            return None, None

    def _distrust(self, uow: UnitOfWork, account: Account, *, may_mail: bool) -> None:
        # Which of the sign-ups the address's owner made is not known. With the password of the first, or of the last,
        # somebody else could wait inside the account until its owner confirms it.
        changes.distrust_password(uow, account)
        if may_mail:
            self.end_links(uow, account.tenant_id, account.user_id)

    def resend(self, uow: UnitOfWork, email: str, origin: Origin, *, may_mail: bool) -> None:
        """Mail the link again to an address that is not confirmed yet."""
        account = self._accounts.find_by_login(uow, email)
        if account is not None and account.verification_pending and account.is_active and may_mail:
            kind = MailKind.VERIFY if account.password_hash else MailKind.REGISTERED_AGAIN
            self._send(uow, kind, account, account.email, origin)

    def verify(self, uow: UnitOfWork, text: str, username: str | None, origin: Origin) -> None:
        """Confirm an address: of a new account, or the new one of an account that has one.

        Raises:
            LinkInvalid: the token is not good (any more).
            Conflict: ``username_needed``: the wanted one is taken; the token stays good.
        """
        account, granted = self._take(uow, text, Purpose.VERIFY, Purpose.CHANGE_EMAIL)
        if not account.is_active:
            raise LinkInvalid
        if granted.purpose is Purpose.CHANGE_EMAIL:
            self._set_email(uow, account, granted.email, origin)
            return
        if names.email_key(granted.email) != names.email_key(account.email or ""):
            raise LinkInvalid
        if account.username_pending:
            if username is None:
                raise Conflict(
                    "Your username was taken meanwhile. Choose another one.", code="username_needed"
                )
            changes.choose_username(uow, account, username)
        changes.confirm_email(uow, account, self._now())
        self._record(uow, account, AuditTag.EMAIL_VERIFIED, origin)

    # ---- a forgotten password -----------------------------------------------------------------------------

    def ask_reset(self, uow: UnitOfWork, email: str, origin: Origin, *, may_mail: bool) -> None:
        """Mail a link to set a new password, if there is such an account; recorded either way."""
        account = self._accounts.find_by_login(uow, email)
        if account is None or not account.is_open:
            uow.become(NOBODY, NOBODY)
            self._audit.installation(
                uow,
                AuditTag.PASSWORD_RESET_ASKED,
                request_id=origin.request_id,
                address=origin.address,
                detail={"account_key": self._accounts.account_key(email)},
            )
            return
        self._record(uow, account, AuditTag.PASSWORD_RESET_ASKED, origin)
        if may_mail:
            self._send(uow, MailKind.RESET, account, account.email, origin)

    def welcome(self, uow: UnitOfWork, account: Account, origin: Origin) -> str | None:
        """Mail a link to choose the first password; where no mail goes out the link itself, to hand over.

        Raises:
            Forbidden: ``no_public_url``: links cannot be made.
        """
        if not self._mail.ready:
            return self.links.make_reset(uow, account, MailKind.WELCOME)
        self._send(uow, MailKind.WELCOME, account, account.email, origin)
        return None

    def names_of(self, uow: UnitOfWork, text: str) -> list[str]:
        """What must not be in the new password of whom a reset token is for; empty when it is not good."""
        found = tokens.peek(uow, text, self._now())
        if found is None or found[1].purpose not in _PASSWORD:
            return []
        account = self._accounts.require(uow, found[0].tenant_id, found[0].user_id)
        return [name for name in (account.username, account.email) if name]

    def reset(self, uow: UnitOfWork, text: str, password_hash: str, origin: Origin) -> None:
        """Set a new password by a mailed token; every session and API token of the person ends.

        The update of the person's row comes first: a refresh that holds its session's row is waited for, and the
        token that it made ends with the session; one that comes later finds the session ended.

        Raises:
            LinkInvalid: the token is not good (any more).
        """
        account, granted = self._take(uow, text, *_PASSWORD)
        confirmed = names.email_key(granted.email) == names.email_key(account.email or "")
        if not confirmed or not account.is_open:
            raise LinkInvalid
        # Where no mail goes out, an operator handed the link over: that says nothing of the address.
        # Nobody was ever let into an account that still waits for its first mail.
        waits = account.verification_pending
        if self.verifies and not waits and self.taking_back.is_unverified(uow, account):
            self.taking_back.end(uow, account, origin)
        confirmed_at = self._now() if self.verifies else None
        changes.reset_password(uow, account, password_hash, self._now(), confirmed_at)
        self.end_links(uow, account.tenant_id, account.user_id)
        self._end_all(uow, account, "password_reset")
        self._record(uow, account, AuditTag.PASSWORD_RESET, origin)
        self.tell_password_changed(uow, account, origin)

    def end_links(self, uow: UnitOfWork, tenant_id: UUID, user_id: UUID) -> None:
        """What was mailed before a new password or address is worthless, and what waits is not sent."""
        tokens.end(uow, tenant_id, user_id, _ENDED)
        self._mail.drop(uow, tenant_id, user_id, letters.ENDED)

    def tell_password_changed(self, uow: UnitOfWork, account: Account, origin: Origin) -> None:
        """A notice to the person."""
        self._send(uow, MailKind.PASSWORD_CHANGED, account, account.email, origin)

    # ---- another address ----------------------------------------------------------------------------------

    def change_email(
        self,
        uow: UnitOfWork,
        actor: Actor,
        email: str,
        origin: Origin,
        *,
        may_mail: bool,
    ) -> bool:
        """Ask for another address; True: it has to be confirmed by mail first, and nothing tells if it is taken.

        Raises:
            Invalid: this is not an address.
            Conflict: ``email_refused``: it is taken; only told where mail cannot.
        """
        email = names.clean_email(email)
        account = self._accounts.require(uow, actor.tenant_id, actor.user_id)
        if account.is_local:
            raise Forbidden("The local account has no address.", code="no_email")
        if not self.verifies:
            self._set_email(uow, account, email, origin)
            return False
        self._record(uow, account, AuditTag.EMAIL_CHANGE_ASKED, origin)
        if may_mail and changes.email_is_free(uow, account, email):
            self._mail.drop(uow, account.tenant_id, account.user_id, [MailKind.CHANGE_EMAIL])
            self._send(uow, MailKind.CHANGE_EMAIL, account, email, origin)
        return True

    def _set_email(self, uow: UnitOfWork, account: Account, email: str, origin: Origin) -> None:
        moment, old = self._now(), account.email
        changes.set_email(uow, account, email, moment if self.verifies else None)
        # Who comes back to an old address has it again; there is nothing to take back.
        tokens.end_reverts(uow, account.tenant_id, account.user_id, email)
        self.end_links(uow, account.tenant_id, account.user_id)
        self._record(uow, account, AuditTag.EMAIL_CHANGED, origin)
        if old is None or names.email_key(old) == names.email_key(email):
            return
        if not self.verifies:
            changes.release_email(uow, names.email_key(old))
            return
        # From now on the old address is kept for its person, whenever the mail leaves.
        lifetime = timedelta(seconds=self._settings.mail.revert_lifetime)
        tokens.issue(
            uow,
            account.tenant_id,
            account.user_id,
            Purpose.REVERT_EMAIL,
            old,
            moment=moment,
            lifetime=lifetime,
        )
        self._send(uow, MailKind.EMAIL_CHANGED, account, old, origin)

    def revert_email(self, uow: UnitOfWork, text: str, origin: Origin) -> None:
        """Make an old address the account's again: everybody is signed out, and a link for a new password goes there.

        Raises:
            LinkInvalid: the token is not good (any more).
        """
        account, granted = self._take(uow, text, Purpose.REVERT_EMAIL)
        wrong = account.email
        changes.set_email(uow, account, granted.email, self._now())
        # A thief may have changed the address twice: no other link of that chain leads back.
        former = tokens.end_reverts(uow, account.tenant_id, account.user_id)
        former.append(names.email_key(wrong or ""))
        changes.release_former(uow, account.tenant_id, account.user_id, former)
        self.end_links(uow, account.tenant_id, account.user_id)
        changes.end_epoch(uow, account)
        self._end_all(uow, account, "email_reverted")
        self._record(uow, account, AuditTag.EMAIL_REVERTED, origin)
        self._send(uow, MailKind.RESET, account, granted.email, origin)

    # ---- what they share ----------------------------------------------------------------------------------

    def _take(self, uow: UnitOfWork, text: str, *purposes: Purpose) -> tuple[Account, Granted]:
        found = tokens.peek(uow, text, self._now())
        if found is None or found[1].purpose not in purposes:
            raise LinkInvalid
        token: OwnedToken = found[0]
        # The person's row is locked before the token goes: sign-in, refresh and other links come before or after.
        account = changes.lock(uow, token.tenant_id, token.user_id)
        granted = tokens.take(uow, token, self._now())
        if account is None or granted is None:
            raise LinkInvalid
        return account, granted

    def _end_all(self, uow: UnitOfWork, account: Account, reason: str) -> None:
        self._sessions.end_all(uow, account, reason)
        self._api_tokens.end_all(uow, account.tenant_id, account.user_id)

    def _send(
        self,
        uow: UnitOfWork,
        kind: MailKind,
        account: Account,
        recipient: str | None,
        origin: Origin,
    ) -> None:
        self._mail.send(
            uow,
            kind,
            account.tenant_id,
            account.user_id,
            recipient,
            language=origin.language,
            data={"time": shown_time(self._now())},
        )

    def _record(
        self,
        uow: UnitOfWork,
        account: Account,
        tag: AuditTag,
        origin: Origin,
        detail: dict[str, Any] | None = None,
    ) -> None:
        # Who holds a link, or types an address, is not known to be the person.
        self._audit.record_about(
            uow,
            account.tenant_id,
            account.user_id,
            tag,
            subject_id=account.user_id,
            request_id=origin.request_id,
            address=origin.address,
            detail=detail,
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)
