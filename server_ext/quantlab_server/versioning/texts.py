"""Text content, such as a Python script: kept to the letter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quantlab_server.errors import Invalid, Malformed
from quantlab_server.versioning import compare
from quantlab_server.versioning.content import Merged, refused


@dataclass(frozen=True, slots=True)
class TextCodec:
    """Text in any language; nothing is normalised, since code means what its characters say."""

    kind: str
    member: str
    extension: str

    def placeholder(self, value: Any) -> Any:
        """A stand-in for text; None for anything else."""
        return "" if isinstance(value, str) else None

    def clean(self, value: Any, path: str) -> str:
        """The text itself.

        Raises:
            Invalid: not text, or with a NUL, which no editor and no interpreter takes.
        """
        if not isinstance(value, str):
            raise Invalid(fields=[refused(path, "wrong_type", "This must be text.")])
        if "\0" in value:
            raise Invalid(
                fields=[refused(path, "invalid_character", "Code may not contain NUL characters.")]
            )
        return value

    def size(self, value: str, canonical: bytes) -> int:
        """Bytes of the text in UTF-8."""
        return len(value.encode())

    def compare(self, left: str, right: str) -> dict[str, Any]:
        """One row per run of equal or different lines, and a unified diff."""
        return compare.compare_texts(left, right)

    def upgrade(self, canonical: bytes) -> bytes:
        """Text has no format."""
        return canonical

    def merge(self, base: str, local: str, remote: str) -> Merged:
        """By lines."""
        return Merged(*compare.merge_texts(base, local, remote))

    def to_file(self, value: str) -> bytes:
        """The text in UTF-8."""
        return value.encode()

    def from_file(self, data: bytes) -> str:
        """The text of a UTF-8 file.

        Raises:
            Malformed: not UTF-8.
        """
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise Malformed("The file is not UTF-8 text.") from None
