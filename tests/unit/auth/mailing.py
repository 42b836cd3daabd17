"""A world that sends mail to a real server."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from quantlab_server.db.base import now
from quantlab_server.db.identities import list_due
from quantlab_server.mail.sender import MailSender
from quantlab_server.mail.smtp import parse_smtp_url
from tests.support.mail import Mail, Mailbox
from tests.unit.auth.world import PASSWORD, Answer, World, unique


@dataclass
class Post:
    """A world and its mail server."""

    world: World
    box: Mailbox

    def deliver(self) -> int:
        """Send what is due; how many mails left."""
        services = self.world.services
        sender = MailSender(
            services.settings,
            services.database,
            services.workers,
            services.mail,
            services.recovery.links,
            services.audit,
        )
        return self.world.run(sender.run_once(parse_smtp_url(services.settings)))

    def newest(self, recipient: str) -> Mail:
        """Send what is due, and the newest mail of an address."""
        self.deliver()
        return self.box.to(recipient)[-1]

    def sign_up(
        self, name: str, email: str | None = None, *, invitation: str | None = None, **options: Any
    ) -> Answer:
        """Ask for an account."""
        body = {
            "username": name,
            "email": email or f"{name}@example.com",
            "password": PASSWORD,
            "invitation": invitation,
            "transport": "body",
        }
        # Each from an address of its own: the limit on registrations has a test elsewhere.
        address = f"198.51.{secrets.randbelow(250)}.{secrets.randbelow(250)}"
        return self.world.call("POST", "/auth/register", body, address=address, **options)

    def member(self) -> Any:
        """Somebody who signed up, confirmed the address and signed in; the tokens."""
        name = unique()
        assert self.sign_up(name).status == 202
        token = self.newest(f"{name}@example.com").token
        assert self.world.call("POST", "/auth/verify-email", {"token": token}).status == 204
        answer = self.world.log_in(name)
        assert answer.status == 200, answer.json
        return answer.json

    def waiting(self) -> int:
        """Mails that were not sent yet, of everybody."""
        with self.world.services.database.transaction(writes=False) as uow:
            return len(list_due(uow, "mail", now()))


NEW = "nine purple whales 44"


def verify(post: Post, token: str, **more: Any) -> Answer:
    return post.world.call("POST", "/auth/verify-email", {"token": token, **more})


def forgot(post: Post, email: str, **options: Any) -> Answer:
    return post.world.call("POST", "/auth/forgot-password", {"email": email}, **options)


def reset(post: Post, token: str, password: str = NEW) -> Answer:
    body = {"token": token, "new_password": password}
    return post.world.call("POST", "/auth/reset-password", body)


def told(answer: Answer) -> tuple[Any, ...]:
    """Everything of an answer that could tell something."""
    changing = {"X-Request-Id", "RateLimit-Remaining", "RateLimit-Reset"}
    headers = {name: value for name, value in answer.headers.items() if name not in changing}
    return answer.status, repr(answer.json), sorted(headers.items()), answer.cookies
