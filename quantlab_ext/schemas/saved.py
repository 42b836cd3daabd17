"""Wire models that every saved object shares: item, version, draft, diff, trust."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from quantlab_ext.schemas.base import Answer, Description, JsonObject, Name, Tags, Wire

Access = Literal["owner", "edit", "view"]
Origin = Literal["authored", "imported"]
VersionSource = Literal[
    "create", "save", "draft", "restore", "duplicate", "import", "overwrite", "merge"
]


class SavedItem(Answer):
    """A saved object as lists show it: everything but its content.

    ``version`` counts from 1 and moves only when content changes. ``access`` is the caller's.
    """

    id: UUID
    name: str
    kind: str
    description: str
    tags: list[str]
    project_id: UUID | None
    pinned: bool
    version: int
    size: int = Field(description="Bytes of the current content before compression.")
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    opened_at: datetime | None = Field(
        default=None,
        description="When the caller last opened it, on whatever device; in lists only.",
    )
    thumbnail_version: int | None = Field(
        default=None, description="The version that the thumbnail shows; null: there is none."
    )
    owner_id: UUID
    owner_name: str | None = Field(
        default=None, description="Present on objects shared with the caller."
    )
    access: Access


class SavedCreate(Wire):
    """What every new object carries beside its content."""

    name: Name
    description: Description = ""
    tags: Tags = []
    project_id: UUID | None = None
    pinned: bool = False
    origin: Origin = "authored"


class SavedUpdate(Wire):
    """What every save may carry beside its content. Members left out stay as they are.

    ``source`` is what the history calls it: a plain save, or how a conflict was settled. ``draft_revision`` names the
    caller's draft that this save replaces; a draft that it does not name, and that differs, is kept.
    """

    name: Name | None = None
    description: Description | None = None
    tags: Tags | None = None
    project_id: UUID | None = None
    pinned: bool | None = None
    origin: Origin = "authored"
    source: Literal["save", "overwrite", "merge"] = "save"
    draft_revision: int | None = Field(default=None, ge=1, lt=2**31)


class Trust(Answer):
    """What may happen by itself when this caller opens the object.

    ``trusted``: outputs of this very content may run scripts (the caller executed or trusted it).
    ``auto_run``: every version since the caller's last run was written by the caller in person.
    """

    trusted: bool
    auto_run: bool
    reason: Literal["own", "never_run", "edited_by_other", "imported", "token_written"]


class TrustPut(Wire):
    """Says that the caller executed or explicitly trusted this version."""

    version: int = Field(ge=1, lt=2**31)
    act: Literal["ran", "trusted"]


class SavedPatch(Wire):
    """Metadata that can change without a new version. Members left out stay as they are."""

    name: Name | None = None
    description: Description | None = None
    tags: Tags | None = None
    project_id: UUID | None = None
    pinned: bool | None = None


class DuplicateRequest(Wire):
    """How to copy an object; without a name the service picks a free "… copy"."""

    name: Name | None = None
    project_id: UUID | None = None


class UndeleteRequest(Wire):
    """A new name, for when the old one has been taken meanwhile."""

    name: Name | None = None


class VersionInfo(Answer):
    """One version as the history lists it."""

    version: int
    created_at: datetime
    author_id: UUID
    author_name: str | None = None
    source: VersionSource
    restored_from: int | None = None
    size: int
    content_hash: str
    current: bool = False


class VersionFromDraft(Wire):
    """Turns the caller's draft at exactly this revision into a version."""

    from_: Literal["draft"] = Field(alias="from")
    revision: int = Field(ge=1, lt=2**31)


class DiffRow(Answer):
    """One aligned row of a side-by-side diff: a cell of a notebook, or the whole text of a script.

    ``left``/``right`` hold source text (None where the row is absent on that side).
    """

    change: Literal["same", "added", "removed", "changed"]
    cell_type: str | None = None
    left: str | None = None
    right: str | None = None
    outputs_changed: bool = False


class Change(Answer):
    """One change as data and in words, such as ``RSI 14 → 21``.

    ``path`` names the member inside the document, lists by the ids of their items.
    """

    change: Literal["added", "removed", "changed"]
    path: str
    text: str
    left: Any = None
    right: Any = None


class VersionDiff(Answer):
    """What changed from ``from_version`` to ``to_version``.

    ``diff`` is nbdime's own format for notebooks, a unified diff for text. ``changes`` and ``words`` (all of them in
    one sentence) are those of documents that have members, such as layouts.
    """

    from_version: int
    to_version: int
    format: Literal["nbdime", "unified", "layout"]
    added: int
    removed: int
    changed: int
    rows: list[DiffRow]
    diff: Any = None
    changes: list[Change] = []
    words: str = ""


class DraftPut(Wire):
    """The autosave buffer: whole content, and the version it started from."""

    base_version: int = Field(ge=1, lt=2**31)
    content: JsonObject | str


class Draft(Answer):
    """A stored draft; ``stale`` when its base is no longer the current version."""

    base_version: int
    revision: int
    updated_at: datetime
    stale: bool
    content: JsonObject | str | None = None


class MergeRequest(Wire):
    """Asks for a three-way merge of ``content`` with the current version; nothing is saved."""

    base_version: int = Field(ge=1, lt=2**31)
    content: JsonObject | str


class MergePlace(Answer):
    """A member that both sides changed, with all three values. ``taken`` says whose is in the merged content."""

    path: str
    text: str
    base: Any = None
    local: Any = None
    remote: Any = None
    taken: Literal["local", "remote"] = "local"


class MergeResult(Answer):
    """Merged content against ``current_version``; ``conflicts`` places need a person's eye.

    They are marked inside text and notebooks. Documents that have members cannot hold marks: ``places`` lists them.
    """

    base_version: int
    current_version: int
    conflicts: int
    content: JsonObject | str
    places: list[MergePlace] = []
