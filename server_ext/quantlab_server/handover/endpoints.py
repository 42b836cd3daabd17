"""The route of handing over what somebody has saved."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import BaseModel

from quantlab_ext.schemas.admin import AdminTransfer, AdminTransferred
from quantlab_ext.schemas.stream import Act, LibraryEvent
from quantlab_server.admin.entering import enter
from quantlab_server.auth.scopes import Scope
from quantlab_server.handover.service import to_wire
from quantlab_server.http.endpoint import Call, endpoint


class TransferQuery(BaseModel):
    """``tenant``: which one, for operators; everybody else looks after the own one."""

    tenant: UUID | None = None


@endpoint(
    "POST",
    "/admin/users/{id}/transfer",
    scope=Scope.ADMIN_ITEMS,
    answer=AdminTransferred,
    interactive=True,
    step_up=True,
    errors=(403, 409, 422),
)
def transfer_user_items(
    call: Call, id: UUID, body: AdminTransfer, query: TransferQuery
) -> AdminTransferred:
    """Make another person of the tenant the owner of what a person has saved; the activity of both shows it."""
    done = call.services.handover.hand_over(enter(call, call.uow, query.tenant), id, body)
    for row in done.rows:
        others = done.grantees.get(row.id, set()) - {body.to}
        _tell(call, row, "revoked", {id})
        _tell(call, row, "created", {body.to})
        _tell(call, row, "changed", others)
    return to_wire(done)


def _tell(call: Call, row: Any, act: Act, people: set[UUID]) -> None:
    version = None if act == "revoked" else row.version
    event = LibraryEvent(resource=row.resource, id=row.id, version=version, act=act)
    call.tell_only(event, *people)
