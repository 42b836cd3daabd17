"""The installation's state in one process: known without asking, looked at again when it may have changed.

A change of this process counts at once. Others hear of it over the bus; without one each looks again after two
seconds, when a request or a socket gives reason to, so an idle process asks nothing.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from quantlab_server.adapters.bus import Bus
from quantlab_server.auth.clock import Clock
from quantlab_server.errors import Unavailable
from quantlab_server.installation import repository
from quantlab_server.installation.state import NOTHING, State

if TYPE_CHECKING:
    from quantlab_server.config import Settings
    from quantlab_server.db.engine import Database

TOPIC = "quantlab:installation"
REQUEST_AGE = 2.0  # seconds for which a request believes what was read
# A socket asks seldom (SessionSettings.revocation_check); it and this age together stay under five seconds.
SOCKET_AGE = 0.5
_RETRY = 1.0  # seconds between looks while the database does not answer

Run = Callable[[Callable[[], None]], Awaitable[None]]


class LiveInstallation:
    """One per process. ``state`` is read from any thread; ``fresh`` is called on the event loop."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        bus: Bus,
        *,
        monotonic: Clock = time.monotonic,
    ) -> None:
        self._settings = settings
        self._database = database
        self._bus = bus
        self._monotonic = monotonic
        self._state = NOTHING
        self._read_at = float("-inf")
        self._retry_at = float("-inf")
        # Moves with every change that was heard of: what was read before it is old.
        self._generation = 0
        self._known = False
        self._lock = threading.Lock()
        self._loading: asyncio.Task[None] | None = None
        self._heard: list[Callable[[], None]] = []
        self._changed: list[Callable[[State, State], None]] = []
        bus.subscribe(TOPIC, lambda _: self.forget(), self.forget)

    @property
    def state(self) -> State:
        """As last read. Before the first reading: nothing was set."""
        return self._state

    def let_in(self, role: str) -> None:
        """Whether somebody of that role may be signed in now.

        Raises:
            Maintenance: access is switched off.
        """
        self._state.let_in(role)

    def who_may_register(self) -> str:
        """Who may sign up: ``open``, ``invitation`` or ``closed``."""
        found = self._override("registration")
        return found if isinstance(found, str) else self._settings.registration

    def list_required_roles(self) -> frozenset[str]:
        """Roles that need a second factor."""
        found = self._override("required_roles")
        return frozenset(
            found if isinstance(found, list) else self._settings.factors.required_roles
        )

    def on_heard(self, listener: Callable[[], None]) -> None:
        """Have ``listener`` called, from any thread, when the state may have changed and is worth a look."""
        self._heard.append(listener)

    def on_change(self, listener: Callable[[State, State], None]) -> None:
        """Have ``listener`` called with the states before and after, from any thread, when another one was read."""
        self._changed.append(listener)

    async def fresh(self, run: Run, age: float = REQUEST_AGE) -> State:
        """The state, not older than ``age`` seconds; many who ask at once cause one query.

        Args:
            run: has a function run on a database thread.

        Raises:
            Unavailable: nothing was ever read, and the database does not answer now.
        """
        now = self._monotonic()
        if now - self._read_at <= age or (self._known and now < self._retry_at):
            return self._state
        if self._loading is None or self._loading.done():
            self._loading = asyncio.ensure_future(self._load(run))
        try:
            # Who gives up does not take it from those who wait for the same.
            await asyncio.shield(self._loading)
        except Unavailable:
            self._retry_at = self._monotonic() + _RETRY
            if not self._known:
                raise
        return self._state

    def forget(self) -> None:
        """Have the state read again: somebody changed it."""
        self._generation += 1
        self._read_at = self._retry_at = float("-inf")
        for listener in self._heard:
            listener()

    def tell(self) -> None:
        """Tell this process and the others of a change; after its commit."""
        self.forget()
        self._bus.publish(TOPIC, "changed")

    def load(self) -> None:
        """Read the state. Blocks.

        Raises:
            Unavailable: the database does not answer.
        """
        with self._lock:
            generation, started = self._generation, self._monotonic()
            with self._database.transaction(writes=False) as uow:
                state = State.of(repository.list_settings(uow))
            before, self._state = self._state, state
            self._known = True
            if generation == self._generation:
                self._read_at = started
        if state != before:
            for listener in self._changed:
                listener(before, state)
            for nudge in self._heard:
                nudge()

    def _override(self, name: str) -> object:
        if name not in self._settings.installation.changeable or name not in self._state.values:
            return None
        return self._state.values[name].value.get("value")

    async def _load(self, run: Run) -> None:
        await run(self.load)
