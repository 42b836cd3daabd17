"""The one catalogue of errors that the service answers with.

Services raise these; the dispatcher turns them into the uniform error body. A code is stable: clients and
tests rely on it. Messages say what happened and what to do, and never carry a query, a path or a secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

Field = dict[str, str]

_MAINTENANCE_RETRY = 15  # seconds


class ApiError(Exception):
    """An expected failure: status, stable code, sentence for people, further members of the error body."""

    status = 400
    code = "malformed"
    message = "The request is malformed."

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str | None = None,
        status: int | None = None,
        fields: Sequence[Field] | None = None,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        self.message = message or type(self).message
        super().__init__(self.message)
        self.code = code or type(self).code
        self.status = status or type(self).status
        self.fields = list(fields) if fields else None
        self.headers = dict(headers or {})
        self.extra = extra


class Malformed(ApiError):
    """400: not JSON, not UTF-8, a broken header."""


class NotSignedIn(ApiError):
    """401: no identity, or one that has ended."""

    status = 401
    code = "not_signed_in"
    message = "Sign in to continue."


class InvalidCredentials(ApiError):
    """401: the same for an unknown, wrong, disabled or unverified account."""

    status = 401
    code = "invalid_credentials"
    message = "The login or the password is not right."


class OtpRequired(ApiError):
    """401: the first step was right; ``methods`` says what else is needed, ``passkey`` how to ask for one.

    After a log-in at a provider ``ticket`` stands for that.
    """

    status = 401
    code = "otp_required"
    message = "Enter a code of your app, a recovery code, or use your passkey."


class Forbidden(ApiError):
    """403: the identity may not do this."""

    status = 403
    code = "forbidden"
    message = "You are not allowed to do this."


class AccountLeaving(Forbidden):
    """403, to somebody who proved who it is: the account is going to be deleted on ``deletes_at``.

    ``keep_token`` is what ``POST /auth/account/keep`` takes, for some minutes.
    """

    code = "account_leaving"
    message = "This account is going to be deleted. Keep it (POST /auth/account/keep) to sign in."


class InsufficientScope(Forbidden):
    """403: the token does not carry the scope that the route needs."""

    code = "insufficient_scope"
    message = "This token may not do this."


class InteractiveRequired(Forbidden):
    """403: an API or kernel token where a person has to act."""

    code = "interactive_required"
    message = "Sign in to do this; a token cannot."


class StepUpRequired(Forbidden):
    """403: the person has to prove again who it is: ``POST /auth/step-up``, then repeat the request."""

    code = "step_up_required"
    message = "Confirm that it is you (POST /auth/step-up), then send this again."


class SecondFactorRequired(Forbidden):
    """403: the person's role must have a second factor before it does anything else."""

    code = "second_factor_required"
    message = (
        "Your role needs a second factor. Set one up first: Account, two-step verification"
        " (POST /auth/mfa/totp or /auth/passkeys/register/options)."
    )


class QuotaExceeded(Forbidden):
    """403: ``limit`` and ``used`` are in the answer."""

    code = "quota_exceeded"

    def __init__(self, what: str, *, limit: int, used: int) -> None:
        super().__init__(
            f"Your limit of {limit} for {what} is reached. Delete some, or ask for a larger limit.",
            limit=limit,
            used=used,
            quota=what,
        )


class NotFound(ApiError):
    """404: absent, or not yours; nothing tells which."""

    status = 404
    code = "not_found"
    message = "There is nothing here, or it is not yours."


class MethodNotAllowed(ApiError):
    """405."""

    status = 405
    code = "method_not_allowed"
    message = "This address does not support that method."


class Conflict(ApiError):
    """409."""

    status = 409
    code = "conflict"
    message = "Something else is in the way."


class NameTaken(Conflict):
    """409: another object of this owner, kind and project has the name."""

    code = "name_taken"
    message = "You already have one of that name here. Choose another name."


class VersionConflict(ApiError):
    """412: someone saved since; ``current`` and ``base`` are in the answer."""

    status = 412
    code = "version_conflict"
    message = "Someone saved since you started. Merge, save a copy, or overwrite."


class DraftConflict(ApiError):
    """412: a newer draft is stored; ``current`` is in the answer."""

    status = 412
    code = "draft_conflict"
    message = "A newer draft is stored. Reload it, or save yours as a copy."


class TooLarge(ApiError):
    """413."""

    status = 413
    code = "too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"At most {limit:,} bytes are accepted here.", limit=limit)


class WrongType(ApiError):
    """415."""

    status = 415
    code = "unsupported_media_type"
    message = "Send application/json."


class Invalid(ApiError):
    """422: well-formed, but refused; ``fields`` says where and why."""

    status = 422
    code = "invalid"
    message = "Some values were refused."


class PreconditionRequired(ApiError):
    """428: the save does not say which version it started from."""

    status = 428
    code = "version_required"
    message = "Say in If-Match which version this change started from."


class TooManyRequests(ApiError):
    """429, with Retry-After in seconds."""

    status = 429
    code = "too_many_requests"

    def __init__(self, retry_after: int, message: str | None = None) -> None:
        super().__init__(
            message or f"Too many requests. Try again in {retry_after} s.",
            headers={"Retry-After": str(retry_after)},
            retry_after=retry_after,
        )


class Maintenance(ApiError):
    """503: access is switched off; ``reason`` is the operator's, ``since`` when."""

    status = 503
    code = "maintenance"

    def __init__(self, reason: str, since: datetime | None) -> None:
        super().__init__(
            f"Access is switched off for maintenance: {reason} Keep what you have not saved, and try again later.",
            headers={"Retry-After": str(_MAINTENANCE_RETRY)},
            reason=reason,
            since=None if since is None else since.isoformat(),
            retry_after=_MAINTENANCE_RETRY,
        )


class Unavailable(ApiError):
    """503: a dependency is down or the service is full; nothing was changed."""

    status = 503
    code = "unavailable"
    message = "The service is busy or not ready. Nothing was changed; try again shortly."

    def __init__(self, message: str | None = None, *, retry_after: int = 1, **kw: Any) -> None:
        super().__init__(message, headers={"Retry-After": str(retry_after)}, **kw)
