"""Queries on versions, drafts and what persons trusted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, case, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from quantlab_server.db.prepared import Prepared
from quantlab_server.db.session import UnitOfWork
from quantlab_server.versioning.repository.tables import (
    ACCESS,
    CONTENTS,
    DRAFTS,
    ITEM,
    OBJECTS,
    TRUST,
    USERS,
    VERSIONS,
    here,
    o,
    of_an_object,
    of_own_hand,
    settled_draft,
    visible,
    with_access,
)

v = VERSIONS.c

_FIRST = Prepared(insert(VERSIONS).values({c: bindparam(c.name) for c in v}))

_previous = VERSIONS.alias("previous")
_p = _previous.c
_AUTHOR = bindparam("author_id", type_=v.author_id.type)

# The next version, whose author's run goes on if the previous version belongs to it.
_NEXT = Prepared(
    insert(VERSIONS).from_select(
        [
            v.tenant_id,
            v.object_id,
            v.version,
            v.user_id,
            v.author_id,
            v.source,
            v.in_person,
            v.own_since,
            v.restored_from,
            v.content_hash,
            v.size,
            v.created_at,
        ],
        select(
            _p.tenant_id,
            _p.object_id,
            _p.version + 1,
            _p.user_id,
            _AUTHOR,
            bindparam("source", type_=v.source.type),
            bindparam("in_person", type_=v.in_person.type),
            case(
                (
                    and_(
                        of_own_hand(_p, _AUTHOR, _p.tenant_id),
                        bindparam("in_person", type_=v.in_person.type),
                    ),
                    _p.own_since,
                ),
                else_=_p.version + 1,
            ),
            bindparam("restored_from", type_=v.restored_from.type),
            bindparam("hash", type_=v.content_hash.type),
            bindparam("size", type_=v.size.type),
            bindparam("now", type_=v.created_at.type),
        ).where(
            _p.tenant_id == bindparam("tenant_id"),
            _p.object_id == bindparam("id"),
            _p.version == bindparam("base"),
        ),
        include_defaults=False,
    )
)

_of_object = (v.tenant_id == bindparam("tenant_id"), v.object_id == bindparam("id"))

_INFO = (
    v.version,
    v.created_at,
    v.author_id,
    v.source,
    v.restored_from,
    v.size,
    v.content_hash,
)


_LIST = Prepared(
    select(*_INFO)
    .where(*_of_object, v.version < bindparam("before"))
    .order_by(v.version.desc())
    .limit(bindparam("limit"))
)

_GET = Prepared(
    select(
        v.version,
        v.content_hash,
        v.size,
        v.created_at,
        v.author_id,
        v.in_person,
        v.own_since,
        v.source,
        CONTENTS.c.data,
    )
    .select_from(
        VERSIONS.join(
            CONTENTS,
            and_(
                CONTENTS.c.tenant_id == v.tenant_id,
                CONTENTS.c.user_id == v.user_id,
                CONTENTS.c.hash == v.content_hash,
            ),
        )
    )
    .where(*_of_object, v.version == bindparam("version"))
)

_HASHES = Prepared(select(v.content_hash).where(*_of_object).distinct())

d = DRAFTS.c

_my_draft = and_(
    d.tenant_id == bindparam("tenant_id"),
    d.object_id == bindparam("id"),
    d.drafter_id == bindparam("me"),
)

_DISCARD = Prepared(
    update(DRAFTS)
    .where(_my_draft, d.discarded.is_(False), d.revision == bindparam("revision"))
    .values(discarded=True, data=b"")
    .returning(d.stored_bytes)
)

_SETTLE = Prepared(
    update(DRAFTS)
    .where(_my_draft, settled_draft())
    .values(discarded=True, data=b"")
    .returning(d.stored_bytes)
)


def _with_draft(*columns: Any) -> Any:
    draft = and_(d.tenant_id == o.tenant_id, d.object_id == o.id, d.drafter_id == bindparam("me"))
    return (
        select(
            *ITEM,
            *ACCESS,
            d.revision,
            d.base_version,
            d.discarded,
            d.stored_bytes,
            d.in_person.label("draft_in_person"),
            d.updated_at.label("draft_updated_at"),
            d.content_hash.label("draft_hash"),
            *columns,
        )
        .select_from(with_access().outerjoin(DRAFTS, draft))
        .where(here(), visible(), o.deleted_at.is_(None))
    )


# A share lock: a save cannot slip in between the look at the version and the draft that is based on it.
_BEFORE_DRAFT = Prepared(_with_draft().with_for_update(read=True, of=OBJECTS))
_DRAFT = Prepared(_with_draft(d.data, d.size.label("draft_size")))


def _first_draft(dialect: Any) -> Any:
    statement = dialect.insert(DRAFTS).values({c: bindparam(c.name) for c in d})
    return statement.on_conflict_do_nothing().returning(d.revision)


_FIRST_DRAFT = Prepared(_first_draft(sqlite), on_postgresql=_first_draft(postgresql))

_NEXT_DRAFT = Prepared(
    update(DRAFTS)
    .where(
        _my_draft,
        d.revision == bindparam("after"),
        d.discarded == bindparam("was_discarded", type_=d.discarded.type),
    )
    .values(
        revision=d.revision + 1,
        base_version=bindparam("base"),
        in_person=bindparam("in_person"),
        content_hash=bindparam("hash"),
        size=bindparam("size"),
        data=bindparam("data"),
        stored_bytes=bindparam("stored_bytes"),
        updated_at=bindparam("now"),
        discarded=False,
    )
    .returning(d.revision)
)

_DRAFT_BYTES = Prepared(
    select(d.stored_bytes).where(
        d.tenant_id == bindparam("tenant_id"),
        d.object_id == bindparam("id"),
        d.discarded.is_(False),
    )
)

t = TRUST.c


def _set_trust(dialect: Any) -> Any:
    statement = dialect.insert(TRUST).values({c: bindparam(c.name) for c in t})
    given = statement.excluded
    later = and_(
        given.run_version.is_not(None),
        t.run_version.is_(None) | (given.run_version > t.run_version),
    )
    return statement.on_conflict_do_update(
        index_elements=[t.tenant_id, t.object_id, t.person_id],
        set_={
            "trusted_hash": given.trusted_hash,
            "updated_at": given.updated_at,
            "run_version": case((later, given.run_version), else_=t.run_version),
        },
    )


_SET_TRUST = Prepared(_set_trust(sqlite), on_postgresql=_set_trust(postgresql))

_HAND = Prepared(
    select(t.run_version, USERS.c.taken_back_at)
    .select_from(
        USERS.outerjoin(
            TRUST,
            and_(
                t.tenant_id == USERS.c.tenant_id,
                t.person_id == USERS.c.id,
                t.object_id == bindparam("id"),
            ),
        )
    )
    .where(USERS.c.tenant_id == bindparam("tenant_id"), USERS.c.id == bindparam("me"))
)


def add_first(uow: UnitOfWork, **values: Any) -> None:
    """Insert version 1; every column must be given."""
    _FIRST.run(uow, **values)


@of_an_object()
def add_next(uow: UnitOfWork, **values: Any) -> None:
    """Insert the version after ``base``."""
    _NEXT.run(uow, **values)


def page(uow: UnitOfWork, tenant_id: UUID, id: UUID, *, before: int, limit: int) -> list[Any]:
    """Versions below ``before``, newest first."""
    return _LIST.all(uow, tenant_id=tenant_id, id=id, before=before, limit=limit)


def get(uow: UnitOfWork, tenant_id: UUID, id: UUID, version: int) -> Any:
    """One version with its content (compressed), or None."""
    return _GET.first(uow, tenant_id=tenant_id, id=id, version=version)


def hashes(uow: UnitOfWork, tenant_id: UUID, id: UUID) -> set[bytes]:
    """Hashes of all contents that an object's versions name."""
    return {row.content_hash for row in _HASHES.all(uow, tenant_id=tenant_id, id=id)}


