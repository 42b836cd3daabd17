"""What services of saved objects take and give."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from quantlab_ext.schemas.saved import SavedItem, Trust, VersionSource
from quantlab_server.versioning.content import Encoded

# What a caller may change without a new version.
METADATA = ("name", "description", "tags", "project_id", "pinned")


@dataclass(frozen=True, slots=True)
class NewObject:
    """What a new object is made of. ``in_person``: a person wrote it, not a token and not an import."""

    name: str
    content: Encoded
    source: VersionSource
    in_person: bool
    description: str = ""
    tags: list[str] = field(default_factory=list)
    project_id: UUID | None = None
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """An object with its content (compressed) and what may happen by itself."""

    item: SavedItem
    data: bytes
    trust: Trust


@dataclass(frozen=True, slots=True)
class Saved:
    """The object after a save; ``changed`` is False when nothing was to be done."""

    item: SavedItem
    changed: bool
    new_version: bool = False


class Row:
    """Values that were just inserted, read like a row."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__.update(values)


def given(model: Any) -> dict[str, Any]:
    """The metadata members that a body carries. Null only means something for the project: none."""
    present = {
        member: getattr(model, member) for member in METADATA if member in model.model_fields_set
    }
    return {
        member: value
        for member, value in present.items()
        if value is not None or member == "project_id"
    }
