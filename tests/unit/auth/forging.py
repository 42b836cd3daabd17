"""Makes keyrings, services and forged tokens for the tests of tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from uuid import uuid4

import jwt
import pytest

from quantlab_server.auth.keys import KEYS, Key, Keyring, generate_keyring, parse_keyring
from quantlab_server.auth.tokens import Keys, Subject, TokenKind, TokenRefused, TokenService
from tests.unit.auth.world import MovingClock

BOTH = (TokenKind.ACCESS, TokenKind.KERNEL)
SUBJECT = Subject(uuid4(), uuid4(), uuid4(), "user", "free", 3, "pwd", 1_799_999_000)


def keyring(alg: str = "HS256", *more: dict[str, Any]) -> Keyring:
    (active,) = generate_keyring(alg)["keys"]
    others = [{**generate_keyring(key.get("alg", "HS256"))["keys"][0], **key} for key in more]
    return parse_keyring(json.dumps({"keys": [{**active, "kid": "main"}, *others]}), KEYS)


def service(ring: Keys, clock: MovingClock, issuer: str = "https://lab.example") -> TokenService:
    return TokenService(ring, issuer=issuer, access_lifetime=900, kernel_lifetime=600, clock=clock)


def encode(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def claims_of(token: str) -> dict[str, Any]:
    decoded: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return decoded


def forge(
    key: Key,
    token: str,
    header: dict[str, Any] | None = None,
    drop: str | None = None,
    **claims: Any,
) -> str:
    """``token`` with changed header and claims, signed with the real secret: the worst case."""
    head = {"alg": "HS256", "kid": key.kid, "typ": "at+jwt", **(header or {})}
    body = {**claims_of(token), **claims}
    body.pop(drop or "", None)
    text = f"{encode({k: v for k, v in head.items() if v is not ...})}.{encode(body)}"
    assert isinstance(key.signing, bytes)
    return f"{text}.{encode(hmac.new(key.signing, text.encode(), hashlib.sha256).digest())}"


def refused(tokens: TokenService, token: str, kinds: Any = BOTH) -> str:
    with pytest.raises(TokenRefused) as error:
        tokens.verify(token, kinds)
    return error.value.reason
