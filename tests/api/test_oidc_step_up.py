"""Step-up of people who sign in at a provider only: it has to have them sign in anew."""

from __future__ import annotations

import time
from typing import Any

import httpx
import jwt
import pytest

from tests.support.oidc import Browser
from tests.support.oidc_service import Service


def log_in(oidc: Service, *, fresh: bool) -> httpx.Response:
    """A whole log-in at the provider whose answers are bent."""
    browser: Browser = oidc.browser()
    address = browser.start("liar", fresh=fresh)
    asked = httpx.URL(address).params
    given = (asked.get("prompt"), asked.get("max_age"))
    assert given == (("login", "0") if fresh else (None, None))
    return browser.finish(browser.come_back(browser.consent(address))["code"])


def proved_at(answer: httpx.Response) -> int:
    claims: dict[str, Any] = jwt.decode(
        answer.json()["access_token"], options={"verify_signature": False}
    )
    return int(claims["auth_time"])


def test_a_new_log_in_at_the_provider_is_a_proof(oidc: Service) -> None:
    began = int(time.time())
    oidc.liar.claims = lambda claims: claims | {"auth_time": claims["iat"]}
    answer = log_in(oidc, fresh=True)
    assert answer.status_code == 200, answer.text
    assert proved_at(answer) >= began


@pytest.mark.parametrize("bent", [{"auth_time": 1}, {}, {"auth_time": True}, {"auth_time": "now"}])
def test_an_older_log_in_is_none_when_a_new_one_was_asked_for(oidc: Service, bent: Any) -> None:
    oidc.liar.claims = lambda claims: claims | bent
    answer = log_in(oidc, fresh=True)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "oidc_not_fresh")
    assert "Forgot password?" in answer.json()["error"]["message"]


def test_who_is_let_through_by_an_older_log_in_is_signed_in_and_has_proved_nothing(
    oidc: Service,
) -> None:
    before = int(time.time()) - 3600
    oidc.liar.claims = lambda claims: claims | {"auth_time": before}
    answer = log_in(oidc, fresh=False)
    assert answer.status_code == 200
    assert proved_at(answer) == before


def test_a_provider_whose_clock_is_ahead_proves_nothing_for_longer(oidc: Service) -> None:
    oidc.liar.claims = lambda claims: claims | {"auth_time": claims["iat"] + 86_400}
    answer = log_in(oidc, fresh=False)
    assert proved_at(answer) <= int(time.time())
