"""SQLite as it is used on laptops: permissions, locks, other processes, a full disk."""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from quantlab_server.config import Settings
from quantlab_server.db import sqlite as sqlite_module
from quantlab_server.db.engine import Database, parse_url
from quantlab_server.db.filesystem import is_network_file_system
from quantlab_server.db.sqlite import SqliteBackend
from quantlab_server.errors import Unavailable
from tests.support.database import TABLES, sqlite_settings
from tests.support.process import CHECKOUT

TENANTS = TABLES["tenants"]
Open = Callable[[Settings], Database]

WRITER = """
import sys
from pathlib import Path
from sqlalchemy import insert
from quantlab_server.db.engine import Database
from tests.support.database import TABLES, sqlite_settings
database = Database(sqlite_settings(Path(sys.argv[1]), lock_timeout_ms=30000))
for number in range(int(sys.argv[2])):
    with database.transaction() as uow:
        uow.execute(insert(TABLES["tenants"]), {"name": f"{sys.argv[3]} {number}"})
database.close()
"""


def path_of(settings: Settings) -> Path:
    return settings.data_dir / "quantlab.sqlite3"


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def add(database: Database, name: str) -> None:
    with database.transaction() as uow:
        uow.execute(insert(TENANTS), {"name": name})


def names(database: Database) -> set[str]:
    with database.transaction(writes=False) as uow:
        return set(uow.execute(select(TENANTS.c.name)).scalars())


def test_only_the_owner_can_read_the_files(sqlite: Settings, open_database: Open) -> None:
    sqlite.data_dir.chmod(0o755)
    path_of(sqlite).chmod(0o644)
    database = open_database(sqlite)
    add(database, "one")
    assert mode_of(sqlite.data_dir) == 0o700
    files = list(sqlite.data_dir.glob("quantlab.sqlite3*"))
    assert len(files) == 3, "file, write-ahead log, shared memory"
    assert {mode_of(file) for file in files} == {0o600}


def test_another_process_that_leaves_takes_nothing_along(
    sqlite: Settings, open_database: Open
) -> None:
    database = open_database(sqlite)
    add(database, "one")
    # The readers' first connection is made while the writer's has locks on the file.
    assert "one" in names(database)
    for number in range(2):
        script = [sys.executable, "-c", WRITER, str(sqlite.data_dir), "1", f"other {number}"]
        subprocess.run(script, cwd=CHECKOUT, check=True, timeout=120)
        add(database, f"mine {number}")
    wanted = {"one", "other 0 0", "mine 0", "other 1 0", "mine 1"}
    assert names(database) >= wanted
    beside = sqlite3.connect(path_of(sqlite))
    try:
        assert {name for (name,) in beside.execute("SELECT name FROM tenants")} >= wanted
    finally:
        beside.close()


def test_a_folder_that_is_not_ours_keeps_its_mode(tmp_path: Path) -> None:
    shared = tmp_path / "home"
    shared.mkdir(mode=0o755)
    sqlite_module.prepare_file(shared / "own.sqlite3", tmp_path / "data")
    assert mode_of(shared) == 0o755
    assert mode_of(shared / "own.sqlite3") == 0o600


def test_connections_are_durable_and_enforce_foreign_keys(
    sqlite: Settings, open_database: Open
) -> None:
    database = open_database(sqlite)
    for writes in (True, False):
        with database.transaction(writes=writes) as uow:
            pragma = {
                name: uow.execute(text(f"PRAGMA {name}")).scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "query_only")
            }
        assert pragma == {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "query_only": int(not writes),
        }


def test_a_reading_transaction_refuses_writes(sqlite: Settings, open_database: Open) -> None:
    database = open_database(sqlite)
    with pytest.raises(OperationalError), database.transaction(writes=False) as uow:
        uow.execute(insert(TENANTS), {"name": "no"})
    assert names(database) == set()


def test_a_failed_transaction_leaves_nothing(sqlite: Settings, open_database: Open) -> None:
    database = open_database(sqlite)
    told: list[str] = []
    with pytest.raises(RuntimeError, match="half-way"), database.transaction() as uow:
        uow.execute(insert(TENANTS), {"name": "half"})
        uow.after_commit(lambda: told.append("half"))
        raise RuntimeError("half-way")
    assert names(database) == set()
    with database.transaction() as uow:
        uow.execute(insert(TENANTS), {"name": "whole"})
        uow.after_commit(lambda: told.append("whole"))
        assert told == []
    assert told == ["whole"]
    assert names(database) == {"whole"}


