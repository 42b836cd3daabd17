"""The rules of projects: folders of one owner, with unique names."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from quantlab_ext.schemas.projects import Project, ProjectCreate, ProjectUpdate
from quantlab_server.auth.actor import Actor
from quantlab_server.config import Settings
from quantlab_server.db.base import new_id, now
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import NotFound
from quantlab_server.projects import repository
from quantlab_server.versioning.counts import count_by_project
from quantlab_server.versioning.moves import empty_project
from quantlab_server.versioning.names import name_key
from quantlab_server.versioning.quotas import Quotas

_QUOTA = "projects"


class ProjectService:
    """Projects of the actor. Nobody else sees them, also where objects inside are shared."""

    def __init__(self, settings: Settings) -> None:
        self._quotas = Quotas(settings.quotas)

    def create(self, uow: UnitOfWork, actor: Actor, body: ProjectCreate) -> Project:
        """Make a project.

        Raises:
            NameTaken, QuotaExceeded.
        """
        at, id = now(), new_id()
        row = {
            "tenant_id": actor.tenant_id,
            "id": id,
            "user_id": actor.user_id,
            "name": body.name,
            "name_key": name_key(body.name),
            "description": body.description,
            "created_at": at,
            "updated_at": at,
        }
        repository.create(uow, **row)
        self._quotas.add(uow, actor, actor.user_id, _QUOTA, 1)
        return Project.model_construct(
            id=id,
            name=body.name,
            description=body.description,
            workflows=0,
            layouts=0,
            created_at=at,
            updated_at=at,
        )

    def get(self, uow: UnitOfWork, actor: Actor, id: UUID) -> Project:
        """One project.

        Raises:
            NotFound.
        """
        row = repository.get(uow, actor.tenant_id, actor.user_id, id)
        if row is None:
            raise NotFound
        counts = count_by_project(uow, actor)
        return _project(row, counts)

    def page(
        self, uow: UnitOfWork, actor: Actor, *, after: str, limit: int
    ) -> tuple[list[Project], str | None]:
        """Projects by name, and the folded name after which the next page starts, if there is more."""
        rows = repository.page(uow, actor.tenant_id, actor.user_id, after=after, limit=limit + 1)
        counts = count_by_project(uow, actor)
        more = len(rows) > limit
        rows = rows[:limit]
        return [_project(row, counts) for row in rows], rows[-1].name_key if more else None

    def count(self, uow: UnitOfWork, actor: Actor) -> int:
        """How many projects the actor has."""
        return self._quotas.used(uow, actor, _QUOTA)

    def update(self, uow: UnitOfWork, actor: Actor, id: UUID, body: ProjectUpdate) -> Project:
        """Change name or description.

        Raises:
            NotFound, NameTaken.
        """
        row = repository.lock(uow, actor.tenant_id, actor.user_id, id)
        if row is None:
            raise NotFound
        name = body.name or row.name
        changed = repository.change(
            uow,
            tenant_id=actor.tenant_id,
            me=actor.user_id,
            id=id,
            name=name,
            name_key=name_key(name),
            description=row.description if body.description is None else body.description,
            now=now(),
        )
        counts = count_by_project(uow, actor)
        return _project(changed, counts)

    def delete(self, uow: UnitOfWork, actor: Actor, id: UUID) -> None:
        """Delete a project. What it held stays, in no project.

        Raises:
            NotFound.
        """
        row = repository.lock(uow, actor.tenant_id, actor.user_id, id)
        if row is None:
            raise NotFound
        empty_project(uow, actor, id, row.name)
        repository.remove(uow, actor.tenant_id, actor.user_id, id)
        self._quotas.add(uow, actor, actor.user_id, _QUOTA, -1)

    def named(self, uow: UnitOfWork, actor: Actor, name: str, description: str) -> UUID:
        """The actor's project of this name, made if there is none.

        Raises:
            NameTaken: another request makes it at this moment.
            QuotaExceeded.
        """
        id = repository.find(uow, actor.tenant_id, actor.user_id, name_key(name))
        if id is None:
            id = self.create(uow, actor, ProjectCreate(name=name, description=description)).id
        return id

    def hold(self, uow: UnitOfWork, actor: Actor, id: UUID) -> bool:
        """Whether the actor has this project; if so it stays until the transaction ends."""
        return repository.hold(uow, actor.tenant_id, actor.user_id, id)


def _project(row: Any, counts: dict[tuple[UUID, str], int]) -> Project:
    return Project.model_construct(
        id=row.id,
        name=row.name,
        description=row.description,
        workflows=counts.get((row.id, "workflows"), 0),
        layouts=counts.get((row.id, "layouts"), 0),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
