"""How a chain is sealed, for those who look after it."""

from __future__ import annotations

from uuid import UUID

from quantlab_ext.schemas.admin import SealCheck, SealCheckpoint, SealState
from quantlab_server.audit.seals import repository
from quantlab_server.audit.seals.verify import Verifier
from quantlab_server.auth.keys import Keyring
from quantlab_server.auth.live_keys import LiveKeyring
from quantlab_server.db.engine import Database

# Few enough for a request; `quantlab audit verify` checks all.
_NEWEST = 1000


def seal_state(
    database: Database, keyring: Keyring | LiveKeyring, chain: UUID, *, check: bool
) -> SealState:
    """How a chain is sealed; with ``check`` its newest rows are compared with their seals."""
    with database.transaction(tenant_id=chain, writes=False) as uow:
        waiting = repository.count_unsealed(uow, chain)
        point = repository.last_checkpoint(uow, chain)
    found = None
    if check:
        report = Verifier(database, keyring).check(chain, last=_NEWEST)
        found = SealCheck(events=report.rows, faults=report.faults)
    return SealState(
        waiting=waiting,
        checkpoint=None if point is None else SealCheckpoint(at=point.at, seq=point.seq),
        check=found,
    )
