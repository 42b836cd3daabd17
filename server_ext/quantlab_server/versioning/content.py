"""Content of saved objects as it is stored: canonical bytes, their hash, zstd level 3.

The canonical form is a JSON document without white space, keys sorted: an object for documents, a string for
text. So it can be spliced into an answer as it is, and equal content has equal hashes whoever wrote it.
Everything here may run in a worker process: functions are module-level, arguments and results picklable.
"""

from __future__ import annotations

import hashlib
import json
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import orjson
import zstandard
from pydantic import BaseModel

from quantlab_server.errors import Field, Invalid, Malformed

M = TypeVar("M", bound=BaseModel)

_ZSTD_LEVEL = 3

# orjson reads integers of more than 64 bits as floats. A document with a run of 19 digits is parsed again, exactly.
# Mapping digits to one byte and searching a constant costs 2 ns per byte; a regular expression twenty.
_DIGITS = bytes(0x30 if 0x30 <= byte <= 0x39 else 0x20 for byte in range(256))
_LONG_RUN = b"0" * 19


@dataclass(frozen=True, slots=True)
class Encoded:
    """Content ready to store.

    Attributes:
        kind: the flavour of the object that it belongs to, e.g. ``"notebook"``.
        hash: SHA-256 of the canonical form.
        data: zstd frame of the canonical form.
        size: bytes as a person counts them: of the text, or of the JSON document.
    """

    kind: str
    hash: bytes
    data: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Merged:
    """What came out of a merge.

    Attributes:
        value: the content, not yet cleaned; text holds both sides of each conflict between marker lines.
        conflicts: how many places both sides changed.
        places: those places as ``MergePlace``, where content cannot hold marks.
    """

    value: Any
    conflicts: int
    places: Sequence[Mapping[str, Any]] = ()


class Codec(Protocol):
    """What is particular to one kind of content. Instances are stateless and picklable.

    Attributes:
        kind: the flavour, e.g. ``"notebook"``.
        member: name of the content's member in JSON bodies and answers, e.g. ``"code"``.
        extension: of files that hold it, with the dot.
    """

    @property
    def kind(self) -> str: ...
    @property
    def member(self) -> str: ...
    @property
    def extension(self) -> str: ...

    def placeholder(self, value: Any) -> Any:
        """A small stand-in that the wire model accepts exactly when it would accept ``value``."""

    def clean(self, value: Any, path: str) -> Any:
        """The value as it is stored: validated, without what must not be kept.

        Raises:
            Invalid: with field paths that start with ``path``.
        """

    def size(self, value: Any, canonical: bytes) -> int:
        """Bytes as a person counts them."""

    def compare(self, left: Any, right: Any) -> dict[str, Any]:
        """Members of ``VersionDiff`` that say what changed from ``left`` to ``right``."""

    def upgrade(self, canonical: bytes) -> bytes:
        """The canonical form as it is written today; content is stored as it was written then."""

    def merge(self, base: Any, local: Any, remote: Any) -> Merged:
        """Three-way merge: what changed from ``base`` to ``local`` and to ``remote``, put together."""

    def to_file(self, value: Any) -> bytes:
        """A plain file; ``from_file`` gives the same value back."""

    def from_file(self, data: bytes) -> Any:
        """The value in a plain file, not yet cleaned.

        Raises:
            Malformed: the file cannot be read.
        """


def parse_json(data: bytes) -> Any:
    """Parse JSON strictly: no NaN or infinities, no lone surrogates, integers exact; the last of equal keys counts.

    Raises:
        Malformed: not such a document.
    """
    try:
        value = orjson.loads(data)
        if _LONG_RUN in data.translate(_DIGITS):
            value = json.loads(data, parse_float=_finite)
    except UnicodeDecodeError:
        raise Malformed("The body is not valid UTF-8.") from None
    except RecursionError:
        raise Malformed("The body is nested too deeply.") from None
    except ValueError as error:
        raise Malformed(_explain(error)) from None
    return value


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("number too large")
    return value


