"""Workflows of the signed-in person: ``client.workflows``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from quantlab_ext.content import Content, comparable, read_content
from quantlab_ext.display import size, write_new
from quantlab_ext.paging import PAGE
from quantlab_ext.saved import SavedObjects, Sort
from quantlab_ext.schemas.workflows import Workflow, WorkflowItem

if TYPE_CHECKING:
    from quantlab_ext.transport import Transport

Kind = Literal["notebook", "python"]
Ref = WorkflowItem | UUID | str


class StoredWorkflow(WorkflowItem):
    """A workflow without its content, as changes answer; shows itself in one line."""

    def __repr__(self) -> str:
        return _line(self)

    __str__ = __repr__


class LoadedWorkflow(Workflow):
    """A workflow with its content; shows itself in one line."""

    def __repr__(self) -> str:
        return _line(self)

    __str__ = __repr__

    @property
    def text(self) -> str:
        """The content as a file would hold it."""
        if self.kind == "python":
            return self.code or ""
        return json.dumps(self.notebook, ensure_ascii=False, indent=1) + "\n"

    def write(self, path: str | Path, *, force: bool = False) -> Path:
        """Write the content to a file.

        Raises:
            FileExistsError: it exists and ``force`` is off.
        """
        target = Path(path)
        write_new(target, self.text, force=force)
        return target


class Workflows(SavedObjects[WorkflowItem, LoadedWorkflow, Content]):
    """Calls on ``/workflows``. Where a workflow is asked for, its id, its item or its exact name is taken.

    Content is Python code as text, a notebook (nbformat 4) as a mapping, or the path of a file with either.
    """

    noun = "workflows"
    one = "workflow"
    members = frozenset({"code", "notebook"})

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, WorkflowItem, StoredWorkflow, LoadedWorkflow)

    def _body(self, content: Content) -> dict[str, Any]:
        return read_content(content)

    def _comparable(self, body: Mapping[str, Any]) -> dict[str, Any]:
        return comparable(body)

    def list(
        self,
        *,
        q: str | None = None,
        tag: str | None = None,
        project: UUID | str | None = None,
        kind: Kind | None = None,
        name: str | None = None,
        pinned: bool | None = None,
        deleted: bool | None = None,
        shared: bool | None = None,
        sort: Sort = "-updated_at",
        page_size: int = PAGE,
    ) -> Iterator[WorkflowItem]:
        """Iterate over workflows, page by page as they are needed.

        Args:
            q: words in name, description or tags.
            project: id of a project, or ``"none"``.
            name: the exact name, upper and lower case alike.
        """
        params = {
            "q": q,
            "tag": tag,
            "project": project,
            "kind": kind,
            "name": name,
            "pinned": pinned,
            "deleted": deleted,
            "shared": shared,
            "sort": sort,
        }
        return self._list(params, page_size)

    def save(
        self,
        name: str,
        content: Content,
        *,
        project_id: UUID | str | None = None,
        overwrite: bool = False,
        **metadata: Any,
    ) -> WorkflowItem:
        """Create ``name``, or save a new version of it if it is there.

        A workflow that this client has loaded or saved before is saved from that version, so that another's save in
        between is a conflict and not lost. One that it has not seen is saved on top of what is there.

        Args:
            overwrite: save on top of whatever is there; it stays as a version.

        Raises:
            VersionConflict: see above.
        """
        kind: Kind = "python" if "code" in read_content(content) else "notebook"
        return self._save(
            name, content, kind=kind, project_id=project_id, overwrite=overwrite, **metadata
        )


def _line(item: WorkflowItem) -> str:
    return f"<{item.kind} workflow {item.name!r}, version {item.version}, {size(item.size)}>"
