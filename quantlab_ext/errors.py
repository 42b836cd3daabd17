"""Errors that QuantLab raises beside user code.

Each carries the stable ``code`` and HTTP ``status`` that the service answered with; this module imports
nothing, so that every layer may use it.
"""

from __future__ import annotations

from typing import Any


class QuantLabError(Exception):
    """Base of all errors of the client.

    Attributes:
        code: stable machine-readable name, e.g. ``"version_conflict"``.
        status: HTTP status of the answer, or 0 when no answer came.
        request_id: id to quote to an operator, if the service gave one.
        details: further members of the error object (``fields``, ``current``, ``base``, ...).
    """

    code: str = "error"
    status: int = 0

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        if status is not None:
            self.status = status
        self.request_id = request_id
        self.details = details or {}


class NotSignedIn(QuantLabError):
    """No identity, or one that has ended (401)."""

    code = "not_signed_in"
    status = 401


class Forbidden(QuantLabError):
    """The identity may not do this: scope, rule or quota (403)."""

    code = "forbidden"
    status = 403


class NotFound(QuantLabError):
    """Absent, or not yours: the service does not tell which (404)."""

    code = "not_found"
    status = 404


class Conflict(QuantLabError):
    """Another object is in the way, for example ``name_taken`` (409)."""

    code = "conflict"
    status = 409


class VersionConflict(QuantLabError):
    """Someone saved since the version this change started from (412).

    ``details["current"]`` is the stored object, ``details["base"]`` the version the change started from.
    """

    code = "version_conflict"
    status = 412


class InvalidInput(QuantLabError):
    """The service refused the payload (400, 413, 415, 422, 428); ``details["fields"]`` says where."""

    code = "invalid"
    status = 422


class TooManyRequests(QuantLabError):
    """A rate limit was reached (429); ``details["retry_after"]`` is in seconds."""

    code = "too_many_requests"
    status = 429


class Unavailable(QuantLabError):
    """The service cannot be reached or is not ready (0, 503)."""

    code = "unavailable"
    status = 503
