"""Queries of handing saved objects over to another person of the tenant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    Text,
    Uuid,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError

from quantlab_server.db import handover
from quantlab_server.db.prepared import Prepared
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import NameTaken
from quantlab_server.models import Base
from quantlab_server.models.saved import NO_PROJECT
from quantlab_server.versioning.repository.tables import (
    CONTENTS,
    DRAFTS,
    OBJECTS,
    SHARES,
    THUMBNAILS,
    VERSIONS,
    is_name_conflict,
    o,
)

c, v, d = CONTENTS.c, VERSIONS.c, DRAFTS.c
# Ids in one statement of SQLite, which takes some ten thousand values at most.
_AT_ONCE = 1000
_MINE = (o.tenant_id == bindparam("tenant_id"), o.user_id == bindparam("me"))

_TOP_NAMES = Prepared(
    select(o.resource, o.kind, o.name_key).where(
        *_MINE, o.deleted_at.is_(None), o.project_key == NO_PROJECT
    )
)
_GRANTEES = Prepared(
    select(SHARES.c.object_id, SHARES.c.grantee_id).where(
        SHARES.c.tenant_id == bindparam("tenant_id"), SHARES.c.user_id == bindparam("me")
    )
)
_PICTURES = Prepared(
    select(THUMBNAILS.c.object_id, func.length(THUMBNAILS.c.data).label("bytes")).where(
        THUMBNAILS.c.tenant_id == bindparam("tenant_id"), THUMBNAILS.c.user_id == bindparam("me")
    )
)
_UNNAMED = (
    c.tenant_id == bindparam("tenant_id"),
    c.user_id == bindparam("me"),
    ~exists(
        select(v.version).where(
            v.tenant_id == c.tenant_id, v.user_id == c.user_id, v.content_hash == c.hash
        )
    ),
)
_LOCK_UNNAMED = Prepared(select(c.hash).where(*_UNNAMED).order_by(c.hash).with_for_update())
_COLLECT = Prepared(delete(CONTENTS).where(*_UNNAMED).returning(func.length(c.data).label("bytes")))


@dataclass(frozen=True, slots=True)
class Named:
    """An object under the name that it is going to have."""

    id: UUID
    name: str
    name_key: str
    search_text: str


@dataclass(frozen=True, slots=True)
class Moved:
    """How many objects moved, and bytes: new content of the receiver, drafts that moved, drafts that ended."""

    objects: int
    added: int
    drafts: int
    dropped: int


def lock(uow: UnitOfWork, tenant_id: UUID, me: UUID, ids: Sequence[UUID] | None) -> list[Any]:
    """What the context's person has and did not delete, of some ids or all; nobody changes it until the end."""
    # In one order for everybody, so that two who lock the same objects wait instead of blocking each other.
    query = (
        select(o.id, o.resource, o.kind, o.name, o.description, o.tags, o.search_text, o.version)
        .where(o.tenant_id == tenant_id, o.user_id == me, o.deleted_at.is_(None))
        .order_by(o.id)
        .with_for_update()
    )
    if ids is not None:
        query = query.where(o.id.in_(ids))
    return list(uow.execute(query))


def top_names(uow: UnitOfWork, tenant_id: UUID, me: UUID) -> dict[tuple[str, str], set[str]]:
    """Folded names of what the context's person has outside projects, by resource and kind."""
    found: dict[tuple[str, str], set[str]] = {}
    for row in _TOP_NAMES.all(uow, tenant_id=tenant_id, me=me):
        found.setdefault((row.resource, row.kind), set()).add(row.name_key)
    return found


def grantees(uow: UnitOfWork, tenant_id: UUID, me: UUID) -> dict[UUID, set[UUID]]:
    """With whom the context's person shares, by object."""
    found: dict[UUID, set[UUID]] = {}
    for row in _GRANTEES.all(uow, tenant_id=tenant_id, me=me):
        found.setdefault(row.object_id, set()).add(row.grantee_id)
    return found


def pictures(uow: UnitOfWork, tenant_id: UUID, me: UUID) -> dict[UUID, int]:
    """Bytes of the thumbnails of the context's person, by object."""
    rows = _PICTURES.all(uow, tenant_id=tenant_id, me=me)
    return {row.object_id: row.bytes for row in rows}


def collect(uow: UnitOfWork, tenant_id: UUID, me: UUID) -> int:
    """Remove content of the context's person that no version names any more; the bytes that this frees.

    In two steps, as ``contents.collect``: the lock waits for savers, and only the next statement sees what they wrote.
    """
    _LOCK_UNNAMED.all(uow, tenant_id=tenant_id, me=me)
    return sum(row.bytes for row in _COLLECT.all(uow, tenant_id=tenant_id, me=me))


