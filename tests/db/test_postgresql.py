"""PostgreSQL as it fails: leaks between checkouts, lost connections, locks, a full pool, a restart."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from quantlab_server.config import Settings
from quantlab_server.db.backends import UNKNOWN_OUTCOME
from quantlab_server.db.base import new_id
from quantlab_server.db.engine import Database
from quantlab_server.db.postgresql import connect_args
from quantlab_server.errors import Unavailable
from tests.support.database import (
    TABLES,
    People,
    PostgresDatabase,
    make_people,
    settings_for,
    upgraded_postgres,
)
from tests.support.postgres import EmbeddedPostgres
from tests.support.waiting import free_port, wait_until

pytestmark = pytest.mark.postgres

Open = Callable[[Settings], Database]
USERS, TENANTS = TABLES["users"], TABLES["tenants"]
CONTEXT = text(
    "SELECT current_setting('quantlab.tenant_id', true), current_setting('quantlab.user_id', true)"
)


@pytest.fixture
def single(pg: PostgresDatabase, open_database: Open) -> Database:
    """One connection only: whatever leaks from one transaction shows in the next."""
    return open_database(pg.settings(pool_size=1, pool_timeout=0.2, lock_timeout_ms=300))


@pytest.fixture
def people(single: Database) -> People:
    return make_people(single)


def who(database: Database, **context: object) -> set[object]:
    with database.transaction(writes=False, **context) as uow:  # type: ignore[arg-type]  # ids
        return set(uow.execute(select(USERS.c.id)).scalars())


def backend_pid(database: Database) -> int:
    with database.transaction(writes=False) as uow:
        return int(uow.execute(text("SELECT pg_backend_pid()")).scalar_one())


def test_the_context_is_that_of_the_transaction(single: Database, people: People) -> None:
    for person in (people.ann, people.bob, people.ann):
        with single.transaction(**person.context) as uow:
            assert list(uow.execute(CONTEXT).one()) == [str(id) for id in person.context.values()]
    with single.transaction() as uow:
        assert list(uow.execute(CONTEXT).one()) == ["", ""]
    assert who(single) == set()
    assert who(single, **people.bob.context) == {people.bob.user_id}


def test_a_context_that_was_set_for_the_session_does_not_leak(
    single: Database, people: People
) -> None:
    pid = backend_pid(single)
    with single.transaction() as uow:
        uow.execute(
            text(f"SELECT set_config('quantlab.tenant_id', '{people.ann.tenant_id}', false)")
        )
        uow.execute(text(f"SELECT set_config('quantlab.user_id', '{people.ann.user_id}', false)"))
    assert who(single) == set()
    assert backend_pid(single) == pid, "the same connection"


def test_becoming_somebody_lasts_for_the_transaction(single: Database, people: People) -> None:
    with single.transaction(writes=False) as uow:
        assert uow.execute(select(USERS.c.id)).all() == []
        uow.become(people.ann.tenant_id, people.ann.user_id)
        assert uow.execute(select(USERS.c.id)).scalar_one() == people.ann.user_id
    assert who(single) == set()


def test_a_reading_transaction_refuses_writes(single: Database, people: People) -> None:
    with pytest.raises(DBAPIError), single.transaction(writes=False, **people.ann.context) as uow:
        uow.execute(update(USERS).values(epoch=1))
    with single.transaction(**people.ann.context) as uow:
        assert uow.execute(update(USERS).values(epoch=1)).rowcount == 1


def test_a_failed_transaction_never_looks_committed(single: Database, people: People) -> None:
    """PostgreSQL answers ROLLBACK to COMMIT when a swallowed error had ended the transaction."""
    told: list[str] = []
    with (
        pytest.raises(Exception, match="had failed"),
        single.transaction(**people.ann.context) as uow,
    ):
        uow.execute(update(USERS).values(epoch=7))
        with pytest.raises(IntegrityError):
            uow.execute(insert(TENANTS), {"id": people.ann.tenant_id, "name": "twice"})
        uow.after_commit(lambda: told.append("kept"))
    assert told == []
    with single.transaction(writes=False, **people.ann.context) as uow:
        assert uow.execute(select(USERS.c.epoch)).scalar_one() == 0


def test_a_savepoint_undoes_its_part_only(single: Database, people: People) -> None:
    with single.transaction(**people.ann.context) as uow:
        with pytest.raises(IntegrityError), uow.savepoint():
            uow.execute(insert(TENANTS), {"id": people.ann.tenant_id, "name": "twice"})
        assert uow.execute(update(USERS).values(epoch=3)).rowcount == 1
    with single.transaction(writes=False, **people.ann.context) as uow:
        assert uow.execute(select(USERS.c.epoch)).scalar_one() == 3


def test_a_full_pool_is_unavailable(single: Database, people: People) -> None:
    with single.transaction(), pytest.raises(Unavailable), single.transaction():
        raise AssertionError("not reached")
    assert who(single, **people.ann.context) == {people.ann.user_id}


def test_a_held_row_is_unavailable(single: Database, people: People, pg: PostgresDatabase) -> None:
    with pg.superuser() as other:
        other.execute("BEGIN")
        other.execute("UPDATE users SET epoch = 9")
        with pytest.raises(Unavailable) as refused, single.transaction(**people.ann.context) as uow:
            uow.execute(update(USERS).values(epoch=1))
        other.execute("ROLLBACK")
    assert_discreet(refused.value)


def test_a_slow_statement_is_cancelled(pg: PostgresDatabase, open_database: Open) -> None:
    database = open_database(pg.settings(statement_timeout_ms=100))
    with pytest.raises(Unavailable) as refused, database.transaction() as uow:
        uow.execute(text("SELECT pg_sleep(30)"))
    assert_discreet(refused.value)


def test_deadlocked_transactions_end_as_unavailable(
    pg: PostgresDatabase, open_database: Open
) -> None:
    database = open_database(pg.settings(lock_timeout_ms=20_000))
    people = make_people(database)
    rounds = threading.Barrier(2, timeout=20)
    outcomes: list[str] = []

    def cross(first: int, second: int) -> None:
        try:
            with database.transaction(**people.ann.context) as uow:
                uow.execute(select(func.pg_advisory_xact_lock(first)))
                rounds.wait()
                uow.execute(select(func.pg_advisory_xact_lock(second)))
            outcomes.append("done")
        except Unavailable:
            outcomes.append("unavailable")

    threads = [threading.Thread(target=cross, args=pair) for pair in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["done", "unavailable"]


def test_dead_connections_are_replaced_unnoticed(pg: PostgresDatabase, open_database: Open) -> None:
    database = open_database(pg.settings(pool_size=3))
    with database.transaction(), database.transaction(), database.transaction():
        pass
    with pg.superuser() as admin:
        ended = admin.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = 'ql_runtime'"
        ).fetchone()
        assert ended == (3,)
    for _ in range(3):
        database.ping()


def test_a_connection_lost_half_way_changes_nothing(
    single: Database, people: People, pg: PostgresDatabase
) -> None:
    with pytest.raises(Unavailable) as refused, single.transaction(**people.ann.context) as uow:
        uow.execute(update(USERS).values(epoch=5))
        end_connections(pg)
        uow.execute(select(USERS.c.id))
    assert_discreet(refused.value)
    assert "Nothing was changed" in refused.value.message
    with single.transaction(writes=False, **people.ann.context) as uow:
        assert uow.execute(select(USERS.c.epoch)).scalar_one() == 0


def test_a_connection_lost_at_commit_does_not_claim_to_know(
    single: Database, people: People, pg: PostgresDatabase
) -> None:
    with pytest.raises(Unavailable) as refused, single.transaction(**people.ann.context) as uow:
        uow.execute(update(USERS).values(epoch=5))
        end_connections(pg)
    assert refused.value.message == UNKNOWN_OUTCOME
    assert_discreet(refused.value)
    assert who(single, **people.ann.context) == {people.ann.user_id}


def test_nobody_listens(tmp_path: Path, open_database: Open) -> None:
    url = f"postgresql://ql_runtime:hidden-password@127.0.0.1:{free_port()}/gone"
    database = open_database(settings_for(url, tmp_path))
    with pytest.raises(Unavailable) as refused:
        database.ping()
    assert_discreet(refused.value)


def test_a_wrong_password_is_not_repeated(
    pg: PostgresDatabase, open_database: Open, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_for(pg.url(("ql_runtime", "hidden-password")), pg.folder)
    with pytest.raises(Unavailable) as refused:
        open_database(settings).ping()
    assert_discreet(refused.value)
    assert "hidden-password" not in caplog.text


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[tuple[EmbeddedPostgres, PostgresDatabase]]:
    """A server of this test's own: it is stopped and started."""
    with EmbeddedPostgres() as server:
        yield server, upgraded_postgres(server.urls, tmp_path)


