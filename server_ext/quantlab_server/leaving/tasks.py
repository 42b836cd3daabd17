"""What outlives a request: accounts whose time to be kept is over, and those that were never confirmed."""

from __future__ import annotations

from datetime import datetime

from quantlab_server.accounts import changes
from quantlab_server.audit.service import AuditService
from quantlab_server.audit.tags import AuditTag
from quantlab_server.db.session import UnitOfWork
from quantlab_server.leaving import repository
from quantlab_server.tenants import service as tenants


def purge(audit: AuditService, uow: UnitOfWork, before: datetime) -> int:
    """Remove the context's person for good, if the account was deleted before an instant; how many (0 or 1)."""
    return _finish(audit, uow, changes.remove_deleted(uow, before), "deleted")


def purge_unverified(audit: AuditService, uow: UnitOfWork, before: datetime) -> int:
    """Remove the context's person, if it signed up before an instant and never confirmed the address: it is free
    again for whoever it belongs to. How many (0 or 1)."""
    return _finish(audit, uow, changes.remove_unverified(uow, before), "unverified")


def _finish(audit: AuditService, uow: UnitOfWork, removed: bool, reason: str) -> int:
    if not removed:
        return 0
    assert uow.tenant_id is not None
    assert uow.user_id is not None
    repository.forget(uow, uow.tenant_id, uow.user_id)
    tenants.drop_empty(uow, uow.tenant_id)
    # From here on the id in audit rows leads to nobody.
    audit.record_about(
        uow,
        uow.tenant_id,
        uow.user_id,
        AuditTag.USER_PURGED,
        subject_id=uow.user_id,
        detail={"reason": reason},
    )
    return 1
