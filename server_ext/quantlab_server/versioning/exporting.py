"""What export and import read of saved objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from quantlab_server.auth.actor import Actor
from quantlab_server.db.session import UnitOfWork
from quantlab_server.models.saved import NO_PROJECT
from quantlab_server.versioning import names
from quantlab_server.versioning.repository import exports

# Objects read at once; each may weigh some megabytes.
PAGE = 8


@dataclass(frozen=True, slots=True)
class Exported:
    """An own object: its row with ``data``, and rows of its versions with ``data``, oldest first."""

    row: Any
    history: list[Any]


def export_page(
    uow: UnitOfWork, actor: Actor, resource: str, *, after: UUID, history: bool
) -> list[Exported]:
    """Some own objects, by id, from behind ``after``; none: that was all."""
    rows = exports.page(
        uow, actor.tenant_id, actor.user_id, resource, after=after, limit=1 if history else PAGE
    )
    return [Exported(row, _history(uow, actor, row.id) if history else []) for row in rows]


def _history(uow: UnitOfWork, actor: Actor, id: UUID) -> list[Any]:
    return exports.versions(uow, actor.tenant_id, id, after=0, limit=1000)


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
