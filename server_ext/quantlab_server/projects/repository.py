"""Queries on projects."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from quantlab_server.db.prepared import Prepared
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import NameTaken
from quantlab_server.models.saved import Project

PROJECTS = Project.__table__
assert isinstance(PROJECTS, Table)
p = PROJECTS.c

_COLUMNS = (p.id, p.name, p.name_key, p.description, p.created_at, p.updated_at)
_one = (
    p.tenant_id == bindparam("tenant_id"),
    p.user_id == bindparam("me"),
    p.id == bindparam("id"),
)

_GET = Prepared(select(*_COLUMNS).where(*_one))
# Against a deletion: it waits until what refers to the project is committed, and then moves that out too.
_HOLD = Prepared(select(p.id).where(*_one).with_for_update(read=True, key_share=True))
_LOCK = Prepared(select(*_COLUMNS).where(*_one).with_for_update())
_PAGE = Prepared(
    select(*_COLUMNS)
    .where(
        p.tenant_id == bindparam("tenant_id"),
        p.user_id == bindparam("me"),
        p.name_key > bindparam("after"),
    )
    .order_by(p.name_key)
    .limit(bindparam("limit"))
)
_FIND = Prepared(
    select(p.id).where(
        p.tenant_id == bindparam("tenant_id"),
        p.user_id == bindparam("me"),
        p.name_key == bindparam("name_key"),
    )
)
_INSERT = Prepared(insert(PROJECTS).values({c: bindparam(c.name) for c in p}))
_UPDATE = Prepared(
    update(PROJECTS)
    .where(*_one)
    .values(
        name=bindparam("name"),
        name_key=bindparam("name_key"),
        description=bindparam("description"),
        updated_at=bindparam("now"),
    )
    .returning(*_COLUMNS)
)
_DELETE = Prepared(delete(PROJECTS).where(*_one))


def get(uow: UnitOfWork, tenant_id: UUID, me: UUID, id: UUID) -> Any:
    """A project of ``me``, or None."""
    return _GET.first(uow, tenant_id=tenant_id, me=me, id=id)


def hold(uow: UnitOfWork, tenant_id: UUID, me: UUID, id: UUID) -> bool:
    """Whether ``me`` has this project; it is not deleted before this transaction ends."""
    return _HOLD.first(uow, tenant_id=tenant_id, me=me, id=id) is not None


def lock(uow: UnitOfWork, tenant_id: UUID, me: UUID, id: UUID) -> Any:
    """As :func:`get`, and nobody else changes or refers to it before this transaction ends."""
    return _LOCK.first(uow, tenant_id=tenant_id, me=me, id=id)


def page(uow: UnitOfWork, tenant_id: UUID, me: UUID, *, after: str, limit: int) -> list[Any]:
    """Projects by name, from behind the folded name ``after``."""
    return _PAGE.all(uow, tenant_id=tenant_id, me=me, after=after, limit=limit)


def find(uow: UnitOfWork, tenant_id: UUID, me: UUID, name_key: str) -> UUID | None:
    """The id of the project of this folded name."""
    row = _FIND.first(uow, tenant_id=tenant_id, me=me, name_key=name_key)
    return None if row is None else row.id


def create(uow: UnitOfWork, **values: Any) -> None:
    """Insert a project; every column must be given.

    Raises:
        NameTaken: the owner has one of that name.
    """
    try:
        _INSERT.run(uow, **values)
    except IntegrityError as error:
        raise _named(error) from None


def change(uow: UnitOfWork, **values: Any) -> Any:
    """Set name and description; the row or None.

    Raises:
        NameTaken: the owner has one of that name.
    """
    try:
        return _UPDATE.first(uow, **values)
    except IntegrityError as error:
        raise _named(error) from None


def remove(uow: UnitOfWork, tenant_id: UUID, me: UUID, id: UUID) -> bool:
    """Delete a project; False when there is none."""
    return _DELETE.run(uow, tenant_id=tenant_id, me=me, id=id) == 1


def _named(error: IntegrityError) -> Exception:
    return NameTaken() if "name_key" in str(error.orig) else error
