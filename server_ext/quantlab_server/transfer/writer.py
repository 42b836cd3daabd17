"""Writing the zip of an export."""

from __future__ import annotations

import mmap
import tempfile
import zipfile
from collections.abc import Mapping
from typing import IO
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
from quantlab_server.transfer.package import HISTORY, MANIFEST
from quantlab_server.versioning.content import Codec, load
from quantlab_server.versioning.exporting import Exported

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
        self.name = f"quantlab-{now():%Y%m%d}.zip"
        self._manifest = ExportManifest(
            exported_at=now(),
            projects=[ExportedProject(name=n, description=d) for n, d in projects.values()],
            items=[],
        )

    def add(self, noun: str, codec: Codec, exported: Exported, files: list[bytes]) -> None:
        """Add one object: ``files`` are its current content and then its history's."""
        row = exported.row
        project = self._projects.get(row.project_key, (None, ""))[0]
        folder = noun if project is None else f"{noun}/{safe_name(project)}"
        path = self._paths.take(folder, safe_name(row.name), codec.extension)
        self._zip.writestr(path, files[0])
        stem = path.removesuffix(codec.extension)
        kept = []
        for version, data in zip(exported.history, files[1:], strict=True):
            place = f"{HISTORY}{stem}/{version.version}{codec.extension}"
            self._zip.writestr(place, data)
            kept.append(
                ExportedVersion(
                    version=version.version,
                    file=place,
                    created_at=version.created_at,
                    source=version.source,
                    restored_from=version.restored_from,
                )
            )
        self._manifest.items.append(
            ExportedItem(
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
                sha256=row.content_hash.hex(),
                versions=kept,
            )
        )

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
