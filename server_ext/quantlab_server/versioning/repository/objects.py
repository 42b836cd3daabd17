"""Queries on the objects themselves: read, create, save, change, delete."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from quantlab_server.db.prepared import Prepared
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import NameTaken, NotSignedIn
from quantlab_server.models.saved import NO_PROJECT
from quantlab_server.versioning.names import name_key
from quantlab_server.versioning.repository.tables import (
    ACCESS,
    CONTENTS,
    ITEM,
    OBJECTS,
    TAGS,
    TRUST,
    VERSIONS,
    here,
    is_name_conflict,
    is_owner_gone,
    may_edit,
    mine,
    o,
    taken_back,
    visible,
    with_access,
)

_GET = Prepared(
    select(*ITEM, *ACCESS, o.search_text).select_from(with_access()).where(here(), visible())
)

_LOCK = Prepared(
    select(*ITEM, *ACCESS, o.search_text)
    .select_from(with_access())
    .where(here(), visible())
    .with_for_update(of=OBJECTS)
)

_current = VERSIONS.alias("current_version")
_broken = VERSIONS.alias("broken_version")

# Everything that opening an object needs, in one round trip.
_OPEN = Prepared(
    select(
        *ITEM,
        *ACCESS,
        CONTENTS.c.data,
        TRUST.c.trusted_hash,
        TRUST.c.run_version,
        _current.c.author_id,
        _current.c.source,
        _current.c.in_person,
        _current.c.own_since,
        _current.c.created_at.label("written_at"),
        taken_back(bindparam("tenant_id"), bindparam("me")).label("taken_back_at"),
        _broken.c.author_id.label("broken_author_id"),
        _broken.c.source.label("broken_source"),
        _broken.c.in_person.label("broken_in_person"),
    )
    .select_from(
        with_access()
        .join(
            CONTENTS,
            and_(
                CONTENTS.c.tenant_id == o.tenant_id,
                CONTENTS.c.user_id == o.user_id,
                CONTENTS.c.hash == o.content_hash,
            ),
        )
        .join(
            _current,
            and_(
                _current.c.tenant_id == o.tenant_id,
                _current.c.object_id == o.id,
                _current.c.version == o.version,
            ),
        )
        .outerjoin(
            _broken,
            and_(
                _broken.c.tenant_id == o.tenant_id,
                _broken.c.object_id == o.id,
                _broken.c.version == _current.c.own_since - 1,
            ),
        )
        .outerjoin(
            TRUST,
            and_(
                TRUST.c.tenant_id == o.tenant_id,
                TRUST.c.object_id == o.id,
                TRUST.c.person_id == bindparam("me"),
            ),
        )
    )
    .where(here(), visible(), o.deleted_at.is_(None))
)

_INSERT = Prepared(insert(OBJECTS).values({c: bindparam(c.name) for c in OBJECTS.c}))

_SAVE = Prepared(
    update(OBJECTS)
    .where(
        here(),
        o.kind == bindparam("kind"),
        o.version == bindparam("base"),
        o.deleted_at.is_(None),
        o.content_hash != bindparam("hash"),
        may_edit(),
    )
    .values(
        version=o.version + 1,
        content_hash=bindparam("hash"),
        size=bindparam("size"),
        updated_at=bindparam("now"),
    )
    .returning(*ITEM)
)

_CHANGE = Prepared(
    update(OBJECTS)
    .where(
        here(),
        o.version == bindparam("base"),
        o.deleted_at.is_(None),
        may_edit(),
    )
    .values(
        name=bindparam("name"),
        name_key=bindparam("name_key"),
        description=bindparam("description"),
        tags=bindparam("tags"),
        search_text=bindparam("search_text"),
        project_key=bindparam("project_key"),
        pinned=bindparam("pinned"),
        updated_at=bindparam("now"),
    )
    .returning(*ITEM)
)

_SET_SEARCH_TEXT = Prepared(
    update(OBJECTS)
    .where(here(), may_edit(), o.search_text != bindparam("search_text"))
    .values(search_text=bindparam("search_text"))
)

_DELETE = Prepared(
    update(OBJECTS)
    .where(here(), mine(), o.version == bindparam("base"), o.deleted_at.is_(None))
    .values(deleted_at=bindparam("now"))
    .returning(o.id)
)

_UNDELETE = Prepared(
    update(OBJECTS)
    .where(here(), mine(), o.deleted_at.is_not(None))
    .values(
        deleted_at=None,
        name=bindparam("name"),
        name_key=bindparam("name_key"),
        search_text=bindparam("search_text"),
        updated_at=bindparam("now"),
    )
    .returning(*ITEM)
)

_DESTROY = Prepared(delete(OBJECTS).where(here(), mine()).returning(o.deleted_at))

_DELETE_TAGS = Prepared(
    delete(TAGS).where(
        TAGS.c.tenant_id == bindparam("tenant_id"), TAGS.c.object_id == bindparam("id")
    )
)
_INSERT_TAG = Prepared(insert(TAGS).values({c: bindparam(c.name) for c in TAGS.c}))

_NAMES_LIKE = Prepared(
    select(o.name_key).where(
        o.tenant_id == bindparam("tenant_id"),
        o.user_id == bindparam("me"),
        o.resource == bindparam("resource"),
        o.kind == bindparam("kind"),
        o.project_key == bindparam("project_key"),
        o.deleted_at.is_(None),
        o.name_key.like(bindparam("pattern"), escape="\\"),
    )
)

_IN_PROJECT = Prepared(
    select(o.id, o.resource, o.kind, o.name, o.description, o.tags, o.search_text, o.deleted_at)
    .where(
        o.tenant_id == bindparam("tenant_id"),
        o.user_id == bindparam("me"),
        o.project_key == bindparam("project_key"),
    )
    .order_by(o.id)
)

_MOVE = Prepared(
    update(OBJECTS)
    .where(o.tenant_id == bindparam("tenant_id"), o.id == bindparam("id"), mine())
    .values(
        project_key=NO_PROJECT,
        name=bindparam("name"),
        name_key=bindparam("name_key"),
        search_text=bindparam("search_text"),
    )
)

_COUNT_BY_PROJECT = Prepared(
    select(o.project_key, o.resource, func.count().label("count"))
    .where(
        o.tenant_id == bindparam("tenant_id"),
        o.user_id == bindparam("me"),
        o.deleted_at.is_(None),
    )
    .group_by(o.project_key, o.resource)
)


def get(uow: UnitOfWork, **where: Any) -> Any:
    """The object ``id`` of ``resource`` that ``me`` owns or was given, deleted ones included; None if there is none."""
    return _GET.first(uow, **where)


def lock(uow: UnitOfWork, **where: Any) -> Any:
    """As :func:`get`, and nobody else changes the object before this transaction ends.

    PostgreSQL's policies hide what the caller may see but not change: None then too.
    """
    return _LOCK.first(uow, **where)


def open_current(uow: UnitOfWork, **where: Any) -> Any:
    """As :func:`get`, but not deleted, with its content (compressed) and what decides about trust."""
    return _OPEN.first(uow, **where)


def create(uow: UnitOfWork, **values: Any) -> None:
    """Insert an object; every column must be given.

    Raises:
        NameTaken: the owner has one of that name, kind and project.
        NotSignedIn: the owner is not here any more.
    """
    try:
        _INSERT.run(uow, **values)
    except IntegrityError as error:
        raise _named(error) from None


def save(uow: UnitOfWork, **values: Any) -> Any:
    """Make ``hash`` the content and count one version up, if ``base`` is current, the content differs and ``me`` may.

    Returns the changed row, or None when any of that does not hold.
    """
    return _SAVE.first(uow, **values)


def change(uow: UnitOfWork, **values: Any) -> Any:
    """Set the metadata, if the object is still at version ``base``; the changed row or None.

    Raises:
        NameTaken: the owner has one of that name, kind and project.
    """
    try:
        return _CHANGE.first(uow, **values)
    except IntegrityError as error:
        raise _named(error) from None


def set_search_text(uow: UnitOfWork, **values: Any) -> None:
    """Set what a search looks in, where that differs."""
    _SET_SEARCH_TEXT.run(uow, **values)


def soft_delete(uow: UnitOfWork, **values: Any) -> bool:
    """Mark as deleted; False when ``me`` owns no such object at version ``base``, or it is deleted already."""
    return _DELETE.first(uow, **values) is not None


def undelete(uow: UnitOfWork, **values: Any) -> Any:
    """Bring a deleted object back under ``name``; the row or None.

    Raises:
        NameTaken: another object has the name meanwhile.
    """
    try:
        return _UNDELETE.first(uow, **values)
    except IntegrityError as error:
        raise _named(error) from None


def destroy(uow: UnitOfWork, **where: Any) -> tuple[bool, bool]:
    """Remove an object with everything that hangs on it; (whether there was one, whether it was deleted before)."""
    row = _DESTROY.first(uow, **where)
    return row is not None, row is not None and row.deleted_at is not None


def set_tags(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, id: UUID, tags: list[str]) -> None:
    """Replace the rows that tag filters use."""
    _DELETE_TAGS.run(uow, tenant_id=tenant_id, id=id)
    add_tags(uow, tenant_id, user_id, id, tags)


def add_tags(uow: UnitOfWork, tenant_id: UUID, user_id: UUID, id: UUID, tags: list[str]) -> None:
    """Insert the rows that tag filters use."""
    for tag in tags:
        _INSERT_TAG.run(
            uow,
            tenant_id=tenant_id,
            user_id=user_id,
            object_id=id,
            tag=tag,
            tag_key=name_key(tag),
        )


def names_like(uow: UnitOfWork, **where: Any) -> set[str]:
    """Folded names in use that match a LIKE pattern (escaped by a backslash)."""
    return {row.name_key for row in _NAMES_LIKE.all(uow, **where)}


def in_project(uow: UnitOfWork, tenant_id: UUID, me: UUID, project_key: UUID) -> list[Any]:
    """What a project holds, of every resource, deleted ones included."""
    return _IN_PROJECT.all(uow, tenant_id=tenant_id, me=me, project_key=project_key)


def move_out(uow: UnitOfWork, **values: Any) -> None:
    """Take an object out of its project, under ``name``."""
    _MOVE.run(uow, **values)


def count_by_project(uow: UnitOfWork, tenant_id: UUID, me: UUID) -> dict[tuple[UUID, str], int]:
    """How many objects of each resource each project of a person holds."""
    rows = _COUNT_BY_PROJECT.all(uow, tenant_id=tenant_id, me=me)
    return {(row.project_key, row.resource): row.count for row in rows}


def _named(error: IntegrityError) -> Exception:
    if is_owner_gone(error):
        return NotSignedIn()
    return NameTaken() if is_name_conflict(error) else error
