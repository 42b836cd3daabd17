"""Tokens of each kind: what they say, how long they live, and that none is taken for another."""

from __future__ import annotations

import json
import math
from typing import Any

import jwt
import pytest

from quantlab_server.auth import scopes
from quantlab_server.auth.keys import KEYS, Keyring, generate_keyring, parse_keyring
from quantlab_server.auth.scopes import Scope
from quantlab_server.auth.tokens import TokenKind, TokenRefused, TokenService
from tests.unit.auth.forging import BOTH, SUBJECT, claims_of, forge, keyring, refused, service
from tests.unit.auth.world import MovingClock


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


def test_a_token_of_another_installation_is_refused(
    clock: MovingClock, tokens: TokenService
) -> None:
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
        TokenKind.DEVICE: tokens.issue_device(SUBJECT.user_id, 0).token,
    }
    for kind, token in by_kind.items():
        for other in TokenKind:
            if other is kind is not TokenKind.DEVICE:
                tokens.verify(token, (other,))
            else:
                refused(tokens, token, (other,))
    assert tokens.read_device(by_kind[TokenKind.ACCESS]) is None


def test_a_kernel_token_dressed_as_an_access_token_is_refused(
    ring: Keyring, tokens: TokenService
) -> None:
    kernel = tokens.issue_kernel(SUBJECT, ()).token
    assert refused(tokens, forge(ring.active, kernel)) == "InvalidAudienceError"
    both = forge(ring.active, kernel, aud=["quantlab-api", "quantlab-kernel"])
    refused(tokens, both)


def test_unknown_scopes_give_nothing(ring: Keyring, tokens: TokenService, access: str) -> None:
    claims = tokens.verify(forge(ring.active, access, scope="admin:all sessions *"), BOTH)
    assert claims.scopes == {Scope.SESSIONS}


def test_a_token_ends_with_its_time(tokens: TokenService, clock: MovingClock) -> None:
    issued = tokens.issue_access(SUBJECT, ())
    clock.move(issued.expires_in - 1)
    tokens.verify(issued.token, BOTH)
    clock.move(1)
    assert refused(tokens, issued.token) == "expired"


def test_a_clock_set_back_does_not_lengthen_a_life(
    tokens: TokenService, clock: MovingClock
) -> None:
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


def test_a_known_device_is_known_for_its_person_and_epoch(
    tokens: TokenService, clock: MovingClock
) -> None:
    token = tokens.issue_device(SUBJECT.user_id, 3).token
    assert tokens.read_device(token) == (SUBJECT.user_id, 3)
    assert tokens.read_device(token + "x") is None
    assert tokens.read_device("") is None
    clock.move(401 * 86400)
    assert tokens.read_device(token) is None
