"""What administration asks the database about people of the context's tenant.

On PostgreSQL a person sees its own row only, so these are calls of SECURITY DEFINER functions, which answer to active
administrators of the tenant and to operators and to nobody else. SQLite has one person's data and plain queries.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Select,
    String,
    Uuid,
    and_,
    column,
    exists,
    func,
    literal,
    or_,
    select,
    text,
)

from quantlab_server.admin.filters import EventFilter, PeopleFilter
from quantlab_server.db.session import UnitOfWork
from quantlab_server.db.types import Json, UtcDateTime
from quantlab_server.models.account import Session, User
from quantlab_server.models.audit import AuditEvent
from quantlab_server.models.audit_seals import AuditSeal

_PEOPLE = (
    column("id", Uuid()),
    column("username", String()),
    column("username_key", String()),
    column("email", String()),
    column("role", String()),
    column("tier", String()),
    column("tier_expires_at", UtcDateTime()),
    column("is_active", Boolean()),
    column("is_local", Boolean()),
    column("created_at", UtcDateTime()),
    column("deleted_at", UtcDateTime()),
    column("last_seen_at", UtcDateTime()),
)
_EVENTS = (
    column("id", Uuid()),
    column("user_id", Uuid()),
    column("actor_id", Uuid()),
    column("at", UtcDateTime()),
    column("tag", String()),
    column("subject_id", Uuid()),
    column("request_id", String()),
    column("address", String()),
    column("detail", Json),
    column("sealed", Boolean()),
)
_OTHERS = text("SELECT quantlab_others_with_role(:role, :user)")
# The same for everyone in the installation: changes of roles are rare, and whom they leave must be counted exactly.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('quantlab:roles', 0))")


def lock_roles(uow: UnitOfWork) -> None:
    """Until the transaction ends nobody else changes who is an administrator. SQLite has one writer anyway."""
    if uow.is_postgresql:
        uow.execute(_LOCK)


def others_with_role(uow: UnitOfWork, role: str, user_id: UUID) -> int:
    """How many people but this one can act in the role: admins of the context's tenant, operators of all."""
    if uow.is_postgresql:
        return int(uow.execute(_OTHERS, {"role": role, "user": user_id}).scalar_one())
    query = select(func.count()).where(
        User.role == role,
        User.id != user_id,
        User.is_active,
        User.deleted_at.is_(None),
        User.verification_pending.is_(False),
    )
    if role != "operator":
        query = query.where(User.tenant_id == uow.tenant_id)
    return int(uow.execute(query).scalar_one())


def count_others(uow: UnitOfWork, user_id: UUID) -> int:
    """How many people of the context's tenant there are but this one, deleted ones aside. On PostgreSQL: for admins."""
    if uow.is_postgresql:
        count = func.quantlab_count_others(literal(user_id, Uuid()))
        return int(uow.execute(select(count)).scalar_one())
    people = _people(uow)
    query = select(func.count()).select_from(people)
    query = query.where(people.c.id != user_id, people.c.deleted_at.is_(None))
    return int(uow.execute(query).scalar_one())


def list_people(uow: UnitOfWork, narrow: PeopleFilter, limit: int) -> list[dict[str, Any]]:
    """A page of the people of the context's tenant."""
    people = _people_page(narrow, limit) if uow.is_postgresql else _people(uow)
    key, id = people.c[narrow.sort], people.c.id
    order = (key.desc(), id.desc()) if narrow.descending else (key, id)
    query = select(people).order_by(*order)
    if not uow.is_postgresql:
        query = query.where(*_conditions(people, narrow)).limit(limit)
        if narrow.after is not None:
            value, last = narrow.after
            beyond = key < value if narrow.descending else key > value
            next_id = id < last if narrow.descending else id > last
            query = query.where(or_(beyond, and_(key == value, next_id)))
    return [dict(row) for row in uow.execute(query).mappings()]


def count_people(uow: UnitOfWork, narrow: PeopleFilter) -> int:
    """How many people that is without its pages."""
    if uow.is_postgresql:
        count = func.quantlab_count_people(*_filter_arguments(narrow))
        return int(uow.execute(select(count)).scalar_one())
    people = _people(uow)
    query = select(func.count()).select_from(people).where(*_conditions(people, narrow))
    return int(uow.execute(query).scalar_one())


