"""Routes of the audit log: a person's own events."""

from __future__ import annotations

from quantlab_ext.schemas.accounts import AuditEvent
from quantlab_ext.schemas.base import Page
from quantlab_server.auth.scopes import Scope
from quantlab_server.http.endpoint import Call, endpoint
from quantlab_server.http.pagination import PageQuery, decode_id, encode_cursor


@endpoint("GET", "/auth/audit", scope=Scope.AUDIT_READ, answer=Page[AuditEvent], interactive=True)
def list_own_events(call: Call, query: PageQuery) -> Page[AuditEvent]:
    """List the own activity, newest first."""
    before = decode_id(query.cursor)
    # One more than asked for tells whether there is a next page.
    events = call.services.audit.list_own(
        call.uow, call.actor, limit=query.limit + 1, before=before
    )
    more = len(events) > query.limit
    events = events[: query.limit]
    return Page[AuditEvent](
        items=events, next_cursor=encode_cursor([str(events[-1].id)]) if more else None
    )
