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
    added = drafts = dropped = 0
    for one in things:
        added += _copy_contents(uow, one.id, giver, receiver, now)
        for draft in uow.execute(_open_drafts(uow, one.id)):
            if draft.drafter_id == giver:
                dropped += draft.stored_bytes
            else:
                drafts += draft.stored_bytes
        _move_one(uow, one, {"giver": giver, "receiver": receiver})
    return Moved(len(things), added, drafts, dropped)


def _copy_contents(uow: UnitOfWork, id: UUID, giver: UUID, receiver: UUID, now: datetime) -> int:
    hashes = select(v.content_hash).where(v.tenant_id == uow.tenant_id, v.object_id == id)
    has = CONTENTS.alias("has").c
    wanted = (
        select(c.hash, c.data)
        .where(c.tenant_id == uow.tenant_id, c.user_id == giver, c.hash.in_(hashes))
        .where(
            ~exists().where(
                has.tenant_id == c.tenant_id, has.user_id == receiver, has.hash == c.hash
            )
        )
    )
    rows = [dict(row) for row in uow.execute(wanted).mappings()]
    keys = {"tenant_id": uow.tenant_id, "user_id": receiver, "created_at": now}
    if rows:
        uow.execute(insert(CONTENTS), [{**row, **keys} for row in rows])
    return sum(len(row["data"]) for row in rows)


def _open_drafts(uow: UnitOfWork, id: UUID) -> Any:
    return select(d.drafter_id, d.stored_bytes).where(
        d.tenant_id == uow.tenant_id, d.object_id == id, d.discarded.is_(False)
    )


def _move_one(uow: UnitOfWork, one: Named, people: dict[str, UUID]) -> None:
    for name in handover.children():
        table = Base.metadata.tables[name]
        here = (table.c.tenant_id == uow.tenant_id, table.c.object_id == one.id)
        if name in handover.ENDS:
            column, whose = handover.ENDS[name]
            ids = [people[who] for who in whose]
            uow.execute(delete(table).where(*here, table.c[column].in_(ids)))
        uow.execute(update(table).where(*here).values(user_id=people["receiver"]))
    uow.execute(
        update(OBJECTS)
        .where(o.tenant_id == uow.tenant_id, o.id == one.id)
        .values(
            user_id=people["receiver"],
            name=one.name,
            name_key=one.name_key,
            search_text=one.search_text,
            project_key=NO_PROJECT,
            pinned=False,
        )
    )
