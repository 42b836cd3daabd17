"""Values inside a chart layout: names, symbols, colours, numbers, times, each with its limits.

Every value has one stored form, so that equal layouts are equal bytes: text in NFC, colours in lower case, times in
UTC, no negative zero.
"""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from quantlab_ext.schemas.base import clean_name, clean_text

SYMBOL_MAX = 100
# Larger than any price or volume; what is beyond cannot be drawn.
NUMBER_MAX = 1e15

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@-]{0,63}")
_COLOUR = re.compile(r"#[0-9a-f]{6}([0-9a-f]{2})?")
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}")


def _clean_id(value: str) -> str:
    if _ID.fullmatch(value) is None:
        raise PydanticCustomError(
            "invalid_id",
            "An id has 1 to 64 characters: letters, digits and _ . : @ -, starting with a letter or digit.",
        )
    return value


def clean_symbol(value: str) -> str:
    """A symbol, ``SOURCE:TICKER`` or a bare ticker, in its stored form. Whether it exists is not asked.

    Raises:
        PydanticCustomError: empty, too long, or with characters that cannot be seen.
    """
    value = unicodedata.normalize("NFC", value).strip()
    if not value:
        raise PydanticCustomError("too_short", "Give a symbol, such as SAMPLE:AAPL.")
    if len(value) > SYMBOL_MAX:
        raise PydanticCustomError(
            "too_long", "A symbol has at most {limit} characters.", {"limit": SYMBOL_MAX}
        )
    # Pairs are written BTC/USDT; otherwise the rules of names hold.
    clean_name(value.replace("/", "-"))
    return value


def _clean_colour(value: str) -> str:
    value = value.lower()
    if _COLOUR.fullmatch(value) is None:
        raise PydanticCustomError("invalid_colour", "A colour is #rrggbb or #rrggbbaa.")
    return value


def _clean_zone(value: str) -> str:
    if _ZONE.fullmatch(value) is None:
        raise PydanticCustomError(
            "invalid_timezone", "Give “exchange”, “local” or a zone such as Europe/Berlin."
        )
    return value


def _clean_number(value: float) -> float:
    return value + 0.0  # no negative zero


def clean_input(value: Any) -> bool | int | float | str:
    """An input of a study: true or false, a number, a text. 14.0 is stored as 14.

    Raises:
        PydanticCustomError: something else, too long, or out of range.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        if len(value) > 200:
            raise PydanticCustomError("too_long", "A text has at most 200 characters.")
        return clean_text(value)
    if isinstance(value, int | float):
        if isinstance(value, float) and not math.isfinite(value):
            raise PydanticCustomError("finite_number", "Give a finite number.")
        if abs(value) > NUMBER_MAX:
            raise PydanticCustomError("too_large", "This number is too large.")
        return int(value) if value == int(value) else value
    raise PydanticCustomError("wrong_type", "Give true or false, a number or a text.")


def _clean_label(value: str) -> str:
    value = clean_text(value).strip()
    if not value:
        raise PydanticCustomError("too_short", "Give a name of at least one character.")
    return value


Id = Annotated[str, Field(max_length=64), AfterValidator(_clean_id)]
Symbol = Annotated[str, AfterValidator(clean_symbol)]
Timeframe = Literal["1m", "5m", "15m", "30m", "1h", "4h", "1D", "1W", "1M"]
Colour = Annotated[str, Field(max_length=9), AfterValidator(_clean_colour)]
Zone = Annotated[str, Field(max_length=64), AfterValidator(_clean_zone)]
Label = Annotated[str, Field(max_length=100), AfterValidator(_clean_label)]
Note = Annotated[str, Field(max_length=2000), AfterValidator(clean_text)]
Number = Annotated[
    float,
    Field(ge=-NUMBER_MAX, le=NUMBER_MAX, allow_inf_nan=False),
    AfterValidator(_clean_number),
]
# Shares of a whole, such as heights of panes: only their proportions count.
Share = Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]
Input = Annotated[
    Any,
    BeforeValidator(clean_input),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "boolean"},
                {"type": "number"},
                {"type": "string", "maxLength": 200},
            ]
        }
    ),
]
