"""Reading a zip that somebody sent. Runs in a worker process; nothing is ever written to disk."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from quantlab_ext.schemas.base import Description, Name, Tags
from quantlab_ext.schemas.transfer import ExportedItem, ExportManifest
from quantlab_server.errors import ApiError, Malformed
from quantlab_server.transfer.filenames import is_unsafe_path
from quantlab_server.versioning.content import Codec, Encoded, encode

MANIFEST = "manifest.json"
HISTORY = "versions/"
# What is known of the account, in an export of all of one's data.
ACCOUNT = "account/"
DELETED = "account/deleted/"
DRAFTS = "account/drafts/"
README = "README.txt"
MAX_ENTRIES = 100_000
MAX_MANIFEST_BYTES = 64 * 1024 * 1024
# What all files may unpack to, as a multiple of what a zip may weigh.
MAX_EXPANSION = 20

_NAME: TypeAdapter[str] = TypeAdapter(Name)
_DESCRIPTION: TypeAdapter[str] = TypeAdapter(Description)
_TAGS: TypeAdapter[list[str]] = TypeAdapter(Tags)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file is not taken."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file to take in. ``size`` is what the zip says it unpacks to; reading does not believe it."""

    file: str
    resource: str
    kind: str
    size: int
    name: str
    description: str
    tags: list[str]
    project: str | None
    project_description: str
    pinned: bool


@dataclass(frozen=True, slots=True)
class Index:
    """What a zip holds: files to take in, and files that are refused unread."""

    incoming: list[Incoming]
    refused: dict[str, Refusal]


Source = str | bytes
# By resource: codecs of its kinds.
Codecs = Mapping[str, Mapping[str, Codec]]


def _open(source: Source) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Malformed("The body is not a zip archive.") from None


def read_index(source: Source, codecs: Codecs, max_bytes: int) -> Index:
    """List what is in the zip.

    Raises:
        Malformed: not a zip, broken manifest, too many entries, or more than ``max_bytes`` when unpacked.
    """
    with _open(source) as archive:
        # Not is_dir(): it fails on a name of no characters.
        entries = {i.filename: i for i in archive.infolist() if not i.filename.endswith("/")}
        if len(entries) > MAX_ENTRIES:
            raise Malformed(f"An archive may hold at most {MAX_ENTRIES:,} files.")
        if sum(info.file_size for info in entries.values()) > max_bytes:
            raise Malformed(f"The archive unpacks to more than {max_bytes:,} bytes.")
        manifest = _manifest(archive, entries)
    described = {item.file: item for item in manifest.items}
    projects = {project.name: project.description for project in manifest.projects}
    index = Index([], {})
    for path, info in entries.items():
        if path in (MANIFEST, README) or (
            path.startswith((HISTORY, ACCOUNT)) and path not in described
        ):
            continue
        found = _incoming(path, info, described.get(path), projects, codecs)
        if isinstance(found, Refusal):
            index.refused[path] = found
        elif found is not None:
            index.incoming.append(found)
    for path in described.keys() - entries.keys():
        index.refused[path] = Refusal("missing_file", "The archive does not hold this file.")
    return index


def _manifest(archive: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo]) -> ExportManifest:
    info = entries.get(MANIFEST)
    if info is None:
        return ExportManifest()
    data = _read(archive, info, MAX_MANIFEST_BYTES)
    if isinstance(data, Refusal):
        raise Malformed(f"{MANIFEST} cannot be read. {data.message}")
    try:
        return ExportManifest.model_validate_json(data)
    except ValidationError:
        raise Malformed(f"{MANIFEST} is not that of an export.") from None


def _incoming(
    path: str,
    info: zipfile.ZipInfo,
    item: ExportedItem | None,
    projects: Mapping[str, str],
    codecs: Codecs,
) -> Incoming | Refusal | None:
    if is_unsafe_path(path):
        return Refusal("unsafe_path", "The file's path leaves its folder.")
    if info.flag_bits & 0x1:
        return Refusal("encrypted", "The file is encrypted.")
    item = item or _guess(path, codecs)
    if item is None:
        return Refusal("unknown_type", "Files of this type cannot be taken in.")
    if item.kind not in codecs.get(item.resource, {}):
        return Refusal("unknown_kind", "Objects of this kind cannot be taken in.")
    try:
        return Incoming(
            file=path,
            resource=item.resource,
            kind=item.kind,
            size=info.file_size,
            name=_NAME.validate_python(item.name),
            description=_DESCRIPTION.validate_python(item.description),
            tags=_TAGS.validate_python(item.tags),
            project=None if item.project is None else _NAME.validate_python(item.project),
            project_description=_DESCRIPTION.validate_python(projects.get(item.project or "", "")),
            pinned=item.pinned,
        )
    except ValidationError as error:
        return Refusal("invalid_metadata", str(error.errors(include_url=False)[0]["msg"]))


def _guess(path: str, codecs: Codecs) -> ExportedItem | None:
    """A plain file without a description: its name and its folder's name say what it is."""
    *folders, file = path.split("/")
    if file.startswith(".") or "__MACOSX" in folders:
        return None
    for resource, kinds in codecs.items():
        for kind, codec in kinds.items():
            stem = file.removesuffix(codec.extension)
            if stem != file and stem:
                inside = folders[1:] if folders[:1] == [resource] else folders
                project = inside[-1] if inside else None
                return ExportedItem(
                    file=path, resource=resource, kind=kind, name=stem, project=project
                )
    return None


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes | Refusal:
    """The file's bytes, counted while they are unpacked."""
    try:
        with archive.open(info) as file:
            data = file.read(limit + 1)
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError, EOFError):
        return Refusal("broken_file", "The file in the archive is damaged.")
    except Exception as error:  # zlib, lzma and bz2 each have an error of their own
        if type(error).__module__ not in ("zlib", "_lzma", "lzma", "bz2", "_bz2"):
            raise
        return Refusal("broken_file", "The file in the archive is damaged.")
    if len(data) > limit:
        return Refusal("too_large", f"At most {limit:,} bytes are accepted here.")
    return data


def read_files(
    source: Source, wanted: Sequence[Incoming], codecs: Codecs, limit: int
) -> list[Encoded | Refusal]:
    """Contents of some files, ready to store, in the order asked for."""
    results: list[Encoded | Refusal] = []
    with _open(source) as archive:
        for incoming in wanted:
            data = _read(archive, archive.getinfo(incoming.file), limit)
            if isinstance(data, bytes):
                results.append(_encode(codecs[incoming.resource][incoming.kind], data))
            else:
                results.append(data)
    return results


def _encode(codec: Codec, data: bytes) -> Encoded | Refusal:
    try:
        return encode(codec, codec.from_file(data))
    except ApiError as error:
        where = (
            f" ({error.fields[0]['path']}: {error.fields[0]['message']})" if error.fields else ""
        )
        return Refusal(error.code, f"{error.message}{where}")
