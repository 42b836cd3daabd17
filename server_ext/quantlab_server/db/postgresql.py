"""PostgreSQL by psycopg 3: few round trips, a bounded number of connections.

A transaction costs one round trip to begin and to set its context, one per statement, one to commit. BEGIN and
COMMIT go to libpq directly: psycopg's own way through a generator costs 20 µs more each.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast
from uuid import UUID

import psycopg
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from sqlalchemy import URL, Connection, Engine, create_engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.pool import NullPool

from quantlab_server.config import DatabaseSettings
from quantlab_server.db.backends import (
    UNKNOWN_OUTCOME,
    Backend,
    IdleConnections,
    discard,
    unavailable,
)

_log = logging.getLogger(__name__)

_IDLE_IN_TRANSACTION_MS = 60_000


class LostConnection(psycopg.OperationalError):
    """The connection was found dead at BEGIN, when nothing had been done on it."""


class CommitUnknown(psycopg.OperationalError):
    """The connection was lost while COMMIT was under way: kept or not, nobody can tell."""


def _exec(driver: psycopg.Connection[Any], command: bytes) -> bytes:
    """Run fixed SQL by the simple protocol; returns the last command's tag.

    Raises:
        psycopg.Error: what the server answered, or that it did not.
    """
    pgconn = driver.pgconn
    result = pgconn.exec_(command)
    if result.status in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
        return result.command_status or b""
    raise psycopg.errors.error_from_result(result)


class QuickPsycopg(PGDialect_psycopg):
    """SQLAlchemy's dialect on connections in autocommit mode, where BEGIN is ours."""

    supports_statement_cache = True

    def do_commit(self, dbapi_connection: Any) -> None:
        """COMMIT, and notice when the server answers ROLLBACK because a statement had failed."""
        if dbapi_connection.pgconn.transaction_status == TransactionStatus.IDLE:
            return
        try:
            tag = _exec(dbapi_connection, b"COMMIT")
        except psycopg.Error:
            if dbapi_connection.pgconn.status != ConnStatus.OK:
                raise CommitUnknown("connection lost at commit") from None
            raise
        if tag != b"COMMIT":
            raise psycopg.errors.InFailedSqlTransaction("the transaction had failed")

    def do_rollback(self, dbapi_connection: Any) -> None:
        """ROLLBACK where there is something to roll back."""
        status = dbapi_connection.pgconn.transaction_status
        if status not in (TransactionStatus.IDLE, TransactionStatus.UNKNOWN):
            _exec(dbapi_connection, b"ROLLBACK")


registry.register("postgresql.quantlab", __name__, "QuickPsycopg")


def connect_args(settings: DatabaseSettings, url: URL) -> dict[str, Any]:
    """libpq's parameters: TLS, timeouts, keep-alives, prepared statements."""
    given = url.query.get("options", "")
    options = [
        given if isinstance(given, str) else " ".join(given),
        f"-c statement_timeout={settings.statement_timeout_ms:d}",
        f"-c lock_timeout={settings.lock_timeout_ms:d}",
        f"-c idle_in_transaction_session_timeout={_IDLE_IN_TRANSACTION_MS:d}",
        "-c timezone=UTC",
    ]
    args: dict[str, Any] = {
        "autocommit": True,
        "connect_timeout": settings.connect_timeout,
        "options": " ".join(option for option in options if option),
        "application_name": "quantlab",
        "prepare_threshold": None if settings.prepare_threshold < 0 else settings.prepare_threshold,
        # A peer that vanished is noticed in about 30 s, also while waiting for an answer.
        "keepalives_idle": 15,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
    }
    for name in ("sslmode", "sslrootcert", "sslcert", "sslkey"):
        if value := getattr(settings, name):
            args[name] = value
    return args


