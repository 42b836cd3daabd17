"""Periodic tasks, in every mode: what nobody waits for. One person's context at a time, in small transactions.

Several processes may run them at once: each step takes a lock for its person, and a step that finds nothing to do
does nothing.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from quantlab_server.audit.seals.background import SealingTask
from quantlab_server.audit.seals.sealer import AuditSealer
from quantlab_server.auth.clock import Clock, system_clock
from quantlab_server.container import Services
from quantlab_server.db import device_requests
from quantlab_server.db.identities import Due, list_due, try_lock
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Unavailable
from quantlab_server.factors import tasks as factors
from quantlab_server.idempotency import service as idempotency
from quantlab_server.invitations import tasks as invitations
from quantlab_server.leaving import tasks as leaving
from quantlab_server.leaving.service import DAYS_KEPT
from quantlab_server.mail import service as mail
from quantlab_server.mail.sender import MailSender
from quantlab_server.recovery import tasks as recovery
from quantlab_server.sessions import tasks as sessions
from quantlab_server.versioning.lifecycle import purge_expired

log = logging.getLogger("quantlab.tasks")

_KEYS_KEPT = timedelta(hours=24)
# Longer than any clock in an installation is off.
_SESSIONS_KEPT = timedelta(days=1)
_MAILS_KEPT = timedelta(days=30)
# So that a program that asks late hears that its code has expired.
_DEVICES_KEPT = timedelta(hours=1)
# So that administrators see what became of them.
_INVITATIONS_KEPT = timedelta(days=30)
_BATCH = 50
# So that a start is not slowed down, and processes that start together do not work in step.
_FIRST_DELAY = 30.0


@dataclass(frozen=True, slots=True)
class Job:
    """``what`` is due when it is older than ``kept``; ``step`` cleans up in one transaction, returning how many."""

    what: Due
    kept: timedelta
    step: Callable[..., int]
    batch: int | None = None


class PeriodicTasks:
    """Runs every job each ``purge_interval`` on the database threads, one small step after another."""

    def __init__(self, services: Services, *, clock: Clock = system_clock) -> None:
        self._services = services
        self._clock = clock
        self._interval = float(services.settings.library.purge_interval)
        self._task: asyncio.Task[None] | None = None
        kept = timedelta(days=services.settings.library.undelete_days)
        unverified = timedelta(days=services.settings.mail.unverified_days)
        self.jobs = (
            Job("objects", kept, purge_expired, _BATCH),
            Job("keys", _KEYS_KEPT, idempotency.purge),
            Job("sessions", _SESSIONS_KEPT, sessions.purge),
            Job("one_time_tokens", timedelta(), recovery.purge),
            Job("failed_mail", _MAILS_KEPT, mail.purge_failed),
            Job("accounts", DAYS_KEPT, partial(leaving.purge, services.audit)),
            Job("challenges", timedelta(), factors.purge),
            Job("invitations", _INVITATIONS_KEPT, invitations.purge),
            Job("unverified", unverified, partial(leaving.purge_unverified, services.audit)),
        )
        self._sender = MailSender(
            services.settings,
            services.database,
            services.workers,
            services.mail,
            services.recovery.links,
            services.audit,
        )
        self._sealer = AuditSealer(
            services.settings.audit, services.database, services.identity.keyring
        )
        self._sealing = SealingTask(
            services.settings.audit, self._sealer, services.workers, services.audit
        )

    def start(self) -> None:
        """Begin; needs a running event loop."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
            self._sender.start()
            self._sealing.start()

    async def stop(self) -> None:
        """End; a step that runs is finished by its thread."""
        await self._sender.stop()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self._sealing.stop()

    async def _run(self) -> None:
        await asyncio.sleep(random.uniform(0.5, 1.0) * min(self._interval, _FIRST_DELAY))  # noqa: S311  # no secret
        while True:
            await self.run_once()
            await self.purge_devices()
            await self.expire_audit()
            await asyncio.sleep(random.uniform(0.9, 1.1) * self._interval)  # noqa: S311  # no secret

    async def run_once(self) -> dict[Due, int]:
        """Every job for everyone who has something due; how many rows each removed."""
        return {job.what: await self._run_job(job) for job in self.jobs}

    async def purge_devices(self) -> int:
        """Forget programs that asked to be let in and whose codes have expired; how many. They are of nobody."""
        before = datetime.fromtimestamp(self._clock(), UTC) - _DEVICES_KEPT
        removed = 0
        try:
            removed = await self._services.workers.run(lambda: self._purge_devices(before))
        except Unavailable:
            log.info("devices: the database is busy; next time")
        except Exception as error:
            log.error("devices: %s", type(error).__name__)
        if removed:
            log.info("devices: removed %d", removed)
        return removed

    def _purge_devices(self, before: datetime) -> int:
        with self._services.database.transaction() as uow:
            return device_requests.purge(uow, before)

    async def expire_audit(self) -> int:
        """Sign the end of every chain of audit rows, and remove what is older than its days; how many rows."""
        removed = 0
        run = self._services.workers.run
        try:
            for chain in await run(self._sealer.due):
                await run(partial(self._sealer.seal, chain, conclude=True))
                while gone := await run(partial(self._sealer.expire, chain)):
                    removed += gone
        except Unavailable:
            log.info("audit: the database is busy; next time")
        except Exception as error:
            log.error("audit: %s", type(error).__name__)
        if removed:
            log.info("audit: removed %d", removed)
        return removed

    async def _run_job(self, job: Job) -> int:
        removed = 0
        before = datetime.fromtimestamp(self._clock(), UTC) - job.kept
        try:
            people = await self._services.workers.run(lambda: self._due(job, before))
            for tenant_id, user_id in people:
                removed += await self._clean(job, before, tenant_id, user_id)
        except Unavailable:
            log.info("%s: the database is busy; next time", job.what)
        except Exception as error:
            # The type only: a driver's message may hold a value.
            log.error("%s: %s", job.what, type(error).__name__)
        if removed:
            log.info("%s: removed %d", job.what, removed)
        return removed

    async def _clean(self, job: Job, before: datetime, tenant_id: UUID, user_id: UUID) -> int:
        removed = 0
        while True:
            gone = await self._services.workers.run(
                lambda: self._step(job, before, tenant_id, user_id)
            )
            removed += gone
            if job.batch is None or gone < job.batch:
                return removed

    def _due(self, job: Job, before: datetime) -> list[tuple[UUID, UUID]]:
        with self._services.database.transaction(writes=False) as uow:
            return list_due(uow, job.what, before)

    def _step(self, job: Job, before: datetime, tenant_id: UUID, user_id: UUID) -> int:
        with self._services.database.transaction(tenant_id=tenant_id, user_id=user_id) as uow:
            if not try_lock(uow, f"task:{job.what}:{user_id}"):
                return 0
            return self._call(job, uow, before)

    @staticmethod
    def _call(job: Job, uow: UnitOfWork, before: datetime) -> int:
        if job.batch is None:
            return job.step(uow, before)
        return job.step(uow, before, limit=job.batch)
