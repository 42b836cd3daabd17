"""``quantlab audit`` on both databases: what it prints, and how it leaves."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import insert

from quantlab_server.audit.seals.chain import Checkpoint
from quantlab_server.audit.service import AuditService
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.keys import generate_keyring
from quantlab_server.cli import main
from quantlab_server.config import Settings
from quantlab_server.db.base import new_id, now
from quantlab_server.db.engine import Database, parse_url
from tests.support.database import TABLES, People, PostgresDatabase, sample_row

Quantlab = Callable[..., tuple[int, list[str]]]
Forge = Callable[[str], None]
# An escape sequence, a line of its own, and an override of the writing direction.
HOSTILE = 'ada\x1b[2J\r\n{"tag":"forged"}\u202egnp.exe\u2028\x00'


@pytest.fixture
def quantlab(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Quantlab:
    """Runs a command on the test's database: status and lines of output and errors."""
    monkeypatch.setenv("QUANTLAB_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("QUANTLAB_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("QUANTLAB_OWNER_DATABASE_URL", settings.owner_database_url)
    monkeypatch.setenv("QUANTLAB_KEYS", json.dumps(generate_keyring()))

    def run(*arguments: str) -> tuple[int, list[str]]:
        status = main(["audit", *arguments])
        out, err = capsys.readouterr()
        return status, (out + err).splitlines()

    return run


@pytest.fixture
def forge(settings: Settings, request: pytest.FixtureRequest) -> Forge:
    """A statement of somebody who owns the database."""

    def change(statement: str) -> None:
        if settings.database_url.startswith("sqlite"):
            with sqlite3.connect(parse_url(settings.database_url).database or "") as raw:
                raw.execute("DROP TRIGGER IF EXISTS audit_events_fixed")
                raw.execute(statement)
                raw.execute(
                    "CREATE TRIGGER audit_events_fixed BEFORE UPDATE ON audit_events"
                    " BEGIN SELECT RAISE(ABORT, 'no'); END"
                )
            return
        pg: PostgresDatabase = request.getfixturevalue("pg")
        with pg.superuser() as connection:
            connection.execute(statement.encode())

    return change


@pytest.fixture
def events(database: Database, people: People) -> People:
    """Events of two tenants and of none; one holds what could forge a line."""
    for person in (people.ann, people.bob):
        with database.transaction(**person.context) as uow:
            AuditService().record_about(
                uow,
                person.tenant_id,
                person.user_id,
                AuditTag.LOGIN_SUCCEEDED,
                actor_id=person.user_id,
                address=HOSTILE,
                detail={"agent": HOSTILE, HOSTILE: [HOSTILE]},
            )
    with database.transaction() as uow:
        AuditService().installation(uow, AuditTag.LOGIN_FAILED, detail={"login": HOSTILE})
    return people


def test_verify_says_yes_and_no(quantlab: Quantlab, events: People, forge: Forge) -> None:
    status, lines = quantlab("verify")
    assert (status, lines) == (
        0,
        ["All rows are as they were sealed (0 sealed rows in 3 chains, 3 not yet sealed)."],
    )
    assert quantlab("seal") == (0, ["Sealed 3 rows."])
    assert quantlab("verify")[1] == [
        "All rows are as they were sealed (3 sealed rows in 3 chains, 0 not yet sealed)."
    ]
    forge("UPDATE audit_events SET address = '192.0.2.9'")
    status, lines = quantlab("verify")
    assert status == 1
    assert len(lines) == 3
    assert lines[0].startswith("tenant ")
    assert "was changed" in lines[0]
    assert lines[-1].startswith("NOT as they were sealed: 2 faults")
    assert quantlab("verify", "--tenant", "installation")[0] == 0
    assert quantlab("verify", "--tenant", str(events.ann.tenant_id))[0] == 1
    for wrong in ("ada", str(new_id())):
        status, lines = quantlab("verify", "--tenant", wrong)
        assert (status, len(lines)) == (1, 1)


def test_verify_compares_with_a_log(
    quantlab: Quantlab, events: People, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = tmp_path / "service.log"
    with caplog.at_level("INFO", "quantlab.audit"):
        quantlab("seal")
    lines = [f"2031-01-01 INFO quantlab.audit {message}" for message in caplog.messages]
    log.write_text("\n".join([*lines, 'x {"signature": 1} y', "ordinary"]))
    assert len(lines) == 3
    assert quantlab("verify", "--log", str(log))[0] == 0
    point = Checkpoint.parse(caplog.messages[0].removeprefix("checkpoint "))
    log.write_text(log.read_text().replace(point.mac.hex(), "00" * 32))
    status, found = quantlab("verify", "--log", str(log))
    assert status == 1
    assert "in the log was changed or made up" in found[0]
    status, found = quantlab("verify", "--log", str(tmp_path / "missing"))
    assert (status, found) == (1, ["quantlab: The log cannot be read: No such file or directory."])


def test_no_line_can_be_forged(quantlab: Quantlab, events: People) -> None:
    quantlab("seal")
    status, lines = quantlab("export")
    assert status == 0
    rows = [json.loads(line) for line in lines]
    assert {row["tag"] for row in rows} == {"account:session:started", "account:session:refused"}
    assert len(rows) == 3
    for line in lines:
        assert line.isascii()
        assert line.isprintable()
        for code in ("001b", "000a", "000d", "202e", "2028", "0000"):
            assert f"\\u{code}" not in line
    assert all(len(row["mac"]) == 64 and row["seq"] == 1 for row in rows)
    # The export is an event itself.
    quantlab("seal")
    _, lines = quantlab("export", "--tenant", "installation")
    assert [json.loads(line)["tag"] for line in lines][-1] == "admin:audit:exported"


def test_what_came_another_way_is_escaped(
    quantlab: Quantlab, database: Database, people: People
) -> None:
    """A row that our writer did not clean, for instance of an import by hand."""
    row = sample_row(TABLES["audit_events"], people.ann, detail={"x": HOSTILE.replace("\x00", "")})
    with database.transaction(**people.ann.context) as uow:
        uow.execute(insert(TABLES["audit_events"]), row | {"at": now()})
    quantlab("seal")
    (line,) = quantlab("export", "--tenant", str(people.ann.tenant_id))[1]
    assert line.isascii()
    assert line.isprintable()


def test_nothing_is_removed_before_its_time(quantlab: Quantlab, events: People) -> None:
    quantlab("seal")
    assert quantlab("expire") == (0, ["Removed 0 rows older than 400 days."])


def test_without_its_keys_nothing_is_verified(
    quantlab: Quantlab, events: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    quantlab("seal")
    monkeypatch.setenv("QUANTLAB_KEYS", json.dumps(generate_keyring()))
    status, lines = quantlab("verify", "--tenant", "installation")
    assert status == 1
    assert "is not in the keyring" in lines[0]


def test_the_doctor_looks_at_the_newest_rows(
    quantlab: Quantlab,
    events: People,
    forge: Forge,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def doctor() -> str:
        main(["doctor"])
        return next(line for line in capsys.readouterr().out.splitlines() if " audit " in line)

    quantlab("seal")
    assert doctor().startswith("ok ")
    forge("UPDATE audit_events SET address = '192.0.2.9'")
    assert doctor().startswith("problem ")
