"""Queries of export and import."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, select

from quantlab_server.db.prepared import Prepared
from quantlab_server.db.session import UnitOfWork
from quantlab_server.versioning.repository.tables import (
    CONTENTS,
    DRAFTS,
    ITEM,
    VERSIONS,
    mine,
    o,
    visible,
    with_access,
)

d = DRAFTS.c

_any_of_mine = (
    o.tenant_id == bindparam("tenant_id"),
    mine(),
    o.resource == bindparam("resource"),
)
_own = (*_any_of_mine, o.deleted_at.is_(None))


def _page(*where: Any) -> Prepared:
    return Prepared(
        select(*ITEM, CONTENTS.c.data)
        .join(
            CONTENTS,
            and_(
                CONTENTS.c.tenant_id == o.tenant_id,
                CONTENTS.c.user_id == o.user_id,
                CONTENTS.c.hash == o.content_hash,
            ),
        )
        .where(*where, o.id > bindparam("after"))
        .order_by(o.id)
        .limit(bindparam("limit"))
    )


_PAGE = _page(*_own)
_DELETED = _page(*_any_of_mine, o.deleted_at.is_not(None))

_DRAFTS = Prepared(
    select(
        o.id,
        o.name,
        o.kind,
        (o.user_id == bindparam("me")).label("own"),
        d.base_version,
        d.updated_at,
        d.data,
    )
    .select_from(with_access().join(DRAFTS, and_(d.tenant_id == o.tenant_id, d.object_id == o.id)))
    .where(
        o.tenant_id == bindparam("tenant_id"),
        o.resource == bindparam("resource"),
        visible(),
        d.drafter_id == bindparam("me"),
        d.discarded.is_(False),
        o.id > bindparam("after"),
    )
    .order_by(o.id)
    .limit(bindparam("limit"))
)

_VERSIONS = Prepared(
    select(
        VERSIONS.c.version,
        VERSIONS.c.created_at,
        VERSIONS.c.source,
        VERSIONS.c.restored_from,
        CONTENTS.c.data,
    )
    .join(
        CONTENTS,
        and_(
            CONTENTS.c.tenant_id == VERSIONS.c.tenant_id,
            CONTENTS.c.user_id == VERSIONS.c.user_id,
            CONTENTS.c.hash == VERSIONS.c.content_hash,
        ),
    )
    .where(
        VERSIONS.c.tenant_id == bindparam("tenant_id"),
        VERSIONS.c.object_id == bindparam("id"),
        VERSIONS.c.version > bindparam("after"),
    )
    .order_by(VERSIONS.c.version)
    .limit(bindparam("limit"))
)

_NAMED = Prepared(
    select(o.id, o.name, o.name_key, o.content_hash).where(
        *_own,
        o.kind == bindparam("kind"),
        o.project_key == bindparam("project_key"),
        o.name_key.like(bindparam("pattern"), escape="\\"),
    )
)


def page(
    uow: UnitOfWork,
    tenant_id: UUID,
    me: UUID,
    resource: str,
    *,
    after: UUID,
    limit: int,
    deleted: bool = False,
) -> list[Any]:
    """Own objects with their content (compressed), by id, from behind ``after``; ``deleted``: those instead."""
    query = _DELETED if deleted else _PAGE
    return query.all(uow, tenant_id=tenant_id, me=me, resource=resource, after=after, limit=limit)


def drafts(
    uow: UnitOfWork, tenant_id: UUID, me: UUID, resource: str, *, after: UUID, limit: int
) -> list[Any]:
    """The caller's drafts with their content (compressed), also of what others share, by the object's id."""
    return _DRAFTS.all(uow, tenant_id=tenant_id, me=me, resource=resource, after=after, limit=limit)


def versions(uow: UnitOfWork, tenant_id: UUID, id: UUID, *, after: int, limit: int) -> list[Any]:
    """Versions of an object with their content (compressed), oldest first."""
    return _VERSIONS.all(uow, tenant_id=tenant_id, id=id, after=after, limit=limit)


def named(uow: UnitOfWork, **where: Any) -> list[Any]:
    """Own objects of a kind and project whose folded name matches a LIKE pattern (escaped by a backslash)."""
    return _NAMED.all(uow, **where)
