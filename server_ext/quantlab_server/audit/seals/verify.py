"""Checks chains of audit rows against their seals and checkpoints, and names what is wrong in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from quantlab_server.audit.seals import repository
from quantlab_server.audit.seals.chain import INSTALLATION, RETENTION, START, Checkpoint, seal
from quantlab_server.auth.keys import AUDIT, Keyring, KeyringError
from quantlab_server.auth.live_keys import LiveKeyring
from quantlab_server.db.engine import Database
from quantlab_server.db.session import UnitOfWork

_PAGE = 1000


@dataclass(slots=True)
class Report:
    """What was found in one chain: rows checked, events that wait for a seal, and what is wrong."""

    chain: UUID
    rows: int = 0
    waiting: int = 0
    faults: list[str] = field(default_factory=list)


def chain_name(chain: UUID) -> str:
    """A chain as people are told of it."""
    return "installation" if chain == INSTALLATION else f"tenant {chain}"


class Verifier:
    """Reads only. Keys come from the keyring, also those that sign nothing any more."""

    def __init__(self, database: Database, keyring: Keyring | LiveKeyring) -> None:
        self._database = database
        self._keyring = keyring

    def chains(self) -> list[UUID]:
        """Every chain there is."""
        with self._database.transaction(writes=False) as uow:
            return repository.list_chains(uow)

    def check(
        self, chain: UUID, *, last: int | None = None, known: Iterable[Checkpoint] = ()
    ) -> Report:
        """Check a chain.

        Args:
            chain: a tenant's id, or ``INSTALLATION``.
            last: so many rows at its end only, and not whether events lack a seal; None: everything.
            known: checkpoints kept elsewhere, for instance in a log; those of other chains are left out.
        """
        with self._database.transaction(tenant_id=chain, writes=False) as uow:
            walk = _Walk(uow, chain, self._keyring, last)
            points = repository.list_checkpoints(uow, chain)
            walk.run(points, [one for one in known if one.chain == chain])
            walk.report.waiting = repository.count_unsealed(uow, chain)
            if last is None:
                for event in repository.list_strays(uow, chain):
                    walk.fault(f"event {event} has no seal, and does not wait for one")
                for event in repository.list_lost(uow, chain):
                    walk.fault(f"event {event} was removed before it was sealed")
        return walk.report


class _Walk:
    """One pass along a chain."""

    def __init__(
        self, uow: UnitOfWork, chain: UUID, keyring: Keyring | LiveKeyring, last: int | None
    ) -> None:
        self.report = Report(chain)
        self._uow = uow
        self._chain = chain
        self._keyring = keyring
        self._last = last
        self._keys: dict[str, bytes | None] = {}
        # Seals that the next row may follow: the one that is stored and, after a changed row, the right one.
        self._previous: tuple[bytes, ...] = ()
        self._wrong: set[int] = set()

    def fault(self, text: str) -> None:
        """Note what is wrong."""
        self.report.faults.append(text)

    def run(self, points: list[Checkpoint], known: list[Checkpoint]) -> None:
        """Walk from the first row, or from the mark of retention, to the end."""
        points = [one for one in points if self._is_genuine(one, "database")]
        known = [one for one in known if self._is_genuine(one, "log")]
        marks = [one for one in (*points, *known) if one.kind == RETENTION]
        mark = max(marks, key=lambda one: one.seq, default=None)
        removed = mark.seq if mark else 0
        expected = self._macs((*points, *known))
        end = repository.last_seal(self._uow, self._chain)
        at = self._start(mark, end[0] if end else 0)
        while rows := repository.list_rows(self._uow, self._chain, at, _PAGE):
            for row in rows:
                self._gap(at, row["seq"], removed)
                at = row["seq"]
                self._row(row)
                stated = expected.get(at, {row["mac"]})
                if row["mac"] not in stated and at not in self._wrong:
                    self.fault(f"row {at} is not what its checkpoint says: rows were written anew")
        furthest = max(expected, default=0)
        if furthest > max(at, removed):
            self.fault(f"{_rows(max(at, removed) + 1, furthest)} cut off at the end")

    def _start(self, mark: Checkpoint | None, end: int) -> int:
        """The place before the first row to check, and what that row follows."""
        if self._last is not None and end > self._last:
            at = end - self._last
            for row in repository.list_rows(self._uow, self._chain, at - 1, 1):
                self._previous = (row["mac"],) if row["seq"] == at else ()
            return at
        first = next(iter(repository.list_rows(self._uow, self._chain, 0, 1)), None)
        if mark is not None and (first is None or first["seq"] == mark.seq + 1):
            self._previous = (mark.mac,)
            return mark.seq
        self._previous = (START,)
        return 0

    def _gap(self, at: int, seq: int, removed: int) -> None:
        if seq == at + 1:
            return
        self._previous = ()
        if seq > removed + 1:
            self.fault(f"{_rows(max(at, removed) + 1, seq - 1)} missing")

    def _row(self, row: Mapping[str, Any]) -> None:
        self.report.rows += 1
        seq, event, previous = row["seq"], row["event_id"], self._previous
        self._previous = (row["mac"],)
        key = self._key(row["kid"])
        if row["id"] is None:
            self._wrong.add(seq)
            self.fault(f"row {seq}: event {event} is missing; its seal is still there")
        elif key is not None and previous:
            right = [seal(key, self._chain, seq, one, row) for one in previous]
            if row["mac"] not in right:
                self._wrong.add(seq)
                self._previous = (row["mac"], *right)
                at = row["at"].isoformat(timespec="seconds")
                self.fault(
                    f"row {seq}: event {event} of {at} or its seal was changed, or put there later"
                )

    def _is_genuine(self, point: Checkpoint, where: str) -> bool:
        key = self._key(point.kid)
        if key is None:
            return False
        if not point.is_signed(key):
            self.fault(f"the checkpoint at row {point.seq} in the {where} was changed or made up")
            return False
        return True

    def _macs(self, points: Iterable[Checkpoint]) -> dict[int, set[bytes]]:
        """What rows' seals have to be; where two checkpoints disagree no seal is right."""
        macs: dict[int, set[bytes]] = {}
        for point in points:
            macs[point.seq] = macs.get(point.seq, {point.mac}) & {point.mac}
        return macs

    def _key(self, kid: str) -> bytes | None:
        if kid not in self._keys:
            try:
                self._keys[kid] = self._keyring.derive(AUDIT, kid)
            except KeyringError:
                self._keys[kid] = None
                self.fault(f"key {kid} is not in the keyring: what it sealed cannot be checked")
        return self._keys[kid]


def _rows(first: int, last: int) -> str:
    return f"row {first} is" if first == last else f"rows {first} to {last} are"
