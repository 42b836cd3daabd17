"""Our side of OpenID Connect: the address that a person is sent to, and what the provider says afterwards."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from quantlab_server.adapters.outgoing import Outgoing, OutgoingFailed, OutgoingRefused
from quantlab_server.auth.clock import Clock
from quantlab_server.oidc.discovery import Directory, Metadata, ProviderUnavailable, parse_object
from quantlab_server.oidc.flow import Flow, OneTimeCode, challenge_of
from quantlab_server.oidc.id_token import Expected, IdTokenRefused, UnknownKey, read_id_token
from quantlab_server.settings_oidc import OidcProvider

_TEXT_MAX = 320  # characters
_CLOCKS = 60  # seconds that the provider's clock may differ from ours


class LogInRefused(Exception):
    """The provider did not confirm this log-in; the text is for the log."""


class NotFresh(LogInRefused):
    """The provider let the person through by an older log-in, though a new one was asked for."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who signed in at the provider. ``email`` only where the provider calls it verified."""

    provider: str
    issuer: str
    subject: str
    shown_email: str | None
    email: str | None
    names: tuple[str, ...]
    # The provider says so in the ID token, and is believed.
    by_two_factors: bool = False
    # When the person signed in at the provider, which may be long ago; None: it does not say.
    auth_time: float | None = None

    @property
    def identity(self) -> str:
        """What the account is keyed by: a hash of issuer and subject, which are compared exactly."""
        return hashlib.sha256(f"{self.issuer}\x00{self.subject}".encode()).hexdigest()


class Client:
    """Speaks with providers. ``callback`` is our one address that they lead back to."""

    def __init__(
        self, directory: Directory, outgoing: Outgoing, callback: str, clock: Clock
    ) -> None:
        self._directory = directory
        self._outgoing = outgoing
        self._callback = callback
        self._clock = clock

    async def authorization_url(self, provider: OidcProvider, flow: Flow) -> str:
        """Where the person's browser goes.

        Raises:
            ProviderUnavailable.
        """
        metadata = await self._directory.metadata(provider)
        asked = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": self._callback,
            "scope": provider.scopes,
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": challenge_of(flow.verifier),
            "code_challenge_method": "S256",
        }
        if flow.since:
            # With max_age the provider must say when the person signed in (OpenID Connect Core 1.0, section 3.1.2.1).
            asked |= {"prompt": "login", "max_age": "0"}
        separator = "&" if urlsplit(metadata.authorization_endpoint).query else "?"
        return f"{metadata.authorization_endpoint}{separator}{urlencode(asked)}"

    async def check_issuer(self, provider: OidcProvider, issuer: str | None) -> None:
        """Whether an answer of the authorization endpoint is from the provider that was asked (RFC 9207).

        Raises:
            LogInRefused: it is from another one, so that its code must not be sent to this one.
            ProviderUnavailable.
        """
        metadata = await self._directory.metadata(provider)
        if issuer is None and not metadata.names_itself:
            return
        if issuer != provider.issuer:
            raise LogInRefused("the answer is from another provider")

    async def redeem(self, provider: OidcProvider, code: OneTimeCode) -> Person:
        """Exchange the provider's code and check what comes for it.

        Raises:
            LogInRefused: the code is used, old or not ours, or the token is not for this log-in.
            NotFresh: see there.
            ProviderUnavailable.
        """
        metadata = await self._directory.metadata(provider)
        tokens = await self._exchange(provider, metadata, code)
        id_token = tokens.get("id_token")
        if not isinstance(id_token, str):
            raise LogInRefused("there is no ID token")
        expected = Expected(provider.issuer, provider.client_id, code.nonce, metadata.algorithms)
        try:
            claims = await self._read(provider, id_token, expected)
        except IdTokenRefused as error:
            raise LogInRefused(str(error)) from error
        # Only the ID token says how this log-in was done; the particulars are the person's.
        by_two_factors, auth_time = _by_two_factors(provider, claims), _auth_time(claims)
        if code.since and (auth_time is None or auth_time < code.since - _CLOCKS):
            raise NotFresh("the provider did not have the person sign in anew")
        access = tokens.get("access_token")
        if "email" not in claims and metadata.userinfo_endpoint and isinstance(access, str):
            claims = {**await self._userinfo(metadata, access, claims["sub"]), **claims}
        person = _person(provider, claims, by_two_factors=by_two_factors)
        return replace(person, auth_time=auth_time)

    async def _read(
        self, provider: OidcProvider, id_token: str, expected: Expected
    ) -> dict[str, Any]:
        keys = await self._directory.keys(provider)
        try:
            return read_id_token(id_token, keys, expected, self._clock())
        except UnknownKey:
            # The provider has changed its keys since they were fetched.
            keys = await self._directory.keys(provider, fresh=True)
            return read_id_token(id_token, keys, expected, self._clock())

    async def _exchange(
        self, provider: OidcProvider, metadata: Metadata, code: OneTimeCode
    ) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code.code,
            "redirect_uri": self._callback,
            "code_verifier": code.verifier,
        }
        headers = {"Accept": "application/json"}
        if provider.client_secret and metadata.basic_auth:
            pair = f"{quote(provider.client_id, safe='')}:{quote(provider.client_secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form["client_id"] = provider.client_id
            if provider.client_secret:
                form["client_secret"] = provider.client_secret
        answer = await self._ask("POST", metadata.token_endpoint, headers, form)
        if answer[0] in (400, 401, 403):
            raise LogInRefused("the provider refuses the code")
        return parse_object(*answer)

    async def _userinfo(self, metadata: Metadata, access: str, subject: str) -> dict[str, Any]:
        headers = {"Accept": "application/json", "Authorization": f"Bearer {access}"}
        found = parse_object(*await self._ask("GET", metadata.userinfo_endpoint, headers, None))
        # Somebody else's particulars must not be taken for this person's (OpenID Connect Core 1.0, section 5.3.2).
        if found.get("sub") != subject:
            raise LogInRefused("the particulars are another person's")
        return found

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None
    ) -> tuple[int, bytes]:
        try:
            answer = await self._outgoing.fetch(method, url, headers=headers, data=form)
        except (OutgoingFailed, OutgoingRefused) as error:
            raise ProviderUnavailable(str(error)) from error
        return answer.status, answer.body


def _auth_time(claims: dict[str, Any]) -> float | None:
    value = claims.get("auth_time")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return max(0.0, float(value))


def _by_two_factors(provider: OidcProvider, claims: dict[str, Any]) -> bool:
    means, level = claims.get("amr"), claims.get("acr")
    if provider.trust_mfa and isinstance(means, list) and "mfa" in means:
        return True
    return isinstance(level, str) and level in provider.mfa_acr


def _person(provider: OidcProvider, claims: dict[str, Any], *, by_two_factors: bool) -> Person:
    email = _text(claims.get("email"))
    asked = (claims.get(name) for name in ("preferred_username", "nickname", "name"))
    names = [text for value in asked if (text := _text(value))]
    if email:
        names.insert(1 if names else 0, email.partition("@")[0])
    return Person(
        provider=provider.name,
        issuer=provider.issuer,
        subject=claims["sub"],
        shown_email=email,
        email=email if claims.get("email_verified") is True else None,
        names=tuple(names),
        by_two_factors=by_two_factors,
    )


def _text(value: Any) -> str | None:
    good = isinstance(value, str) and 0 < len(value) <= _TEXT_MAX and value.isprintable()
    return value if good else None
