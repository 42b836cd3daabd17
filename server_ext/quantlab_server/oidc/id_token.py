"""The check of an ID token: signature by a key of the provider, and every claim that says for whom and when it is."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.util import urlsafe_b64decode

_LEEWAY = 60  # seconds that the provider's clock may differ from ours
_MAX_BYTES = 64 * 1024
_SUBJECT_MAX = 255  # characters (OpenID Connect Core 1.0, section 2)


class IdTokenRefused(Exception):
    """The token is not one for this log-in; the text is for the log and names no value of it."""


class UnknownKey(IdTokenRefused):
    """Signed with a key that is not among those given; newer ones may have it."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a good token says."""

    issuer: str
    client_id: str
    nonce: str
    algorithms: tuple[str, ...]


def read_id_token(token: str, keys: KeySet, expected: Expected, now: float) -> dict[str, Any]:
    """The claims of a good ID token.

    Raises:
        UnknownKey: its key is not among ``keys``.
        IdTokenRefused: anything else is wrong with it.
    """
    claims = _verified(token, keys, expected.algorithms)
    if claims.get("iss") != expected.issuer:
        raise IdTokenRefused("iss is another issuer")
    _check_audience(claims, expected.client_id)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(
        nonce.encode(), expected.nonce.encode()
    ):
        raise IdTokenRefused("nonce is another log-in's")
    _check_times(claims, now)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _SUBJECT_MAX:
        raise IdTokenRefused("sub is no subject")
    return claims


def _verified(token: str, keys: KeySet, algorithms: tuple[str, ...]) -> dict[str, Any]:
    header = _header(token)
    if header.get("alg") not in algorithms:
        raise IdTokenRefused("alg is not one that the provider signs with")
    if "crit" in header:
        raise IdTokenRefused("crit is not understood")
    kid = header.get("kid")
    candidates = [key for key in keys.keys if kid is None or key.kid == kid]
    if not candidates:
        raise UnknownKey("kid is not among the provider's keys")
    for key in candidates:
        try:
            payload = jws.deserialize_compact(token, key, algorithms=list(algorithms)).payload
            found = json.loads(payload)
        except (JoseError, ValueError, TypeError, RecursionError):
            continue
        if isinstance(found, dict):
            return found
    raise IdTokenRefused("the signature is not the provider's")


def _header(token: str) -> dict[str, Any]:
    if len(token) > _MAX_BYTES or token.count(".") != 2:
        raise IdTokenRefused("this is no token")
    try:
        header = json.loads(urlsafe_b64decode(token.split(".", 1)[0].encode("ascii")))
    except (ValueError, RecursionError) as error:
        raise IdTokenRefused("this is no token") from error
    if not isinstance(header, dict):
        raise IdTokenRefused("this is no token")
    return header


def _check_audience(claims: dict[str, Any], client_id: str) -> None:
    audience = claims.get("aud")
    listed = audience if isinstance(audience, list) else [audience]
    if client_id not in listed:
        raise IdTokenRefused("aud is another client")
    party = claims.get("azp")
    if party is None and len(listed) > 1:
        raise IdTokenRefused("azp is missing")
    if party is not None and party != client_id:
        raise IdTokenRefused("azp is another client")


def _check_times(claims: dict[str, Any], now: float) -> None:
    times = {name: claims.get(name) for name in ("exp", "iat")}
    for name, value in times.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise IdTokenRefused(f"{name} is missing")
    if now >= claims["exp"] + _LEEWAY:
        raise IdTokenRefused("exp is over")
    if claims["iat"] > now + _LEEWAY:
        raise IdTokenRefused("iat is yet to come")
    not_before = claims.get("nbf", 0)
    if not isinstance(not_before, int | float) or not_before > now + _LEEWAY:
        raise IdTokenRefused("nbf is yet to come")
