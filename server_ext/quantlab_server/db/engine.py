"""The database of one process: connections, transactions with their tenant context, and driver errors.

A connection is kept open and handed from transaction to transaction: taking one from SQLAlchemy's own pool each
time costs 13 µs more. ``transaction`` is the only way to the database at run time.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import IntegrityError

from quantlab_server.db.session import UnitOfWork
from quantlab_server.db.vanished import is_dangling, is_there
from quantlab_server.errors import NotFound, NotSignedIn

if TYPE_CHECKING:
    from quantlab_server.config import Settings
    from quantlab_server.db.backends import Backend

_Context = tuple[UUID | None, UUID | None]

# Reads a page: SQLite answers a mere SELECT 1 without looking at the file.
_ANYTHING = text("SELECT version_num FROM alembic_version")


def parse_url(url: str) -> URL:
    """``url`` with the driver that is used here: psycopg 3 or the standard library's sqlite3.

    Raises:
        ValueError: neither PostgreSQL nor a SQLite file. The message does not repeat the URL.
    """
    try:
        parsed = make_url(url)
    except Exception:
        raise ValueError("The database URL cannot be read.") from None
    kind = parsed.drivername.split("+")[0]
    if kind in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if kind == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed.set(drivername="sqlite+pysqlite")
    raise ValueError("The database URL must be postgresql://… or sqlite:///<file>.")


class Database:
    """Transactions on the configured database. Thread-safe; made once per process."""

    def __init__(self, settings: Settings) -> None:
        """Open lazily: no connection is made before the first transaction.

        Raises:
            ValueError: the URL names no supported database.
        """
        self.url = parse_url(settings.database_url)
        self.dialect = self.url.get_backend_name()
        self._backend = self._make_backend(settings)

    def _make_backend(self, settings: Settings) -> Backend:
        if self.dialect == "sqlite":
            from quantlab_server.db.sqlite import SqliteBackend

            return SqliteBackend(self.url, settings.database, settings.data_dir)
        from quantlab_server.db.postgresql import PostgresBackend

        return PostgresBackend(self.url, settings.database)

    @contextmanager
    def transaction(
        self,
        *,
        tenant_id: UUID | None = None,
        user_id: UUID | None = None,
        writes: bool = True,
    ) -> Iterator[UnitOfWork]:
        """One transaction in the context of a tenant and a user; commits unless the body raises.

        With ``writes=False`` the database refuses every change. What ``uow.after_commit`` asked for runs once
        the commit is durable; a failure there is logged and does not fail the caller.

        Raises:
            Unavailable: the database is down, locked, full or too slow.
            NotSignedIn: the person whose transaction it is went meanwhile, so that no row can be theirs.
            NotFound: the one whose context was entered did.
            sqlalchemy.exc.IntegrityError: another constraint; repositories turn it into a named error.
        """
        entered = tenant_id, user_id
        try:
            with self._backend.transaction(tenant_id, user_id, writes) as connection:
                uow = UnitOfWork(connection, tenant_id, user_id)
                try:
                    yield uow
                finally:
                    entered = uow.tenant_id, uow.user_id
        except IntegrityError as error:
            if not is_dangling(error):
                raise
            self._look_who_went((tenant_id, user_id), entered)
            raise
        uow.run_after_commit()

    def _look_who_went(self, caller: _Context, entered: _Context) -> None:
        """After a row could not be kept because what it belongs to is gone.

        Raises:
            NotSignedIn, NotFound: as ``transaction`` does.
        """
        for context in (caller, entered):
            if context[0] is None or context[1] is None:
                continue
            with self.transaction(tenant_id=context[0], user_id=context[1], writes=False) as uow:
                if is_there(uow):
                    continue
            raise NotSignedIn if caller in (context, (None, None)) else NotFound

    def ping(self) -> None:
        """Ask the database something, for health checks.

        Raises:
            Unavailable: no answer.
        """
        with self.transaction(writes=False) as uow:
            uow.execute(_ANYTHING)

    @property
    def reads_at_once(self) -> bool:
        """Whether a read asks no other machine or process and waits for no writer."""
        return self._backend.reads_at_once

    def stamp(self) -> Hashable:
        """What moves with every write, also of another process; where ``reads_at_once`` holds."""
        return self._backend.stamp()

    def changed_elsewhere(self) -> bool:
        """Whether another process committed to this SQLite file since the last call; never on PostgreSQL."""
        return self._backend.changed_elsewhere()

    def close(self) -> None:
        """Close every idle connection; those in use are closed when their transaction ends."""
        self._backend.close()
