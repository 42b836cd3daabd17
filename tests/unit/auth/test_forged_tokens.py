"""Every known trick with a token's header, signature and claims ends in a refusal."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from quantlab_server.auth import scopes
from quantlab_server.auth.keys import Keyring
from quantlab_server.auth.tokens import TokenRefused, TokenService, read_header
from tests.unit.auth.forging import BOTH, SUBJECT, encode, forge, keyring, refused, service
from tests.unit.auth.world import MovingClock

RING = keyring()


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock()


@pytest.fixture(scope="module")
def ring() -> Keyring:
    return keyring()


@pytest.fixture
def tokens(ring: Keyring, clock: MovingClock) -> TokenService:
    return service(ring, clock)


@pytest.fixture
def access(tokens: TokenService) -> str:
    return tokens.issue_access(SUBJECT, scopes.PERSON).token


HEADERS: dict[str, dict[str, Any]] = {
    "none": {"alg": "none"},
    "None": {"alg": "None"},
    "nOnE": {"alg": "nOnE"},
    "empty": {"alg": ""},
    "another hash": {"alg": "HS512"},
    "asymmetric": {"alg": "RS256"},
    "EdDSA": {"alg": "EdDSA"},
    "alg null": {"alg": None},
    "alg list": {"alg": ["HS256"]},
    "alg missing": {"alg": ...},
    "kid missing": {"kid": ...},
    "kid null": {"kid": None},
    "kid unknown": {"kid": "other"},
    "kid path": {"kid": "../../../../dev/null"},
    "kid sql": {"kid": "main' OR '1'='1"},
    "kid empty": {"kid": ""},
    "typ missing": {"typ": ...},
    "typ JWT": {"typ": "JWT"},
    "typ case": {"typ": "AT+JWT"},
    "typ media type": {"typ": "application/at+jwt"},
    "crit unknown": {"crit": ["exp"]},
    "crit known": {"crit": ["b64"], "b64": True},
    "crit empty": {"crit": []},
    "b64": {"b64": False, "crit": ["b64"]},
    "jku": {"jku": "https://evil.example/keys"},
    "jwk": {"jwk": {"kty": "oct", "k": "AAAA"}},
    "x5u": {"x5u": "https://evil.example/cert"},
    "x5c": {"x5c": ["MIIB"]},
    "x5t": {"x5t": "abc"},
    "cty": {"cty": "JWT"},
    "zip": {"zip": "DEF"},
    "enc": {"enc": "A256GCM"},
    "unknown": {"hello": 1},
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_an_unusual_header_is_refused_even_when_rightly_signed(
    ring: Keyring, tokens: TokenService, access: str, header: dict[str, Any]
) -> None:
    refused(tokens, forge(ring.active, access, header))


def test_the_forgeries_would_pass_without_the_trick(
    ring: Keyring, tokens: TokenService, access: str
) -> None:
    tokens.verify(forge(ring.active, access), BOTH)


@pytest.mark.parametrize("alg", ["none", "None", "NONE"])
@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_an_unsigned_token_is_refused(
    tokens: TokenService, access: str, alg: str, signature: str
) -> None:
    head = encode({"alg": alg, "kid": "main", "typ": "at+jwt"})
    refused(tokens, f"{head}.{access.split('.')[1]}.{signature}")


def test_a_stripped_signature_is_refused(tokens: TokenService, access: str) -> None:
    head, body, _ = access.split(".")
    refused(tokens, f"{head}.{body}.")
    refused(tokens, f"{head}.{body}")


@pytest.mark.parametrize("alg", ["EdDSA", "RS256"])
def test_a_public_key_is_no_secret(alg: str, clock: MovingClock) -> None:
    """The classic confusion: the public key, which everybody has, used as an HMAC secret."""
    ring = keyring(alg)
    tokens = service(ring, clock)
    good = tokens.issue_access(SUBJECT, ()).token
    public = ring.active.verifying
    assert not isinstance(public, bytes)
    forms = [
        public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
        public.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
    ]
    for secret in forms:
        for claimed in ("HS256", alg):
            head = encode({"alg": claimed, "kid": "main", "typ": "at+jwt"})
            text = f"{head}.{good.split('.')[1]}"
            mac = hmac.new(secret, text.encode(), hashlib.sha256).digest()
            refused(tokens, f"{text}.{encode(mac)}")


CLAIMS: dict[str, dict[str, Any]] = {
    "exp text": {"exp": "4000000000"},
    "exp float": {"exp": 4e9},
    "exp infinite": {"exp": float("inf")},
    "exp true": {"exp": True},
    "iat text": {"iat": "1"},
    "iat list": {"iat": [1]},
    "nbf": {"nbf": 1},
    "sub not an id": {"sub": "admin"},
    "sub number": {"sub": 7},
    "tid null": {"tid": None},
    "sid text": {"sid": "x"},
    "epoch text": {"epoch": "3"},
    "epoch true": {"epoch": True},
    "scope list": {"scope": ["sessions"]},
    "auth_time null": {"auth_time": None},
    "aud list": {"aud": ["quantlab-api"]},
    "aud prefix": {"aud": "quantlab-api-other"},
    "iss part": {"iss": "https://lab"},
    "iss empty": {"iss": ""},
    "iss list": {"iss": ["https://lab.example"]},
}


@pytest.mark.parametrize("claims", CLAIMS.values(), ids=CLAIMS.keys())
def test_odd_claims_are_refused(
    ring: Keyring, tokens: TokenService, access: str, claims: dict[str, Any]
) -> None:
    refused(tokens, forge(ring.active, access, **claims))


@pytest.mark.parametrize(
    "name",
    ["iss", "aud", "sub", "tid", "sid", "epoch", "scope", "auth_time", "iat", "exp", "jti"],
)
def test_a_missing_claim_is_refused(
    ring: Keyring, tokens: TokenService, access: str, name: str
) -> None:
    refused(tokens, forge(ring.active, access, drop=name))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "....",
        "\x00.\x00.\x00",
        "e30.e30.",
        "é.é.é",
        encode(b"[" * 2000) + "..",
        encode(["alg"]) + ".e30.x",
        encode({"alg": "HS256", "kid": "main", "typ": "at+jwt"}) + "." + "A" * 5000 + ".x",
        "A" * 100_000,
    ],
)
def test_rubbish_is_refused(tokens: TokenService, text: str) -> None:
    refused(tokens, text)


@given(st.text(max_size=200))
def test_any_text_is_refused_without_another_error(text: str) -> None:
    tokens = service(RING, MovingClock())
    refused(tokens, text)


@given(st.binary(max_size=60), st.binary(max_size=60), st.binary(max_size=40))
def test_any_bytes_in_three_segments_are_refused(a: bytes, b: bytes, c: bytes) -> None:
    tokens = service(RING, MovingClock())
    refused(tokens, f"{encode(a)}.{encode(b)}.{encode(c)}")


@given(
    st.dictionaries(
        st.sampled_from(["alg", "kid", "typ", "crit", "jku", "x"]),
        st.one_of(st.none(), st.text(max_size=9), st.integers(), st.lists(st.integers())),
    )
)
def test_any_header_is_read_or_refused(header: dict[str, Any]) -> None:
    token = f"{encode(header)}.e30.x"
    try:
        assert set(read_header(token)) == {"alg", "kid", "typ"}
    except TokenRefused:
        return
    refused(service(RING, MovingClock()), token)
