"""Seals committed audit rows, and signs how far each chain went.

Saves wait for none of this: an act's transaction inserts its row and a note that it is unsealed, both by the same
statement. Rows are sealed in the order in which they are found, so it does not matter in which order transactions
commit. Several processes may try: one at a time has a chain's lock, and no place of a chain can be taken twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from quantlab_server.audit.seals import repository
from quantlab_server.audit.seals.chain import RETENTION, SEALED, START, Checkpoint, seal
from quantlab_server.auth.keys import AUDIT, Keyring
from quantlab_server.auth.live_keys import LiveKeyring
from quantlab_server.db.base import now
from quantlab_server.db.engine import Database
from quantlab_server.db.identities import try_lock
from quantlab_server.db.session import UnitOfWork
from quantlab_server.settings_audit import AuditSettings

log = logging.getLogger("quantlab.audit")

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Pass:
    """What one step did: ``busy``, somebody else has the chain; ``more``, there was more than one step's worth."""

    sealed: int = 0
    busy: bool = False
    more: bool = False
    # Rows at the end that no checkpoint covers.
    open: bool = False


class AuditSealer:
    """Works on one chain at a time, each step in a transaction of its own."""

    def __init__(
        self,
        settings: AuditSettings,
        database: Database,
        keyring: Keyring | LiveKeyring,
        *,
        clock: Callable[[], datetime] = now,
    ) -> None:
        """``clock`` is what checkpoints and retention go by."""
        self._settings = settings
        self._database = database
        self._keyring = keyring
        self._now = clock

    def waiting(self) -> list[UUID]:
        """Chains with events to seal."""
        with self._database.transaction(writes=False) as uow:
            return repository.list_unsealed_chains(uow)

    def due(self) -> list[UUID]:
        """Chains whose end is not signed, or that have rows to remove."""
        days = self._settings.retention_days
        before = self._now() - timedelta(days=days) if days else datetime.min.replace(tzinfo=UTC)
        with self._database.transaction(writes=False) as uow:
            return repository.list_due(uow, before)

    def seal(self, chain: UUID, *, conclude: bool = False) -> Pass:
        """Seal what waits in a chain, at most one batch; with ``conclude`` sign its end in any case."""
        with self._database.transaction(tenant_id=chain) as uow:
            if not try_lock(uow, f"audit:{chain}"):
                return Pass(busy=True)
            point = repository.last_checkpoint(uow, chain)
            seq, mac = self._end(uow, chain, point)
            events = repository.list_unsealed(uow, chain, _BATCH)
            # Once: a running process takes up changed keys at any moment.
            kid = self._keyring.active.kid
            key = self._keyring.derive(AUDIT, kid)
            seals: list[dict[str, Any]] = []
            for event in events:
                seq, mac = seq + 1, seal(key, chain, seq + 1, mac, event)
                seals.append({"seq": seq, "event_id": event["id"], "mac": mac, "kid": kid})
            if seals:
                repository.insert_seals(uow, chain, seals)
            grown = seq > (point.seq if point else 0)
            signs = grown and (conclude or self._is_due(point, seq))
            if signs:
                self._sign(uow, Checkpoint(chain, seq, SEALED, mac, self._now(), kid), key)
            return Pass(len(seals), more=len(seals) == _BATCH, open=grown and not signs)

    def expire(self, chain: UUID) -> int:
        """Remove what is older than ``retention_days`` up to a checkpoint; how many rows. One step, or nothing."""
        days = self._settings.retention_days
        if days == 0:
            return 0
        with self._database.transaction(tenant_id=chain) as uow:
            if not try_lock(uow, f"audit:{chain}"):
                return 0
            point = repository.next_expired(uow, chain, self._now() - timedelta(days=days))
            if point is None:
                return 0
            if not repository.has_retention(uow, chain, point.seq):
                kid = self._keyring.active.kid
                mark = Checkpoint(chain, point.seq, RETENTION, point.mac, self._now(), kid)
                self._sign(uow, mark, self._keyring.derive(AUDIT, kid))
            return repository.expire(uow, chain, point.seq)

    def _end(self, uow: UnitOfWork, chain: UUID, point: Checkpoint | None) -> tuple[int, bytes]:
        """Where the chain goes on: after its last seal, or after the checkpoint that everything before it left."""
        last = repository.last_seal(uow, chain) or (0, START)
        if point is not None and point.seq > last[0]:
            return point.seq, point.mac
        return last

    def _is_due(self, point: Checkpoint | None, seq: int) -> bool:
        if point is None:
            return True
        age = (self._now() - point.at).total_seconds()
        return (
            seq - point.seq >= self._settings.checkpoint_rows
            or not 0 <= age < self._settings.checkpoint_interval
        )

    def _sign(self, uow: UnitOfWork, point: Checkpoint, key: bytes) -> None:
        signed = point.sign(key)
        repository.insert_checkpoint(uow, signed)
        uow.after_commit(partial(log.info, "checkpoint %s", signed.line()))
