"""A real mail server that keeps what it gets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.support.waiting import free_port, wait_until

PUBLIC_URL = "https://quantlab.example.org/research"


@dataclass
class Mail:
    """A mail as its reader sees it."""

    recipient: str
    subject: str
    text: str
    html: str
    message: EmailMessage

    @property
    def token(self) -> str:
        """The token of its link, which is the same in both forms."""
        (in_text,) = set(re.findall(r"#[\w-]+=(qlo_[\w-]+)", self.text))
        (in_html,) = set(re.findall(r"#[\w-]+=(qlo_[\w-]+)", self.html))
        assert in_text == in_html
        return str(in_text)

    @property
    def link(self) -> str:
        """The whole address of its link."""
        (found,) = set(re.findall(r"https?://\S+#\S+", self.text))
        return str(found)


@dataclass
class Mailbox:
    """An SMTP server on a port of its own.

    ``refuse``: what it answers to each message instead of taking it. ``utf8``: whether addresses may have more
    than ASCII before the @.
    """

    port: int = field(default_factory=free_port)
    refuse: str | None = None
    utf8: bool = True
    login: tuple[str, str] | None = None
    mails: list[Mail] = field(default_factory=list)
    _controller: Controller | None = None

    @property
    def url(self) -> str:
        """What ``QUANTLAB_SMTP_URL`` is set to."""
        return f"smtp://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen."""
        options: dict[str, Any] = {}
        if self.login is not None:
            options = {
                "authenticator": self._authenticate,
                "auth_required": True,
                "auth_require_tls": False,
            }
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, enable_SMTPUTF8=self.utf8, **options
        )
        self._controller.start()

    def stop(self) -> None:
        """Be down; what came stays."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        """Take a message."""
        if self.refuse is not None:
            return self.refuse
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        text, page = message.get_body(("plain",)), message.get_body(("html",))
        assert text is not None
        assert page is not None
        for recipient in envelope.rcpt_tos:
            mail = Mail(
                recipient, message["Subject"], text.get_content(), page.get_content(), message
            )
            self.mails.append(mail)
        return "250 OK"

    def _authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        good = isinstance(data, LoginPassword) and self.login == (
            data.login.decode(),
            data.password.decode(),
        )
        return AuthResult(success=good)

    def to(self, recipient: str) -> list[Mail]:
        """What came for an address, oldest first."""
        return [mail for mail in self.mails if mail.recipient == recipient]

    def wait_for(self, recipient: str, count: int = 1) -> Mail:
        """The newest mail for an address, once ``count`` came."""
        wait_until(
            lambda: len(self.to(recipient)) >= count, what=f"mail {count} for {recipient} came"
        )
        return self.to(recipient)[-1]
