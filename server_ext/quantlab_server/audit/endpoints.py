"""Routes of the audit log: a person's own events."""

from __future__ import annotations

from uuid import UUID

from quantlab_ext.schemas.accounts import AuditEvent
from quantlab_ext.schemas.base import Page
from quantlab_server.auth.scopes import Scope
from quantlab_server.errors import Invalid
from quantlab_server.http.endpoint import Call, endpoint
from quantlab_server.http.pagination import PageQuery, decode_cursor, encode_cursor


@endpoint("GET", "/auth/audit", scope=Scope.AUDIT_READ, answer=Page[AuditEvent], interactive=True)
def list_own_events(call: Call, query: PageQuery) -> Page[AuditEvent]:
    """List the own activity, newest first."""
    before = _position(query.cursor) if query.cursor else None
    # One more than asked for tells whether there is a next page.
    events = call.services.audit.list_own(
        call.uow, call.actor, limit=query.limit + 1, before=before
    )
    more = len(events) > query.limit
    events = events[: query.limit]
    return Page[AuditEvent](
        items=events, next_cursor=encode_cursor([str(events[-1].id)]) if more else None
    )


def _position(cursor: str) -> UUID:
    (value,) = decode_cursor(cursor, 1)
    try:
        return UUID(str(value))
    except ValueError:
        field = {
            "path": "cursor",
            "code": "invalid_cursor",
            "message": "Start again from the first page.",
        }
        raise Invalid(fields=[field]) from None
