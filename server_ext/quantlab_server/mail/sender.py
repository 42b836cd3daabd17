"""Sends what is in the queue: one task in each process that serves.

A mail is taken by one statement that moves its next try beyond the end of this one, so of several processes one tries
it. A process that dies between the server's "taken" and the row's deletion is the one case in which a mail comes
twice; the alternative is to lose it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from quantlab_server.audit.service import AuditService
from quantlab_server.audit.tags import AuditTag
from quantlab_server.config import Settings
from quantlab_server.db.base import now
from quantlab_server.db.engine import Database
from quantlab_server.db.identities import list_due
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Unavailable
from quantlab_server.mail import repository
from quantlab_server.mail.kinds import MailKind
from quantlab_server.mail.letters import translator, write
from quantlab_server.mail.render import render
from quantlab_server.mail.service import MailService
from quantlab_server.mail.smtp import NotDelivered, SmtpServer, SmtpUrlError, parse_smtp_url

log = logging.getLogger("quantlab.mail")

_LONGEST_WAIT = 3600.0  # seconds between two tries at most
_SLACK = 60.0  # seconds that clocks of several servers may differ
_AT_ONCE = 4  # mails handed in at the same time


class Obsolete(Exception):
    """What a mail offers is over: it is not sent."""


class Links(Protocol):
    """Makes the links of mails."""

    def link(
        self,
        uow: UnitOfWork,
        kind: MailKind,
        tenant_id: UUID,
        user_id: UUID,
        recipient: str,
        data: Mapping[str, Any],
    ) -> str | None:
        """The link with a fresh token; None when the mail needs none. The context is the person's.

        Raises:
            Obsolete: what the mail offers is over.
        """
        ...


class Threads(Protocol):
    """Runs what blocks."""

    async def run(self, function: Any) -> Any:
        """Run ``function`` on a database thread."""
        ...


class MailSender:
    """Sends queued mails while it runs."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        threads: Threads,
        queue: MailService,
        links: Links,
        audit: AuditService,
    ) -> None:
        self._settings = settings
        self._database = database
        self._threads = threads
        self._queue = queue
        self._links = links
        self._audit = audit
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, where mail is configured; needs a running event loop."""
        if not self._queue.ready or self._task is not None:
            return
        try:
            server = parse_smtp_url(self._settings)
        except SmtpUrlError as error:
            log.critical("mail is not sent: %s", error)
            return
        loop, awake = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(awake.set)

        self._queue.wake = wake
        self._task = loop.create_task(self._run(server, awake))

    async def stop(self) -> None:
        """End. A mail that is being handed in stays queued, and is tried again after its time."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self, server: SmtpServer, awake: asyncio.Event) -> None:
        while True:
            try:
                await self.run_once(server)
            except Unavailable:
                log.info("the database is busy; mails go next time")
            except Exception as error:
                # The type only: a driver's message may hold a value.
                log.error("the queue of mails: %s", type(error).__name__)
            try:
                async with asyncio.timeout(self._settings.mail.poll):
                    await awake.wait()
            except TimeoutError:
                continue
            awake.clear()

    async def run_once(self, server: SmtpServer) -> int:
        """Try every mail that is due; how many were sent. Ends early when the server is down."""
        people = await self._threads.run(self._people)
        slots, sent, down = asyncio.Semaphore(_AT_ONCE), 0, asyncio.Event()

        async def serve(tenant_id: UUID, user_id: UUID) -> None:
            nonlocal sent
            async with slots:
                for mail_id in await self._threads.run(lambda: self._due(tenant_id, user_id)):
                    if down.is_set():
                        return
                    # In two steps: while this one waits, others count too.
                    went = await self._try(server, tenant_id, user_id, mail_id, down)
                    sent += went

        served = await asyncio.gather(
            *(serve(*person) for person in people), return_exceptions=True
        )
        for problem in served:
            if isinstance(problem, BaseException):
                raise problem
        return sent

    async def _try(
        self, server: SmtpServer, tenant_id: UUID, user_id: UUID, mail_id: UUID, down: asyncio.Event
    ) -> bool:
        taken = await self._threads.run(lambda: self._take(server, tenant_id, user_id, mail_id))
        if taken is None:
            return False
        mail, link = taken
        problem = await self._hand_in(server, mail, link)
        if problem is not None:
            if problem.server_down:
                down.set()
            reason, permanent = str(problem), problem.permanent
            await self._threads.run(lambda: self._failed(mail, reason, permanent))
            return False
        await self._threads.run(lambda: self._sent(mail))
        log.info("mail %s (%s): sent", mail.id, mail.kind)
        return True

    async def _hand_in(
        self, server: SmtpServer, mail: Any, link: str | None
    ) -> NotDelivered | None:
        try:
            words = translator(self._settings.mail.translations, mail.language)
            letter = write(MailKind(mail.kind), mail.data, words)
            message = render(letter, mail.recipient, link, self._settings, mail.language)
            await server.deliver(message)
        except NotDelivered as problem:
            return problem
        except Exception as error:
            # A faulty translation or an address that no message can carry: this mail waits, the others go. The type
            # only: the text may hold the address or the link.
            return NotDelivered(type(error).__name__, permanent=False)
        return None

    def _people(self) -> list[tuple[UUID, UUID]]:
        with self._database.transaction(writes=False) as uow:
            return list_due(uow, "mail", now())

    def _due(self, tenant_id: UUID, user_id: UUID) -> list[UUID]:
        with self._database.transaction(tenant_id=tenant_id, user_id=user_id, writes=False) as uow:
            return repository.list_due(uow, tenant_id, user_id, now())

    def _take(
        self, server: SmtpServer, tenant_id: UUID, user_id: UUID, mail_id: UUID
    ) -> tuple[Any, str | None] | None:
        moment = now()
        until = moment + timedelta(seconds=server.longest + _SLACK)
        with self._database.transaction(tenant_id=tenant_id, user_id=user_id) as uow:
            mail = repository.claim(uow, tenant_id, mail_id, moment, until)
            if mail is None:
                return None
            kind = MailKind(mail.kind)
            try:
                link = self._links.link(uow, kind, tenant_id, user_id, mail.recipient, mail.data)
            except Obsolete:
                repository.delete_sent(uow, tenant_id, mail_id)
                return None
            return mail, link

    def _sent(self, mail: Any) -> None:
        with self._database.transaction(tenant_id=mail.tenant_id, user_id=mail.user_id) as uow:
            repository.delete_sent(uow, mail.tenant_id, mail.id)

    def _failed(self, mail: Any, reason: str, permanent: bool) -> None:
        settings, moment = self._settings.mail, now()
        values: dict[str, Any] = {"last_error": reason[:100]}
        given_up = permanent or moment - mail.created_at >= timedelta(seconds=settings.give_up)
        if given_up:
            values["failed_at"] = moment
            log.error("mail %s (%s): given up: %s", mail.id, mail.kind, reason)
        else:
            # At most 2**20 times: an hour is reached long before.
            wait = min(settings.retry * 2 ** min(mail.attempts - 1, 20), _LONGEST_WAIT)
            values["due_at"] = moment + timedelta(seconds=wait)
            log.warning("mail %s (%s): %s; tried again in %.0f s", mail.id, mail.kind, reason, wait)
        with self._database.transaction(tenant_id=mail.tenant_id, user_id=mail.user_id) as uow:
            repository.update_mail(uow, mail.tenant_id, mail.id, mail.attempts, values)
            if given_up:
                detail = {"mail": str(mail.id), "kind": mail.kind, "reason": reason}
                self._audit.installation(uow, AuditTag.MAIL_GIVEN_UP, detail=detail)
