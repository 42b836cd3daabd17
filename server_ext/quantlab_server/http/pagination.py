"""Keyset pagination: cursors are opaque to clients, positions to us."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Protocol, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field

from quantlab_server.errors import Invalid


class _HasId(Protocol):
    @property
    def id(self) -> UUID: ...


T = TypeVar("T", bound=_HasId)


class PageQuery(BaseModel):
    """``?limit=&cursor=&count=``. Unknown parameters are ignored: proxies and caches add their own."""

    model_config = ConfigDict(extra="ignore")

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=2000)
    count: bool = False


def encode_cursor(position: list[Any]) -> str:
    """A cursor for the row whose sort keys these are (JSON values)."""
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> list[Any]:
    """The position that a cursor stands for.

    Raises:
        Invalid: not one of our cursors, or of another list.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        position = orjson.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
    except (ValueError, binascii.Error, UnicodeError):
        position = None
    if not isinstance(position, list) or len(position) != length:
        raise start_again()
    return position


def decode_id(cursor: str | None) -> UUID | None:
    """The id that a page ended with; None: there was no page before.

    Raises:
        Invalid: not one of our cursors, or of another list.
    """
    if cursor is None:
        return None
    (value,) = decode_cursor(cursor, 1)
    try:
        return UUID(str(value))
    except ValueError:
        raise start_again() from None


def cut_by_id(found: list[T], limit: int) -> tuple[list[T], str | None]:
    """``limit`` of what was found in the order of ids, and the cursor of what follows.

    Args:
        found: one more than ``limit``, if there are so many: that tells whether there is a next page.
    """
    kept = found[:limit]
    return kept, encode_cursor([str(kept[-1].id)]) if len(found) > limit else None


def start_again() -> Invalid:
    """The error for a cursor that leads nowhere."""
    field: Any = {
        "path": "cursor",
        "code": "invalid_cursor",
        "message": "Start again from the first page.",
    }
    return Invalid(fields=[field])
