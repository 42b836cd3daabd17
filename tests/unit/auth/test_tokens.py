"""Every known trick with a token's header, kind, key, time and claims ends in a refusal."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from quantlab_server.auth import scopes
from quantlab_server.auth.keys import KEYS, Key, Keyring, generate_keyring, parse_keyring
from quantlab_server.auth.scopes import Scope
from quantlab_server.auth.tokens import (
    Subject,
    TokenKind,
    TokenRefused,
    TokenService,
    read_header,
)
from tests.unit.auth.world import MovingClock

BOTH = (TokenKind.ACCESS, TokenKind.KERNEL)
SUBJECT = Subject(uuid4(), uuid4(), uuid4(), "user", "free", 3, "pwd", 1_799_999_000)


def keyring(alg: str = "HS256", *more: dict[str, Any]) -> Keyring:
    (active,) = generate_keyring(alg)["keys"]
    others = [{**generate_keyring(key.get("alg", "HS256"))["keys"][0], **key} for key in more]
    return parse_keyring(json.dumps({"keys": [{**active, "kid": "main"}, *others]}), KEYS)


def service(ring: Keyring, clock: MovingClock, issuer: str = "https://lab.example") -> TokenService:
    return TokenService(
        ring, issuer=issuer, access_lifetime=900, kernel_lifetime=600, clock=clock
    )


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


@pytest.mark.parametrize("alg", ["HS256", "EdDSA", "RS256"])
def test_an_issued_token_says_what_it_was_given(alg: str, clock: MovingClock) -> None:
    tokens = service(keyring(alg), clock)
    token = tokens.issue_access(SUBJECT, scopes.PERSON).token
    claims = tokens.verify(token, BOTH)
    assert claims.kind is TokenKind.ACCESS
    assert (claims.tenant_id, claims.user_id) == (SUBJECT.tenant_id, SUBJECT.user_id)
    assert (claims.session_id, claims.epoch) == (SUBJECT.session_id, 3)
    assert claims.scopes == scopes.PERSON
    assert claims.auth_time == SUBJECT.auth_time


def test_the_header_and_the_claims_are_the_documented_ones(access: str) -> None:
    assert jwt.get_unverified_header(access) == {"alg": "HS256", "kid": "main", "typ": "at+jwt"}
    assert set(claims_of(access)) == {
        *("iss", "aud", "sub", "tid", "sid", "role", "tier", "epoch", "scope", "amr"),
        *("auth_time", "iat", "exp", "jti"),
    }


def test_lifetimes_are_up_to_five_percent_shorter_and_never_longer(tokens: TokenService) -> None:
    lives = [tokens.issue_access(SUBJECT, ()).expires_in for _ in range(300)]
    assert max(lives) <= 900
    assert min(lives) >= math.floor(900 * 0.95)
    assert len(set(lives)) > 10


def test_no_two_tokens_have_the_same_id(tokens: TokenService) -> None:
    issued = [tokens.issue_access(SUBJECT, ()).token for _ in range(100)]
    assert len({claims_of(token)["jti"] for token in issued}) == 100


def test_a_kernel_token_carries_what_it_was_given_and_no_role(tokens: TokenService) -> None:
    issued = tokens.issue_kernel(SUBJECT, scopes.KERNEL)
    claims = tokens.verify(issued.token, (TokenKind.KERNEL,))
    assert claims.scopes == scopes.KERNEL
    assert claims.session_id == SUBJECT.session_id
    assert issued.expires_in == 600
    assert not {"role", "tier", "amr"} & set(claims_of(issued.token))


def test_a_changed_byte_anywhere_is_refused(tokens: TokenService, access: str) -> None:
    for place in range(0, len(access), 7):
        other = "A" if access[place] != "A" else "B"
        changed = access[:place] + other + access[place + 1 :]
        try:
            claims = tokens.verify(changed, BOTH)
        except TokenRefused:
            continue
        # The last base64 character of a segment has bits that mean nothing.
        assert claims == tokens.verify(access, BOTH)


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


def test_a_token_of_another_installation_is_refused(clock: MovingClock, tokens: TokenService) -> None:
    other = service(keyring(), clock)
    refused(tokens, other.issue_access(SUBJECT, ()).token)


def test_another_issuer_with_the_same_keys_is_refused(
    ring: Keyring, clock: MovingClock, tokens: TokenService
) -> None:
    other = service(ring, clock, "https://other.example")
    assert refused(tokens, other.issue_access(SUBJECT, ()).token) == "InvalidIssuerError"


def test_kinds_are_never_taken_for_each_other(tokens: TokenService) -> None:
    by_kind = {
        TokenKind.ACCESS: tokens.issue_access(SUBJECT, ()).token,
        TokenKind.KERNEL: tokens.issue_kernel(SUBJECT, ()).token,
        TokenKind.DEVICE: tokens.issue_device(["key"]).token,
    }
    for kind, token in by_kind.items():
        for other in TokenKind:
            if other is kind is not TokenKind.DEVICE:
                tokens.verify(token, (other,))
            else:
                refused(tokens, token, (other,))
    assert not tokens.device_knows(by_kind[TokenKind.ACCESS], "key")


def test_a_kernel_token_dressed_as_an_access_token_is_refused(
    ring: Keyring, tokens: TokenService
) -> None:
    kernel = tokens.issue_kernel(SUBJECT, ()).token
    assert refused(tokens, forge(ring.active, kernel)) == "InvalidAudienceError"
    both = forge(ring.active, kernel, aud=["quantlab-api", "quantlab-kernel"])
    refused(tokens, both)


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


def test_unknown_scopes_give_nothing(ring: Keyring, tokens: TokenService, access: str) -> None:
    claims = tokens.verify(forge(ring.active, access, scope="admin:all sessions *"), BOTH)
    assert claims.scopes == {Scope.SESSIONS}


def test_a_token_ends_with_its_time(tokens: TokenService, clock: MovingClock) -> None:
    issued = tokens.issue_access(SUBJECT, ())
    clock.move(issued.expires_in - 1)
    tokens.verify(issued.token, BOTH)
    clock.move(1)
    assert refused(tokens, issued.token) == "expired"


def test_a_clock_set_back_does_not_lengthen_a_life(tokens: TokenService, clock: MovingClock) -> None:
    issued = tokens.issue_access(SUBJECT, ())
    clock.move(-30)
    tokens.verify(issued.token, BOTH)
    clock.move(-3600)
    assert refused(tokens, issued.token) == "from the future"


def test_rotation_keeps_old_tokens_and_a_found_old_key_signs_nothing(clock: MovingClock) -> None:
    (old,) = generate_keyring()["keys"]
    (new,) = generate_keyring()["keys"]

    def tokens(*keys: dict[str, Any]) -> TokenService:
        return service(parse_keyring(json.dumps({"keys": list(keys)}), KEYS), clock)

    before = tokens(old, {**new, "state": "next"})
    token = before.issue_access(SUBJECT, ()).token
    retired = {**old, "state": "retired", "retired_at": int(clock.now) + 10}
    after = tokens(new, retired)
    clock.move(60)
    after.verify(token, BOTH)
    before.verify(after.issue_access(SUBJECT, ()).token, BOTH)
    assert refused(after, before.issue_access(SUBJECT, ()).token) == "key"
    assert refused(tokens(new, {**old, "state": "revoked"}), token) == "key"


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


def test_a_known_device_is_known_for_its_accounts_only(tokens: TokenService, clock: MovingClock) -> None:
    token = tokens.issue_device(["a", "b"]).token
    assert tokens.device_knows(token, "a")
    assert not tokens.device_knows(token, "c")
    assert not tokens.device_knows(token + "x", "a")
    assert not tokens.device_knows("", "a")
    clock.move(401 * 86400)
    assert not tokens.device_knows(token, "a")


RING = keyring()
