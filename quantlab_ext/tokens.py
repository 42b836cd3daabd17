"""Where an identity outside JupyterLab comes from: a token given, or a log-in whose tokens stay in memory."""

from __future__ import annotations

import os
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import httpx

from quantlab_ext.credentials import find_credential
from quantlab_ext.errors import InvalidInput, NotSignedIn, QuantLabError, Unavailable
from quantlab_ext.schemas.accounts import Tokens, User
from quantlab_ext.transport import Timing, Transport, encode, error_from, open_http

SESSION_HEADER = "X-QuantLab-Session"
# Renew this many seconds before the end, so that a token does not end on its way.
EARLY = 30.0


def check_url(url: str) -> str:
    """``url`` without a slash at its end.

    Raises:
        InvalidInput: not an http(s) address.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidInput("Give an address such as https://host/quantlab/api.", code="bad_url")
    if parts.query or parts.fragment or parts.username:
        raise InvalidInput(
            "Give the address without a user name, a query or a fragment.", code="bad_url"
        )
    return url.strip().rstrip("/")


class Address:
    """The API's prefix behind an address people have at hand.

    ``…/api`` is taken as it is. Anything else is tried with ``/quantlab/api`` (a Jupyter server) and ``/api`` (the
    central service); the first that answers as QuantLab is kept.
    """

    def __init__(
        self, url: str, headers: dict[str, str] | None = None, timing: Timing | None = None
    ) -> None:
        self._given = check_url(url)
        self._headers = headers or {}
        self._timing = timing or Timing()
        self._lock = threading.Lock()
        self._found: str | None = self._given if self._given.endswith("/api") else None

    def __str__(self) -> str:
        return self._found or self._given

    def get(self) -> str:
        """The prefix.

        Raises:
            Unavailable: nothing answers there, or what answers is not QuantLab.
        """
        if self._found is None:
            with self._lock:
                if self._found is None:
                    self._found = self._find()
        return self._found

    def _find(self) -> str:
        ends = ("/api",) if self._given.endswith("/quantlab") else ("/quantlab/api", "/api")
        with open_http(self._given, self._timing) as http:
            for end in ends:
                try:
                    answer = http.get(f"{self._given}{end}/auth/config", headers=self._headers)
                except httpx.TransportError:
                    # Who cannot be asked is not ruled out: the request itself will say what is wrong.
                    return self._given + ends[0]
                # A Jupyter server's own door answers 403 before it says whether we are behind it.
                if answer.is_success or answer.status_code in (401, 403, 429, 503):
                    return self._given + end
        raise Unavailable("There is no QuantLab at this address.", code="not_quantlab", status=404)


class StaticToken:
    """An API or kernel token, a Jupyter server's token, or both."""

    def __init__(self, url: str, token: str | None, jupyter_token: str | None = None) -> None:
        self._headers = auth_headers(token, jupyter_token)
        self._address = Address(url, self._headers)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._address)!r}, token=***)"

    def url(self) -> str:
        """See `TokenSource`."""
        return self._address.get()

    def headers(self) -> dict[str, str]:
        """See `TokenSource`."""
        return self._headers

    def renew(self) -> bool:
        """A given token cannot be renewed."""
        return False


def auth_headers(token: str | None, jupyter_token: str | None) -> dict[str, str]:
    """Headers for an identity: through a Jupyter server's own door ours travels in its own header.

    Raises:
        InvalidInput: a token with characters that no token has.
    """
    for value in (token, jupyter_token):
        if value and not (value.isascii() and value.isprintable() and " " not in value):
            raise InvalidInput("This is not a token.", code="bad_token")
    if jupyter_token:
        headers = {"Authorization": f"token {jupyter_token}"}
        if token:
            headers[SESSION_HEADER] = token
        return headers
    return {"Authorization": f"Bearer {token}"} if token else {}


