"""What the sender of mails asks of accounts: the links in them, with fresh tokens."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from quantlab_server.accounts.account import Account
from quantlab_server.accounts.names import email_key
from quantlab_server.auth.clock import Clock
from quantlab_server.auth.owned_tokens import OwnedToken
from quantlab_server.config import Settings
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Forbidden
from quantlab_server.invitations import service as invitations
from quantlab_server.mail.kinds import MailKind
from quantlab_server.mail.sender import Obsolete
from quantlab_server.recovery import repository, tokens
from quantlab_server.recovery.tokens import Purpose

_PURPOSES = {
    MailKind.VERIFY: Purpose.VERIFY,
    MailKind.REGISTERED_AGAIN: Purpose.RESET,
    MailKind.RESET: Purpose.RESET,
    MailKind.WELCOME: Purpose.WELCOME,
    MailKind.CHANGE_EMAIL: Purpose.CHANGE_EMAIL,
    MailKind.EMAIL_CHANGED: Purpose.REVERT_EMAIL,
}
# Mails whose link is worthless once the password or the address changed.
ENDED = (
    MailKind.REGISTERED_AGAIN,
    MailKind.RESET,
    MailKind.WELCOME,
    MailKind.VERIFY,
    MailKind.CHANGE_EMAIL,
)
_PAGES = {
    Purpose.VERIFY: "verify",
    Purpose.CHANGE_EMAIL: "verify",
    Purpose.RESET: "reset",
    Purpose.WELCOME: "reset",
    Purpose.REVERT_EMAIL: "revert",
}


class MailLinks:
    """Makes links. Their base is ``public_url``, never what a request said; the token is in the fragment, which no
    server, proxy or Referer header gets to see."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    def link(
        self,
        uow: UnitOfWork,
        kind: MailKind,
        tenant_id: UUID,
        user_id: UUID,
        recipient: str,
        data: Mapping[str, Any],
    ) -> str | None:
        """The link of a mail, with a fresh token; None when the mail has none.

        Raises:
            Obsolete: what the mail offers is over.
        """
        if kind is MailKind.INVITATION:
            link = invitations.draw_link(uow, self._settings, tenant_id, str(data["invitation"]))
            if link is None:
                raise Obsolete
            return link
        purpose = _PURPOSES.get(kind)
        if purpose is None:
            return None
        moment = datetime.fromtimestamp(self._clock(), UTC)
        lifetime = self._lifetime(uow, purpose, tenant_id, user_id, recipient, moment)
        if lifetime is None:
            return None
        token = tokens.issue(
            uow, tenant_id, user_id, purpose, recipient, moment=moment, lifetime=lifetime
        )
        return self.url(purpose, token)

    def make_reset(self, uow: UnitOfWork, account: Account, kind: MailKind = MailKind.RESET) -> str:
        """A link to set a password, for an operator to hand over; the transaction is in the person's context.

        ``kind``: RESET for an hour, WELCOME for the day that a first password may take.

        Raises:
            Forbidden: the account has no address that the link could be bound to, or links cannot be made.
        """
        if account.email is None:
            raise Forbidden("This account has no e-mail address.", code="no_email")
        if not self._settings.public_url:
            raise Forbidden("Set QUANTLAB_PUBLIC_URL: links begin with it.", code="no_public_url")
        link = self.link(uow, kind, account.tenant_id, account.user_id, account.email, {})
        assert link is not None
        return link

    def url(self, purpose: Purpose, token: OwnedToken) -> str:
        """The address that a token is used at: a page of ours, or JupyterLab where that is all there is."""
        base, page = self._settings.public_url.rstrip("/"), _PAGES[purpose]
        if self._settings.embedded:
            return f"{base}/lab#quantlab-{page}={token.text}"
        return f"{base}/account/{page}#token={token.text}"

    def _lifetime(
        self,
        uow: UnitOfWork,
        purpose: Purpose,
        tenant_id: UUID,
        user_id: UUID,
        email: str,
        moment: datetime,
    ) -> timedelta | None:
        mail = self._settings.mail
        if purpose is Purpose.RESET:
            return timedelta(seconds=mail.reset_lifetime)
        if purpose is not Purpose.REVERT_EMAIL:
            return timedelta(seconds=mail.verify_lifetime)
        # The old address is kept for its person from the change on, and no longer than the link is good.
        key = email_key(email)
        end = repository.get_expiry(uow, tenant_id, user_id, purpose.value, key)
        return end - moment if end is not None else None
