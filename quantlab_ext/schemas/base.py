"""What all wire models share: strict members, field types with the product's limits."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

T = TypeVar("T")

NAME_MAX = 200
DESCRIPTION_MAX = 4000
TAG_MAX = 50
TAGS_MAX = 30

# Bidirectional controls can make one name look like another; a zero-width joiner stays allowed (emoji).
_BIDI_CONTROLS = frozenset(
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
)


def clean_name(value: str) -> str:
    """Bring a name to its stored form: NFC, outer white space removed.

    Raises:
        PydanticCustomError: empty, too long, control characters or ``/``.
    """
    value = unicodedata.normalize("NFC", value).strip()
    if not value:
        raise PydanticCustomError("too_short", "Give a name of at least one character.")
    if len(value) > NAME_MAX:
        raise PydanticCustomError(
            "too_long", "Use at most {limit} characters.", {"limit": NAME_MAX}
        )
    for char in value:
        if (
            char == "/"
            or char in _BIDI_CONTROLS
            or unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")
        ):
            raise PydanticCustomError(
                "invalid_character", "Names may not contain “/” or control characters."
            )
    return value


def clean_text(value: str) -> str:
    """NFC; control characters but line breaks and tabs refused."""
    value = unicodedata.normalize("NFC", value)
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\r\t" for c in value):
        raise PydanticCustomError("invalid_character", "Control characters are not allowed here.")
    return value


def clean_time(value: datetime) -> datetime:
    """The same instant in UTC.

    Raises:
        PydanticCustomError: out of the range that instants have there.
    """
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("out_of_range", "This time is out of range.") from None


def clean_tags(value: list[str]) -> list[str]:
    """Each tag trimmed and NFC; duplicates by case dropped, first spelling kept."""
    seen: dict[str, str] = {}
    for tag in value:
        cleaned = clean_name(tag)
        if len(cleaned) > TAG_MAX:
            raise PydanticCustomError(
                "too_long", "A tag has at most {limit} characters.", {"limit": TAG_MAX}
            )
        # NFC once more: folding may leave parts that belong together.
        seen.setdefault(unicodedata.normalize("NFC", cleaned.casefold()), cleaned)
    return list(seen.values())


Name = Annotated[str, AfterValidator(clean_name)]
Time = Annotated[AwareDatetime, AfterValidator(clean_time)]
Description = Annotated[str, Field(max_length=DESCRIPTION_MAX), AfterValidator(clean_text)]
Tags = Annotated[list[str], Field(max_length=TAGS_MAX), AfterValidator(clean_tags)]
JsonObject = dict[str, Any]


class Wire(BaseModel):
    """Base of everything that crosses the wire: unknown members are refused, nothing is coerced."""

    model_config = ConfigDict(extra="forbid", strict=True, ser_json_timedelta="float")


class Answer(BaseModel):
    """Base of answers: lenient when read, so that an older client survives a newer service."""

    model_config = ConfigDict(extra="ignore")


class Page(Answer, Generic[T]):
    """One page of a list.

    ``next_cursor`` is opaque; ``total`` is present when it is cheap or was asked for.
    """

    items: list[T]
    next_cursor: str | None = None
    total: int | None = None


class FieldError(Answer):
    """One refused member: its dotted path, a stable code, a sentence for people."""

    path: str
    code: str
    message: str


class ErrorBody(Answer):
    """The inside of every error answer; further members depend on the code."""

    model_config = ConfigDict(extra="allow")

    code: str
    message: str
    request_id: str
    fields: list[FieldError] | None = None


class ErrorAnswer(Answer):
    """The one shape of every error."""

    error: ErrorBody


__all__ = [
    "DESCRIPTION_MAX",
    "NAME_MAX",
    "TAGS_MAX",
    "TAG_MAX",
    "UUID",
    "Answer",
    "Description",
    "ErrorAnswer",
    "ErrorBody",
    "FieldError",
    "JsonObject",
    "Name",
    "Page",
    "Tags",
    "Time",
    "Wire",
    "clean_name",
    "clean_tags",
    "clean_text",
    "clean_time",
    "datetime",
]
