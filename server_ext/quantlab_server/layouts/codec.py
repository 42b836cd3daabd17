"""Layout documents as content: validated, complete, canonical; read in today's schema whatever they were written in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import orjson
from pydantic import ValidationError

from quantlab_ext.schemas.layout_document import CHARTS_MAX, LayoutDocument
from quantlab_server.errors import Conflict, Invalid
from quantlab_server.http.problems import from_validation
from quantlab_server.layouts.merge import merge_documents
from quantlab_server.layouts.migrations import migrate
from quantlab_server.layouts.words import compare_documents
from quantlab_server.versioning.content import Merged, canonical_json, parse_json, refused

# What the wire model is given in place of a document: valid, and small.
_STAND_IN = {"schema_version": 1, "charts": [{"symbol": "-", "timeframe": "1D"}]}


@dataclass(frozen=True, slots=True)
class LayoutCodec:
    """Chart layouts."""

    kind: str = "layout"
    member: str = "document"
    extension: str = ".layout.json"

    def placeholder(self, value: Any) -> Any:
        """A stand-in for a JSON object; None for anything else."""
        return _STAND_IN if isinstance(value, dict) else None

    def clean(self, value: Any, path: str) -> dict[str, Any]:
        """The document, valid and complete, in today's schema.

        Raises:
            Invalid: not such a document, or of a newer schema.
        """
        if not isinstance(value, dict):
            raise Invalid(fields=[refused(path, "wrong_type", "This must be a layout document.")])
        value = migrate(value, path)
        _check_count(value.get("charts"), f"{path}.charts")
        try:
            document = LayoutDocument.model_validate_json(canonical_json(value))
        except ValidationError as error:
            fields = from_validation(error).fields or []
            raise Invalid(
                "This is not a valid layout.",
                fields=[{**f, "path": f"{path}.{f['path']}".rstrip(".")} for f in fields],
            ) from None
        cleaned: dict[str, Any] = orjson.loads(document.model_dump_json())
        return cleaned

    def upgrade(self, canonical: bytes) -> bytes:
        """The canonical form in today's schema."""
        value = parse_json(canonical)
        migrated = migrate(value)
        return canonical if migrated is value else canonical_json(self.clean(migrated, self.member))

    def size(self, value: Any, canonical: bytes) -> int:
        """Bytes of the JSON document."""
        return len(canonical)

    def compare(self, left: Any, right: Any) -> dict[str, Any]:
        """Changes as data and in words."""
        return compare_documents(left, right)

    def merge(self, base: Any, local: Any, remote: Any) -> Merged:
        """Member by member; where both sides changed one, the caller's value stays and the place is listed.

        Raises:
            Conflict: together they break a limit of layouts.
        """
        merged = merge_documents(base, local, remote)
        try:
            return replace(merged, value=self.clean(merged.value, "content"))
        except Invalid as error:
            why = error.fields[0]["message"] if error.fields else error.message
            raise Conflict(
                f"These layouts do not fit into one: {why} Save yours as a copy, or overwrite.",
                code="merge_too_large",
            ) from None

    def to_file(self, value: Any) -> bytes:
        """A JSON file, indented so that it can be read and compared."""
        return orjson.dumps(
            value, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        )

    def from_file(self, data: bytes) -> Any:
        """What a layout file holds.

        Raises:
            Malformed: not JSON.
        """
        return parse_json(data.removeprefix(b"\xef\xbb\xbf"))


def _check_count(charts: Any, path: str) -> None:
    """Say the limit in words that lead somewhere.

    Raises:
        Invalid: more charts than a layout holds.
    """
    if isinstance(charts, list) and len(charts) > CHARTS_MAX:
        message = (
            f"A layout holds at most {CHARTS_MAX} charts, and this one has {len(charts)}."
            " Split it into several layouts."
        )
        raise Invalid(message, fields=[refused(path, "too_long", message)])


def symbols_of(document: Any) -> list[str]:
    """Every symbol in a document, once: what a search for a layout finds beside its name."""
    found: dict[str, None] = {}
    for chart in document["charts"]:
        found.setdefault(chart["symbol"])
        for other in chart["compare"]:
            found.setdefault(other["symbol"])
    return list(found)
