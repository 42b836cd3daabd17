"""Workflows of the signed-in person: ``client.workflows``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from uuid import UUID

from quantlab_ext.content import Content, comparable, read_content
from quantlab_ext.display import Diff, size, write_new
from quantlab_ext.errors import Conflict, InvalidInput, NotFound, VersionConflict
from quantlab_ext.paging import PAGE, pages
from quantlab_ext.schemas.base import Page
from quantlab_ext.schemas.saved import Draft, MergeResult, VersionInfo
from quantlab_ext.schemas.workflows import Workflow, WorkflowItem, WorkflowVersion
from quantlab_ext.transport import new_key

if TYPE_CHECKING:
    from quantlab_ext.transport import Transport

Kind = Literal["notebook", "python"]
Sort = Literal["-updated_at", "updated_at", "name", "-name", "created_at", "-created_at"]
T = TypeVar("T", bound=WorkflowItem)
Ref = WorkflowItem | UUID | str

_METADATA = ("name", "description", "tags", "project_id", "pinned")


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


class Workflows:
    """Calls on ``/workflows``. Where a workflow is asked for, its id, its item or its exact name is taken."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        # The version last seen here, by id: what a later save starts from.
        self._seen: dict[UUID, int] = {}

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
        return pages(self._transport, "/workflows", Page[WorkflowItem], params, page_size)

    def find(
        self, ref: Ref, *, kind: Kind | None = None, project: UUID | str | None = None
    ) -> UUID:
        """The id that ``ref`` stands for.

        Raises:
            NotFound: no workflow of this name.
            Conflict: several (code ``ambiguous_name``): say which by ``kind``, ``project`` or id.
        """
        if isinstance(ref, WorkflowItem):
            return ref.id
        if isinstance(ref, UUID):
            return ref
        try:
            return UUID(ref)
        except ValueError:
            pass
        found = list(self.list(name=ref, kind=kind, project=project))
        if not found:
            raise NotFound(f"There is no workflow named “{ref}”.")
        if len(found) > 1:
            raise Conflict(
                f"There are {len(found)} workflows named “{ref}”: say which by kind, project or id.",
                code="ambiguous_name",
                details={"ids": [str(item.id) for item in found]},
            )
        return found[0].id

    def get(self, ref: Ref, *, version: int | None = None) -> LoadedWorkflow:
        """A workflow with its content, as it is or as it was in ``version``."""
        id = self.find(ref)
        if version is not None:
            return self.version(id, version)
        answer = self._transport.request("GET", f"/workflows/{id}")
        return self._remember(LoadedWorkflow.model_validate_json(answer.content))

    def create(
        self,
        name: str,
        content: Content,
        *,
        description: str = "",
        tags: Sequence[str] = (),
        project_id: UUID | str | None = None,
        pinned: bool = False,
    ) -> WorkflowItem:
        """Keep something new.

        Args:
            content: Python code as text, a notebook (nbformat 4) as a mapping, or the path of a file with either.

        Raises:
            Conflict: ``name_taken``.
            InvalidInput: the service refused it; ``details["fields"]`` says where.
            Forbidden: ``quota_exceeded``.
        """
        body: dict[str, Any] = {"name": name, **read_content(content), "description": description}
        body |= {"tags": list(tags), "pinned": pinned}
        if project_id is not None:
            body["project_id"] = str(project_id)
        answer = self._transport.request(
            "POST", "/workflows", body=body, headers={"Idempotency-Key": new_key()}, harmless=True
        )
        return self._stored(answer.content)

    def update(
        self,
        ref: Ref,
        content: Content | None = None,
        *,
        version: int | None = None,
        **metadata: Any,
    ) -> WorkflowItem:
        """Save over what there is; the old content stays as a version.

        Args:
            version: the version the change started from. Default: that of the given item, else the one last seen by
                this client.
            metadata: ``name``, ``description``, ``tags``, ``project_id``, ``pinned``.

        Raises:
            VersionConflict: someone saved meanwhile; ``details["current"]`` is what is stored.
            InvalidInput: no version is known (code ``version_missing``).
        """
        id = self.find(ref)
        base = version if version is not None else self._base(ref, id)
        if base is None:
            raise InvalidInput(
                "Say which version this started from, or load the workflow first.",
                code="version_missing",
            )
        body = _metadata(metadata) | (read_content(content) if content is not None else {})
        try:
            answer = self._transport.request(
                "PUT", f"/workflows/{id}", body=body, headers=_if_match(base), harmless=True
            )
        except VersionConflict as error:
            mine = self._landed(id, base, body) if error.details.get("unknown_outcome") else None
            if mine is None:
                raise
            return mine
        return self._stored(answer.content)

    def _landed(self, id: UUID, base: int, body: Mapping[str, Any]) -> LoadedWorkflow | None:
        """After a lost answer: what is stored, if it is what the lost attempt sent."""
        current = self.get(id)
        stored = comparable(
            current.model_dump(mode="json", include={*_METADATA, "code", "notebook"})
        )
        same = all(stored[key] == value for key, value in comparable(body).items())
        return current if same and current.version == base + 1 else None

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
        place = "none" if project_id is None else project_id
        found = next(self.list(name=name, kind=kind, project=place, page_size=1), None)
        if found is None:
            return self.create(name, content, project_id=project_id, **metadata)
        base = found.version if overwrite else self._seen.get(found.id, found.version)
        return self.update(found.id, content, version=base, **metadata)

    def patch(self, ref: Ref, **metadata: Any) -> WorkflowItem:
        """Change ``name``, ``description``, ``tags``, ``project_id`` or ``pinned`` without a new version."""
        id = self.find(ref)
        answer = self._transport.request(
            "PATCH", f"/workflows/{id}", body=_metadata(metadata), harmless=True
        )
        return StoredWorkflow.model_validate_json(answer.content)

    def delete(self, ref: Ref, *, permanent: bool = False) -> None:
        """Delete; without ``permanent`` it can be brought back for 30 days."""
        id = self.find(ref)
        params = {"permanent": True} if permanent else None
        try:
            self._transport.request("DELETE", f"/workflows/{id}", params=params, harmless=True)
        except NotFound as error:
            # The answer to an attempt that worked was lost.
            if not error.details.get("unknown_outcome"):
                raise
        self._seen.pop(id, None)

    def undelete(self, id: UUID | str | WorkflowItem, *, name: str | None = None) -> WorkflowItem:
        """Bring a deleted workflow back, under a new name if its own was taken meanwhile (409 ``name_taken``)."""
        body = {} if name is None else {"name": name}
        answer = self._transport.request("POST", f"/workflows/{self.find(id)}/undelete", body=body)
        return self._stored(answer.content)

    def duplicate(
        self, ref: Ref, *, name: str | None = None, project_id: UUID | str | None = None
    ) -> WorkflowItem:
        """Copy a workflow; without a name the service picks one."""
        body: dict[str, Any] = {} if name is None else {"name": name}
        if project_id is not None:
            body["project_id"] = str(project_id)
        answer = self._transport.request(
            "POST",
            f"/workflows/{self.find(ref)}/duplicate",
            body=body,
            headers={"Idempotency-Key": new_key()},
            harmless=True,
        )
        return self._stored(answer.content)

    def history(self, ref: Ref, *, page_size: int = PAGE) -> Iterator[VersionInfo]:
        """Iterate over versions, newest first."""
        path = f"/workflows/{self.find(ref)}/versions"
        return pages(self._transport, path, Page[VersionInfo], {}, page_size)

    def version(self, ref: Ref, version: int) -> LoadedWorkflow:
        """A workflow as it was in ``version``; its ``version`` says which."""
        path = f"/workflows/{self.find(ref)}/versions/{int(version)}"
        answer = self._transport.request("GET", path)
        kept = WorkflowVersion.model_validate_json(answer.content)
        return LoadedWorkflow.model_validate(kept.model_dump() | {"version": version})

    def diff(self, ref: Ref, from_version: int, to_version: int) -> Diff:
        """What changed between two versions."""
        path = f"/workflows/{self.find(ref)}/versions/{int(from_version)}/diff"
        answer = self._transport.request("GET", path, params={"to": int(to_version)})
        return Diff.model_validate_json(answer.content)

    def restore(self, ref: Ref, version: int, *, base: int | None = None) -> WorkflowItem:
        """Make an old version current again, as a new version.

        Args:
            base: the version this started from; default: the current one.
        """
        id = self.find(ref)
        if base is None:
            base = next(self.history(id, page_size=1)).version
        path = f"/workflows/{id}/versions/{int(version)}/restore"
        answer = self._transport.request("POST", path, headers=_if_match(base))
        return self._stored(answer.content)

    def draft(self, ref: Ref) -> Draft | None:
        """The unsaved edits kept for this person, or None."""
        try:
            answer = self._transport.request("GET", f"/workflows/{self.find(ref)}/draft")
        except NotFound:
            return None
        return Draft.model_validate_json(answer.content)

    def put_draft(
        self, ref: Ref, content: Content, *, base_version: int, revision: int | None = None
    ) -> Draft:
        """Keep unsaved edits.

        Args:
            base_version: the version they started from.
            revision: of the draft they replace; None when there is none yet.

        Raises:
            VersionConflict: ``draft_conflict``: the draft has moved on, or ``version_conflict``: the workflow has.
        """
        inner = read_content(content)
        body = {"base_version": base_version, "content": next(iter(inner.values()))}
        match = {"If-None-Match": "*"} if revision is None else {"If-Match": f'"d{revision}"'}
        answer = self._transport.request(
            "PUT", f"/workflows/{self.find(ref)}/draft", body=body, headers=match
        )
        return Draft.model_validate_json(answer.content)

    def delete_draft(self, ref: Ref, *, revision: int | None = None) -> None:
        """Drop unsaved edits, with ``revision`` only that very draft; none there is fine."""
        match = {} if revision is None else {"If-Match": f'"d{revision}"'}
        path = f"/workflows/{self.find(ref)}/draft"
        try:
            self._transport.request("DELETE", path, headers=match, harmless=True)
        except NotFound:
            return

    def save_draft(self, ref: Ref, *, revision: int, version: int) -> WorkflowItem:
        """Turn the draft at exactly this ``revision`` into a version after ``version``."""
        path = f"/workflows/{self.find(ref)}/versions"
        body = {"from": "draft", "revision": revision}
        answer = self._transport.request("POST", path, body=body, headers=_if_match(version))
        return self._stored(answer.content)

    def merge(self, ref: Ref, content: Content, *, base_version: int) -> MergeResult:
        """Merge ``content``, which started from ``base_version``, with what is stored. Nothing is saved."""
        body = {"base_version": base_version, "content": next(iter(read_content(content).values()))}
        path = f"/workflows/{self.find(ref)}/merge"
        answer = self._transport.request("POST", path, body=body, harmless=True)
        return MergeResult.model_validate_json(answer.content)

    def _base(self, ref: Ref, id: UUID) -> int | None:
        return ref.version if isinstance(ref, WorkflowItem) else self._seen.get(id)

    def _stored(self, content: bytes) -> StoredWorkflow:
        return self._remember(StoredWorkflow.model_validate_json(content))

    def _remember(self, item: T) -> T:
        self._seen[item.id] = item.version
        return item


def _line(item: WorkflowItem) -> str:
    return f"<{item.kind} workflow {item.name!r}, version {item.version}, {size(item.size)}>"


def _if_match(version: int) -> dict[str, str]:
    return {"If-Match": f'"{version}"'}


def _metadata(given: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(given) - set(_METADATA))
    if unknown:
        raise InvalidInput(f"Unknown: {', '.join(unknown)}.", code="unknown_field")
    return {key: _plain(value) for key, value in given.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return list(value) if isinstance(value, tuple | set | frozenset) else value
