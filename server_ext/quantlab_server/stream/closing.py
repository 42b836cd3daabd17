"""Why a connection ends, as close codes of the protocol."""

from __future__ import annotations

from enum import IntEnum


class Closing(IntEnum):
    """Close codes; the last three digits are those of the HTTP status that would mean the same."""

    NOT_SIGNED_IN = 4401
    FORBIDDEN = 4403
    TOO_SLOW = 4408
    TOO_MANY = 4429
    STOPPING = 4503
    INTERNAL = 1011
