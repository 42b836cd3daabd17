"""How many objects each project holds."""

from __future__ import annotations

from uuid import UUID

from quantlab_server.auth.actor import Actor
from quantlab_server.db.session import UnitOfWork
from quantlab_server.versioning.repository import objects


def count_by_project(uow: UnitOfWork, actor: Actor, resource: str) -> dict[UUID, int]:
    """Objects of a resource by project, of what the actor has and did not delete."""
    return objects.count_by_project(uow, actor.tenant_id, actor.user_id, resource)