_MOVE = text(
    "SELECT * FROM quantlab_hand_over(:giver, :receiver, :ids, :names, :keys, :texts, :now)"
).bindparams(
    bindparam("giver", type_=Uuid()),
    bindparam("receiver", type_=Uuid()),
    bindparam("ids", type_=ARRAY(Uuid())),
    *(bindparam(name, type_=ARRAY(Text())) for name in ("names", "keys", "texts")),
    bindparam("now", type_=DateTime(timezone=True)),
)


def move(
    uow: UnitOfWork, giver: UUID, receiver: UUID, things: Sequence[Named], now: datetime
) -> Moved:
    """Make the receiver the owner of objects of the giver; the context is that of who administers them.

    Raises:
        NameTaken: the receiver has saved something of one of the names at this moment.
    """
    try:
        if uow.is_postgresql:
            return _move_by_function(uow, giver, receiver, things, now)
        return _move_rows(uow, giver, receiver, things, now)
    except IntegrityError as error:
        if is_name_conflict(error):
            raise NameTaken from None
        raise


def _move_by_function(
    uow: UnitOfWork, giver: UUID, receiver: UUID, things: Sequence[Named], now: datetime
) -> Moved:
    values = {
        "giver": giver,
        "receiver": receiver,
        "ids": [one.id for one in things],
        "names": [one.name for one in things],
        "keys": [one.name_key for one in things],
        "texts": [one.search_text for one in things],
        "now": now,
    }
    row = uow.execute(_MOVE, values).one()
    return Moved(row.moved, row.added, row.drafts, row.dropped)


def _move_rows(
    uow: UnitOfWork, giver: UUID, receiver: UUID, things: Sequence[Named], now: datetime
) -> Moved:
    # Until the commit, which checks them.
    uow.execute(text("PRAGMA defer_foreign_keys = ON"))
    people = {"giver": giver, "receiver": receiver}
    added = drafts = dropped = 0
    for start in range(0, len(things), _AT_ONCE):
        part = things[start : start + _AT_ONCE]
        ids = [one.id for one in part]
        added += _copy_contents(uow, ids, giver, receiver, now)
        for draft in uow.execute(_open_drafts(uow, ids)):
            if draft.drafter_id == giver:
                dropped += draft.stored_bytes
            else:
                drafts += draft.stored_bytes
        _move_children(uow, ids, people)
        values = {"of_tenant": uow.tenant_id, "new_owner": receiver, "no_project": NO_PROJECT}
        uow.execute(
            _MOVE_OBJECT,
            [
                {
                    **values,
                    "of_id": one.id,
                    "new_name": one.name,
                    "new_key": one.name_key,
                    "new_text": one.search_text,
                }
                for one in part
            ],
        )
    return Moved(len(things), added, drafts, dropped)


def _copy_contents(
    uow: UnitOfWork, ids: Sequence[UUID], giver: UUID, receiver: UUID, now: datetime
) -> int:
    """In the database alone: a library may be larger than memory. The bytes that the receiver did not have."""
    hashes = select(v.content_hash).where(v.tenant_id == uow.tenant_id, v.object_id.in_(ids))
    has = CONTENTS.alias("has").c
    wanted = (
        c.tenant_id == uow.tenant_id,
        c.user_id == giver,
        c.hash.in_(hashes),
        ~exists().where(has.tenant_id == c.tenant_id, has.user_id == receiver, has.hash == c.hash),
    )
    size = select(func.coalesce(func.sum(func.length(c.data)), 0)).where(*wanted)
    added = int(uow.execute(size).scalar_one())
    columns = ("tenant_id", "user_id", "hash", "data", "created_at")
    copied = select(
        c.tenant_id,
        literal(receiver, c.user_id.type),
        c.hash,
        c.data,
        literal(now, c.created_at.type),
    )
    uow.execute(insert(CONTENTS).from_select(columns, copied.where(*wanted)))
    return added


def _open_drafts(uow: UnitOfWork, ids: Sequence[UUID]) -> Any:
    return select(d.drafter_id, d.stored_bytes).where(
        d.tenant_id == uow.tenant_id, d.object_id.in_(ids), d.discarded.is_(False)
    )


def _move_children(uow: UnitOfWork, ids: Sequence[UUID], people: dict[str, UUID]) -> None:
    for name in handover.children():
        table = Base.metadata.tables[name]
        here = (table.c.tenant_id == uow.tenant_id, table.c.object_id.in_(ids))
        if name in handover.ENDS:
            column, whose = handover.ENDS[name]
            over = [people[who] for who in whose]
            uow.execute(delete(table).where(*here, table.c[column].in_(over)))
        uow.execute(update(table).where(*here).values(user_id=people["receiver"]))


_MOVE_OBJECT = (
    update(OBJECTS)
    .where(o.tenant_id == bindparam("of_tenant"), o.id == bindparam("of_id"))
    .values(
        user_id=bindparam("new_owner"),
        name=bindparam("new_name"),
        name_key=bindparam("new_key"),
        search_text=bindparam("new_text"),
        project_key=bindparam("no_project"),
        pinned=False,
    )
)
