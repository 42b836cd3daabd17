"""Routes of administration: people of the tenant, what they saved, what happened."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import Field, StringConstraints

from quantlab_ext.schemas.admin import (
    AdminEvent,
    AdminItem,
    AdminUser,
    AdminUserCreate,
    AdminUserCreated,
    AdminUserPatch,
    SealState,
)
from quantlab_ext.schemas.base import Page, Time
from quantlab_ext.schemas.stream import LibraryEvent
from quantlab_server.admin.creating import create
from quantlab_server.admin.entering import enter
from quantlab_server.admin.filters import EventFilter, PeopleFilter
from quantlab_server.audit.seals.state import seal_state
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.scopes import Scope
from quantlab_server.errors import NotFound
from quantlab_server.http.endpoint import Call, Reply, endpoint
from quantlab_server.http.pagination import (
    PageQuery,
    cut_by_id,
    decode_cursor,
    decode_id,
    encode_cursor,
    start_again,
)
from quantlab_server.versioning import views
from quantlab_server.versioning.library import SavedService
from quantlab_server.versioning.query import SavedQuery, Text

_EXPORT_MAX = 100_000
_EXPORT_PAGE = 1000


class TenantQuery(PageQuery):
    """``tenant``: which one, for operators; everybody else looks after the own one."""

    tenant: UUID | None = None


class PeopleQuery(TenantQuery):
    """Filters and order of a list of people."""

    q: Text | None = None
    role: Literal["user", "admin", "operator"] | None = None
    tier: Text | None = None
    state: Literal["active", "disabled", "deleted"] | None = None
    sort: Literal["username", "-username", "created_at", "-created_at"] = "username"


class EventsQuery(TenantQuery):
    """Filters of a list of events. ``tag`` may be the beginning of one, such as ``admin:``."""

    tag: Annotated[str, StringConstraints(pattern=r"^[a-z:_]{1,80}$")] | None = None
    user: UUID | None = None
    actor: UUID | None = None
    since: Time | None = None
    until: Time | None = None


class ItemsQuery(TenantQuery):
    """What somebody has saved, the last changed first."""

    resource: Literal["workflows", "layouts"] = Field(default="workflows")


class OneQuery(PageQuery):
    """``tenant``, as in lists."""

    tenant: UUID | None = None


@endpoint("GET", "/admin/users", scope=Scope.ADMIN_USERS, answer=Page[AdminUser], interactive=True)
def list_users(call: Call, query: PeopleQuery) -> Page[AdminUser]:
    """List the people of the tenant."""
    enter(call, call.uow, query.tenant)
    narrow = _people_filter(query)
    people, after = call.services.admin.page(call.uow, narrow, query.limit)
    cursor = None
    if after is not None:
        value, id = after
        text = value.isoformat() if isinstance(value, datetime) else value
        cursor = encode_cursor([query.sort, text, str(id)])
    total = call.services.admin.count(call.uow, narrow) if query.count else None
    return Page[AdminUser](items=people, next_cursor=cursor, total=total)


@endpoint(
    "POST",
    "/admin/users",
    scope=Scope.ADMIN_USERS,
    answer=AdminUserCreated,
    status=201,
    interactive=True,
    step_up=True,
    errors=(403, 409, 422, 503),
)
async def create_user(call: Call, body: AdminUserCreate, query: OneQuery) -> AdminUserCreated:
    """Make an account in the tenant; without a password its person chooses one by a link."""
    return await create(call, body, query.tenant)


@endpoint("GET", "/admin/users/{id}", scope=Scope.ADMIN_USERS, answer=AdminUser, interactive=True)
def get_user(call: Call, id: UUID, query: OneQuery) -> AdminUser:
    """Get a person of the tenant."""
    enter(call, call.uow, query.tenant)
    return call.services.admin.get(call.uow, id)


@endpoint(
    "PATCH",
    "/admin/users/{id}",
    scope=Scope.ADMIN_USERS,
    answer=AdminUser,
    interactive=True,
    step_up=True,
    errors=(403, 409, 422),
)
def change_user(call: Call, id: UUID, body: AdminUserPatch, query: OneQuery) -> AdminUser:
    """Change the role or the tier of a person, or whether it may sign in."""
    return call.services.admin.change(enter(call, call.uow, query.tenant), id, body)


@endpoint(
    "DELETE",
    "/admin/users/{id}",
    scope=Scope.ADMIN_USERS,
    status=204,
    interactive=True,
    step_up=True,
    errors=(403, 409),
)
def delete_user(call: Call, id: UUID, query: OneQuery) -> None:
    """Disable a person now, and remove the account for good two weeks later."""
    call.services.admin.delete(enter(call, call.uow, query.tenant), id)


@endpoint(
    "POST",
    "/admin/users/{id}/undelete",
    scope=Scope.ADMIN_USERS,
    answer=AdminUser,
    interactive=True,
    step_up=True,
    errors=(403, 409),
)
def undelete_user(call: Call, id: UUID, query: OneQuery) -> AdminUser:
    """Take the deletion of a person back."""
    return call.services.admin.undelete(enter(call, call.uow, query.tenant), id)


@endpoint(
    "POST",
    "/admin/users/{id}/end-sessions",
    scope=Scope.ADMIN_USERS,
    status=204,
    interactive=True,
    errors=(403,),
)
def end_user_sessions(call: Call, id: UUID, query: OneQuery) -> None:
    """Sign a person out everywhere."""
    call.services.admin.end_sessions(enter(call, call.uow, query.tenant), id)


@endpoint(
    "GET",
    "/admin/users/{id}/items",
    scope=Scope.ADMIN_ITEMS,
    answer=Page[AdminItem],
    interactive=True,
    writes=True,
    errors=(403,),
)
def list_user_items(call: Call, id: UUID, query: ItemsQuery) -> Page[AdminItem]:
    """List what a person has saved; the person's activity shows it."""
    act = enter(call, call.uow, query.tenant)
    person = call.services.admin.as_person(act, id, AuditTag.ITEMS_LISTED)
    saved = _resource(call, query.resource).saved
    wanted = SavedQuery(limit=query.limit, cursor=query.cursor)
    items, after = saved.page(call.uow, person, wanted.shape(), wanted.values(), limit=query.limit)
    cursor = None if after is None else encode_cursor([wanted.sort, *after])
    found = [AdminItem(resource=query.resource, **_item_values(item)) for item in items]
    return Page[AdminItem](items=found, next_cursor=cursor)


