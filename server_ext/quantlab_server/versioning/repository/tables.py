"""Tables, column lists and conditions that the queries share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Table,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.exc import IntegrityError

from quantlab_server.errors import NotFound
from quantlab_server.models.account import User
from quantlab_server.models.saved import (
    Content,
    ObjectDraft,
    ObjectOpening,
    ObjectShare,
    ObjectTag,
    ObjectThumbnail,
    ObjectTrust,
    ObjectVersion,
    SavedObject,
    UsageCounter,
)


def _table(model: Any) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


OBJECTS = _table(SavedObject)
VERSIONS = _table(ObjectVersion)
CONTENTS = _table(Content)
DRAFTS = _table(ObjectDraft)
TAGS = _table(ObjectTag)
TRUST = _table(ObjectTrust)
SHARES = _table(ObjectShare)
THUMBNAILS = _table(ObjectThumbnail)
OPENINGS = _table(ObjectOpening)
COUNTERS = _table(UsageCounter)
USERS = _table(User)

o = OBJECTS.c

# What lists show, and what every answer about an object is made of.
ITEM = (
    o.id,
    o.user_id,
    o.kind,
    o.name,
    o.description,
    o.tags,
    o.project_key,
    o.pinned,
    o.version,
    o.content_hash,
    o.size,
    o.thumbnail_version,
    o.created_at,
    o.updated_at,
    o.deleted_at,
)


def here() -> ColumnElement[bool]:
    """The object of the tenant, resource and id that the call names."""
    return and_(
        o.tenant_id == bindparam("tenant_id"),
        o.id == bindparam("id"),
        o.resource == bindparam("resource"),
    )


def mine() -> ColumnElement[bool]:
    """Objects that the caller owns."""
    return o.user_id == bindparam("me")


def may_edit() -> ColumnElement[bool]:
    """Objects that the caller owns or was given to edit."""
    return or_(
        mine(),
        exists(
            select(SHARES.c.access).where(
                SHARES.c.tenant_id == o.tenant_id,
                SHARES.c.object_id == o.id,
                SHARES.c.grantee_id == bindparam("me"),
                SHARES.c.access == "edit",
            )
        ),
    )


def with_access() -> FromClause:
    """Objects joined with the caller's share (``SHARES``), if there is one."""
    return OBJECTS.outerjoin(
        SHARES,
        and_(
            SHARES.c.tenant_id == o.tenant_id,
            SHARES.c.object_id == o.id,
            SHARES.c.grantee_id == bindparam("me"),
        ),
    )


def visible() -> ColumnElement[bool]:
    """With ``with_access``: what the caller owns or was given."""
    return or_(mine(), SHARES.c.access.is_not(None))


def taken_back(tenant_id: Any, person_id: Any) -> Any:
    """When a person got the account back from somebody else, as a scalar; NULL for nearly everybody."""
    return (
        select(USERS.c.taken_back_at)
        .where(USERS.c.tenant_id == tenant_id, USERS.c.id == person_id)
        .scalar_subquery()
    )


def of_own_hand(version: Any, person_id: Any, tenant_id: Any) -> ColumnElement[bool]:
    """Versions (an alias of them) that a person wrote in an interactive session, nobody else in the person's name."""
    since = taken_back(tenant_id, person_id)
    return and_(
        version.author_id == person_id,
        version.in_person,
        func.coalesce(version.created_at > since, true()),
    )


def settled_draft() -> ColumnElement[bool]:
    """Open drafts that saving content ``hash`` replaces: the same content, or the revision that the save names.

    Any other draft was written by another tab, or by a person while a script saved: it stays, as a stale one.
    """
    return and_(
        DRAFTS.c.discarded.is_(False),
        or_(
            DRAFTS.c.revision == bindparam("draft_revision", type_=DRAFTS.c.revision.type),
            DRAFTS.c.content_hash == bindparam("hash", type_=DRAFTS.c.content_hash.type),
        ),
    )


ACCESS = (SHARES.c.access.label("shared_access"),)


@contextmanager
def of_an_object() -> Iterator[None]:
    """Around an insert of what hangs on an object, and on who has access to it.

    Raises:
        NotFound: the object went to another owner, or the person went, since it was looked at.
    """
    try:
        yield
    except IntegrityError as error:
        # Of PostgreSQL only: SQLite has one writer, so that nothing goes in between.
        if _HANGS.search(str(error.orig)):
            raise NotFound from None
        raise


_HANGS = re.compile(r"foreign key constraint \"fk_object_\w+_(saved_objects|users)\"")


def is_owner_gone(error: IntegrityError) -> bool:
    """Whether the owner went, perhaps to another tenant, while this waited."""
    text = str(error.orig)
    return "fk_saved_objects_users" in text or "FOREIGN KEY" in text


def is_name_conflict(error: IntegrityError) -> bool:
    """Whether the unique index on names refused the row."""
    text = str(error.orig)
    return "name_key" in text or "uq_saved_objects_name" in text
