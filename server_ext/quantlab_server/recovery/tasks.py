"""What outlives a request: expired links, and addresses that nobody can take back any more."""

from __future__ import annotations

from datetime import datetime

from quantlab_server.accounts import changes
from quantlab_server.db.session import UnitOfWork
from quantlab_server.recovery import repository
from quantlab_server.recovery.tokens import Purpose


def purge(uow: UnitOfWork, before: datetime) -> int:
    """Forget links of the context's person that expired before an instant; how many."""
    assert uow.tenant_id is not None
    assert uow.user_id is not None
    gone = repository.delete_expired(uow, uow.tenant_id, uow.user_id, before)
    kept = [key for purpose, key in gone if purpose == Purpose.REVERT_EMAIL]
    if kept:
        changes.release_former(uow, uow.tenant_id, uow.user_id, kept)
    return len(gone)