def get_person(uow: UnitOfWork, user_id: UUID) -> dict[str, Any] | None:
    """One person of the context's tenant, or None."""
    if uow.is_postgresql:
        found = func.quantlab_person(literal(user_id, Uuid()))
        query = select(found.table_valued(*_PEOPLE, name="people"))
    else:
        people = _people(uow)
        query = select(people).where(people.c.id == user_id)
    row = uow.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)


def list_events(uow: UnitOfWork, narrow: EventFilter, limit: int) -> list[dict[str, Any]]:
    """A page of the events of the context's tenant, newest first."""
    if uow.is_postgresql:
        events = _events_page(narrow, limit)
        query = select(events).order_by(events.c.id.desc())
    else:
        query = _own_events(uow, narrow).limit(limit)
    return [dict(row) for row in uow.execute(query).mappings()]


def _people_page(narrow: PeopleFilter, limit: int) -> FromClause:
    value, last = narrow.after or (None, None)
    by_time = narrow.sort == "created_at"
    page = func.quantlab_people(
        *_filter_arguments(narrow),
        literal(narrow.sort, String()),
        literal(narrow.descending, Boolean()),
        literal(None if by_time else value, String()),
        literal(value if by_time else None, UtcDateTime()),
        literal(last, Uuid()),
        limit,
    )
    return page.table_valued(*_PEOPLE, name="people")


def _filter_arguments(narrow: PeopleFilter) -> list[ColumnElement[Any]]:
    given = (narrow.q or None, narrow.role, narrow.tier, narrow.state)
    return [literal(value, String()) for value in given]


def _events_page(narrow: EventFilter, limit: int) -> FromClause:
    page = func.quantlab_events(
        literal(narrow.tag, String()),
        literal(narrow.user_id, Uuid()),
        literal(narrow.actor_id, Uuid()),
        literal(narrow.since, UtcDateTime()),
        literal(narrow.until, UtcDateTime()),
        literal(narrow.before, Uuid()),
        limit,
    )
    return page.table_valued(*_EVENTS, name="events")


def _people(uow: UnitOfWork) -> FromClause:
    seen = (
        select(func.max(Session.last_used_at))
        .where(Session.tenant_id == User.tenant_id, Session.user_id == User.id)
        .scalar_subquery()
    )
    own = [User.__table__.c[one.name] for one in _PEOPLE if one.name != "last_seen_at"]
    return (
        select(*own, seen.label("last_seen_at"))
        .where(User.tenant_id == uow.tenant_id)
        .subquery("people")
    )


def _own_events(uow: UnitOfWork, narrow: EventFilter) -> Select[Any]:
    columns = AuditEvent.__table__.c
    sealed = exists().where(
        AuditSeal.tenant_id == columns.tenant_id, AuditSeal.event_id == columns.id
    )
    own = [columns[one.name] for one in _EVENTS if one.name != "sealed"]
    query = select(*own, sealed.label("sealed")).order_by(columns.id.desc())
    query = query.where(columns.tenant_id == uow.tenant_id)
    for name in ("user_id", "actor_id"):
        wanted = getattr(narrow, name)
        if wanted is not None:
            query = query.where(columns[name] == wanted)
    if narrow.tag is not None:
        query = query.where(columns.tag.startswith(narrow.tag, autoescape=True))
    if narrow.since is not None:
        query = query.where(columns.at >= narrow.since)
    if narrow.until is not None:
        query = query.where(columns.at < narrow.until)
    if narrow.before is not None:
        query = query.where(columns.id < narrow.before)
    return query


def _conditions(people: FromClause, narrow: PeopleFilter) -> Sequence[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if narrow.q:
        found.append(
            or_(
                func.lower(people.c.username).contains(narrow.q.lower(), autoescape=True),
                func.lower(people.c.email).contains(narrow.q.lower(), autoescape=True),
            )
        )
    if narrow.role is not None:
        found.append(people.c.role == narrow.role)
    if narrow.tier is not None:
        found.append(people.c.tier == narrow.tier)
    if narrow.state == "deleted":
        found.append(people.c.deleted_at.is_not(None))
    elif narrow.state is not None:
        found += [
            people.c.deleted_at.is_(None),
            people.c.is_active if narrow.state == "active" else ~people.c.is_active,
        ]
    return found
