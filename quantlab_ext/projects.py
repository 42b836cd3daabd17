"""Projects of the signed-in person: ``client.projects``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import UUID

from quantlab_ext.errors import NotFound
from quantlab_ext.paging import PAGE, pages
from quantlab_ext.schemas.base import Page
from quantlab_ext.schemas.projects import Project
from quantlab_ext.transport import new_key

if TYPE_CHECKING:
    from quantlab_ext.transport import Transport


class Projects:
    """Calls on ``/projects``. Where a project is asked for, its id, its object or its exact name is taken."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, page_size: int = PAGE) -> Iterator[Project]:
        """Iterate over projects."""
        return pages(self._transport, "/projects", Page[Project], {}, page_size)

    def find(self, ref: Project | UUID | str) -> UUID:
        """The id that ``ref`` stands for; names are compared without case.

        Raises:
            NotFound: no project of this name.
        """
        if isinstance(ref, Project):
            return ref.id
        if isinstance(ref, UUID):
            return ref
        try:
            return UUID(ref)
        except ValueError:
            pass
        for project in self.list(page_size=200):
            if project.name.casefold() == ref.strip().casefold():
                return project.id
        raise NotFound(f"There is no project named “{ref}”.")

    def get(self, ref: Project | UUID | str) -> Project:
        """One project."""
        answer = self._transport.request("GET", f"/projects/{self.find(ref)}")
        return Project.model_validate_json(answer.content)

    def create(self, name: str, *, description: str = "") -> Project:
        """A new project.

        Raises:
            Conflict: ``name_taken``.
        """
        answer = self._transport.request(
            "POST",
            "/projects",
            body={"name": name, "description": description},
            headers={"Idempotency-Key": new_key()},
            harmless=True,
        )
        return Project.model_validate_json(answer.content)

    def update(
        self, ref: Project | UUID | str, *, name: str | None = None, description: str | None = None
    ) -> Project:
        """Rename or describe a project; what is None stays."""
        given = {"name": name, "description": description}
        body = {key: value for key, value in given.items() if value is not None}
        answer = self._transport.request(
            "PUT", f"/projects/{self.find(ref)}", body=body, harmless=True
        )
        return Project.model_validate_json(answer.content)

    def delete(self, ref: Project | UUID | str) -> None:
        """Delete a project; its workflows stay, without a project."""
        try:
            self._transport.request("DELETE", f"/projects/{self.find(ref)}", harmless=True)
        except NotFound as error:
            if not error.details.get("unknown_outcome"):
                raise
