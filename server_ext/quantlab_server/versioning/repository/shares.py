"""Who has access to an object beside its owner.

On PostgreSQL a person sees the own shares given and taken; the whole list of an object that is shared with them
comes from a look-up function.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, and_, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from quantlab_server.db.prepared import Prepared
from quantlab_server.db.session import UnitOfWork
from quantlab_server.versioning.repository.tables import SHARES, USERS, of_an_object

s = SHARES.c
_of_object = (s.tenant_id == bindparam("tenant_id"), s.object_id == bindparam("id"))

_FOUND = func.quantlab_object_shares(bindparam("id", type_=Uuid)).table_valued(
    "grantee_id", "username", "access", "created_at"
)
_LIST = Prepared(
    select(s.grantee_id, USERS.c.username, s.access, s.created_at)
    .join(USERS, and_(USERS.c.tenant_id == s.tenant_id, USERS.c.id == s.grantee_id))
    .where(*_of_object)
    .order_by(USERS.c.username_key),
    on_postgresql=select(
        _FOUND.c.grantee_id, _FOUND.c.username, _FOUND.c.access, _FOUND.c.created_at
    ),
)
_GRANTEES = Prepared(select(s.grantee_id).where(*_of_object))


def _put(dialect: Any) -> Any:
    statement = dialect.insert(SHARES).values({c: bindparam(c.name) for c in s})
    given = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[s.tenant_id, s.object_id, s.grantee_id],
        set_={"access": given.access},
        where=s.access != given.access,
    ).returning(s.created_at)


_PUT = Prepared(_put(sqlite), on_postgresql=_put(postgresql))

_END = Prepared(
    delete(SHARES)
    .where(*_of_object, s.grantee_id == bindparam("grantee_id"))
    .returning(s.grantee_id)
)


def everyone(uow: UnitOfWork, tenant_id: UUID, id: UUID) -> list[Any]:
    """Rows of (grantee_id, username, access, created_at), by name, of an object that the context's user may see."""
    return _LIST.all(uow, tenant_id=tenant_id, id=id)


def grantees(uow: UnitOfWork, tenant_id: UUID, id: UUID) -> list[UUID]:
    """Whom the context's user shares an object with (of another's object on PostgreSQL: at most themselves)."""
    return [row.grantee_id for row in _GRANTEES.all(uow, tenant_id=tenant_id, id=id)]


@of_an_object()
def put(uow: UnitOfWork, **values: Any) -> bool:
    """Give access; every column must be given. False when the person has it already."""
    return _PUT.first(uow, **values) is not None


def end(uow: UnitOfWork, tenant_id: UUID, id: UUID, grantee_id: UUID) -> bool:
    """Take access away; False when the person has none."""
    return _END.first(uow, tenant_id=tenant_id, id=id, grantee_id=grantee_id) is not None
