"""Attacks on log-ins at OpenID Connect providers: codes, states, tokens and providers that are not what they seem."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import jwt
import pytest
from joserfc.jwk import RSAKey

from tests.support.oidc import CLIENT_ID, SECRET, unsigned
from tests.support.oidc_service import Service, refused


def test_a_code_needs_the_page_that_began(oidc: Service) -> None:
    code = oidc.browser().code("liar")
    refused(oidc.browser().finish(code), 401, "oidc_refused")


@pytest.mark.parametrize("single_use", [True, False], ids=["strict provider", "lax provider"])
def test_a_one_time_code_is_used_once(oidc: Service, single_use: bool) -> None:
    oidc.liar.single_use = single_use
    browser = oidc.browser()
    code = browser.code("liar")
    assert browser.finish(code).status_code == 200
    refused(browser.finish(code), 401, "oidc_refused")


def test_a_state_is_used_once_and_in_its_own_browser(oidc: Service) -> None:
    browser, victim = oidc.browser(), oidc.browser()
    back = browser.consent(browser.start("liar"))
    # An attacker's answer in somebody else's browser would sign that one in as the attacker.
    assert victim.come_back(back)["error"] == "oidc_refused"
    assert browser.come_back(back)["code"]
    assert browser.come_back(back)["error"] == "oidc_refused"


def test_states_and_cookies_that_were_changed_lead_nowhere(oidc: Service) -> None:
    browser = oidc.browser()
    back = httpx.URL(browser.consent(browser.start("liar")))
    assert browser.come_back(str(back.copy_set_param("state", "x" * 43)))["error"]
    [(name, value)] = browser.client.cookies.items()
    browser.client.cookies.clear()
    middle = len(value) // 2
    changed = value[:middle] + ("A" if value[middle] != "A" else "B") + value[middle + 1 :]
    answer = browser.client.get(back, headers={"Cookie": f"{name}={changed}"})
    assert 'data-error="oidc_refused"' in answer.text
    # A cookie of one kind is not a code of the other.
    refused(browser.finish(value), 401, "oidc_refused")


def test_no_code_and_a_refusal_are_refusals(oidc: Service) -> None:
    for more in ({"error": "access_denied"}, {"code": ""}, {"code": "x" * 5000}):
        oidc.liar.callback = more
        browser = oidc.browser()
        assert browser.come_back(browser.consent(browser.start("liar")))["error"] == "oidc_refused"


def test_an_answer_that_names_another_issuer_is_a_mix_up(oidc: Service) -> None:
    oidc.liar.callback = {"iss": "https://attacker.example"}
    browser = oidc.browser()
    assert browser.come_back(browser.consent(browser.start("liar")))["error"] == "oidc_refused"
    assert "/token" not in oidc.liar.asked
    oidc.liar.callback = {"iss": oidc.liar.issuer}
    assert oidc.browser().sign_in("liar").status_code == 200


def test_a_document_that_names_another_issuer_is_not_believed(oidc: Service) -> None:
    answer = oidc.api.client().post("/auth/oidc/other/start", json={"challenge": "a" * 43})
    refused(answer, 503, "provider_unavailable")


BENT: dict[str, dict[str, Any]] = {
    "wrong nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "another audience": {"aud": "somebody-else"},
    "many audiences, no party": {"aud": [CLIENT_ID, "somebody-else"]},
    "another party": {"aud": [CLIENT_ID, "somebody-else"], "azp": "somebody-else"},
    "another party alone": {"azp": "somebody-else"},
    "another issuer": {"iss": "https://attacker.example"},
    "issuer with a slash": {"iss": "SLASH"},
    "issuers in a list": {"iss": ["https://attacker.example", "ISSUER"]},
    "expired": {"exp": 1},
    "expiry as text": {"exp": "9999999999"},
    "no expiry": {"exp": None},
    "from the future": {"iat": 9999999999},
    "not yet": {"nbf": 9999999999},
    "no subject": {"sub": None},
    "empty subject": {"sub": ""},
    "long subject": {"sub": "x" * 256},
    "number as subject": {"sub": 7},
    "subjects in a list": {"sub": ["liar-subject", "another"]},
}


@pytest.mark.parametrize("bent", BENT.values(), ids=BENT)
def test_a_token_for_something_else_is_refused(oidc: Service, bent: dict[str, Any]) -> None:
    def bend(claims: dict[str, Any]) -> dict[str, Any]:
        changed = {**claims, **bent}
        if changed["iss"] == "SLASH":
            changed["iss"] = claims["iss"] + "/"
        if isinstance(changed["iss"], list):
            changed["iss"] = [changed["iss"][0], claims["iss"]]
        return {name: value for name, value in changed.items() if value is not None}

    oidc.liar.claims = bend
    refused(oidc.browser().sign_in("liar"), 401, "oidc_refused")


def test_tokens_that_nobody_signed_are_refused(oidc: Service) -> None:
    liar = oidc.liar

    def cut(claims: dict[str, Any]) -> str:
        return liar.signed(claims).rsplit(".", 1)[0] + "."

    def other_key(claims: dict[str, Any]) -> str:
        kept = liar.key
        liar.rotate()
        token = liar.signed(claims)
        liar.key = kept
        return token

    def with_our_secret(claims: dict[str, Any]) -> str:
        from joserfc import jwt
        from joserfc.jwk import OctKey

        return jwt.encode({"alg": "HS256", "kid": liar.key.kid}, claims, OctKey.import_key(SECRET))

    forgeries: list[Callable[[dict[str, Any]], str]] = [
        unsigned,
        lambda claims: unsigned(claims, "None"),
        lambda claims: unsigned(claims, "RS256"),
        cut,
        other_key,
        with_our_secret,
        lambda _: "x",
        lambda _: "",
        lambda _: "a" * 100_000,
    ]
    for forge in forgeries:
        liar.forge = forge
        refused(oidc.browser().sign_in("liar"), 401, "oidc_refused")


def test_headers_of_id_tokens_are_not_believed(oidc: Service) -> None:
    liar, own = oidc.liar, RSAKey.generate_key(2048)
    public = own.as_dict(private=False)
    bent: list[tuple[dict[str, Any], RSAKey]] = [
        ({"crit": ["bork"], "bork": 1}, liar.key),
        ({"crit": ["exp"]}, liar.key),
        ({"jwk": public}, own),
        ({"jwk": public, "kid": "own"}, own),
        ({"jku": "https://attacker.example/jwks"}, own),
        ({"x5u": "https://attacker.example/cert"}, own),
        ({"x5c": [own.as_pem(private=False).decode()]}, own),
    ]
    for header, key in bent:
        headers = {"kid": liar.key.kid, **header}
        liar.forge = partial(_with_headers, key=key, headers=headers)
        refused(oidc.browser().sign_in("liar"), 401, "oidc_refused")
    # The same without a trick is good.
    liar.forge = partial(_with_headers, key=liar.key, headers={"kid": liar.key.kid})
    assert oidc.browser().sign_in("liar").status_code == 200


def _with_headers(claims: dict[str, Any], *, key: RSAKey, headers: dict[str, Any]) -> str:
    pem = key.as_pem(private=True)
    return jwt.encode(claims, pem, algorithm="RS256", headers=headers)


def test_a_provider_may_change_its_keys(oidc: Service) -> None:
    assert oidc.browser().sign_in("liar").status_code == 200
    oidc.liar.rotate()
    assert oidc.browser().sign_in("liar").status_code == 200


def test_a_provider_that_is_down_is_said_in_words(oidc: Service) -> None:
    browser = oidc.browser()
    code = browser.code("liar")
    oidc.liar.status = 500
    answer = browser.finish(code)
    refused(answer, 503, "provider_unavailable")
    assert answer.headers["Retry-After"]
    assert "Liar" in answer.json()["error"]["message"]


def test_a_private_address_is_asked_only_where_it_is_allowed(oidc: Service) -> None:
    answer = oidc.api.client().post("/auth/oidc/inside/start", json={"challenge": "a" * 43})
    refused(answer, 503, "provider_unavailable")
    assert "private" not in answer.text
    assert "127.0.0.1" not in answer.text


def test_unknown_providers_are_absent(oidc: Service) -> None:
    for name in ("nobody", "..%2f", "MOCK"):
        answer = oidc.api.client().post(f"/auth/oidc/{name}/start", json={"challenge": "a" * 43})
        assert answer.status_code == 404
