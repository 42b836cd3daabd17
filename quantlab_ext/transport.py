"""HTTP for the client: retries that cannot do harm twice, a bounded total time, errors with names.

A request is repeated only when repeating it is harmless: it is safe (GET), it names the version it starts from
(PUT with If-Match), or the service remembers it (Idempotency-Key). Everything else is repeated only when it
certainly never reached the service.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx

from quantlab_ext.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    NotSignedIn,
    QuantLabError,
    TooManyRequests,
    Unavailable,
    VersionConflict,
)

MAX_ATTEMPTS = 8
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
PASSING = frozenset({429, 502, 503, 504})
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_BY_STATUS: dict[int, type[QuantLabError]] = {
    400: InvalidInput,
    401: NotSignedIn,
    403: Forbidden,
    404: NotFound,
    405: InvalidInput,
    409: Conflict,
    412: VersionConflict,
    413: InvalidInput,
    415: InvalidInput,
    422: InvalidInput,
    428: InvalidInput,
    429: TooManyRequests,
}

# The request did not leave this machine, or was turned away before it was read.
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class TokenSource(Protocol):
    """Where the address and the identity come from."""

    def url(self) -> str:
        """The API's full prefix, without a slash at the end."""

    def headers(self) -> dict[str, str]:
        """Headers that say who is calling.

        Raises:
            NotSignedIn: nobody is.
        """

    def renew(self) -> bool:
        """After a 401: try to get a fresh identity. True when the request is worth repeating."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds: to connect, between two bytes, and for a call with all its repetitions."""

    connect: float = 5.0
    read: float = 60.0
    total: float = 60.0


def open_http(url: str, timing: Timing) -> httpx.Client:
    """A connection pool for ``url``. Proxies of the environment are not used for this machine itself."""
    host = urlsplit(url).hostname or ""
    return httpx.Client(
        timeout=httpx.Timeout(timing.read, connect=timing.connect),
        trust_env=host not in LOOPBACK,
        follow_redirects=False,
        headers={"Accept": "application/json", "User-Agent": "quantlab-ext"},
    )


def new_key() -> str:
    """A key under which the service remembers a creation, so that repeating it creates nothing twice."""
    return secrets.token_urlsafe(24)


def encode(body: Any) -> bytes:
    """``body`` as JSON.

    Raises:
        InvalidInput: a value that JSON cannot carry (NaN, bytes, lone surrogates, ...).
    """
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(f"This cannot be sent as JSON: {error}", code="not_json") from None


def error_from(response: httpx.Response) -> QuantLabError:
    """The error that an answer stands for; its details are the error object's further members."""
    status = response.status_code
    kind = _BY_STATUS.get(status) or (Unavailable if status >= 500 else QuantLabError)
    try:
        inner = response.json()["error"]
        details = dict(inner)
        code, message = str(details.pop("code")), str(details.pop("message"))
    except (ValueError, KeyError, TypeError):
        return kind(_foreign_message(status), status=status, code=_foreign_code(status))
    request_id = details.pop("request_id", None)
    wait = retry_after(response)
    if wait is not None:
        details["retry_after"] = wait
    return kind(message, code=code, status=status, request_id=request_id, details=details)


def _foreign_code(status: int) -> str | None:
    return "not_quantlab" if status in (403, 404, 405) or 300 <= status < 400 else None


def _foreign_message(status: int) -> str:
    """A sentence for an answer that is not QuantLab's own: a Jupyter server's or a proxy's."""
    if status in (401, 403):
        return (
            "The server refused the request before QuantLab saw it; its own token may be missing."
        )
    if status in (404, 405) or 300 <= status < 400:
        return "There is no QuantLab at this address."
    if status == 413:
        return "The server or a proxy in front of it refuses a body of this size."
    return f"QuantLab cannot be reached at the moment (status {status})."


def retry_after(response: httpx.Response) -> float | None:
    """Seconds that the service asks to wait, from ``Retry-After`` in either form."""
    value = response.headers.get("Retry-After")
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


@dataclass(slots=True)
class _Call:
    """One call with what its attempts have taught."""

    method: str
    path: str
    options: dict[str, Any]
    headers: dict[str, str]
    harmless: bool
    deadline: float
    attempt: int = 0
    renewed: bool = False
    unknown: bool = False  # an earlier attempt may have been carried out


