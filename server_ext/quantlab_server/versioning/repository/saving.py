"""A save on PostgreSQL in one statement: each round trip costs as much as the work it asks for.

It does what the single statements of ``objects``, ``versions`` and ``contents`` do, in the same order of locks (the
object, then content and draft, then the counter), and only for objects that the caller owns: the policies of content
let an editor see it through a version, which this statement's snapshot cannot show yet.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    Select,
    and_,
    bindparam,
    case,
    cast,
    func,
    insert,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql

from quantlab_server.db.prepared import Prepared
from quantlab_server.db.session import UnitOfWork
from quantlab_server.versioning.repository.tables import (
    CONTENTS,
    COUNTERS,
    DRAFTS,
    ITEM,
    OBJECTS,
    VERSIONS,
    here,
    mine,
    o,
    of_own_hand,
    settled_draft,
)

v, c, d, u = VERSIONS.c, CONTENTS.c, DRAFTS.c, COUNTERS.c
_NOW = bindparam("now", type_=o.updated_at.type)
_HASH = bindparam("hash", type_=o.content_hash.type)
_SIZE = bindparam("size", type_=o.size.type)
_ME = bindparam("me", type_=v.author_id.type)
_IN_PERSON = bindparam("in_person", type_=v.in_person.type)


def _saved() -> CTE:
    return (
        update(OBJECTS)
        .where(
            here(),
            mine(),
            o.kind == bindparam("kind"),
            o.version == bindparam("base"),
            o.deleted_at.is_(None),
            o.content_hash != _HASH,
        )
        .values(version=o.version + 1, content_hash=_HASH, size=_SIZE, updated_at=_NOW)
        .returning(*ITEM, o.tenant_id)
        .cte("saved")
    )


def _versioned(s: Any) -> CTE:
    p = VERSIONS.alias("previous").c
    follows = and_(of_own_hand(p, _ME, s.tenant_id), _IN_PERSON)
    row = {
        "tenant_id": s.tenant_id,
        "object_id": s.id,
        "version": s.version,
        "user_id": s.user_id,
        "author_id": _ME,
        "source": bindparam("source", type_=v.source.type),
        "in_person": _IN_PERSON,
        "own_since": case((follows, p.own_since), else_=s.version),
        "restored_from": bindparam("restored_from", type_=v.restored_from.type),
        "content_hash": _HASH,
        "size": _SIZE,
        "created_at": _NOW,
    }
    previous = and_(p.tenant_id == s.tenant_id, p.object_id == s.id, p.version == s.version - 1)
    return (
        insert(VERSIONS)
        .from_select(list(row), select(*row.values()).where(previous), include_defaults=False)
        .cte("versioned")
    )


def _kept(s: Any) -> CTE:
    row = {
        "tenant_id": s.tenant_id,
        "user_id": s.user_id,
        "hash": _HASH,
        "data": bindparam("data", type_=c.data.type),
        "created_at": _NOW,
    }
    return (
        postgresql.insert(CONTENTS)
        .from_select(list(row), select(*row.values()), include_defaults=False)
        .on_conflict_do_update(
            index_elements=[c.tenant_id, c.user_id, c.hash], set_={"created_at": c.created_at}
        )
        .returning(c.created_at, func.length(c.data).label("bytes"))
        .cte("kept")
    )


def _dropped(s: Any) -> CTE:
    return (
        update(DRAFTS)
        .where(
            d.tenant_id == s.tenant_id,
            d.object_id == s.id,
            d.drafter_id == _ME,
            settled_draft(),
        )
        .values(discarded=True, data=b"")
        .returning(d.stored_bytes)
        .cte("dropped")
    )


def _delta(saved: CTE, kept: CTE, dropped: CTE) -> CTE:
    added = select(func.coalesce(func.sum(kept.c.bytes), 0)).where(kept.c.created_at == _NOW)
    freed = select(func.coalesce(func.sum(dropped.c.stored_bytes), 0))
    grown = cast(added.scalar_subquery() - freed.scalar_subquery(), BigInteger)
    return select(grown.label("bytes")).select_from(saved).cte("delta")


def _counted(s: Any, grown: Any) -> CTE:
    fits = u.used + grown <= bindparam("limit", type_=u.used.type)
    return (
        update(COUNTERS)
        .where(
            u.tenant_id == s.tenant_id,
            u.user_id == s.user_id,
            u.what == bindparam("what"),
            (grown < 0) | and_(grown > 0, fits),
        )
        .values(used=u.used + grown)
        .returning(literal(1).label("one"))
        .cte("counted")
    )


def _statement() -> Select[Any]:
    saved = _saved()
    delta = _delta(saved, _kept(saved.c), _dropped(saved.c))
    counted = _counted(saved.c, delta.c.bytes)
    return (
        select(
            *(saved.c[column.name] for column in ITEM),
            delta.c.bytes.label("delta"),
            select(func.count()).select_from(counted).scalar_subquery().label("counted"),
        )
        .select_from(saved.join(delta, true()))
        .add_cte(_versioned(saved.c))
    )


_SAVE_OWN = Prepared(_statement())


def save_own(uow: UnitOfWork, **values: Any) -> Any:
    """Save an own object: new version, content, draft settled, storage counted up to ``limit``.

    Returns the changed row with ``delta`` (bytes) and ``counted`` (0: the counter is missing or full, or there is
    nothing to count; the caller sees to that). None: not the caller's own, not at ``base``, or unchanged.
    """
    return _SAVE_OWN.first(uow, **values)