def discard_draft(
    uow: UnitOfWork, tenant_id: UUID, id: UUID, me: UUID, *, revision: int
) -> int | None:
    """Drop the content of a person's draft; the bytes that this frees, or None when there was none."""
    row = _DISCARD.first(uow, tenant_id=tenant_id, id=id, me=me, revision=revision)
    return None if row is None else row.stored_bytes


def settle_draft(uow: UnitOfWork, **values: Any) -> int:
    """Drop the content of a person's draft that a save replaces; the bytes that this frees."""
    row = _SETTLE.first(uow, **values)
    return 0 if row is None else int(row.stored_bytes)


def before_draft(uow: UnitOfWork, **where: Any) -> Any:
    """The object and the caller's draft of it without content; until the end no save can come in between.

    PostgreSQL's policies hide what the caller may see but not change: None then too.
    """
    return _BEFORE_DRAFT.first(uow, **where)


def get_draft(uow: UnitOfWork, **where: Any) -> Any:
    """The object and the caller's draft of it; ``revision`` is None when there never was one."""
    return _DRAFT.first(uow, **where)


@of_an_object()
def add_draft(uow: UnitOfWork, **values: Any) -> bool:
    """Insert a person's first draft of an object; False when another tab was first."""
    return _FIRST_DRAFT.first(uow, **values) is not None


@of_an_object()
def replace_draft(uow: UnitOfWork, **values: Any) -> int | None:
    """Write over the draft of revision ``after``; the new revision, or None when another tab was first."""
    row = _NEXT_DRAFT.first(uow, **values)
    return None if row is None else row.revision


def bytes_of_drafts(uow: UnitOfWork, tenant_id: UUID, id: UUID) -> int:
    """What drafts of an object count against its owner's storage."""
    return sum(row.stored_bytes for row in _DRAFT_BYTES.all(uow, tenant_id=tenant_id, id=id))


@of_an_object()
def set_trust(uow: UnitOfWork, **values: Any) -> None:
    """Remember what a person executed or trusted; ``run_version`` never goes back."""
    _SET_TRUST.run(uow, **values)


def hand(uow: UnitOfWork, tenant_id: UUID, id: UUID, me: UUID) -> Any:
    """What decides which versions are a person's own: ``run_version``, the latest it executed, ``taken_back_at``."""
    return _HAND.first(uow, tenant_id=tenant_id, id=id, me=me)