def _explain(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"The body is not valid JSON (line {error.lineno}, column {error.colno})."
    return "The body is not valid JSON."


def canonical_json(value: Any) -> bytes:
    """The canonical form of a parsed JSON value.

    Raises:
        Malformed: nested more deeply than 250 levels.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        if "Integer" not in str(error):
            raise Malformed("The body is nested too deeply.") from None
    text = json.dumps(
        value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )
    return text.encode()


class _Zstd(threading.local):
    """Contexts of one thread: making one costs more than packing 2 kB, and they are not thread-safe."""

    def __init__(self) -> None:
        self.packer = zstandard.ZstdCompressor(level=_ZSTD_LEVEL)
        self.unpacker = zstandard.ZstdDecompressor()


_zstd = _Zstd()


def pack(canonical: bytes) -> bytes:
    """Compress."""
    return _zstd.packer.compress(canonical)


def unpack(data: bytes) -> bytes:
    """The canonical form from what is stored."""
    return _zstd.unpacker.decompress(data)


def encode(codec: Codec, value: Any, path: str | None = None) -> Encoded:
    """Clean, canonicalise, hash, compress.

    Raises:
        Invalid, Malformed: the content is refused; field paths start with ``path`` (default: the codec's member).
    """
    value = codec.clean(value, codec.member if path is None else path)
    canonical = canonical_json(value)
    return Encoded(
        codec.kind,
        hashlib.sha256(canonical).digest(),
        pack(canonical),
        codec.size(value, canonical),
    )


def decode(data: bytes) -> Any:
    """The value from what is stored."""
    return parse_json(unpack(data))


def read(codec: Codec, data: bytes) -> bytes:
    """The canonical form, as it is written today, from what is stored."""
    return codec.upgrade(unpack(data))


def load(codec: Codec, data: bytes) -> Any:
    """The value, as it is written today, from what is stored."""
    return parse_json(read(codec, data))


@dataclass(frozen=True, slots=True)
class Submitted(Generic[M]):
    """A body taken apart: its validated small members, and its content, encoded.

    ``fields`` holds placeholders where content was; ``model_fields_set`` still tells which members were given.
    """

    fields: M
    content: Encoded | None

    def require_content(self) -> Encoded:
        """The content, where the model asks for it.

        Raises:
            Invalid: there is none.
        """
        if self.content is None:
            raise Invalid(fields=[refused("content", "required", "Give content.")])
        return self.content


@dataclass(frozen=True, slots=True)
class BodyDecoder(Generic[M]):
    """Turns a JSON body with content into a :class:`Submitted`; usable as an endpoint's ``decode``.

    Attributes:
        model: the wire model of the body.
        codecs: which codec reads which member of the body.
        by_type: for bodies whose one member ``content`` takes any kind: the codec by the value's JSON type.
    """

    model: type[M]
    codecs: tuple[Codec, ...]
    by_type: bool = False

    def __call__(self, data: bytes) -> Submitted[M]:
        """Parse, validate, encode.

        Raises:
            Malformed, Invalid: see :func:`parse_json` and the codecs.
            pydantic.ValidationError: a small member is refused.
        """
        body = parse_json(data)
        if not isinstance(body, dict):
            raise Malformed("The body must be a JSON object.")
        found = self._take(body)
        fields = self.model.model_validate_json(canonical_json(body))
        if not found:
            return Submitted(fields, None)
        codec, value, path = found[0]
        if len(found) > 1:
            raise Invalid(fields=[refused(found[1][2], "not_allowed", "Give one content only.")])
        return Submitted(fields, encode(codec, value, path))

    def _take(self, body: dict[str, Any]) -> list[tuple[Codec, Any, str]]:
        """Replace content in ``body`` by placeholders; what was there, with its codec and path."""
        found = []
        for codec in self.codecs:
            member = "content" if self.by_type else codec.member
            value = body.get(member)
            placeholder = codec.placeholder(value)
            if placeholder is not None:
                body[member] = placeholder
                found.append((codec, value, member))
                if self.by_type:
                    break
        return found


def refused(path: str, code: str, message: str) -> Field:
    """One refused member for ``Invalid(fields=…)``."""
    return {"path": path, "code": code, "message": message}


def by_kind(codecs: tuple[Codec, ...]) -> Mapping[str, Codec]:
    """Codecs by the kind that they read."""
    return {codec.kind: codec for codec in codecs}
