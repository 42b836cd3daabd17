"""Writing the zip of an export."""

from __future__ import annotations

import mmap
import tempfile
import zipfile
from collections.abc import Mapping
from typing import IO, Any
from uuid import UUID

import orjson

from quantlab_ext.schemas.transfer import (
    ExportedItem,
    ExportedProject,
    ExportedVersion,
    ExportManifest,
)
from quantlab_server.db.base import now
from quantlab_server.transfer.filenames import UniquePaths, safe_name
from quantlab_server.transfer.package import ACCOUNT, DELETED, DRAFTS, HISTORY, MANIFEST
from quantlab_server.versioning.content import Codec, load

_LEVEL = 6


def to_files(codec: Codec, contents: list[bytes]) -> list[bytes]:
    """Plain files from stored contents. Runs in a worker process."""
    return [codec.to_file(load(codec, data)) for data in contents]


class ExportWriter:
    """Builds the zip in a temporary file that has no name and vanishes with its last user."""

    def __init__(self, projects: Mapping[UUID, tuple[str, str]]) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="quantlab-export-")  # noqa: SIM115  # closed by finish() or abandon()
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
        self._paths = UniquePaths()
        self._projects = projects
        self._deleted: list[ExportedItem] = []
        self._drafts: list[dict[str, Any]] = []
        self.name = f"quantlab-{now():%Y%m%d}.zip"
        self._manifest = ExportManifest(
            exported_at=now(),
            projects=[ExportedProject(name=n, description=d) for n, d in projects.values()],
            items=[],
        )

    def add(self, noun: str, codec: Codec, row: Any, data: bytes) -> ExportedItem:
        """Add one object with its current content. A deleted one is for its owner to read: no import takes it in."""
        project = self._projects.get(row.project_key, (None, ""))[0]
        folder = noun if project is None else f"{noun}/{safe_name(project)}"
        if row.deleted_at is not None:
            folder = f"{DELETED}{folder}"
        path = self._paths.take(folder, safe_name(row.name), codec.extension)
        self._zip.writestr(path, data)
        item = ExportedItem(
            file=path,
            resource=noun,
            kind=row.kind,
            name=row.name,
            description=row.description,
            tags=row.tags.split("\n") if row.tags else [],
            project=project,
            pinned=row.pinned,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            deleted_at=row.deleted_at,
            sha256=row.content_hash.hex(),
        )
        (self._manifest.items if row.deleted_at is None else self._deleted).append(item)
        return item

    def add_versions(
        self, item: ExportedItem, codec: Codec, versions: list[Any], files: list[bytes]
    ) -> None:
        """Add versions of an object that was added."""
        stem = item.file.removesuffix(codec.extension)
        folder = HISTORY
        if item.deleted_at is not None:
            folder, stem = f"{DELETED}{HISTORY}", stem.removeprefix(DELETED)
        for version, data in zip(versions, files, strict=True):
            place = f"{folder}{stem}/{version.version}{codec.extension}"
            self._zip.writestr(place, data)
            item.versions.append(
                ExportedVersion(
                    version=version.version,
                    file=place,
                    created_at=version.created_at,
                    source=version.source,
                    restored_from=version.restored_from,
                )
            )

    def add_draft(self, noun: str, codec: Codec, row: Any, data: bytes) -> None:
        """Add what somebody has not saved yet."""
        path = self._paths.take(f"{DRAFTS}{noun}", safe_name(row.name), codec.extension)
        self._zip.writestr(path, data)
        self._drafts.append(
            {
                "file": path,
                "resource": noun,
                "id": row.id,
                "name": row.name,
                "own": bool(row.own),
                "base_version": row.base_version,
                "updated_at": row.updated_at,
            }
        )

    def finish_own_data(self) -> None:
        """Add the lists of what was deleted and of drafts."""
        deleted = [item.model_dump(mode="json") for item in self._deleted]
        for name, value in (("deleted.json", deleted), ("drafts.json", self._drafts)):
            data = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
            self.add_file(f"{ACCOUNT}{name}", data)

    def add_file(self, path: str, data: bytes) -> None:
        """Add a file that no import takes in."""
        self._zip.writestr(path, data)

    def begin_file(self, path: str) -> IO[bytes]:
        """A file of the zip to write to piece by piece; nothing else is added until it is closed."""
        return self._zip.open(path, "w", force_zip64=True)

    def finish(self) -> tuple[mmap.mmap, int]:
        """The whole zip, mapped and not read into memory, and how many objects it holds."""
        manifest = self._manifest.model_dump(mode="json")
        self._zip.writestr(MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
        self._zip.close()
        self._file.flush()
        mapped = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        self._file.close()
        return mapped, len(self._manifest.items)

    def abandon(self) -> None:
        """Close without a result."""
        self._zip.close()
        self._file.close()
