"""The mail server: its URL, and one delivery."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from quantlab_server.config import Settings

_STEPS = 4  # connection, encryption, log-in, message: each may take ``timeout``


class SmtpUrlError(ValueError):
    """``QUANTLAB_SMTP_URL`` cannot be used; the message does not repeat it, because it holds a password."""


class NotDelivered(Exception):
    """A try failed. ``permanent``: the server refuses this mail for good. The text names no address."""

    def __init__(self, reason: str, *, permanent: bool, server_down: bool = False) -> None:
        super().__init__(reason)
        self.permanent = permanent
        self.server_down = server_down


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mails are handed in. ``starttls``: None takes encryption where it is offered."""

    host: str
    port: int
    username: str | None
    password: str | None = field(repr=False)
    tls: bool
    starttls: bool | None
    timeout: float

    @property
    def longest(self) -> float:
        """Seconds after which a try has ended, one way or the other."""
        return _STEPS * self.timeout

    async def deliver(self, message: EmailMessage) -> None:
        """Hand a message in.

        Raises:
            NotDelivered: it was not taken.
        """
        try:
            async with asyncio.timeout(self.longest):
                await aiosmtplib.send(
                    message,
                    hostname=self.host,
                    port=self.port,
                    username=self.username,
                    password=self.password,
                    use_tls=self.tls,
                    start_tls=self.starttls,
                    timeout=self.timeout,
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [refused.code for refused in error.recipients]
            code = max(codes, default=550)
            raise NotDelivered(f"recipient refused ({code})", permanent=code >= 500) from None
        except aiosmtplib.SMTPDataError as error:
            raise NotDelivered(f"refused ({error.code})", permanent=error.code >= 500) from None
        except aiosmtplib.SMTPNotSupported:
            # Only this address needs it: the server serves all others.
            reason = "the mail server takes no such address (SMTPUTF8)"
            raise NotDelivered(reason, permanent=True) from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            # What the operator can mend: the server is down, a password is wrong. The type only: texts may hold
            # addresses and credentials.
            raise NotDelivered(type(error).__name__, permanent=False, server_down=True) from None

    async def check(self) -> str | None:
        """Connect and log in, for `quantlab doctor`; what went wrong, or None."""
        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            username=self.username,
            password=self.password,
            use_tls=self.tls,
            start_tls=self.starttls,
            timeout=self.timeout,
        )
        try:
            async with client:
                return None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            return type(error).__name__


def parse_smtp_url(settings: Settings) -> SmtpServer:
    """The server that ``QUANTLAB_SMTP_URL`` names.

    ``smtp://`` uses STARTTLS where the server offers it, and always when there is a password;
    ``?starttls=require`` and ``?starttls=never`` say it. ``smtps://`` speaks TLS from the beginning.

    Raises:
        SmtpUrlError: it cannot be used.
    """
    try:
        url = urlsplit(settings.smtp_url)
        port = url.port
    except ValueError:
        raise SmtpUrlError("QUANTLAB_SMTP_URL cannot be read.") from None
    if url.scheme not in ("smtp", "smtps") or not url.hostname:
        raise SmtpUrlError("QUANTLAB_SMTP_URL must be smtp://… or smtps://….")
    tls = url.scheme == "smtps"
    wish = parse_qs(url.query).get("starttls", [""])[-1]
    if wish not in ("", "require", "never"):
        raise SmtpUrlError("QUANTLAB_SMTP_URL: starttls is require or never.")
    starttls = {"require": True, "never": False}.get(wish, True if url.username else None)
    return SmtpServer(
        host=url.hostname,
        port=port or (465 if tls else 587),
        username=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
        tls=tls,
        starttls=False if tls else starttls,
        timeout=settings.mail.timeout,
    )
