"""What outlives a request: challenges that no passkey answered."""

from __future__ import annotations

from datetime import datetime

from quantlab_server.db.session import UnitOfWork
from quantlab_server.factors import repository


def purge(uow: UnitOfWork, before: datetime) -> int:
    """Forget challenges of the context's person (or of nobody) that expired before an instant; how many."""
    assert uow.tenant_id is not None
    assert uow.user_id is not None
    return repository.delete_expired_challenges(uow, uow.tenant_id, uow.user_id, before)
