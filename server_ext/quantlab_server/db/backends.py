"""What both databases have in common: idle connections and the shape of a backend."""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Hashable
from contextlib import AbstractContextManager
from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from quantlab_server.errors import Unavailable

_log = logging.getLogger(__name__)

UNKNOWN_OUTCOME = "The database stopped answering while your change was being saved. Reload to see whether it was kept."


def unavailable(reason: str, message: str | None = None) -> Unavailable:
    """The error for callers; ``reason`` is an error's name or state, never a statement, and goes to the log."""
    _log.warning("database unavailable: %s", reason)
    return Unavailable(message)


class Backend(ABC):
    """Transactions on one kind of database."""

    # Whether a read asks no other machine or process and waits for no writer.
    reads_at_once = False

    @abstractmethod
    def transaction(
        self, tenant_id: UUID | None, user_id: UUID | None, writes: bool
    ) -> AbstractContextManager[Connection]:
        """An open transaction; commits at the end of the body, rolls back when it raises."""

    @abstractmethod
    def changed_elsewhere(self) -> bool:
        """Whether another process committed since the last call."""

    def stamp(self) -> Hashable:
        """What moves with every write, also of another process; where ``reads_at_once`` holds. Asks the disk alone."""
        return None

    @abstractmethod
    def close(self) -> None:
        """Close idle connections, and those in use when they come back."""


class IdleConnections:
    """Open connections that no transaction uses, last used first.

    ``keep`` is how many stay open; ``recycle`` after how many seconds one is replaced (-1: never).
    """

    def __init__(self, engine: Engine, keep: int, recycle: int = -1) -> None:
        self._engine = engine
        self._keep = keep
        self._recycle = recycle
        self._idle: deque[tuple[Connection, float]] = deque()
        self._closed = False

    def take(self) -> tuple[Connection, float]:
        """A connection and when it was opened (monotonic seconds)."""
        while True:
            try:
                connection, born = self._idle.pop()
            except IndexError:
                return self._engine.connect(), time.monotonic()
            if 0 <= self._recycle < time.monotonic() - born:
                discard(connection)
                continue
            return connection, born

    def give(self, connection: Connection, born: float) -> None:
        """Take back a connection that is in no transaction."""
        if self._closed or len(self._idle) >= self._keep:
            discard(connection)
        else:
            self._idle.append((connection, born))

    def drop_all(self) -> None:
        """Close what is idle."""
        while self._idle:
            discard(self._idle.pop()[0])

    def close(self) -> None:
        """Close what is idle, and from now on what comes back."""
        self._closed = True
        self.drop_all()


def discard(connection: Connection) -> None:
    """Close a connection for good, whatever state it is in."""
    try:
        connection.invalidate()
        connection.close()
    except SQLAlchemyError as error:
        _log.debug("closing a broken connection: %s", type(error).__name__)