def make_engine(url: URL, settings: DatabaseSettings) -> Engine:
    """An engine without a pool; connections are kept by the caller."""
    return create_engine(
        url.set(drivername="postgresql+quantlab").difference_update_query(["options"]),
        connect_args=connect_args(settings, url),
        poolclass=NullPool,
        hide_parameters=True,
        use_native_hstore=False,
    )


def _begin_command(tenant_id: UUID | None, user_id: UUID | None, writes: bool) -> bytes:
    # Always set, also to nothing: whatever a session was left with is covered. The two columns need two names.
    return (
        f"BEGIN{'' if writes else ' READ ONLY'};"
        f"SELECT set_config('quantlab.tenant_id','{_text(tenant_id)}',true) AS a,"
        f"set_config('quantlab.user_id','{_text(user_id)}',true) AS b"
    ).encode()


def _text(value: UUID | None) -> str:
    if value is None:
        return ""
    # Any UUID class (uuid_utils has its own) is taken apart to digits, so nothing else can get into the command.
    return str(UUID(int=value.int))


class PostgresBackend(Backend):
    """Transactions on PostgreSQL: at most ``pool_size + max_overflow`` at a time."""

    def __init__(self, url: URL, settings: DatabaseSettings) -> None:
        self._slots = threading.BoundedSemaphore(settings.pool_size + settings.max_overflow)
        self._wait = settings.pool_timeout
        self._idle = IdleConnections(
            make_engine(url, settings), keep=settings.pool_size, recycle=settings.pool_recycle
        )

    @contextmanager
    def transaction(
        self, tenant_id: UUID | None, user_id: UUID | None, writes: bool
    ) -> Iterator[Connection]:
        """An open transaction in this context."""
        command = _begin_command(tenant_id, user_id, writes)
        if not self._slots.acquire(timeout=self._wait):
            raise unavailable("all connections are in use")
        try:
            with _translated():
                connection, born = self._begin(command)
                try:
                    with connection.begin():
                        yield connection
                finally:
                    self._give(connection, born)
        finally:
            self._slots.release()

    def _begin(self, command: bytes) -> tuple[Connection, float]:
        connection, born = self._idle.take()
        try:
            _exec(_driver(connection), command)
        except psycopg.Error:
            # Nothing was done yet. After a restart of the server every idle connection is dead: start afresh once.
            discard(connection)
            self._idle.drop_all()
            connection, born = self._idle.take()
            try:
                _exec(_driver(connection), command)
            except BaseException:
                discard(connection)
                raise
        return connection, born

    def _give(self, connection: Connection, born: float) -> None:
        if connection.invalidated or connection.closed:
            discard(connection)
            return
        pgconn = _driver(connection).pgconn
        if pgconn.transaction_status == TransactionStatus.IDLE:
            self._idle.give(connection, born)
        else:
            discard(connection)

    def changed_elsewhere(self) -> bool:
        """Never known here; other processes say so over the bus."""
        return False

    def close(self) -> None:
        """Close idle connections, and those in use when they come back."""
        self._idle.close()


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


@contextmanager
def _translated() -> Iterator[None]:
    """Driver errors that mean "not now" become Unavailable; the statement stays out of it."""
    started = time.monotonic()
    try:
        yield
    except (DBAPIError, psycopg.Error) as error:
        original = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(original, CommitUnknown):
            raise unavailable("connection lost at commit", UNKNOWN_OUTCOME) from None
        if _is_transient(error):
            state = getattr(original, "sqlstate", None) or "no answer"
            reason = f"{type(original).__name__} ({state}) after {time.monotonic() - started:.1f} s"
            raise unavailable(reason) from None
        raise


def _is_transient(error: DBAPIError | psycopg.Error) -> bool:
    """Down, refused, timed out, deadlocked, full, shutting down, or a standby: all of OperationalError and 25006."""
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, psycopg.errors.UndefinedFunction | psycopg.errors.UndefinedTable):
        return False
    return isinstance(
        error, OperationalError | InterfaceError | psycopg.OperationalError | psycopg.InterfaceError
    )
