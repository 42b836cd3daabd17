"""Wire models of export and import: everything as plain files in a zip."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from quantlab_ext.schemas.base import Answer

ImportStatus = Literal["created", "renamed", "unchanged", "refused"]


class ImportItem(Answer):
    """What became of one file. ``renamed``: created under another name, since other content has that one."""

    file: str
    status: ImportStatus
    name: str | None = None
    id: UUID | None = None
    code: str | None = None
    message: str | None = None


class ImportReport(Answer):
    """What became of every file of an import, and how many of each."""

    created: int
    renamed: int
    unchanged: int
    refused: int
    items: list[ImportItem]


class ExportedVersion(Answer):
    """A kept version inside an export; ``file`` is where its content lies in the zip."""

    version: int
    file: str
    created_at: datetime
    source: str
    restored_from: int | None = None


class ExportedItem(Answer):
    """A saved object inside an export: what its file alone cannot say."""

    file: str
    resource: str
    kind: str
    name: str
    description: str = ""
    tags: list[str] = []
    project: str | None = None
    pinned: bool = False
    version: int = 1
    created_at: datetime | None = None
    updated_at: datetime | None = None
    deleted_at: datetime | None = None
    sha256: str | None = None
    versions: list[ExportedVersion] = []


class ExportedProject(Answer):
    """A project inside an export."""

    name: str
    description: str = ""


class ExportManifest(Answer):
    """``manifest.json`` at the root of an export."""

    format: Literal["quantlab-export"] = "quantlab-export"
    format_version: int = 1
    exported_at: datetime | None = None
    projects: list[ExportedProject] = []
    items: list[ExportedItem] = []
