"""SQLite: one file, several threads, perhaps several Jupyter servers.

All writes of a process go through one connection under one lock: SQLite has one writer anyway, waiting for a lock
is fairer than polling the file's, and ``PRAGMA data_version`` on that connection then moves only when another
process wrote. Readers have connections that refuse writes.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast
from uuid import UUID

from sqlalchemy import URL, Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from quantlab_server.config import DatabaseSettings
from quantlab_server.db.backends import Backend, IdleConnections, discard, unavailable
from quantlab_server.db.filesystem import is_network_file_system

_log = logging.getLogger(__name__)

# Between two tries to switch a new file to the write-ahead log. Seconds.
_SWITCH_PAUSE = 0.01

# Primary result codes that say "not now" rather than "your statement is wrong".
_TRANSIENT = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOTADB,
}


def prepare_file(path: Path, data_dir: Path) -> None:
    """Make the file (0600) and its folder (0700): what lies in it is one person's.

    An existing folder that is not our data folder keeps its mode, since other things may live there.

    Raises:
        OSError: the folder cannot be made or written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.parent == data_dir:
        path.parent.chmod(0o700)
    # SQLite gives -wal and -shm the mode of the database file. One that is there must not be opened: closing it would
    # drop the locks of every connection of this process (POSIX), and another process that leaves would take itself
    # for the last one and remove the write-ahead log under us.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)


def connect(
    path: Path, busy_timeout_ms: int, *, journal: str, read_only: bool
) -> sqlite3.Connection:
    """A connection in which this module alone begins transactions."""
    connection = sqlite3.connect(
        path, timeout=busy_timeout_ms / 1000, isolation_level=None, check_same_thread=False
    )
    try:
        _switch_journal(connection, journal, busy_timeout_ms / 1000)
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute(f"PRAGMA busy_timeout={busy_timeout_ms:d}")
        if read_only:
            connection.execute("PRAGMA query_only=ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _switch_journal(connection: sqlite3.Connection, journal: str, wait: float) -> None:
    """Two that switch a new file at once could wait for each other for ever, so SQLite itself does not wait here."""
    deadline = time.monotonic() + wait
    while True:
        try:
            connection.execute(f"PRAGMA journal_mode={journal}")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_SWITCH_PAUSE)


def journal_mode(path: Path) -> str:
    """WAL, or DELETE (with a warning) where shared memory does not work: on network file systems."""
    if not is_network_file_system(path):
        return "WAL"
    _log.warning(
        "The database lies on a network file system, where SQLite is slower and less safe. "
        "Set QUANTLAB_DATA_DIR to a local folder, or use PostgreSQL."
    )
    return "DELETE"


def make_engine(
    path: Path, data_dir: Path, busy_timeout_ms: int, *, read_only: bool = False
) -> Engine:
    """An engine without a pool; connections are kept by the caller."""
    mode: list[str] = []

    def creator() -> sqlite3.Connection:
        if not mode:
            prepare_file(path, data_dir)
            mode.append(journal_mode(path))
        return connect(path, busy_timeout_ms, journal=mode[0], read_only=read_only)

    return create_engine(
        "sqlite+pysqlite://", creator=creator, poolclass=NullPool, hide_parameters=True
    )


def begin(connection: Connection, how: str) -> None:
    """Start a transaction on the driver itself: SQLAlchemy's SQLite dialect leaves that to the driver."""
    driver_of(connection).execute(how)


