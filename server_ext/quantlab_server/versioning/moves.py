"""Taking objects out of a project that is about to go."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from quantlab_server.auth.actor import Actor
from quantlab_server.db.session import UnitOfWork
from quantlab_server.models.saved import NO_PROJECT
from quantlab_server.versioning import names
from quantlab_server.versioning.repository import objects


def empty_project(uow: UnitOfWork, actor: Actor, project_id: UUID, project_name: str) -> None:
    """Move everything out of one of the actor's projects.

    Where an object outside has the same name already, the project's name is added: ``Momentum (Old ideas)``.
    """
    suffix = f" ({project_name[:60].rstrip()})"
    for row in objects.in_project(uow, actor.tenant_id, actor.user_id, project_id):
        name = row.name
        if row.deleted_at is None:
            name = _free_name(uow, actor, row, suffix)
        tags = row.tags.split("\n") if row.tags else []
        objects.move_out(
            uow,
            tenant_id=actor.tenant_id,
            me=actor.user_id,
            id=row.id,
            name=name,
            name_key=names.name_key(name),
            search_text=names.search_text(
                name, row.description, tags, names.words_of(row.search_text)
            ),
        )


def _free_name(uow: UnitOfWork, actor: Actor, row: Any, suffix: str) -> str:
    name: str = row.name
    stem = names.with_suffix(name, suffix + " " * 8).removesuffix(suffix + " " * 8)
    taken = objects.names_like(
        uow,
        tenant_id=actor.tenant_id,
        me=actor.user_id,
        resource=row.resource,
        kind=row.kind,
        project_key=NO_PROJECT,
        pattern=names.like_pattern(stem, anywhere=False),
    )
    return name if names.name_key(name) not in taken else names.free_name(name, suffix, taken)
