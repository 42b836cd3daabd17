"""What export and import read of saved objects."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from quantlab_server.auth.actor import Actor
from quantlab_server.db.session import UnitOfWork
from quantlab_server.models.saved import NO_PROJECT
from quantlab_server.versioning import names
from quantlab_server.versioning.repository import exports

# Objects, versions or drafts read at once; each may weigh some megabytes.
PAGE = 8


def export_page(
    uow: UnitOfWork, actor: Actor, resource: str, *, after: UUID, deleted: bool
) -> list[Any]:
    """Rows with ``data`` of some own objects, by id, from behind ``after``; none: that was all."""
    return exports.page(
        uow,
        actor.tenant_id,
        actor.user_id,
        resource,
        after=after,
        limit=PAGE,
        deleted=deleted,
    )


def export_versions(uow: UnitOfWork, actor: Actor, id: UUID, *, after: int) -> list[Any]:
    """Rows with ``data`` of some versions of an own object, the oldest first, from behind ``after``."""
    return exports.versions(uow, actor.tenant_id, id, after=after, limit=PAGE)


def export_drafts(uow: UnitOfWork, actor: Actor, resource: str, *, after: UUID) -> list[Any]:
    """Rows with ``data`` of some drafts of the actor, by their objects' ids, from behind ``after``."""
    return exports.drafts(uow, actor.tenant_id, actor.user_id, resource, after=after, limit=PAGE)


def named_like(
    uow: UnitOfWork, actor: Actor, resource: str, kind: str, project: UUID | None, name: str
) -> list[Any]:
    """Own objects there whose name begins as ``name`` does (cut, so that a suffix fits)."""
    stem = names.with_suffix(name, " " * 20).rstrip()
    return exports.named(
        uow,
        tenant_id=actor.tenant_id,
        me=actor.user_id,
        resource=resource,
        kind=kind,
        project_key=project or NO_PROJECT,
        pattern=names.like_pattern(stem, anywhere=False),
    )
