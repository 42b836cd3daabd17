"""From a call to the tenant that it looks after."""

from __future__ import annotations

from uuid import UUID

from quantlab_server.admin.service import Acting
from quantlab_server.db.session import UnitOfWork
from quantlab_server.http.endpoint import Call


def enter(call: Call, uow: UnitOfWork, tenant_id: UUID | None) -> Acting:
    """Go into the tenant's context with what audit rows say of the request.

    Raises:
        NotFound: not the caller's to look after.
    """
    return call.services.admin.enter(
        uow,
        call.actor,
        tenant_id,
        request_id=call.request_id,
        address=call.request.address,
    )
