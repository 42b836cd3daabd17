"""Pages of objects. A statement is built once for each combination of filters and order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    bindparam,
    case,
    exists,
    func,
    select,
    tuple_,
)

from quantlab_server.db.prepared import Prepared
from quantlab_server.db.session import UnitOfWork
from quantlab_server.versioning.repository.tables import (
    ACCESS,
    ITEM,
    OBJECTS,
    OPENINGS,
    SHARES,
    TAGS,
    mine,
    o,
    with_access,
)

SortColumn = Literal["updated_at", "created_at", "used_at", "name"]

_opened_at = OPENINGS.c.opened_at
# A comparison with no opening at all is not true: then the change counts.
_USED_AT = case((_opened_at > o.updated_at, _opened_at), else_=o.updated_at)

_SORT: dict[SortColumn, Any] = {
    "updated_at": o.updated_at,
    "created_at": o.created_at,
    "used_at": _USED_AT,
    "name": o.name_key,
}


@dataclass(frozen=True, slots=True)
class Shape:
    """Which conditions a list has; their values are parameters.

    ``scope``: the caller's own objects, own deleted ones, or those that others share with the caller.
    ``after``: the page follows the row with sort key ``after_value`` and id ``after_id``.
    """

    scope: Literal["own", "deleted", "shared"] = "own"
    sort: SortColumn = "updated_at"
    descending: bool = True
    after: bool = False
    q: bool = False
    tag: bool = False
    project: bool = False
    kind: bool = False
    name: bool = False
    pinned: bool = False

    @property
    def everything(self) -> bool:
        """All of the caller's own, in whatever order: how many there are is known without counting."""
        return _unordered(self) == Shape()


def _unordered(shape: Shape) -> Shape:
    return replace(shape, after=False, sort="updated_at", descending=True)


def _conditions(shape: Shape) -> list[ColumnElement[bool]]:
    conditions = [o.tenant_id == bindparam("tenant_id"), o.resource == bindparam("resource")]
    if shape.scope == "shared":
        conditions.append(SHARES.c.access.is_not(None))
    else:
        conditions.append(mine())
    conditions.append(
        o.deleted_at.is_not(None) if shape.scope == "deleted" else o.deleted_at.is_(None)
    )
    if shape.q:
        conditions.append(o.search_text.like(bindparam("q"), escape="\\"))
    if shape.tag:
        tagged = select(TAGS.c.object_id).where(
            TAGS.c.tenant_id == o.tenant_id,
            TAGS.c.object_id == o.id,
            TAGS.c.tag_key == bindparam("tag"),
        )
        conditions.append(exists(tagged))
    if shape.project:
        conditions.append(o.project_key == bindparam("project"))
    if shape.kind:
        conditions.append(o.kind == bindparam("kind"))
    if shape.name:
        conditions.append(o.name_key == bindparam("name"))
    if shape.pinned:
        conditions.append(o.pinned.is_(True))
    return conditions


def _rows(shape: Shape) -> FromClause:
    return with_access() if shape.scope == "shared" else OBJECTS


def _with_openings(rows: FromClause) -> FromClause:
    """With when the caller last opened each object."""
    return rows.outerjoin(
        OPENINGS,
        and_(
            OPENINGS.c.tenant_id == o.tenant_id,
            OPENINGS.c.object_id == o.id,
            OPENINGS.c.person_id == bindparam("me"),
        ),
    )


@lru_cache(maxsize=1024)
def _page(shape: Shape) -> Prepared:
    columns: list[Any] = [*ITEM, o.name_key, _opened_at, _USED_AT.label("used_at")]
    if shape.scope == "shared":
        columns += ACCESS
    key = _SORT[shape.sort]
    rows = _with_openings(_rows(shape))
    query = select(*columns).select_from(rows).where(*_conditions(shape))
    if shape.after:
        here = tuple_(key, o.id)
        there = tuple_(
            bindparam("after_value", type_=key.type), bindparam("after_id", type_=o.id.type)
        )
        query = query.where(here < there if shape.descending else here > there)
    order = (key.desc(), o.id.desc()) if shape.descending else (key.asc(), o.id.asc())
    return Prepared(query.order_by(*order).limit(bindparam("limit")))


@lru_cache(maxsize=1024)
def _count(shape: Shape) -> Prepared:
    query = select(func.count().label("count")).select_from(_rows(shape))
    return Prepared(query.where(*_conditions(shape)))


def page(uow: UnitOfWork, shape: Shape, **values: Any) -> list[Any]:
    """Rows of one page, ``limit`` at most."""
    return _page(shape).all(uow, **values)


def count(uow: UnitOfWork, shape: Shape, **values: Any) -> int:
    """How many objects the filters leave, whatever the page."""
    row = _count(_unordered(shape)).first(uow, **values)
    return int(row.count)