def test_what_fails_after_the_commit_does_not_fail_the_caller(
    sqlite: Settings, open_database: Open
) -> None:
    database = open_database(sqlite)
    told: list[str] = []
    with database.transaction() as uow:
        uow.execute(insert(TENANTS), {"name": "kept"})
        uow.after_commit(lambda: 1 // 0)
        uow.after_commit(lambda: told.append("the next one"))
    assert told == ["the next one"]
    assert names(database) == {"kept"}


def test_a_savepoint_undoes_its_part_only(sqlite: Settings, open_database: Open) -> None:
    database = open_database(sqlite)
    with database.transaction() as uow:
        first = uow.execute(insert(TENANTS).returning(TENANTS.c.id), {"name": "one"}).scalar_one()
        with pytest.raises(IntegrityError), uow.savepoint():
            uow.execute(insert(TENANTS), {"name": "lost"})
            uow.execute(insert(TENANTS), {"id": first, "name": "twice"})
        uow.execute(insert(TENANTS), {"name": "two"})
    assert names(database) == {"one", "two"}


def test_a_second_writing_transaction_in_one_thread_is_a_mistake(
    sqlite: Settings, open_database: Open
) -> None:
    database = open_database(sqlite)
    with (
        database.transaction(),
        pytest.raises(RuntimeError, match="already open"),
        database.transaction(),
    ):
        raise AssertionError("not reached")
    with database.transaction(), database.transaction(writes=False) as reader:
        assert reader.execute(select(func.count()).select_from(TENANTS)).scalar_one() == 0
    add(database, "still works")


def test_64_threads_write_and_read(sqlite: Settings, open_database: Open) -> None:
    database = open_database(sqlite)

    def work(number: int) -> bool:
        add(database, f"name {number}")
        return f"name {number}" in names(database)

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(work, range(64)))
    assert len(names(database)) == 64


def test_two_processes_write_one_file(sqlite: Settings, open_database: Open) -> None:
    count = 40
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(sqlite.data_dir), str(count), who],
            cwd=CHECKOUT,
            env=os.environ | {"PYTHONPATH": f"{CHECKOUT / 'server_ext'}:{CHECKOUT}"},
        )
        for who in ("left", "right")
    ]
    database = open_database(sqlite)
    for number in range(count):
        add(database, f"here {number}")
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert len(names(database)) == 3 * count


def test_a_writer_elsewhere_is_noticed_and_our_own_is_not(
    sqlite: Settings, open_database: Open
) -> None:
    ours, theirs = open_database(sqlite), open_database(sqlite)
    assert not ours.changed_elsewhere()
    add(ours, "ours")
    assert not ours.changed_elsewhere()
    add(theirs, "theirs")
    assert ours.changed_elsewhere()
    assert not ours.changed_elsewhere()
    # Also when our own write comes between their commit and our question.
    add(theirs, "theirs again")
    add(ours, "ours again")
    assert ours.changed_elsewhere()
    assert not ours.changed_elsewhere()


def test_every_write_moves_the_stamp_and_no_read_does(
    sqlite: Settings, open_database: Open
) -> None:
    ours, theirs = open_database(sqlite), open_database(sqlite)
    stamps = [ours.stamp()]
    for database in (ours, theirs):
        # The log grows, whatever the resolution of the file system's clock.
        add(database, "one more")
        assert names(ours)
        stamps.append(ours.stamp())
        assert names(theirs)
        assert ours.stamp() == stamps[-1]
    assert len(set(stamps)) == 3


def test_asking_for_changes_inside_a_transaction_waits_for_nobody(
    sqlite: Settings, open_database: Open
) -> None:
    database = open_database(sqlite)
    with database.transaction():
        assert not database.changed_elsewhere()


def test_a_locked_file_is_unavailable_and_then_works(sqlite: Settings, open_database: Open) -> None:
    quick = sqlite_settings(sqlite.data_dir, lock_timeout_ms=50)
    database = open_database(quick)
    other = sqlite3.connect(path_of(sqlite), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable) as refused:
        add(database, "blocked")
    assert names(database) == set(), "readers go on"
    other.execute("ROLLBACK")
    other.close()
    assert_discreet(refused.value, quick)
    add(database, "free")
    assert names(database) == {"free"}


def test_a_thread_that_holds_the_lock_too_long(sqlite: Settings, open_database: Open) -> None:
    database = open_database(sqlite_settings(sqlite.data_dir, lock_timeout_ms=50))
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        with database.transaction():
            holding.set()
            done.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert holding.wait(10)
        with pytest.raises(Unavailable):
            add(database, "blocked")
    finally:
        done.set()
        thread.join()
    add(database, "free")