class PasswordSession:
    """A log-in with a password. Both tokens live in this object only; the password is not kept."""

    def __init__(self, url: str, tokens: Tokens, jupyter_token: str | None, timing: Timing) -> None:
        self._url = url
        self._jupyter_token = jupyter_token
        self._timing = timing
        self._lock = threading.Lock()
        self._take(tokens)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._url!r}, user={self.user.username!r}, token=***)"

    @classmethod
    def open(
        cls,
        url: str,
        login: str,
        password: str,
        *,
        otp: str | None = None,
        jupyter_token: str | None = None,
        timing: Timing | None = None,
    ) -> PasswordSession:
        """Log in.

        Raises:
            NotSignedIn: ``invalid_credentials``, or ``otp_required``.
            TooManyRequests: too many failures; ``details["retry_after"]`` says when to try again.
        """
        timing = timing or Timing()
        # Log-in itself needs no QuantLab identity, only a Jupyter server's own where there is one.
        door = StaticToken(url, None, jupyter_token)
        body: dict[str, Any] = {"login": login, "password": password, "transport": "body"}
        if otp:
            body["otp"] = otp
        transport = Transport(door, timing)
        try:
            answer = transport.request("POST", "/auth/login", body=body)
        finally:
            transport.close()
        return cls(door.url(), Tokens.model_validate_json(answer.content), jupyter_token, timing)

    def _take(self, tokens: Tokens) -> None:
        self.user: User = tokens.user
        self._access: str | None = tokens.access_token
        self._refresh = tokens.refresh_token
        self._until = time.monotonic() + tokens.expires_in

    def url(self) -> str:
        """See `TokenSource`."""
        return self._url

    def headers(self) -> dict[str, str]:
        """See `TokenSource`; refreshes when the access token is about to end."""
        with self._lock:
            if self._access is not None and time.monotonic() > self._until - EARLY:
                self._rotate()
            if self._access is None:
                raise NotSignedIn("Your session has ended. Sign in again with login(...).")
            return auth_headers(self._access, self._jupyter_token)

    def renew(self) -> bool:
        """See `TokenSource`."""
        with self._lock:
            if self._access is None or self._refresh is None:
                return False
            return self._rotate()

    def _rotate(self) -> bool:
        """Exchange the refresh token (the caller holds the lock). A lost answer may be asked for again: the
        service gives the same successor."""
        body = encode({"refresh_token": self._refresh})
        headers = auth_headers(None, self._jupyter_token) | {"Content-Type": "application/json"}
        with open_http(self._url, self._timing) as http:
            for last in (False, True):
                try:
                    answer = http.post(f"{self._url}/auth/refresh", content=body, headers=headers)
                    break
                except httpx.TransportError:
                    if last:
                        return False
        if answer.is_success:
            self._take(Tokens.model_validate_json(answer.content))
            return True
        if answer.status_code == 401:
            self._access = self._refresh = None
        return False

    def close(self) -> None:
        """Log out. The tokens are dropped in any case.

        Raises:
            Unavailable: the service could not be told, so the session still stands there.
        """
        with self._lock:
            access, self._access, self._refresh = self._access, None, None
        if access is None:
            return
        headers = auth_headers(access, self._jupyter_token) | {"Content-Type": "application/json"}
        with open_http(self._url, self._timing) as http:
            try:
                answer = http.post(
                    f"{self._url}/auth/logout", content=encode({"scope": "this"}), headers=headers
                )
            except httpx.TransportError as error:
                raise Unavailable(
                    "QuantLab cannot be reached: the session was forgotten here but still stands there.",
                    status=0,
                    details={"reason": type(error).__name__},
                ) from None
        if not answer.is_success and answer.status_code != 401:
            raise error_from(answer)


def from_environment() -> StaticToken | None:
    """The identity of ``QUANTLAB_URL`` and ``QUANTLAB_TOKEN`` (or ``QUANTLAB_JUPYTER_TOKEN``), if they are set.

    With an address alone: the token that ``quantlab login`` has kept for it.

    Raises:
        QuantLabError: an address without a token, or an address that is none.
    """
    url = os.environ.get("QUANTLAB_URL", "").strip()
    token = os.environ.get("QUANTLAB_TOKEN", "").strip() or None
    jupyter_token = os.environ.get("QUANTLAB_JUPYTER_TOKEN", "").strip() or None
    if not url:
        return None
    if token is None and jupyter_token is None:
        kept = from_log_in(url)
        if kept is None:
            raise QuantLabError(
                "QUANTLAB_URL is set but QUANTLAB_TOKEN is not. Set it, or run `quantlab login` with that address.",
                code="token_missing",
            )
        return kept
    return StaticToken(url, token, jupyter_token)


def from_log_in(url: str | None = None) -> StaticToken | None:
    """The identity that ``quantlab login`` has kept, for an address or of the last log-in.

    Raises:
        QuantLabError: the file cannot be used, or an address that is none.
    """
    if url is None:
        found = find_credential()
    else:
        given = check_url(url)
        places = (given, f"{given}/quantlab/api", f"{given}/api")
        found = next((one for place in places if (one := find_credential(place))), None)
    return None if found is None else StaticToken(found.url, found.token)