def driver_of(connection: Connection) -> sqlite3.Connection:
    """The standard library's connection below SQLAlchemy's."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)


class SqliteBackend(Backend):
    """Transactions on one SQLite file."""

    def __init__(self, url: URL, settings: DatabaseSettings, data_dir: Path) -> None:
        path = Path(url.database or "")
        self._timeout = settings.lock_timeout_ms / 1000
        # So it is with a write-ahead log, on a disk of this machine.
        self.reads_at_once = not is_network_file_system(path)
        self._log_path = f"{path}-wal"
        self._write_engine = make_engine(path, data_dir, settings.lock_timeout_ms)
        self._readers = IdleConnections(
            make_engine(path, data_dir, settings.lock_timeout_ms, read_only=True),
            keep=settings.pool_size + settings.max_overflow,
        )
        self._lock = threading.Lock()
        self._lock_owner: int | None = None
        # Only touched under the lock.
        self._writer: Connection | None = None
        self._seen_version: int | None = None
        self._changed = False
        self._closed = False

    @contextmanager
    def transaction(
        self, tenant_id: UUID | None, user_id: UUID | None, writes: bool
    ) -> Iterator[Connection]:
        """An open transaction; SQLite knows no tenants, the repositories filter."""
        if writes:
            with self._write_lock(), _translated(writes=True):
                connection = self._open_writer()
                begin(connection, "BEGIN IMMEDIATE")
                self._note_version(connection)
                with _committing(connection):
                    yield connection
            return
        with _translated(writes=False):
            connection, born = self._readers.take()
            try:
                begin(connection, "BEGIN")
                with _committing(connection):
                    yield connection
            except BaseException:
                if connection.in_transaction() or connection.invalidated:
                    discard(connection)
                else:
                    self._readers.give(connection, born)
                raise
            self._readers.give(connection, born)

    @contextmanager
    def _write_lock(self) -> Iterator[None]:
        me = threading.get_ident()
        if self._lock_owner == me:
            raise RuntimeError("a writing transaction is already open in this thread")
        if not self._lock.acquire(timeout=self._timeout):
            raise unavailable("another thread held the write lock too long")
        self._lock_owner = me
        try:
            yield
        finally:
            self._lock_owner = None
            self._lock.release()

    def _open_writer(self) -> Connection:
        if self._closed:
            raise unavailable("closed")
        if self._writer is None or self._writer.invalidated or self._writer.closed:
            self._writer = self._write_engine.connect()
            # What happened while there was no writer cannot be told apart: say changed once.
            self._changed = self._changed or self._seen_version is not None
            self._seen_version = None
        return self._writer

    def _note_version(self, connection: Connection) -> None:
        (version,) = driver_of(connection).execute("PRAGMA data_version").fetchone()
        if self._seen_version is not None and version != self._seen_version:
            self._changed = True
        self._seen_version = version

    def changed_elsewhere(self) -> bool:
        """Whether another process committed since the last call. While this process writes: ask again later."""
        if self._lock_owner == threading.get_ident() or not self._lock.acquire(blocking=False):
            return False
        try:
            with _translated(writes=True):
                self._note_version(self._open_writer())
            changed, self._changed = self._changed, False
            return changed
        finally:
            self._lock.release()

    def stamp(self) -> Hashable:
        """Time and size of the write-ahead log: every commit goes there."""
        try:
            log = os.stat(self._log_path)
        except OSError:
            return None
        return log.st_mtime_ns, log.st_size

    def close(self) -> None:
        """Close the writer once its transaction ended, and the readers."""
        self._readers.close()
        with self._write_lock():
            self._closed = True
            if self._writer is not None:
                discard(self._writer)
                self._writer = None


@contextmanager
def _committing(connection: Connection) -> Iterator[None]:
    """Commit at the end, roll back on an error; a connection that cannot even do that is dropped."""
    transaction = connection.begin()
    try:
        yield
        transaction.commit()
    except BaseException:
        try:
            transaction.rollback()
            if driver_of(connection).in_transaction:
                driver_of(connection).rollback()
        except Exception as error:
            _log.warning("rollback failed: %s", type(error).__name__)
            discard(connection)
        raise


@contextmanager
def _translated(*, writes: bool) -> Iterator[None]:
    """Driver errors that mean "not now" become Unavailable; the statement stays out of it."""
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error) and _is_transient(error.orig, writes):
            raise unavailable(_name(error.orig)) from None
        raise
    except sqlite3.Error as error:
        if _is_transient(error, writes):
            raise unavailable(_name(error)) from None
        raise
    except OSError as error:
        if error.filename is None:
            raise
        raise unavailable(f"data folder: {error.strerror}") from None


def _name(error: sqlite3.Error) -> str:
    return str(getattr(error, "sqlite_errorname", type(error).__name__))


def _is_transient(error: sqlite3.Error, writes: bool) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return False
    primary = code & 0xFF
    # A read-only file is the machine's fault; a write in a reading transaction is ours.
    return primary in _TRANSIENT or (writes and primary == sqlite3.SQLITE_READONLY)
