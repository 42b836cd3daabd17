"""The rules of export and import: everything as plain files, losslessly, and nothing twice."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from quantlab_ext.schemas.transfer import ImportItem, ImportStatus
from quantlab_server.auth.actor import Actor
from quantlab_server.config import Settings
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import ApiError
from quantlab_server.projects.service import ProjectService
from quantlab_server.transfer.package import Incoming
from quantlab_server.versioning import names
from quantlab_server.versioning.content import Codec, Encoded
from quantlab_server.versioning.exporting import (
    export_drafts,
    export_page,
    export_versions,
    named_like,
)
from quantlab_server.versioning.service import SavedObjects
from quantlab_server.versioning.values import NewObject

_SUFFIX = " (imported)"
_SUFFIXED = re.compile(r"^ \(imported\)( \d+)?$")


class TransferService:
    """Moves whole libraries of the actor out and in."""

    def __init__(
        self, settings: Settings, projects: ProjectService, resources: Sequence[SavedObjects]
    ) -> None:
        self.settings = settings
        self._projects = projects
        self._resources: Mapping[str, SavedObjects] = {
            saved.resource.noun: saved for saved in resources
        }

    @property
    def nouns(self) -> list[str]:
        """Resources that are exported."""
        return list(self._resources)

    @property
    def codecs(self) -> dict[str, dict[str, Codec]]:
        """Codecs by resource and kind."""
        return {noun: dict(saved.resource.codecs) for noun, saved in self._resources.items()}

    @property
    def max_file_bytes(self) -> int:
        """The largest file that any resource takes."""
        return max(s.resource.max_bytes(self.settings) for s in self._resources.values())

    def projects(self, uow: UnitOfWork, actor: Actor) -> dict[UUID, tuple[str, str]]:
        """Names and descriptions of all the actor's projects."""
        found: dict[UUID, tuple[str, str]] = {}
        after: str | None = ""
        while after is not None:
            page, after = self._projects.page(uow, actor, after=after, limit=200)
            found |= {project.id: (project.name, project.description) for project in page}
        return found

    def page(
        self, uow: UnitOfWork, actor: Actor, noun: str, *, after: UUID, deleted: bool
    ) -> list[Any]:
        """The next objects of a resource after an id, with content; ``deleted``: those that can be brought back."""
        return export_page(uow, actor, noun, after=after, deleted=deleted)

    def versions(self, uow: UnitOfWork, actor: Actor, id: UUID, *, after: int) -> list[Any]:
        """The next versions of an own object after one, with content."""
        return export_versions(uow, actor, id, after=after)

    def drafts(self, uow: UnitOfWork, actor: Actor, noun: str, *, after: UUID) -> list[Any]:
        """The actor's next drafts of objects of a resource after an id, with content."""
        return export_drafts(uow, actor, noun, after=after)

    def take(
        self, uow: UnitOfWork, actor: Actor, incoming: Incoming, content: Encoded
    ) -> ImportItem:
        """Take one file in. What is there already, under this name and with this content, stays as it is.

        Raises:
            ApiError: it is refused.
        """
        saved = self._resources[incoming.resource]
        project = None
        if incoming.project is not None:
            project = self._projects.named(
                uow, actor, incoming.project, incoming.project_description
            )
        there = named_like(uow, actor, saved.resource.noun, incoming.kind, project, incoming.name)
        same = _same(there, incoming.name, content)
        if same is not None:
            return _report(incoming, "unchanged", same.name, same.id)
        name = incoming.name
        status: ImportStatus = "created"
        taken = {row.name_key for row in there}
        if names.name_key(name) in taken:
            name, status = names.free_name(name, _SUFFIX, taken), "renamed"
        item = saved.create(
            uow,
            actor,
            NewObject(
                name=name,
                content=content,
                source="import",
                in_person=False,
                description=incoming.description,
                tags=incoming.tags,
                project_id=project,
                pinned=incoming.pinned,
            ),
        )
        return _report(incoming, status, item.name, item.id)


def _same(there: list[Any], name: str, content: Encoded) -> Any:
    """An object that this very file, or an import of it, has made before."""
    key = names.name_key(name)
    for row in there:
        if row.content_hash != content.hash:
            continue
        rest = row.name_key.removeprefix(key) if row.name_key.startswith(key) else None
        if rest == "" or (rest is not None and _SUFFIXED.match(rest)):
            return row
    return None


def _report(incoming: Incoming, status: ImportStatus, name: str, id: UUID) -> ImportItem:
    return ImportItem.model_construct(
        file=incoming.file, status=status, name=name, id=id, code=None, message=None
    )


def refused(file: str, code: str, message: str) -> ImportItem:
    """The report on a file that is not taken in."""
    return ImportItem.model_construct(
        file=file, status="refused", name=None, id=None, code=code, message=message
    )


def refused_by(file: str, error: ApiError) -> ImportItem:
    """The report on a file that an error kept out."""
    return refused(file, error.code, error.message)