@pytest.mark.slow
def test_the_server_goes_away_and_comes_back(
    own_server: tuple[EmbeddedPostgres, PostgresDatabase], open_database: Open
) -> None:
    server, prepared = own_server
    database = open_database(prepared.settings())
    people = make_people(database)
    server.stop()
    for _ in range(2):
        with pytest.raises(Unavailable):
            who(database, **people.ann.context)
    server.start()
    assert who(database, **people.ann.context) == {people.ann.user_id}


def test_row_level_security_speaks_up(single: Database, people: People) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"):
        with single.transaction(**people.ann.context) as uow:
            uow.execute(insert(TENANTS), {"id": new_id(), "name": "not mine"})


def test_tls_and_timeouts_reach_the_driver(tmp_path: Path) -> None:
    url = "postgresql://u@h/d?options=-c%20search_path%3Dpublic"
    settings = settings_for(
        url,
        tmp_path,
        sslmode="verify-full",
        sslrootcert="/ca.pem",
        sslcert="/client.pem",
        sslkey="/client.key",
        statement_timeout_ms=1234,
        lock_timeout_ms=567,
        connect_timeout=3,
        prepare_threshold=-1,
    )
    from quantlab_server.db.engine import parse_url

    args = connect_args(settings.database, parse_url(url))
    assert args["sslmode"] == "verify-full"
    assert args["sslrootcert"] == "/ca.pem"
    assert (args["sslcert"], args["sslkey"]) == ("/client.pem", "/client.key")
    assert args["connect_timeout"] == 3
    assert args["prepare_threshold"] is None
    assert args["options"].startswith("-c search_path=public ")
    assert "statement_timeout=1234" in args["options"]
    assert "lock_timeout=567" in args["options"]


