"""Moves sealed secrets from one key of the keyring to another, so that a key can leave it."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from quantlab_server.auth.sealing import Sealed, Sealer, Unsealable
from quantlab_server.db.base import now
from quantlab_server.db.engine import Database
from quantlab_server.db.identities import list_due
from quantlab_server.db.session import UnitOfWork
from quantlab_server.factors import repository

PURPOSE = "totp"


def count_sealed(database: Database) -> Counter[str]:
    """How many secrets of people are sealed under which key."""
    found: Counter[str] = Counter()
    for tenant_id, user_id in _people(database):
        with database.transaction(tenant_id=tenant_id, user_id=user_id, writes=False) as uow:
            row = repository.get_totp(uow, tenant_id, user_id)
            if row is not None:
                found[row.kid] += 1
    return found


def reseal(database: Database, sealer: Sealer) -> int:
    """Seal every secret anew that is not under the active key; how many. What cannot be opened stays as it is."""
    done = 0
    for tenant_id, user_id in _people(database):
        with database.transaction(tenant_id=tenant_id, user_id=user_id) as uow:
            done += _reseal(uow, sealer)
    return done


def _people(database: Database) -> list[tuple[UUID, UUID]]:
    with database.transaction(writes=False) as uow:
        return list_due(uow, "sealed", now())


def _reseal(uow: UnitOfWork, sealer: Sealer) -> int:
    """The secret of the context's person; 0 or 1."""
    assert uow.tenant_id is not None
    assert uow.user_id is not None
    row = repository.get_totp(uow, uow.tenant_id, uow.user_id)
    if row is None or row.kid == sealer.kid:
        return 0
    bound = uow.tenant_id, uow.user_id, row.id
    try:
        sealed = sealer.seal(sealer.open(Sealed(row.kid, row.secret), *bound), *bound)
    except Unsealable:
        return 0
    values = {"kid": sealed.kid, "secret": sealed.data}
    return int(repository.reseal_totp(uow, uow.tenant_id, row.id, row.kid, values))
