"""Contents, and the counters of what an owner uses."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from quantlab_server.db.prepared import Prepared
from quantlab_server.db.session import UnitOfWork
from quantlab_server.versioning.repository.tables import CONTENTS, COUNTERS, VERSIONS

c = CONTENTS.c


def _put(dialect: Any) -> Any:
    statement = dialect.insert(CONTENTS).values({column: bindparam(column.name) for column in c})
    # Writing the row again, unchanged, takes its lock: a purge that is about to remove it has to wait for us or we
    # for it. DO NOTHING would not, and the new version would name content that is gone.
    return statement.on_conflict_do_update(
        index_elements=[c.tenant_id, c.user_id, c.hash], set_={"created_at": c.created_at}
    ).returning(c.created_at)


_PUT = Prepared(_put(sqlite), on_postgresql=_put(postgresql))

_GET = Prepared(
    select(c.data).where(
        c.tenant_id == bindparam("tenant_id"),
        c.user_id == bindparam("user_id"),
        c.hash == bindparam("hash"),
    )
)

_LOCK = Prepared(
    select(c.hash)
    .where(
        c.tenant_id == bindparam("tenant_id"),
        c.user_id == bindparam("user_id"),
        c.hash == bindparam("hash"),
    )
    .with_for_update()
)

_COLLECT = Prepared(
    delete(CONTENTS)
    .where(
        c.tenant_id == bindparam("tenant_id"),
        c.user_id == bindparam("user_id"),
        c.hash == bindparam("hash"),
        ~exists(
            select(VERSIONS.c.version).where(
                VERSIONS.c.tenant_id == c.tenant_id,
                VERSIONS.c.user_id == c.user_id,
                VERSIONS.c.content_hash == c.hash,
            )
        ),
    )
    .returning(func.length(c.data).label("bytes"))
)

u = COUNTERS.c
_which = (
    u.tenant_id == bindparam("tenant_id"),
    u.user_id == bindparam("user_id"),
    u.what == bindparam("what"),
)

_ADD = Prepared(
    update(COUNTERS)
    .where(*_which, u.used + bindparam("delta") <= bindparam("limit"))
    .values(used=u.used + bindparam("delta"))
    .returning(u.used)
)

_USED = Prepared(select(u.used).where(*_which))


def _start(dialect: Any) -> Any:
    statement = dialect.insert(COUNTERS).values({column: bindparam(column.name) for column in u})
    return statement.on_conflict_do_nothing()


_START = Prepared(_start(sqlite), on_postgresql=_start(postgresql))

# What a counter may grow to when it shrinks: being over the limit must not keep anyone from deleting.
_NO_LIMIT = 2**62


def put(
    uow: UnitOfWork, tenant_id: UUID, user_id: UUID, hash: bytes, data: bytes, now: datetime
) -> bool:
    """Keep content for an owner; False when the owner has it already. Locks the row until the transaction ends."""
    row = _PUT.first(
        uow, tenant_id=tenant_id, user_id=user_id, hash=hash, data=data, created_at=now
    )
    return row is not None and row.created_at == now


def get(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, hash: bytes) -> bytes | None:
    """Content of an owner, compressed."""
    row = _GET.first(uow, tenant_id=tenant_id, user_id=user_id, hash=hash)
    return None if row is None else row.data


def collect(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, hashes: set[bytes]) -> int:
    """Remove those contents that no version names any more; the bytes that this frees.

    In two steps: the lock waits for savers of the same content, and only the next statement sees what they wrote.
    """
    freed = 0
    for hash in sorted(hashes):
        where = {"tenant_id": tenant_id, "user_id": user_id, "hash": hash}
        _LOCK.first(uow, **where)
        row = _COLLECT.first(uow, **where)
        if row is not None:
            freed += row.bytes
    return freed


def add(
    uow: UnitOfWork, tenant_id: UUID, user_id: UUID, what: str, delta: int, limit: int
) -> int | None:
    """Move a counter; None, and nothing changed, when it would pass ``limit``. Shrinking always works."""
    values = {"tenant_id": tenant_id, "user_id": user_id, "what": what}
    values |= {"delta": delta, "limit": limit if delta > 0 else _NO_LIMIT}
    row = _ADD.first(uow, **values)
    if row is None:
        # Nobody has counted this yet, or it is full: start it and ask once more.
        _START.run(uow, tenant_id=tenant_id, user_id=user_id, what=what, used=0)
        row = _ADD.first(uow, **values)
    return None if row is None else row.used


def used(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, what: str) -> int:
    """What a counter stands at."""
    row = _USED.first(uow, tenant_id=tenant_id, user_id=user_id, what=what)
    return 0 if row is None else row.used
