"""What a person is told by mail about sessions: one began on a new device, one was ended because of a copied token."""

from __future__ import annotations

from datetime import datetime

from quantlab_server.accounts.account import Account
from quantlab_server.db.session import UnitOfWork
from quantlab_server.mail.kinds import MailKind
from quantlab_server.mail.service import MailService
from quantlab_server.sessions import repository
from quantlab_server.sessions.beginning import Origin

# The first that fits: browsers call themselves by the names of others.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


class Notices:
    """Queues them, in the transaction of what they tell."""

    def __init__(self, mail: MailService) -> None:
        self._mail = mail

    def new_device(
        self, uow: UnitOfWork, account: Account, origin: Origin, moment: datetime
    ) -> None:
        """Tell of a sign-in, but for the account's first, and from where the person signed in before."""
        if not self._mail.ready:
            return
        seen = repository.list_origins(uow, account.tenant_id, account.user_id)
        if seen and (origin.address, origin.user_agent or "") not in seen:
            self._send(uow, MailKind.NEW_DEVICE, account, origin, moment)

    def token_reused(
        self, uow: UnitOfWork, account: Account, origin: Origin, moment: datetime
    ) -> None:
        """Tell that a session was ended."""
        self._send(uow, MailKind.TOKEN_REUSED, account, origin, moment)

    def _send(
        self, uow: UnitOfWork, kind: MailKind, account: Account, origin: Origin, moment: datetime
    ) -> None:
        data = {
            "time": shown_time(moment),
            "device": device_name(origin.user_agent or ""),
            "address": origin.address,
        }
        self._mail.send(
            uow,
            kind,
            account.tenant_id,
            account.user_id,
            account.email,
            language=origin.language,
            data=data,
        )


def shown_time(moment: datetime) -> str:
    """As mails say it: nobody knows the reader's zone there."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def device_name(user_agent: str) -> str:
    """Browser and system, by names that we know: a mail must not carry what a stranger wrote."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    return " · ".join(part for part in (browser, system) if part) or "a program"
