"""The unit of work: one transaction with the tenant's context, and what must wait for its commit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, CursorResult, Executable, text

_log = logging.getLogger(__name__)

# Transaction-local, so that nothing leaks to the next checkout; the columns need two names.
_SET_CONTEXT = text(
    "SELECT set_config('quantlab.tenant_id', :tenant, true) AS a,"
    " set_config('quantlab.user_id', :user, true) AS b"
)


@dataclass(slots=True)
class UnitOfWork:
    """One open transaction. Repositories execute on it; services may ask for work after the commit.

    ``tenant_id`` and ``user_id`` are the context that row-level security sees; None before anyone is known.
    """

    connection: Connection
    tenant_id: UUID | None = None
    user_id: UUID | None = None
    _after_commit: list[Callable[[], None]] = field(default_factory=list)

    def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Run one Core statement in this transaction."""
        return self.connection.execute(statement, parameters)

    def become(self, tenant_id: UUID, user_id: UUID) -> None:
        """Set the tenant context. Only sign-in paths and jobs over all tenants call this after the start."""
        self.tenant_id, self.user_id = tenant_id, user_id
        if self.is_postgresql:
            self.connection.execute(_SET_CONTEXT, {"tenant": str(tenant_id), "user": str(user_id)})

    @property
    def is_postgresql(self) -> bool:
        """True on PostgreSQL, False on SQLite."""
        return self.connection.dialect.name == "postgresql"

    def after_commit(self, act: Callable[[], None]) -> None:
        """Run ``act`` once this transaction is durable; never when it rolls back."""
        self._after_commit.append(act)

    def run_after_commit(self) -> None:
        """Called by the engine once the commit succeeded."""
        acts, self._after_commit = self._after_commit, []
        for act in acts:
            try:
                act()
            except Exception:
                # Kept is kept: the caller hears of success, and the others run too.
                _log.exception("after the commit")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A nested transaction: what fails inside is undone, the rest of the transaction stays usable."""
        asked = len(self._after_commit)
        try:
            with self.connection.begin_nested():
                yield
        except BaseException:
            # Nobody is told of what was undone.
            del self._after_commit[asked:]
            raise
