"""From rows to what goes over the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from quantlab_ext.schemas.saved import Draft, SavedItem, VersionInfo
from quantlab_server.models.saved import NO_PROJECT
from quantlab_server.versioning.content import Codec, read
from quantlab_server.versioning.resource import Resource


def item_of(
    resource: Resource, row: Any, me: UUID, owner_name: str | None = None, **changed: Any
) -> SavedItem:
    """An object as lists show it. Our own rows need no validation: that would cost more than the query."""
    shared = row.user_id != me
    values: dict[str, Any] = {
        "id": row.id,
        "name": row.name,
        "kind": row.kind,
        "description": row.description,
        "tags": row.tags.split("\n") if row.tags else [],
        "project_id": None if row.project_key == NO_PROJECT else row.project_key,
        "pinned": row.pinned,
        "version": row.version,
        "size": row.size,
        "thumbnail_version": row.thumbnail_version,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "deleted_at": row.deleted_at,
        # Only lists ask for it.
        "opened_at": getattr(row, "opened_at", None),
        "owner_id": row.user_id,
        "owner_name": owner_name if shared else None,
        # A row without this column came from a change that only editors can make.
        "access": getattr(row, "shared_access", "edit") if shared else "owner",
    }
    values.update(changed)
    return resource.item.model_construct(**values)


@dataclass(frozen=True, slots=True)
class View:
    """JSON values and, under ``member``, content that is spliced in as it is stored: it is never parsed."""

    values: dict[str, Any]
    member: str
    content: bytes

    def pieces(self) -> list[bytes]:
        """The JSON document in pieces; the content, which may be large, is not copied."""
        head = orjson.dumps(self.values)
        return [head[:-1], f',"{self.member}":'.encode(), self.content, b"}"]

    def as_json(self) -> dict[str, Any]:
        """As a value inside another JSON document."""
        return {**self.values, self.member: orjson.Fragment(self.content)}


def with_content(resource: Resource, item: SavedItem, data: bytes, **more: Any) -> View:
    """The object with its content, of which ``data`` is the stored form."""
    values = item.model_dump(mode="json")
    own = resource.codecs[item.kind].member
    for codec in resource.codecs.values():
        if codec.member != own:
            values[codec.member] = None
    values.update(more)
    return View(values, own, read(resource.codecs[item.kind], data))


def version_info(row: Any, current: int, author_name: str | None) -> VersionInfo:
    """A version as the history lists it."""
    return VersionInfo.model_construct(
        version=row.version,
        created_at=row.created_at,
        author_id=row.author_id,
        author_name=author_name,
        source=row.source,
        restored_from=row.restored_from,
        size=row.size,
        content_hash=row.content_hash.hex(),
        current=row.version == current,
    )


def draft_view(codec: Codec, row: Any) -> View:
    """A draft with its content (a row of ``versions.get_draft`` that has one)."""
    draft = Draft.model_construct(
        base_version=row.base_version,
        revision=row.revision,
        updated_at=row.draft_updated_at,
        stale=row.base_version != row.version,
    )
    values = draft.model_dump(mode="json", exclude={"content"})
    return View(values, "content", read(codec, row.data))
