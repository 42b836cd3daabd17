"""What outlives a request: forgetting sessions, refresh and API tokens that have expired."""

from __future__ import annotations

from datetime import datetime

from quantlab_server.db.session import UnitOfWork
from quantlab_server.sessions import repository


def purge(uow: UnitOfWork, before: datetime) -> int:
    """Forget what expired before an instant, of the context's person; how many sessions and tokens.

    A session takes its refresh tokens along. Revoked ones stay until they expire, so that a stolen token that comes
    back is recognised.
    """
    assert uow.tenant_id is not None
    assert uow.user_id is not None
    return repository.delete_expired(uow, uow.tenant_id, uow.user_id, before)
