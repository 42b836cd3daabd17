"""Forged tokens against the running services, signed with the service's real key: the worst case.

Every trick with headers and claims on its own is in ``tests/unit/auth/test_forged_tokens.py``; here the same reach both
mounts, in either header.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from quantlab_server.auth.keys import parse_keyring
from tests.support.api import Api, Person
from tests.unit.auth.forging import claims_of, forge

HEADERS: dict[str, dict[str, Any]] = {
    "none": {"alg": "none"},
    "another hash": {"alg": "HS512"},
    "asymmetric": {"alg": "RS256"},
    "kid missing": {"kid": ...},
    "kid unknown": {"kid": "other"},
    "kid path": {"kid": "../../../../dev/null"},
    "kid sql": {"kid": "x' UNION SELECT 'key' --"},
    "jku": {"jku": "https://evil.example/keys"},
    "jwk": {"jwk": {"kty": "oct", "k": "AAAA"}},
    "x5u": {"x5u": "https://evil.example/cert"},
    "crit": {"crit": ["exp"]},
    "kernel's kind": {"typ": "qlk+jwt"},
    "device's kind": {"typ": "qld+jwt"},
}
NOW = int(time.time())
CLAIMS: dict[str, dict[str, Any]] = {
    "issuer": {"iss": "https://evil.example"},
    "audience": {"aud": "quantlab-kernel"},
    "audiences": {"aud": ["quantlab-api", "x"]},
    "expired": {"exp": NOW - 1},
    "from the future": {"iat": NOW + 10**6},
    "not yet": {"nbf": NOW + 10**6},
    "epoch": {"epoch": 10**6},
    "another session": {"sid": "00000000-0000-0000-0000-000000000000"},
}


def real_key(api: Api) -> Any:
    """The key that the service signs with."""
    process: Any = api.process
    file: Path = process.data_dir / "keys.json" if api.embedded else process.database.keys_file
    return parse_keyring(file.read_text(), "keys").active


def refused(api: Api, token: str) -> None:
    """Neither header takes it, with Jupyter's own door open or closed."""
    with httpx.Client(base_url=api.url, timeout=30.0) as client:
        asked = [
            client.get("/auth/profile", headers={**api.door, "X-QuantLab-Session": token}),
            client.get("/auth/profile", headers={"X-QuantLab-Session": token}),
            client.get("/auth/profile", headers={"Authorization": f"Bearer {token}"}),
        ]
    for answer in asked:
        assert answer.status_code == 401, answer.text
        assert answer.json()["error"]["code"] == "not_signed_in"


def test_the_forgery_would_pass_without_a_trick(api: Api, person: Person) -> None:
    token = forge(real_key(api), person.tokens["access_token"])
    assert api.client(token).get("/auth/profile").status_code == 200


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_tricks_with_the_header(api: Api, person: Person, header: dict[str, Any]) -> None:
    refused(api, forge(real_key(api), person.tokens["access_token"], header))


@pytest.mark.parametrize("claims", CLAIMS.values(), ids=CLAIMS.keys())
def test_tricks_with_the_claims(api: Api, person: Person, claims: dict[str, Any]) -> None:
    refused(api, forge(real_key(api), person.tokens["access_token"], **claims))


def test_another_key_and_cut_tokens(api: Api, person: Person) -> None:
    token = person.tokens["access_token"]
    header = jwt.get_unverified_header(token)
    foreign = jwt.encode(claims_of(token), b"k" * 32, algorithm="HS256", headers=header)
    head, body, signature = token.split(".")
    for text in (foreign, token[:-1], f"{head}.{body}.", f"{head}.{body}", f".{body}.{signature}"):
        refused(api, text)


def test_long_tokens_are_refused_and_the_service_goes_on(api: Api, person: Person) -> None:
    for text in ("a" * 20_000, "qlp_" + "A" * 20_000, ".".join(["e" * 8_000] * 3)):
        refused(api, text)
    huge = "a" * 1_000_000
    try:
        headers = {**api.door, "X-QuantLab-Session": huge}
        answer = httpx.get(f"{api.url}/auth/profile", headers=headers, timeout=30.0)
    except httpx.TransportError:
        # The server hangs up on headers of that size.
        pass
    else:
        assert answer.status_code in (400, 401, 431)
    assert person.get("/auth/profile").status_code == 200


def test_a_persons_token_is_no_refresh_token_and_no_kernels(api: Api, person: Person) -> None:
    kernel = person.post("/auth/kernel-token", json={}).json()["token"]
    for text in (person.tokens["access_token"], kernel, json.dumps(person.tokens)[:500]):
        # Most are longer than any refresh token, and are refused for that alone.
        answer = api.client().post("/auth/refresh", json={"refresh_token": text})
        assert answer.status_code in (401, 422)
    refused(api, person.tokens["refresh_token"])
    assert api.client(kernel).get("/auth/sessions").status_code == 403
