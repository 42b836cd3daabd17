"""Query parameters of lists of saved objects."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from quantlab_server.errors import Invalid
from quantlab_server.http.pagination import PageQuery, decode_cursor
from quantlab_server.models.saved import NO_PROJECT
from quantlab_server.versioning.content import refused
from quantlab_server.versioning.names import like_pattern, name_key
from quantlab_server.versioning.repository.lists import Shape, SortColumn


def _storable(value: str) -> str:
    """What a database can compare with: no NUL, no half of a surrogate pair."""
    if "\0" in value or any(0xD800 <= ord(char) <= 0xDFFF for char in value):
        raise PydanticCustomError("invalid_character", "Control characters are not allowed here.")
    return value


Text = Annotated[str, StringConstraints(max_length=200), AfterValidator(_storable)]
Sort = Literal[
    "-updated_at",
    "updated_at",
    "name",
    "-name",
    "created_at",
    "-created_at",
    "-used_at",
    "used_at",
]


class SavedQuery(PageQuery):
    """Filters and order of a list; all filters must hold.

    ``project=none``: in no project. ``used_at`` is when the caller opened it or somebody changed it, the later one.
    """

    q: Text | None = None
    tag: Text | None = None
    project: UUID | Literal["none"] | None = None
    kind: Text | None = None
    name: Text | None = None
    pinned: Literal["true"] | None = None
    deleted: bool = False
    shared: bool = False
    sort: Sort = Field(default="-updated_at")

    def shape(self) -> Shape:
        """Which conditions the list has.

        Raises:
            Invalid: the filters exclude each other.
        """
        if self.deleted and self.shared:
            raise Invalid(fields=[refused("shared", "not_allowed", "Give “deleted” or “shared”.")])
        column: Any = self.sort.removeprefix("-")
        return Shape(
            scope="deleted" if self.deleted else "shared" if self.shared else "own",
            sort=column,
            descending=self.sort.startswith("-"),
            after=self.cursor is not None,
            q=bool(self.q),
            tag=bool(self.tag),
            project=self.project is not None,
            kind=self.kind is not None,
            name=self.name is not None,
            pinned=self.pinned is not None,
        )

    def values(self) -> dict[str, Any]:
        """Values for the conditions.

        Raises:
            Invalid: the cursor is not of this list.
        """
        values: dict[str, Any] = {}
        if self.q:
            values["q"] = like_pattern(self.q, anywhere=True)
        if self.tag:
            values["tag"] = name_key(self.tag)
        if self.project is not None:
            values["project"] = NO_PROJECT if self.project == "none" else self.project
        if self.kind is not None:
            values["kind"] = self.kind
        if self.name is not None:
            values["name"] = name_key(self.name.strip())
        if self.cursor is not None:
            values["after_value"], values["after_id"] = self._position()
        return values

    def _position(self) -> tuple[Any, UUID]:
        sort, value, id = decode_cursor(self.cursor or "", 3)
        column: SortColumn = self.sort.removeprefix("-")  # type: ignore[assignment]  # a sort is a column, perhaps with a minus
        try:
            if sort != self.sort or not isinstance(value, str):
                raise ValueError
            return (_storable(value) if column == "name" else _instant(value)), UUID(id)
        except (ValueError, TypeError, AttributeError, OverflowError):
            message = "This cursor belongs to another list. Start again from the first page."
            raise Invalid(fields=[refused("cursor", "invalid_cursor", message)]) from None


def _instant(value: str) -> datetime:
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError("naive")
    return instant.astimezone(UTC)


def text_cursor(cursor: str) -> str:
    """The position in a list that is sorted by one text.

    Raises:
        Invalid: not such a cursor.
    """
    (value,) = decode_cursor(cursor, 1)
    try:
        if not isinstance(value, str):
            raise ValueError
        return _storable(value)
    except ValueError:
        message = "Start again from the first page."
        raise Invalid(fields=[refused("cursor", "invalid_cursor", message)]) from None
