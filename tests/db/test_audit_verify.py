"""What is done to a sealed audit log shows, and is named; on both databases."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select

from quantlab_server.audit.seals.chain import Checkpoint
from quantlab_server.audit.seals.sealer import AuditSealer
from quantlab_server.audit.seals.verify import Verifier
from quantlab_server.auth.key_changes import revoke, rotate
from quantlab_server.auth.keys import generate_keyring
from quantlab_server.config import Settings
from quantlab_server.db.engine import Database
from quantlab_server.settings_audit import AuditSettings
from tests.support.audit import POINTS, Tamper, event_at, faults, id_text, record, ring
from tests.support.database import (
    People,
)

# -- what is done to it shows --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("audit_events", "tag = 'account:session:ended'"),
        ("audit_events", "address = '198.51.100.7'"),
        ("audit_events", "detail = '{}'"),
        ("audit_events", "actor_id = NULL"),
        ("audit_events", "request_id = 'x'"),
    ],
)
def test_an_edited_row_is_named(
    settings: Settings,
    database: Database,
    chain: UUID,
    verifier: Verifier,
    tamper: Tamper,
    table: str,
    change: str,
) -> None:
    event = event_at(database, chain, 4)
    assert tamper(f"UPDATE {table} SET {change} WHERE id = '{id_text(event, settings)}'") == 1
    (fault,) = faults(verifier, chain)
    assert f"row 4: event {event}" in fault
    assert "changed" in fault


def test_an_edited_seal_is_named_and_no_other_row(
    chain: UUID, verifier: Verifier, tamper: Tamper, settings: Settings
) -> None:
    sqlite = settings.database_url.startswith("sqlite")
    wrong = "zeroblob(32)" if sqlite else "decode(repeat('00', 32), 'hex')"
    assert tamper(f"UPDATE audit_seals SET mac = {wrong} WHERE seq = 6") == 1
    (fault,) = faults(verifier, chain)
    assert "row 6" in fault


def test_a_removed_row_is_named(
    settings: Settings, database: Database, chain: UUID, verifier: Verifier, tamper: Tamper
) -> None:
    event = event_at(database, chain, 7)
    tamper(f"DELETE FROM audit_events WHERE id = '{id_text(event, settings)}'")
    assert faults(verifier, chain) == [f"row 7: event {event} is missing; its seal is still there"]


def test_rows_removed_with_their_seals_are_named(
    settings: Settings, database: Database, chain: UUID, verifier: Verifier, tamper: Tamper
) -> None:
    for seq in (3, 4):
        event = id_text(event_at(database, chain, seq), settings)
        tamper(f"DELETE FROM audit_events WHERE id = '{event}'")
    tamper("DELETE FROM audit_seals WHERE seq IN (3, 4)")
    assert faults(verifier, chain) == ["rows 3 to 4 are missing"]


def test_a_beginning_that_retention_did_not_remove_is_named(
    chain: UUID, verifier: Verifier, tamper: Tamper
) -> None:
    tamper("DELETE FROM audit_seals WHERE seq = 1")
    found = faults(verifier, chain)
    assert "row 1 is missing" in found
    assert any("has no seal" in fault for fault in found)


def test_a_tail_that_was_cut_is_named(
    settings: Settings, database: Database, chain: UUID, verifier: Verifier, tamper: Tamper
) -> None:
    for seq in (9, 10):
        event = id_text(event_at(database, chain, seq), settings)
        tamper(f"DELETE FROM audit_events WHERE id = '{event}'")
    tamper("DELETE FROM audit_seals WHERE seq > 8")
    assert faults(verifier, chain) == ["rows 9 to 10 are cut off at the end"]


def test_a_tail_that_was_cut_with_its_checkpoint_is_named_by_the_log(
    settings: Settings, database: Database, chain: UUID, verifier: Verifier, tamper: Tamper
) -> None:
    with database.transaction(tenant_id=chain, writes=False) as uow:
        row = uow.execute(select(POINTS).order_by(POINTS.c.seq.desc())).first()
    assert row is not None
    kept = Checkpoint(chain, row.seq, row.kind, row.mac, row.at, row.kid, row.signature)
    tamper("DELETE FROM audit_checkpoints")
    for statement in ("audit_events", "audit_seals", "audit_unsealed"):
        tamper(f"DELETE FROM {statement}")
    assert faults(verifier, chain) == []
    logged = Checkpoint.parse(kept.line())
    assert faults(verifier, chain, known=[logged]) == ["rows 1 to 10 are cut off at the end"]
    made_up = replace(logged, seq=12)
    (fault,) = faults(verifier, chain, known=[made_up])
    assert "in the log was changed or made up" in fault


def test_a_changed_checkpoint_is_named(chain: UUID, verifier: Verifier, tamper: Tamper) -> None:
    assert tamper("UPDATE audit_checkpoints SET seq = 8 WHERE seq = 10") == 1
    (fault,) = faults(verifier, chain)
    assert fault == "the checkpoint at row 8 in the database was changed or made up"


def test_a_row_that_was_slipped_in_is_named(
    settings: Settings, database: Database, chain: UUID, verifier: Verifier, tamper: Tamper
) -> None:
    """With the triggers off, so that it waits for no seal; and one that was taken off the queue."""
    copied = id_text(event_at(database, chain, 2), settings)
    new = UUID(int=7)
    columns = "user_id, actor_id, at, tag, subject_id, request_id, address, detail"
    tamper(
        f"INSERT INTO audit_events (tenant_id, id, {columns}) SELECT tenant_id,"
        f" '{id_text(new, settings)}', {columns} FROM audit_events WHERE id = '{copied}'"
    )
    tamper("DELETE FROM audit_unsealed")
    assert faults(verifier, chain) == [f"event {new} has no seal, and does not wait for one"]


def test_a_row_that_was_removed_before_its_seal_is_named(
    database: Database, people: People, verifier: Verifier, sealer: AuditSealer, tamper: Tamper
) -> None:
    record(database, people.ann)
    tamper("DELETE FROM audit_events")
    chain = people.ann.tenant_id
    (fault,) = faults(verifier, chain)
    assert "was removed before it was sealed" in fault
    assert sealer.seal(chain).sealed == 0


def test_rows_sealed_anew_by_somebody_without_the_key_are_named(
    database: Database, people: People, chain: UUID, verifier: Verifier, tamper: Tamper
) -> None:
    tamper("DELETE FROM audit_seals")
    tamper("DELETE FROM audit_checkpoints")
    thief = AuditSealer(AuditSettings(), database, ring())
    tamper("INSERT INTO audit_unsealed SELECT tenant_id, id FROM audit_events")
    assert thief.seal(chain, conclude=True).sealed == 10
    (fault,) = [one for one in faults(verifier, chain) if "key" in one]
    assert "is not in the keyring: what it sealed cannot be checked" in fault


# -- keys ----------------------------------------------------------------------------------------------------------


def test_it_can_be_checked_after_keys_were_rotated_and_revoked(
    database: Database, people: People
) -> None:
    chain = people.ann.tenant_id
    document = generate_keyring()
    document["keys"].append(generate_keyring()["keys"][0] | {"state": "next"})
    moment = 1_000_000
    kids = []
    for _ in range(4):
        keyring = ring(document)
        kids.append(keyring.active.kid)
        record(database, people.ann, 2)
        AuditSealer(AuditSettings(), database, keyring).seal(chain)
        moment += 10_000
        document = rotate(document, moment, grace=900)
    assert len(set(kids)) == 4
    states = {entry["kid"]: entry for entry in document["keys"]}
    assert "key" not in states[kids[0]]
    document = revoke(document, kids[-1])
    report = Verifier(database, ring(document)).check(chain)
    assert (report.rows, report.faults) == (8, [])
