"""Calls that every resource of saved objects has; ``workflows`` and ``layouts`` say what is particular."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar
from uuid import UUID

from quantlab_ext.display import Diff
from quantlab_ext.errors import Conflict, InvalidInput, NotFound, VersionConflict
from quantlab_ext.paging import PAGE, pages
from quantlab_ext.schemas.base import Page
from quantlab_ext.schemas.saved import Draft, MergeResult, SavedItem, VersionInfo
from quantlab_ext.transport import new_key

if TYPE_CHECKING:
    from quantlab_ext.transport import Transport

Sort = Literal["-updated_at", "updated_at", "name", "-name", "created_at", "-created_at"]
Item = TypeVar("Item", bound=SavedItem)
Whole = TypeVar("Whole", bound=SavedItem)
Content = TypeVar("Content")
T = TypeVar("T", bound=SavedItem)

METADATA = ("name", "description", "tags", "project_id", "pinned")


class SavedObjects(ABC, Generic[Item, Whole, Content]):
    """Calls on one resource. Where an object is asked for, its id, its item or its exact name is taken.

    ``Item`` is what lists and changes answer, ``Whole`` an object with its content, ``Content`` what can be saved.
    """

    # The URL's noun, what one of them is called, and the members of an answer that are its content.
    noun: ClassVar[str]
    one: ClassVar[str]
    members: ClassVar[frozenset[str]]

    def __init__(
        self, transport: Transport, item: type[Item], stored: type[Item], whole: type[Whole]
    ) -> None:
        self._transport = transport
        self._item, self._stored_model, self._whole = item, stored, whole
        # The version last seen here, by id: what a later save starts from.
        self._seen: dict[UUID, int] = {}

    @abstractmethod
    def _body(self, content: Content) -> dict[str, Any]:
        """The wire member that holds ``content``."""

    def _comparable(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """``body`` in a form in which what was sent equals what is stored."""
        return dict(body)

    def _list(self, params: Mapping[str, Any], page_size: int) -> Iterator[Item]:
        model = Page[self._item]  # type: ignore[name-defined]  # a model made at run time
        return pages(self._transport, f"/{self.noun}", model, params, page_size)

    def find(
        self,
        ref: SavedItem | UUID | str,
        *,
        kind: str | None = None,
        project: UUID | str | None = None,
    ) -> UUID:
        """The id that ``ref`` stands for.

        Raises:
            NotFound: nothing of this name.
            Conflict: several (code ``ambiguous_name``): say which by ``kind``, ``project`` or id.
        """
        if isinstance(ref, SavedItem):
            return ref.id
        if isinstance(ref, UUID):
            return ref
        try:
            return UUID(ref)
        except ValueError:
            pass
        found = list(self._list({"name": ref, "kind": kind, "project": project}, PAGE))
        if not found:
            raise NotFound(f"There is no {self.one} named “{ref}”.")
        if len(found) > 1:
            raise Conflict(
                f"There are {len(found)} {self.noun} named “{ref}”: say which by kind, project or id.",
                code="ambiguous_name",
                details={"ids": [str(item.id) for item in found]},
            )
        return found[0].id

    def get(self, ref: SavedItem | UUID | str, *, version: int | None = None) -> Whole:
        """An object with its content, as it is or as it was in ``version``."""
        id = self.find(ref)
        if version is not None:
            return self.version(id, version)
        answer = self._transport.request("GET", f"/{self.noun}/{id}")
        return self._remember(self._whole.model_validate_json(answer.content))

    def create(
        self,
        name: str,
        content: Content,
        *,
        description: str = "",
        tags: Sequence[str] = (),
        project_id: UUID | str | None = None,
        pinned: bool = False,
    ) -> Item:
        """Keep something new.

        Raises:
            Conflict: ``name_taken``.
            InvalidInput: the service refused it; ``details["fields"]`` says where.
            Forbidden: ``quota_exceeded``.
        """
        body: dict[str, Any] = {"name": name, **self._body(content), "description": description}
        body |= {"tags": list(tags), "pinned": pinned}
        if project_id is not None:
            body["project_id"] = str(project_id)
        return self._stored(
            self._transport.request(
                "POST",
                f"/{self.noun}",
                body=body,
                headers={"Idempotency-Key": new_key()},
                harmless=True,
            ).content
        )

    def update(
        self,
        ref: SavedItem | UUID | str,
        content: Content | None = None,
        *,
        version: int | None = None,
        draft_revision: int | None = None,
        **metadata: Any,
    ) -> Item | Whole:
        """Save over what there is; the old content stays as a version.

        Args:
            version: the version the change started from. Default: that of the given item, else the one last seen by
                this client.
            draft_revision: the draft that this save replaces. A draft that is not named, and differs, is kept.
            metadata: ``name``, ``description``, ``tags``, ``project_id``, ``pinned``.

        Raises:
            VersionConflict: someone saved meanwhile; ``details["current"]`` is what is stored.
            InvalidInput: no version is known (code ``version_missing``).
        """
        id = self.find(ref)
        base = version if version is not None else self._base(ref, id)
        if base is None:
            raise InvalidInput(
                f"Say which version this started from, or load the {self.one} first.",
                code="version_missing",
            )
        body = _metadata(metadata) | (self._body(content) if content is not None else {})
        about = {} if draft_revision is None else {"draft_revision": int(draft_revision)}
        try:
            answer = self._transport.request(
                "PUT",
                f"/{self.noun}/{id}",
                body=body | about,
                headers=_if_match(base),
                harmless=True,
            )
        except VersionConflict as error:
            mine = self._landed(id, base, body) if error.details.get("unknown_outcome") else None
            if mine is None:
                raise
            return mine
        return self._stored(answer.content)

    def _landed(self, id: UUID, base: int, body: Mapping[str, Any]) -> Whole | None:
        """After a lost answer: what is stored, if it is what the lost attempt sent."""
        current = self.get(id)
        stored = self._comparable(
            current.model_dump(mode="json", include={*METADATA, *self.members})
        )
        same = all(stored[key] == value for key, value in self._comparable(body).items())
        return current if same and current.version == base + 1 else None

    def _save(
        self,
        name: str,
        content: Content,
        *,
        kind: str | None,
        project_id: UUID | str | None,
        overwrite: bool,
        **metadata: Any,
    ) -> Item | Whole:
        place = "none" if project_id is None else project_id
        found = next(self._list({"name": name, "kind": kind, "project": place}, 1), None)
        if found is None:
            return self.create(name, content, project_id=project_id, **metadata)
        base = found.version if overwrite else self._seen.get(found.id, found.version)
        return self.update(found.id, content, version=base, **metadata)

    def patch(self, ref: SavedItem | UUID | str, **metadata: Any) -> Item:
        """Change ``name``, ``description``, ``tags``, ``project_id`` or ``pinned`` without a new version."""
        id = self.find(ref)
        answer = self._transport.request(
            "PATCH", f"/{self.noun}/{id}", body=_metadata(metadata), harmless=True
        )
        return self._stored_model.model_validate_json(answer.content)

    def delete(self, ref: SavedItem | UUID | str, *, permanent: bool = False) -> None:
        """Delete; without ``permanent`` it can be brought back for 30 days."""
        id = self.find(ref)
        params = {"permanent": True} if permanent else None
        try:
            self._transport.request("DELETE", f"/{self.noun}/{id}", params=params, harmless=True)
        except NotFound as error:
            # The answer to an attempt that worked was lost.
            if not error.details.get("unknown_outcome"):
                raise
        self._seen.pop(id, None)

    def undelete(self, id: UUID | str | SavedItem, *, name: str | None = None) -> Item:
        """Bring a deleted object back, under a new name if its own was taken meanwhile (409 ``name_taken``)."""
        body = {} if name is None else {"name": name}
        path = f"/{self.noun}/{self.find(id)}/undelete"
        return self._stored(self._transport.request("POST", path, body=body).content)

    def duplicate(
        self,
        ref: SavedItem | UUID | str,
        *,
        name: str | None = None,
        project_id: UUID | str | None = None,
    ) -> Item:
        """Copy an object; without a name the service picks one."""
        body: dict[str, Any] = {} if name is None else {"name": name}
        if project_id is not None:
            body["project_id"] = str(project_id)
        answer = self._transport.request(
            "POST",
            f"/{self.noun}/{self.find(ref)}/duplicate",
            body=body,
            headers={"Idempotency-Key": new_key()},
            harmless=True,
        )
        return self._stored(answer.content)

    def history(
        self, ref: SavedItem | UUID | str, *, page_size: int = PAGE
    ) -> Iterator[VersionInfo]:
        """Iterate over versions, newest first."""
        path = f"/{self.noun}/{self.find(ref)}/versions"
        return pages(self._transport, path, Page[VersionInfo], {}, page_size)

    def version(self, ref: SavedItem | UUID | str, version: int) -> Whole:
        """An object as it was in ``version``; its ``version`` says which."""
        path = f"/{self.noun}/{self.find(ref)}/versions/{int(version)}"
        return self._whole.model_validate_json(self._transport.request("GET", path).content)

    def diff(self, ref: SavedItem | UUID | str, from_version: int, to_version: int) -> Diff:
        """What changed between two versions."""
        path = f"/{self.noun}/{self.find(ref)}/versions/{int(from_version)}/diff"
        answer = self._transport.request("GET", path, params={"to": int(to_version)})
        return Diff.model_validate_json(answer.content)

    def restore(
        self, ref: SavedItem | UUID | str, version: int, *, base: int | None = None
    ) -> Item:
        """Make an old version current again, as a new version.

        Args:
            base: the version this started from; default: the current one.
        """
        id = self.find(ref)
        if base is None:
            base = next(self.history(id, page_size=1)).version
        path = f"/{self.noun}/{id}/versions/{int(version)}/restore"
        answer = self._transport.request("POST", path, headers=_if_match(base))
        return self._stored(answer.content)

    def draft(self, ref: SavedItem | UUID | str) -> Draft | None:
        """The unsaved edits kept for this person, or None."""
        try:
            answer = self._transport.request("GET", f"/{self.noun}/{self.find(ref)}/draft")
        except NotFound:
            return None
        return Draft.model_validate_json(answer.content)

    def put_draft(
        self,
        ref: SavedItem | UUID | str,
        content: Content,
        *,
        base_version: int,
        revision: int | None = None,
    ) -> Draft:
        """Keep unsaved edits.

        Args:
            base_version: the version they started from.
            revision: of the draft they replace; None when there is none yet.

        Raises:
            VersionConflict: ``draft_conflict``: the draft has moved on, or ``version_conflict``: the object has.
        """
        body = {"base_version": base_version, "content": self._bare(content)}
        match = {"If-None-Match": "*"} if revision is None else {"If-Match": f'"d{revision}"'}
        answer = self._transport.request(
            "PUT", f"/{self.noun}/{self.find(ref)}/draft", body=body, headers=match
        )
        return Draft.model_validate_json(answer.content)

    def delete_draft(self, ref: SavedItem | UUID | str, *, revision: int | None = None) -> None:
        """Drop unsaved edits, with ``revision`` only that very draft; none there is fine."""
        match = {} if revision is None else {"If-Match": f'"d{revision}"'}
        path = f"/{self.noun}/{self.find(ref)}/draft"
        try:
            self._transport.request("DELETE", path, headers=match, harmless=True)
        except NotFound:
            return

    def save_draft(self, ref: SavedItem | UUID | str, *, revision: int, version: int) -> Item:
        """Turn the draft at exactly this ``revision`` into a version after ``version``."""
        path = f"/{self.noun}/{self.find(ref)}/versions"
        body = {"from": "draft", "revision": revision}
        answer = self._transport.request("POST", path, body=body, headers=_if_match(version))
        return self._stored(answer.content)

    def merge(
        self, ref: SavedItem | UUID | str, content: Content, *, base_version: int
    ) -> MergeResult:
        """Merge ``content``, which started from ``base_version``, with what is stored. Nothing is saved."""
        body = {"base_version": base_version, "content": self._bare(content)}
        path = f"/{self.noun}/{self.find(ref)}/merge"
        answer = self._transport.request("POST", path, body=body, harmless=True)
        return MergeResult.model_validate_json(answer.content)

    def _bare(self, content: Content) -> Any:
        return next(iter(self._body(content).values()))

    def _base(self, ref: SavedItem | UUID | str, id: UUID) -> int | None:
        return ref.version if isinstance(ref, SavedItem) else self._seen.get(id)

    def _stored(self, content: bytes) -> Item:
        return self._remember(self._stored_model.model_validate_json(content))

    def _remember(self, item: T) -> T:
        self._seen[item.id] = item.version
        return item


def _if_match(version: int) -> dict[str, str]:
    return {"If-Match": f'"{version}"'}


def _metadata(given: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(given) - set(METADATA))
    if unknown:
        raise InvalidInput(f"Unknown: {', '.join(unknown)}.", code="unknown_field")
    return {key: _plain(value) for key, value in given.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return list(value) if isinstance(value, tuple | set | frozenset) else value
