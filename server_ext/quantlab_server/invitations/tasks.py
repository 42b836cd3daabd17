"""What outlives a request: invitations that expired long ago, used or not."""

from __future__ import annotations

from datetime import datetime

from quantlab_server.db.session import UnitOfWork
from quantlab_server.invitations import repository


def purge(uow: UnitOfWork, before: datetime) -> int:
    """Forget invitations by the context's person that expired before an instant; how many."""
    assert uow.tenant_id is not None
    assert uow.user_id is not None
    return repository.delete_expired(uow, uow.tenant_id, uow.user_id, before)
