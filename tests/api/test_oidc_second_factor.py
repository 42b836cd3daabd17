"""Log-ins at providers of people who have a second factor here: the provider alone signs nobody in."""

from __future__ import annotations

import secrets
from typing import Any

import httpx
import pyotp
import pytest

from tests.support.oidc import Browser
from tests.support.oidc_service import Service, client_of, new_email, refused


def linked(service: Service) -> httpx.Client:
    """Somebody whom the lying provider leads to."""
    return client_of(service, service.browser().sign_in("liar"))


def add_app(client: httpx.Client) -> list[str]:
    """An app for codes; the recovery codes, which need no clock."""
    secret = client.post("/auth/mfa/totp").json()["secret"]
    confirmed = client.post("/auth/mfa/totp/confirm", json={"code": pyotp.TOTP(secret).now()})
    assert confirmed.status_code == 200, confirmed.text
    return list(confirmed.json()["codes"])


def asked(answer: httpx.Response) -> dict[str, Any]:
    """What the answer says of the second factor that it asks for."""
    refused(answer, 401, "otp_required")
    assert "access_token" not in answer.text
    assert "set-cookie" not in answer.headers
    details: dict[str, Any] = answer.json()["error"]
    return details


def test_the_provider_alone_signs_nobody_in(oidc: Service) -> None:
    codes = add_app(linked(oidc))
    browser = oidc.browser()
    details = asked(browser.sign_in("liar"))
    assert details["methods"] == ["totp", "recovery_code"]
    ticket = details["ticket"]
    refused(browser.second(ticket, otp="000000"), 401, "invalid_credentials")
    # Without one it is asked for again.
    assert asked(browser.second(ticket))["ticket"] == ticket
    client = client_of(oidc, browser.second(ticket, otp=codes[0]))
    events = client.get("/auth/audit").json()["items"]
    assert ("account:session:refused", {"reason": "code"}) in [
        (event["tag"], event["detail"]) for event in events
    ]
    # A ticket is good once.
    refused(browser.second(ticket, otp=codes[1]), 401, "oidc_refused")


def test_a_ticket_belongs_to_the_page_that_began_and_is_no_link(oidc: Service) -> None:
    codes = add_app(linked(oidc))
    browser = oidc.browser()
    ticket = asked(browser.sign_in("liar"))["ticket"]
    refused(oidc.browser().second(ticket, otp=codes[0]), 401, "oidc_refused")
    body = {"code": ticket, "verifier": browser.verifier}
    refused(oidc.api.register().post("/auth/oidc/links", json=body), 401, "oidc_refused")
    assert browser.second(ticket, otp=codes[0]).status_code == 200


def test_a_code_that_comes_with_the_first_step_is_not_looked_at(oidc: Service) -> None:
    codes = add_app(linked(oidc))
    browser = oidc.browser()
    ticket = asked(browser.finish(browser.code("liar"), otp=codes[0]))["ticket"]
    assert browser.second(ticket, otp=codes[0]).status_code == 200


def test_guessing_ends(oidc: Service) -> None:
    codes = add_app(linked(oidc))
    browser = oidc.browser()
    ticket = asked(browser.sign_in("liar"))["ticket"]
    for _ in range(5):
        refused(browser.second(ticket, otp="000000"), 401, "invalid_credentials")
    answer = browser.second(ticket, otp=codes[0])
    assert answer.status_code in (401, 429), answer.text
    # Another log-in at the provider brings no more tries: they are counted by account.
    answer = browser.second(asked(browser.sign_in("liar"))["ticket"], otp=codes[0])
    refused(answer, 429, "too_many_requests")


def test_a_log_in_that_was_unlinked_meanwhile_leads_nowhere(oidc: Service) -> None:
    email = new_email()
    oidc.mock.know(subject := secrets.token_hex(6), email=email, email_verified=True)
    client = client_of(oidc, oidc.browser().sign_in("mock", subject))
    body_of = oidc.browser(client.headers["X-QuantLab-Session"])
    body = {"code": body_of.code("liar", link=True), "verifier": body_of.verifier}
    link = client.post("/auth/oidc/links", json=body).json()
    codes = add_app(client)
    browser = oidc.browser()
    ticket = asked(browser.sign_in("liar"))["ticket"]
    assert client.delete(f"/auth/oidc/links/{link['id']}").status_code == 204
    refused(browser.second(ticket, otp=codes[0]), 401, "oidc_refused")


@pytest.mark.parametrize(
    ("provider", "claims", "status"),
    [
        ("sure", {"amr": ["pwd", "mfa"]}, 200),
        ("sure", {"acr": "urn:example:loa3"}, 200),
        ("sure", {}, 401),
        ("sure", {"amr": ["pwd"], "acr": "urn:example:loa1"}, 401),
        ("sure", {"amr": "mfa"}, 401),
        ("sure", {"acr": ["urn:example:loa3"]}, 401),
        ("liar", {"amr": ["mfa"], "acr": "urn:example:loa3"}, 401),
    ],
)
def test_only_a_trusted_provider_may_have_asked_itself(
    oidc: Service, provider: str, claims: dict[str, Any], status: int
) -> None:
    add_app(linked(oidc))
    oidc.liar.person |= claims
    assert oidc.browser().sign_in(provider).status_code == status


def test_an_address_does_not_lead_past_a_second_factor(oidc: Service) -> None:
    email = new_email()
    oidc.mock.know(subject := secrets.token_hex(6), email=email, email_verified=True)
    client = client_of(oidc, oidc.browser().sign_in("mock", subject))
    add_app(client)
    oidc.liar.person |= {"email": email, "email_verified": True}
    browser: Browser = oidc.browser()
    # Not even where the provider is believed to have asked for a second one.
    oidc.liar.person |= {"amr": ["mfa"]}
    for provider in ("liar", "sure"):
        answer = browser.sign_in(provider)
        refused(answer, 409, "oidc_link_required")
        assert "account page" in answer.json()["error"]["message"]
    assert len(client.get("/auth/oidc/links").json()["items"]) == 1