def test_a_server_without_tls_is_refused_when_tls_is_asked_for(
    pg: PostgresDatabase, open_database: Open
) -> None:
    with pytest.raises(Unavailable):
        open_database(pg.settings(sslmode="require")).ping()


def test_closing_ends_every_connection(pg: PostgresDatabase) -> None:
    database = Database(pg.settings())
    with database.transaction(), database.transaction():
        assert connections(pg) == 2
        database.close()
    wait_until(lambda: connections(pg) == 0, what="both connections are gone")


def connections(pg: PostgresDatabase) -> int:
    with pg.superuser() as admin:
        row = admin.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = 'ql_runtime'"
        ).fetchone()
    assert row is not None
    return int(row[0])


def end_connections(pg: PostgresDatabase) -> None:
    """End the service's connections and wait until they are gone."""
    with pg.superuser() as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = 'ql_runtime'"
        )


def assert_discreet(error: Unavailable) -> None:
    """Nothing of the machine in what a client reads, nor in what a log of the exception shows."""
    assert error.status == 503
    assert "Retry-After" in error.headers
    assert not isinstance(error.__cause__, psycopg.Error | DBAPIError)
    assert error.__suppress_context__
    said = f"{error.message} {error.extra}".lower()
    for hidden in ("127.0.0.1", "ql_runtime", "password", "update", "users", "psycopg"):
        assert hidden not in said
