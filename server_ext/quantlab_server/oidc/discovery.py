"""What a provider says of itself: its addresses and keys, by discovery, kept for an hour."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from quantlab_server.adapters.outgoing import Outgoing, OutgoingFailed, OutgoingRefused
from quantlab_server.auth.clock import Clock
from quantlab_server.settings_oidc import OidcProvider

_KEPT = 3600.0  # seconds
# While a provider is down, strangers who start a log-in must not hold one connection each until it times out.
_DOWN = 10.0
_PATH = "/.well-known/openid-configuration"
# Only signatures that nobody can make with what is public or with our client secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")


class ProviderUnavailable(Exception):
    """The provider does not answer, or not as its kind does. The text is for the log."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """The part of a provider's discovery document that is used."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    algorithms: tuple[str, ...]
    # RFC 9207: every answer of its authorization endpoint says who it is from.
    names_itself: bool
    basic_auth: bool


class Directory:
    """Documents and keys of all providers, each fetched when it is first needed."""

    def __init__(self, outgoing: Outgoing, clock: Clock) -> None:
        self._outgoing = outgoing
        self._clock = clock
        self._metadata: dict[str, tuple[float, Metadata]] = {}
        self._keys: dict[str, tuple[float, KeySet]] = {}
        self._failed: dict[str, tuple[float, ProviderUnavailable]] = {}
        self._asking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def metadata(self, provider: OidcProvider) -> Metadata:
        """The provider's addresses.

        Raises:
            ProviderUnavailable.
        """
        kept = self._metadata.get(provider.name)
        if kept is not None and self._is_fresh(kept[0]):
            return kept[1]
        async with self._asking[provider.name]:
            # Whoever held the lock may have the answer, or know that there is none.
            kept = self._metadata.get(provider.name)
            if kept is not None and self._is_fresh(kept[0]):
                return kept[1]
            failed = self._failed.get(provider.name)
            if failed is not None and 0 <= self._clock() - failed[0] < _DOWN:
                raise ProviderUnavailable(str(failed[1]))
            try:
                found = await self._discover(provider)
            except ProviderUnavailable as problem:
                self._failed[provider.name] = (self._clock(), problem)
                raise
            self._metadata[provider.name] = (self._clock(), found)
            return found

    async def _discover(self, provider: OidcProvider) -> Metadata:
        document = await self._json(provider.issuer.rstrip("/") + _PATH)
        # Somebody else's document would send people, and their codes, elsewhere.
        if document.get("issuer") != provider.issuer:
            raise ProviderUnavailable("its discovery document names another issuer")
        return self._parse(document)

    async def keys(self, provider: OidcProvider, *, fresh: bool = False) -> KeySet:
        """The provider's public keys; ``fresh`` when a token names one that is not among those kept.

        Raises:
            ProviderUnavailable.
        """
        kept = self._keys.get(provider.name)
        if kept is not None and not fresh and self._is_fresh(kept[0]):
            return kept[1]
        metadata = await self.metadata(provider)
        document = await self._json(metadata.jwks_uri)
        usable = [key for key in _list(document.get("keys")) if _is_public_key(key)]
        try:
            keys = KeySet.import_key_set({"keys": usable})
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise ProviderUnavailable("its keys cannot be read") from error
        self._keys[provider.name] = (self._clock(), keys)
        return keys

    def _is_fresh(self, since: float) -> bool:
        return 0 <= self._clock() - since < _KEPT

    async def _json(self, url: str) -> dict[str, Any]:
        try:
            answer = await self._outgoing.fetch(
                "GET", url, headers={"Accept": "application/json"}, redirects=3
            )
        except (OutgoingFailed, OutgoingRefused) as error:
            raise ProviderUnavailable(str(error)) from error
        return parse_object(answer.status, answer.body)

    def _parse(self, document: dict[str, Any]) -> Metadata:
        addresses = {}
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
            url = document.get(name, "" if name == "userinfo_endpoint" else None)
            if not isinstance(url, str):
                raise ProviderUnavailable(f"its discovery document has no {name}")
            try:
                if url:
                    self._outgoing.check(url)
            except OutgoingRefused as error:
                raise ProviderUnavailable(f"{name}: {error}") from error
            addresses[name] = url
        offered = _list(document.get("id_token_signing_alg_values_supported")) or ["RS256"]
        methods = _list(document.get("token_endpoint_auth_methods_supported"))
        return Metadata(
            **addresses,
            algorithms=tuple(name for name in ALGORITHMS if name in offered),
            names_itself=document.get("authorization_response_iss_parameter_supported") is True,
            # What counts when a provider does not say it (OpenID Connect Discovery 1.0, section 3).
            basic_auth=not methods or "client_secret_basic" in methods,
        )


def parse_object(status: int, body: bytes) -> dict[str, Any]:
    """A JSON object of an answer with status 200.

    Raises:
        ProviderUnavailable: it is something else.
    """
    if status != 200:
        raise ProviderUnavailable(f"it answers {status}")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProviderUnavailable("its answer is no JSON") from error
    if not isinstance(found, dict):
        raise ProviderUnavailable("its answer is no object")
    return found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_public_key(key: Any) -> bool:
    return (
        isinstance(key, dict)
        and key.get("kty") in ("RSA", "EC", "OKP")
        and key.get("use", "sig") == "sig"
    )