@endpoint(
    "GET",
    "/admin/users/{id}/items/{resource}/{item}",
    scope=Scope.ADMIN_ITEMS,
    answer=AdminItem,
    interactive=True,
    writes=True,
    errors=(403,),
)
def open_user_item(call: Call, id: UUID, resource: str, item: UUID, query: OneQuery) -> Reply:
    """Read something that a person has saved, with its content; the person's activity shows it."""
    service = _resource(call, resource)
    act = enter(call, call.uow, query.tenant)
    person = call.services.admin.as_person(act, id, AuditTag.ITEM_OPENED, item)
    opened = service.saved.open(call.uow, person, item)
    view = views.with_content(service.saved.resource, opened.item, opened.data)
    return Reply(raw=view.pieces())


@endpoint(
    "DELETE",
    "/admin/users/{id}/items/{resource}/{item}",
    scope=Scope.ADMIN_ITEMS,
    status=204,
    interactive=True,
    step_up=True,
    errors=(403,),
)
def delete_user_item(call: Call, id: UUID, resource: str, item: UUID, query: OneQuery) -> None:
    """Delete something that a person has saved; the person can have it back as after an own deletion."""
    service = _resource(call, resource)
    act = enter(call, call.uow, query.tenant)
    person = call.services.admin.as_person(act, id, AuditTag.ITEM_DELETED, item)
    people = service.sharing.audience(call.uow, person, item, id)
    service.lifecycle.delete(call.uow, person, item, base=None)
    call.tell_only(LibraryEvent(resource=resource, id=item, act="deleted"), *people)


