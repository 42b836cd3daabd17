"""Cells that are certainly valid, told without the schema.

Nearly all cells look like these few shapes. Telling so takes 1 µs, the schema 10 µs, and a save is to cost no more
than what it replaces. What is not recognised here goes to the schema: nothing is refused by this module.
"""

from __future__ import annotations

import re
from typing import Any

_ID = re.compile(r"[a-zA-Z0-9-_]{1,64}")
_TEXT_MEMBERS = frozenset({"cell_type", "metadata", "source"})
_CODE_MEMBERS = _TEXT_MEMBERS | {"outputs", "execution_count"}
_ALLOWED = {
    # By cell type, and whether cells have ids in this minor format.
    ("code", False): _CODE_MEMBERS,
    ("code", True): _CODE_MEMBERS | {"id"},
    ("markdown", False): _TEXT_MEMBERS,
    ("markdown", True): _TEXT_MEMBERS | {"id"},
    ("raw", False): _TEXT_MEMBERS,
    ("raw", True): _TEXT_MEMBERS | {"id"},
}
# Members of metadata that the schemas say something about.
_RULED = frozenset(
    {"jupyter", "execution", "collapsed", "scrolled", "name", "tags", "format", "deletable"}
)
_RESULT = frozenset({"output_type", "data", "metadata", "execution_count"})
_DISPLAY = frozenset({"output_type", "data", "metadata"})
_STREAM = frozenset({"output_type", "name", "text"})


def is_plain_cell(cell: Any, *, ids: bool) -> bool:
    """Whether a cell, its outputs included, has one of the usual shapes and so is valid.

    ``ids``: cells have ids in this minor format.
    """
    if type(cell) is not dict:
        return False
    kind, metadata = cell.get("cell_type"), cell.get("metadata")
    if type(kind) is not str or _ALLOWED.get((kind, ids)) != cell.keys():
        return False
    if type(metadata) is not dict or (metadata and not _RULED.isdisjoint(metadata)):
        return False
    if not _is_text(cell["source"]):
        return False
    if ids and not (type(cell["id"]) is str and _ID.fullmatch(cell["id"])):
        return False
    if kind != "code":
        return True
    outputs = cell["outputs"]
    return (
        _is_count(cell["execution_count"])
        and type(outputs) is list
        and all(map(_is_plain_output, outputs))
    )


def _is_plain_output(output: Any) -> bool:
    if type(output) is not dict:
        return False
    kind = output.get("output_type")
    if kind == "stream":
        return output.keys() == _STREAM and type(output["name"]) is str and _is_text(output["text"])
    if kind == "display_data":
        return output.keys() == _DISPLAY and _is_plain_bundle(output)
    if kind == "execute_result":
        return (
            output.keys() == _RESULT
            and _is_count(output["execution_count"])
            and _is_plain_bundle(output)
        )
    return False


def _is_plain_bundle(output: dict[str, Any]) -> bool:
    data = output["data"]
    return (
        type(output["metadata"]) is dict
        and type(data) is dict
        and all(map(_is_text, data.values()))
    )


def _is_text(value: Any) -> bool:
    if type(value) is str:
        return True
    return type(value) is list and all(type(line) is str for line in value)


def _is_count(value: Any) -> bool:
    return value is None or (type(value) is int and value >= 0)
