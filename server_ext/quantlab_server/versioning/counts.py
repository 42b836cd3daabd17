"""How many objects each project holds."""

from __future__ import annotations

from uuid import UUID

from quantlab_server.auth.actor import Actor
from quantlab_server.db.session import UnitOfWork
from quantlab_server.versioning.repository import objects


def count_by_project(uow: UnitOfWork, actor: Actor) -> dict[tuple[UUID, str], int]:
    """Objects by project and resource, of what the actor has and did not delete."""
    return objects.count_by_project(uow, actor.tenant_id, actor.user_id)