class Transport:
    """Sends requests on behalf of a `TokenSource`; usable from several threads."""

    def __init__(
        self,
        source: TokenSource,
        timing: Timing | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.source = source
        self.timing = timing or Timing()
        self._sleep = sleep
        self._lock = threading.Lock()
        self._http: httpx.Client | None = None
        self._pid = os.getpid()

    def __repr__(self) -> str:
        return f"Transport({self.source!r})"

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        with self._lock:
            http, self._http = self._http, None
        if http is not None:
            http.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        harmless: bool | None = None,
    ) -> httpx.Response:
        """Send and return the successful answer.

        Args:
            path: below the API prefix, beginning with a slash.
            params: query; members that are None are left out.
            body: sent as JSON; ``content`` is sent as it is.
            harmless: repeating after an unknown outcome does nothing twice. Default: only for GET.

        Raises:
            QuantLabError: the service said no. ``details["unknown_outcome"]`` is True when an earlier attempt may
                have been carried out.
            Unavailable: no answer within the time; code ``outcome_unknown`` when the change may have been made.
        """
        options: dict[str, Any] = {}
        if params:
            options["params"] = {k: _text(v) for k, v in params.items() if v is not None}
        sent = dict(headers or {})
        if body is not None:
            options["content"] = encode(body)
            sent["Content-Type"] = "application/json"
        elif content is not None:
            options["content"] = content
        call = _Call(
            method=method,
            path=path,
            options=options,
            headers=sent,
            harmless=(method == "GET") if harmless is None else harmless,
            deadline=time.monotonic() + self.timing.total,
        )
        while True:
            call.attempt += 1
            response = self._attempt(call)
            if response is not None:
                return response

    def _attempt(self, call: _Call) -> httpx.Response | None:
        """One attempt: an answer, or None when it is to be repeated (after the pause has passed)."""
        url = self.source.url()
        http = self._pool(url)
        try:
            response = http.request(
                call.method,
                url + call.path,
                headers={**self.source.headers(), **call.headers},
                timeout=self._timeout(call),
                **call.options,
            )
        except httpx.TransportError as error:
            self._broken(call, error)
            return None
        except httpx.InvalidURL as error:
            raise InvalidInput(f"This is not an address: {error}", code="bad_url") from None
        if response.is_success:
            return response
        if response.status_code == 401 and not call.renewed:
            call.renewed = True
            if self.source.renew():
                return None
        self._refused(call, response)
        return None

    def _broken(self, call: _Call, error: httpx.TransportError) -> None:
        """The connection failed: pause for the next attempt, or raise."""
        if not isinstance(error, _NEVER_SENT):
            call.unknown = True
            if not call.harmless:
                raise Unavailable(
                    "The connection broke before QuantLab answered: the change may or may not have been made.",
                    code="outcome_unknown",
                    status=0,
                    details={"unknown_outcome": True},
                ) from None
        if not self._pause(call, None):
            raise Unavailable(
                "QuantLab cannot be reached.",
                status=0,
                details={"unknown_outcome": call.unknown, "reason": type(error).__name__},
            ) from None

    def _refused(self, call: _Call, response: httpx.Response) -> None:
        """The service answered with an error: pause for the next attempt, or raise."""
        error = error_from(response)
        passing = response.status_code in PASSING
        # 429 is decided before anything is done; a gateway's error says nothing about what happened behind it.
        if passing and response.status_code != 429:
            call.unknown = True
        may_repeat = passing and (call.harmless or response.status_code == 429)
        if may_repeat and self._pause(call, retry_after(response)):
            return
        if call.unknown:
            error.details["unknown_outcome"] = True
        raise error from None

    def _pause(self, call: _Call, asked: float | None) -> bool:
        """Wait before the next attempt; False when the attempts or the time are used up."""
        if call.attempt >= MAX_ATTEMPTS:
            return False
        ceiling = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (call.attempt - 1))
        # Half of it by chance, so that many kernels do not come back at the same moment.
        pause = random.uniform(ceiling / 2, ceiling)  # noqa: S311 - spreads load, guards nothing
        if asked is not None:
            pause += asked
        if time.monotonic() + pause >= call.deadline:
            return False
        self._sleep(pause)
        return True

    def _timeout(self, call: _Call) -> httpx.Timeout:
        left = max(0.1, call.deadline - time.monotonic())
        return httpx.Timeout(min(self.timing.read, left), connect=min(self.timing.connect, left))

    def _pool(self, url: str) -> httpx.Client:
        with self._lock:
            # Connections must not be shared with a forked child.
            if self._http is None or self._pid != os.getpid():
                self._pid = os.getpid()
                self._http = open_http(url, self.timing)
            return self._http


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
