"""Routes of the audit log: a person's own events."""

from __future__ import annotations

from quantlab_ext.schemas.accounts import AuditEvent
from quantlab_ext.schemas.base import Page
from quantlab_server.auth.scopes import Scope
from quantlab_server.http.endpoint import Call, endpoint
from quantlab_server.http.pagination import PageQuery, cut_by_id, decode_id


@endpoint("GET", "/auth/audit", scope=Scope.AUDIT_READ, answer=Page[AuditEvent], interactive=True)
def list_own_events(call: Call, query: PageQuery) -> Page[AuditEvent]:
    """List the own activity, newest first."""
    before = decode_id(query.cursor)
    events = call.services.audit.list_own(
        call.uow, call.actor, limit=query.limit + 1, before=before
    )
    items, cursor = cut_by_id(events, query.limit)
    return Page[AuditEvent](items=items, next_cursor=cursor)
