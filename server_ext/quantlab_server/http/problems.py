"""From exceptions to the one shape of every error answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from pydantic import ValidationError

from quantlab_server.errors import ApiError, Field, Invalid, Malformed

# Pydantic's names for what clients know under shorter ones.
_CODES = {
    "extra_forbidden": "unknown_field",
    "missing": "required",
    "string_too_long": "too_long",
    "string_too_short": "too_short",
    "too_long": "too_long",
    "too_short": "too_short",
    "greater_than_equal": "too_small",
    "less_than_equal": "too_large",
    "literal_error": "not_allowed",
    "enum": "not_allowed",
    "uuid_parsing": "wrong_type",
    "string_unicode": "invalid_unicode",
}
_MESSAGES = {
    "unknown_field": "There is no such member; remove it.",
    "required": "This member is required.",
    "wrong_type": "This value has the wrong type.",
}


def from_validation(error: ValidationError) -> ApiError:
    """The API's error for what pydantic refused; never echoes the refused values."""
    fields: list[Field] = []
    for item in error.errors(include_url=False, include_input=False, include_context=False):
        kind = item["type"]
        if kind == "json_invalid":
            return Malformed("The body is not valid JSON.")
        code = _CODES.get(kind, "wrong_type" if kind.endswith("_type") else kind)
        fields.append(
            {
                "path": ".".join(str(part) for part in item["loc"]),
                "code": code,
                "message": _MESSAGES.get(code, item["msg"]),
            }
        )
        if len(fields) == 50:
            break
    return Invalid(fields=fields)


def body_of(error: ApiError, request_id: str) -> bytes:
    """The JSON body of an error answer."""
    inside: dict[str, Any] = {
        "code": error.code,
        "message": error.message,
        "request_id": request_id,
    }
    if error.fields:
        inside["fields"] = error.fields
    inside.update(error.extra)
    return orjson.dumps({"error": inside}, default=_plain)


def _plain(value: Any) -> Any:
    dump = getattr(value, "model_dump", None)
    if dump is not None:
        return dump(mode="json")
    raise TypeError(type(value).__name__)


def pack(error: ApiError) -> tuple[int, str, str, Sequence[Field] | None, Mapping[str, Any]]:
    """An error as plain values, to come back from another process."""
    return (error.status, error.code, error.message, error.fields, error.extra)


def unpack(
    packed: tuple[int, str, str, Sequence[Field] | None, Mapping[str, Any]],
) -> ApiError:
    """The error that ``pack`` made plain."""
    status, code, message, fields, extra = packed
    return ApiError(message, code=code, status=status, fields=fields, **extra)
