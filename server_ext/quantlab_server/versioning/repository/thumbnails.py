"""Small pictures of saved objects."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from quantlab_server.db.prepared import Prepared
from quantlab_server.db.session import UnitOfWork
from quantlab_server.versioning.repository.tables import (
    OBJECTS,
    THUMBNAILS,
    here,
    may_edit,
    of_an_object,
)

t = THUMBNAILS.c
_of_object = (t.tenant_id == bindparam("tenant_id"), t.object_id == bindparam("id"))


def _put(dialect: Any) -> Any:
    statement = dialect.insert(THUMBNAILS).values({c: bindparam(c.name) for c in t})
    given = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[t.tenant_id, t.object_id],
        set_={"data": given.data, "updated_at": given.updated_at},
    )


_PUT = Prepared(_put(sqlite), on_postgresql=_put(postgresql))

_GET = Prepared(select(t.data).where(*_of_object))

_SIZE = Prepared(select(func.length(t.data).label("bytes")).where(*_of_object))

_COPY = Prepared(
    insert(THUMBNAILS).from_select(
        ["tenant_id", "object_id", "user_id", "data", "updated_at"],
        select(
            t.tenant_id,
            bindparam("to", type_=t.object_id.type),
            bindparam("me", type_=t.user_id.type),
            t.data,
            bindparam("now", type_=t.updated_at.type),
        ).where(*_of_object),
        include_defaults=False,
    )
)

_MARK = Prepared(
    update(OBJECTS).where(here(), may_edit()).values(thumbnail_version=bindparam("version"))
)


@of_an_object()
def put(uow: UnitOfWork, **values: Any) -> None:
    """Keep ``data`` as the picture of ``object_id`` of owner ``user_id``, in the place of an earlier one."""
    _PUT.run(uow, **values)


def get(uow: UnitOfWork, **where: Any) -> bytes | None:
    """The picture of object ``id``, or None."""
    row = _GET.first(uow, **where)
    return None if row is None else row.data


def size(uow: UnitOfWork, **where: Any) -> int:
    """Its bytes; 0 when there is none."""
    row = _SIZE.first(uow, **where)
    return 0 if row is None else int(row.bytes)


def copy(uow: UnitOfWork, **values: Any) -> int:
    """Give the picture of ``id`` to ``to`` as well, an object that ``me`` owns; the bytes."""
    _COPY.run(uow, **values)
    return size(uow, tenant_id=values["tenant_id"], id=values["to"])


def mark(uow: UnitOfWork, **values: Any) -> None:
    """Say on the object which version its picture shows. It is no change of the object: no time moves."""
    _MARK.run(uow, **values)
