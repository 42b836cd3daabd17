"""Notebook content: nbformat 4, validated by nbformat's own schemas, without marks of trust.

The schemas are read from the installed nbformat, which itself is not imported: its import takes seconds where
all of jsonschema's optional formats are installed. Cells and outputs are checked one by one against the definition
that their type names: twenty times cheaper than the schema's ``oneOf``, and the error says which member is wrong.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import fastjsonschema
import orjson

from quantlab_server.errors import Invalid
from quantlab_server.versioning import compare
from quantlab_server.versioning.content import Merged, canonical_json, parse_json, refused
from quantlab_server.versioning.plain_cells import is_plain_cell

# The newest minor format whose schema we have; later ones may add members, never remove any.
_NEWEST_MINOR = 5
_IDS_SINCE = 5
_CELLS = ("code", "markdown", "raw")
_OUTPUTS = ("execute_result", "display_data", "stream", "error")

Check = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class NotebookCodec:
    """Notebooks of nbformat 4."""

    kind: str = "notebook"
    member: str = "notebook"
    extension: str = ".ipynb"

    def placeholder(self, value: Any) -> Any:
        """A stand-in for a JSON object; None for anything else."""
        return {} if isinstance(value, dict) else None

    def clean(self, value: Any, path: str) -> dict[str, Any]:
        """The notebook, valid, every mark of trust removed. Changes ``value`` in place.

        Raises:
            Invalid: not a notebook of format 4.
        """
        if not isinstance(value, dict):
            raise Invalid(fields=[refused(path, "wrong_type", "This must be a notebook.")])
        minor = _require_format(value, path)
        _strip_trust(value)
        if minor >= _IDS_SINCE:
            _complete_ids(value)
        _validate(value, minor, path)
        return value

    def size(self, value: Any, canonical: bytes) -> int:
        """Bytes of the JSON document."""
        return len(canonical)

    def compare(self, left: Any, right: Any) -> dict[str, Any]:
        """Cells aligned side by side."""
        return compare.compare_notebooks(left, right)

    def upgrade(self, canonical: bytes) -> bytes:
        """Notebooks are kept in the format that they came in."""
        return canonical

    def merge(self, base: Any, local: Any, remote: Any) -> Merged:
        """By cells and, inside a cell, by lines."""
        return Merged(*compare.merge_notebooks(base, local, remote))

    def to_file(self, value: Any) -> bytes:
        """An .ipynb file, indented so that it can be read and compared."""
        try:
            return orjson.dumps(
                value,
                option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE,
            )
        except orjson.JSONEncodeError:  # an integer of more than 64 bits
            return canonical_json(value) + b"\n"

    def from_file(self, data: bytes) -> Any:
        """What an .ipynb file holds.

        Raises:
            Malformed: not JSON.
        """
        return parse_json(data.removeprefix(b"\xef\xbb\xbf"))


def _require_format(notebook: dict[str, Any], path: str) -> int:
    major, minor = notebook.get("nbformat"), notebook.get("nbformat_minor")
    if type(major) is not int:
        raise _invalid(f"{path}.nbformat", "A notebook needs “nbformat”, the number 4.")
    if major != 4:
        hint = "Open it in JupyterLab and save it there: that converts it." if major < 4 else ""
        raise Invalid(
            fields=[
                refused(
                    f"{path}.nbformat",
                    "unsupported_format",
                    f"Notebooks of format 4 can be kept; this one has format {major}. {hint}".strip(),
                )
            ]
        )
    if type(minor) is not int or minor < 0:
        raise _invalid(f"{path}.nbformat_minor", "A notebook needs “nbformat_minor”, a number.")
    return minor


def _strip_trust(notebook: dict[str, Any]) -> None:
    """Trust is what a person did here, never what a file says of itself."""
    _forget(notebook.get("metadata"), "trusted", "signature")
    cells = notebook.get("cells")
    for cell in cells if isinstance(cells, list) else ():
        if not isinstance(cell, dict):
            continue
        _forget(cell.get("metadata"), "trusted")
        outputs = cell.get("outputs")
        for output in outputs if isinstance(outputs, list) else ():
            if isinstance(output, dict):
                _forget(output.get("metadata"), "trusted")


def _forget(metadata: Any, *names: str) -> None:
    if isinstance(metadata, dict):
        for name in names:
            metadata.pop(name, None)


def _complete_ids(notebook: dict[str, Any]) -> None:
    """Format 4.5 wants an id on every cell, unique. Where one is missing or repeated, derive one from the cell.

    Derived and not random, so that the same notebook sent twice is the same content.
    """
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        return
    seen: set[str] = set()
    lacking: list[tuple[int, dict[str, Any]]] = []
    for index, cell in enumerate(cells):
        if not isinstance(cell, dict):
            continue
        given = cell.get("id")
        if given is None or (isinstance(given, str) and given in seen):
            lacking.append((index, cell))
        elif isinstance(given, str):
            seen.add(given)
    for index, cell in lacking:
        seed = f"{index}\n{cell.get('cell_type')}\n{cell.get('source')}"
        attempt = 0
        while True:
            made = hashlib.sha256(f"{attempt}\n{seed}".encode(errors="replace")).hexdigest()[:8]
            if made not in seen:
                break
            attempt += 1
        seen.add(made)
        cell["id"] = made


@dataclass(frozen=True, slots=True)
class _Schema:
    notebook: Check
    cells: dict[str, Check]
    outputs: dict[str, Check]


@lru_cache(maxsize=_NEWEST_MINOR + 2)
def _schema(minor: int) -> _Schema:
    spec = find_spec("nbformat")
    if spec is None or spec.origin is None:
        raise RuntimeError("nbformat is not installed")
    file = Path(spec.origin).parent / "v4" / f"nbformat.v4.{min(minor, _NEWEST_MINOR)}.schema.json"
    schema = json.loads(file.read_text(encoding="utf-8"))
    if minor > _NEWEST_MINOR:
        schema = _relaxed(schema)
    definitions = schema["definitions"]
    # The same as the schema's oneOf, which tries every branch and raises in all but one.
    definitions["misc"]["multiline_string"] = {
        "type": ["string", "array"],
        "items": {"type": "string"},
    }
    outputs = {name: _compile(definitions[name], definitions) for name in _OUTPUTS}
    # What contains others leaves those to their own checks.
    inner = {**definitions, "output": {}, "cell": {}}
    cells = {name: _compile(definitions[f"{name}_cell"], inner) for name in _CELLS}
    return _Schema(_compile({**schema, "definitions": inner}, inner), cells, outputs)


def _compile(schema: dict[str, Any], definitions: dict[str, Any]) -> Check:
    compiled: Check = fastjsonschema.compile(
        {**schema, "definitions": definitions}, use_default=False, detailed_exceptions=True
    )
    return compiled


def _relaxed(schema: Any) -> Any:
    """As nbformat does for notebooks from the future: unknown members are fine."""
    if isinstance(schema, dict):
        return {
            key: True if key == "additionalProperties" else _relaxed(value)
            for key, value in schema.items()
        }
    if isinstance(schema, list):
        return [_relaxed(value) for value in schema]
    return schema


def _validate(notebook: dict[str, Any], minor: int, path: str) -> None:
    schema = _schema(min(minor, _NEWEST_MINOR + 1))
    # The check of the whole walks over every cell, though it asks nothing of it.
    whole = {**notebook, "cells": []} if type(notebook.get("cells")) is list else notebook
    _check(schema.notebook, whole, path)
    ids = minor >= _IDS_SINCE
    for index, cell in enumerate(notebook["cells"]):
        if is_plain_cell(cell, ids=ids):
            continue
        where = f"{path}.cells.{index}"
        check = schema.cells.get(_type_of(cell, "cell_type"))
        if check is None:
            raise _invalid(f"{where}.cell_type", "A cell is “code”, “markdown” or “raw”.")
        _check(check, cell, where)
        for number, output in enumerate(cell.get("outputs", ())):
            place = f"{where}.outputs.{number}"
            check = schema.outputs.get(_type_of(output, "output_type"))
            if check is None:
                raise _invalid(
                    f"{place}.output_type", f"An output is one of {', '.join(_OUTPUTS)}."
                )
            _check(check, output, place)


def _type_of(value: Any, member: str) -> str:
    kind = value.get(member) if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else ""


def _check(check: Check, value: Any, path: str) -> None:
    try:
        check(value)
    except fastjsonschema.JsonSchemaValueException as error:
        inside = ".".join(str(part) for part in error.path[1:])
        message = str(error.message).removeprefix(f"{error.name} ")
        raise _invalid(f"{path}.{inside}" if inside else path, message) from None


def _invalid(path: str, message: str) -> Invalid:
    return Invalid(
        "This is not a valid notebook.",
        fields=[refused(path, "invalid_notebook", message[:1].upper() + message[1:300])],
    )
