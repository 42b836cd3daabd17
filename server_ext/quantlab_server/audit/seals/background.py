"""The sealer while a server runs: it wakes with each event of this process, and looks after what others left."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any, Protocol
from uuid import UUID

from quantlab_server.audit.seals.sealer import AuditSealer, Pass
from quantlab_server.audit.service import AuditService, Recorded
from quantlab_server.errors import Unavailable
from quantlab_server.settings_audit import AuditSettings

log = logging.getLogger("quantlab.audit")


class Threads(Protocol):
    """Runs what blocks."""

    async def run(self, function: Any) -> Any:
        """Run ``function`` on a database thread."""
        ...


class SealingTask:
    """Seals what was committed, within about ``gather`` seconds."""

    def __init__(
        self, settings: AuditSettings, sealer: AuditSealer, threads: Threads, audit: AuditService
    ) -> None:
        self._settings = settings
        self._sealer = sealer
        self._threads = threads
        self._audit = audit
        self._task: asyncio.Task[None] | None = None
        # Chains whose end no checkpoint covers, and since when (monotonic seconds).
        self._open: dict[UUID, float] = {}

    def start(self) -> None:
        """Begin; needs a running event loop."""
        if self._task is not None:
            return
        loop, awake = asyncio.get_running_loop(), asyncio.Event()

        def wake(_: Recorded) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(awake.set)

        self._audit.listeners.append(wake)
        self._task = loop.create_task(self._run(awake))

    async def stop(self) -> None:
        """End, and sign the ends of chains that grew."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        try:
            await self.run_once(conclude=True)
        except Exception as error:
            log.warning(
                "the last rows stay unsealed until the next start: %s", type(error).__name__
            )

    async def _run(self, awake: asyncio.Event) -> None:
        while True:
            busy = False
            try:
                busy = await self.run_once()
            except Unavailable:
                log.info("the database is busy; rows are sealed next time")
            except Exception as error:
                # The type only: a driver's message may hold a value.
                log.error("sealing: %s", type(error).__name__)
            try:
                async with asyncio.timeout(self._settings.gather if busy else self._settings.poll):
                    await awake.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(self._settings.gather)
            awake.clear()

    async def run_once(self, *, conclude: bool = False) -> bool:
        """Seal everything that waits; whether another process had a chain, so that it is worth looking again."""
        busy = False
        late = time.monotonic() - self._settings.checkpoint_interval
        due = {chain for chain, since in self._open.items() if conclude or since < late}
        for chain in {*await self._threads.run(self._sealer.waiting), *due}:
            last = await self._seal(chain, conclude or chain in due)
            busy = busy or last.busy
        return busy

    async def _seal(self, chain: UUID, conclude: bool) -> Pass:
        while True:
            done: Pass = await self._threads.run(
                lambda: self._sealer.seal(chain, conclude=conclude)
            )
            if not done.more:
                break
        if done.open:
            self._open.setdefault(chain, time.monotonic())
        elif not done.busy:
            self._open.pop(chain, None)
        return done