def test_a_full_disk_is_unavailable_and_loses_nothing(
    sqlite: Settings, open_database: Open, caplog: pytest.LogCaptureFixture
) -> None:
    database = open_database(sqlite)
    add(database, "kept")
    with database.transaction() as uow:
        pages = uow.execute(text("PRAGMA page_count")).scalar_one()
        uow.execute(text(f"PRAGMA max_page_count = {pages + 2}"))
    with pytest.raises(Unavailable) as refused, database.transaction() as uow:
        uow.execute(update(TENANTS).values(settings={"secret": "x" * 100_000}))
    assert_discreet(refused.value, sqlite)
    assert "SQLITE_FULL" in caplog.text
    assert "secret" not in caplog.text
    with database.transaction() as uow:
        uow.execute(text("PRAGMA max_page_count = 1000000"))
    add(database, "after")
    assert names(database) == {"kept", "after"}


def test_a_damaged_file_is_unavailable(tmp_path: Path, open_database: Open) -> None:
    settings = sqlite_settings(tmp_path / "data")
    settings.data_dir.mkdir()
    path_of(settings).write_bytes(b"this is no database" * 300)
    database = open_database(settings)
    for writes in (True, False):
        with pytest.raises(Unavailable), database.transaction(writes=writes) as uow:
            uow.execute(select(TENANTS.c.id))


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path, open_database: Open) -> None:
    (tmp_path / "file").write_text("in the way")
    settings = sqlite_settings(tmp_path / "file" / "data")
    with pytest.raises(Unavailable) as refused:
        add(open_database(settings), "nowhere")
    assert_discreet(refused.value, settings)


def test_a_mistake_in_a_statement_is_no_outage(sqlite: Settings, open_database: Open) -> None:
    database = open_database(sqlite)
    with pytest.raises(OperationalError, match="no such table"), database.transaction() as uow:
        uow.execute(text("SELECT * FROM absent_table"))
    add(database, "still works")


def test_closing_ends_every_connection(sqlite: Settings) -> None:
    database = Database(sqlite)
    add(database, "one")
    names(database)
    database.close()
    with pytest.raises(Unavailable):
        add(database, "too late")
    # The last connection to close removes the write-ahead log.
    assert [file.name for file in sqlite.data_dir.glob("quantlab.sqlite3*")] == ["quantlab.sqlite3"]


MOUNTS = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 22 0:50 / /home rw - nfs4 server:/home rw
41 40 0:51 / /home/me/local\\040disk rw - xfs /dev/vdb rw
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/var/lib", False),
        ("/home/me/quantlab", True),
        ("/home/me/local disk/quantlab", False),
        ("/homes", False),
    ],
)
def test_network_file_systems_are_known_by_the_mount_table(
    tmp_path: Path, path: str, expected: bool
) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTS)
    assert is_network_file_system(Path(path), table) is expected
    assert not is_network_file_system(Path(path), tmp_path / "missing")


def test_no_shared_memory_on_a_network_file_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # There is no network file system to mount here; what follows from finding one is real.
    monkeypatch.setattr(sqlite_module, "is_network_file_system", lambda _: True)
    settings = sqlite_settings(tmp_path / "data")
    backend = SqliteBackend(parse_url(settings.database_url), settings.database, settings.data_dir)
    with caplog.at_level(logging.WARNING), backend.transaction(None, None, True) as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "delete"
    backend.close()
    assert "network file system" in caplog.text


@pytest.mark.parametrize(
    "url",
    ["mysql://u:p4ssw0rd@host/db", "sqlite://", "sqlite:///:memory:", "p4ssw0rd", ""],
)
def test_other_databases_are_refused_without_repeating_the_url(url: str) -> None:
    with pytest.raises(ValueError, match="database URL") as refused:
        parse_url(url)
    assert "p4ssw0rd" not in str(refused.value)


def assert_discreet(error: Unavailable, settings: Settings) -> None:
    """Nothing of the machine in what a client reads, nor in what a log of the exception shows."""
    assert error.status == 503
    assert "Retry-After" in error.headers
    said = f"{error.message} {error.extra} {error.__cause__!r}"
    assert str(settings.data_dir) not in said
    assert "sqlite" not in said.lower()
    assert "INSERT" not in said


def test_many_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    together = threading.Barrier(8)

    def open_new(path: Path) -> str:
        together.wait()
        connection = sqlite_module.connect(path, 10_000, journal="WAL", read_only=False)
        # What the others wait for while they switch.
        connection.executescript("BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS t (x); COMMIT")
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        connection.close()
        return str(mode)

    with ThreadPoolExecutor(8) as pool:
        # Without another try, about one file in fifty fails.
        for number in range(150):
            path = tmp_path / f"{number}.sqlite3"
            assert list(pool.map(open_new, [path] * 8)) == ["wal"] * 8