@endpoint("GET", "/admin/audit", scope=Scope.ADMIN_AUDIT, answer=Page[AdminEvent], interactive=True)
def list_events(call: Call, query: EventsQuery) -> Page[AdminEvent]:
    """List the events of the tenant, newest first."""
    enter(call, call.uow, query.tenant)
    narrow = _event_filter(query, decode_id(query.cursor))
    events = call.services.admin.events(call.uow, narrow, query.limit + 1)
    items, cursor = cut_by_id(events, query.limit)
    return Page[AdminEvent](items=items, next_cursor=cursor)


@endpoint("GET", "/admin/audit/seals", scope=Scope.ADMIN_AUDIT, answer=SealState, interactive=True)
async def get_seals(call: Call, query: OneQuery) -> SealState:
    """Get how the events of the tenant are sealed; for operators with a check of the newest ones."""
    services = call.services
    act = await call.transaction(lambda uow: enter(call, uow, query.tenant), writes=False)
    # Seals are in nobody's context but that of the tenant's jobs.
    return await services.workers.run(
        lambda: seal_state(
            services.database,
            services.identity.keyring,
            act.tenant_id,
            check=call.actor.role == "operator",
        )
    )


@endpoint(
    "GET",
    "/admin/audit/export",
    scope=Scope.ADMIN_AUDIT,
    answer=None,
    interactive=True,
    writes=True,
)
def export_events(call: Call, query: EventsQuery) -> Reply:
    """Export the events of the tenant as JSON Lines, newest first, at most 100,000."""
    act = enter(call, call.uow, query.tenant)
    lines: list[bytes] = []
    before = None
    while len(lines) < _EXPORT_MAX:
        narrow = _event_filter(query, before)
        events = call.services.admin.events(call.uow, narrow, _EXPORT_PAGE)
        lines += [orjson.dumps(one.model_dump(mode="json")) + b"\n" for one in events]
        if len(events) < _EXPORT_PAGE:
            break
        before = events[-1].id
    call.services.admin.exported(act, len(lines))
    name = f"quantlab-audit-{datetime.now(UTC):%Y%m%d}.jsonl"
    return Reply(
        raw=lines,
        content_type="application/x-ndjson",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


def _resource(call: Call, noun: str) -> SavedService:
    services: dict[str, SavedService] = {
        "workflows": call.services.workflows,
        "layouts": call.services.layouts,
    }
    if noun not in services:
        raise NotFound
    return services[noun]


def _item_values(item: Any) -> dict[str, Any]:
    names = ("id", "kind", "name", "version", "size", "updated_at")
    return {name: getattr(item, name) for name in names}


def _people_filter(query: PeopleQuery) -> PeopleFilter:
    column = query.sort.removeprefix("-")
    return PeopleFilter(
        q=query.q,
        role=query.role,
        tier=query.tier,
        state=query.state,
        sort="username_key" if column == "username" else column,
        descending=query.sort.startswith("-"),
        after=None if query.cursor is None else _people_position(query, column),
    )


def _people_position(query: PeopleQuery, column: str) -> tuple[Any, UUID]:
    sort, value, id = decode_cursor(query.cursor or "", 3)
    try:
        if sort != query.sort or not isinstance(value, str):
            raise ValueError("a cursor of another list")
        at = datetime.fromisoformat(value) if column == "created_at" else value
        return at, UUID(id)
    except (ValueError, TypeError, AttributeError):
        raise start_again() from None


def _event_filter(query: EventsQuery, before: UUID | None) -> EventFilter:
    return EventFilter(query.tag, query.user, query.actor, query.since, query.until, before)
