"""Moments as requests write them."""

from __future__ import annotations

from datetime import UTC, datetime

from quantlab_server.errors import Invalid

# Milliseconds since 1970: the years that datetime knows.
_EARLIEST, _LATEST = -62_135_596_800_000, 253_402_300_799_999


def moment(text: str | int) -> int:
    """A moment as milliseconds since 1970 UTC, from ISO 8601 (without a zone: UTC) or from such a number.

    Raises:
        ValueError: it is neither, or too far away.
    """
    if isinstance(text, int) or text.removeprefix("-").isdecimal():
        value = int(text)
    else:
        # A “+” of the zone that was not percent-encoded arrives as a space.
        read = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        aware = read if read.tzinfo is not None else read.replace(tzinfo=UTC)
        value = round(aware.timestamp() * 1000)
    if not _EARLIEST <= value <= _LATEST:
        raise ValueError(text)
    return value


def moment_of(path: str, given: str | int | None) -> int | None:
    """The moment in a member of a request; None where there is none.

    Raises:
        Invalid: 422, naming ``path``.
    """
    if given is None or given == "":
        return None
    try:
        return moment(given)
    except (ValueError, OverflowError):
        message = "Use ISO 8601 (2024-01-31 or 2024-01-31T09:30:00Z) or milliseconds since 1970."
        field = {"path": path, "code": "invalid_time", "message": message}
        raise Invalid(fields=[field]) from None
