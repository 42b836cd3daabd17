"""Log-in at OpenID Connect providers: accounts found, made, linked, taken back."""

from __future__ import annotations

import re
import secrets

import httpx
import pyotp

from tests.support.api import PASSWORD, Person
from tests.support.oidc_service import Service, client_of, new_email, refused


def test_the_form_learns_which_providers_there_are(oidc: Service) -> None:
    items = oidc.api.client().get("/auth/oidc/providers").json()["items"]
    assert items[0] == {"name": "mock", "label": "Mock & Sons"}
    assert items[1] == {"name": "liar", "label": "Liar"}


def test_a_person_signs_in_at_a_real_provider(oidc: Service) -> None:
    email = new_email()
    oidc.mock.know(
        subject := secrets.token_hex(6),
        email=email,
        email_verified=True,
        preferred_username=f"ada-{subject}",
    )
    browser = oidc.browser()
    address = browser.start("mock")
    asked = httpx.URL(address).params
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert asked["nonce"] != asked["state"]
    assert asked["redirect_uri"] == f"{oidc.api.url}/auth/oidc/callback"
    answer = browser.finish(browser.come_back(browser.consent(address, subject))["code"])
    user = answer.json()["user"]
    assert (user["username"], user["email"]) == (f"ada-{subject}", email)
    # The same person comes back to the same account, whatever its address is by now.
    oidc.mock.know(subject, email=new_email(), email_verified=True)
    again = oidc.browser().sign_in("mock", subject)
    assert again.json()["user"]["id"] == user["id"]
    links = client_of(oidc, again).get("/auth/oidc/links").json()["items"]
    assert [(link["provider"], link["label"]) for link in links] == [("mock", "Mock & Sons")]
    tags = [e["tag"] for e in client_of(oidc, again).get("/auth/audit").json()["items"]]
    assert {"account:user:registered", "account:oidc:linked", "account:session:started"} <= set(
        tags
    )


def test_two_subjects_that_differ_in_case_are_two_people(oidc: Service) -> None:
    subject = f"Case{secrets.token_hex(6)}"
    ids = set()
    for spelling in (subject, subject.lower()):
        oidc.mock.know(spelling)
        ids.add(oidc.browser().sign_in("mock", spelling).json()["user"]["id"])
    assert len(ids) == 2


def test_an_address_that_nobody_verified_is_not_taken(oidc: Service) -> None:
    person = oidc.api.register()
    oidc.liar.person |= {"email": person.email, "email_verified": "true"}
    user = oidc.browser().sign_in("liar").json()["user"]
    assert user["id"] != person.id
    assert user["email"] is None


def test_the_state_cookie_is_lax_short_and_bound_to_the_callback(oidc: Service) -> None:
    answer = oidc.api.client().post("/auth/oidc/liar/start", json={"challenge": "a" * 43})
    cookie = answer.headers["Set-Cookie"]
    path = httpx.URL(oidc.api.url).path
    assert f"Path={path}/auth/oidc/callback" in cookie
    assert "SameSite=Lax" in cookie
    assert "HttpOnly" in cookie
    assert "Max-Age=600" in cookie
    query = httpx.URL(answer.json()["authorization_url"]).params
    assert query["state"] not in cookie


def test_the_callback_writes_nothing_and_runs_one_script_only(oidc: Service) -> None:
    browser = oidc.browser()
    answer = browser.client.get(browser.consent(browser.start("liar")))
    policy = answer.headers["Content-Security-Policy"]
    assert re.search(r"script-src 'sha256-[^']+'", policy)
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    # The code was not sent to the provider yet: only the page that began the log-in can do that.
    assert "/token" not in oidc.liar.asked


def test_a_browser_is_led_back_from_another_site(oidc: Service) -> None:
    client = oidc.api.anonymous()
    if oidc.api.embedded:
        # Jupyter's cookie instead of its token, as in a browser.
        token = oidc.api.door["Authorization"].removeprefix("token ")
        client.get(oidc.api.url.replace("/quantlab/api", "/tree"), params={"token": token})
    elsewhere = {"Referer": "https://login.example/", "Sec-Fetch-Site": "cross-site"}
    answer = client.get("/auth/oidc/callback", headers=elsewhere)
    assert answer.status_code == 200, answer.text
    assert 'data-error="oidc_refused"' in answer.text


def test_what_leads_back_cannot_write_into_the_page(oidc: Service) -> None:
    answer = oidc.api.client().get(
        "/auth/oidc/callback", params={"state": '"><script>alert(1)</script>', "error": "<b>"}
    )
    assert "<script>alert" not in answer.text
    assert 'data-error="oidc_refused"' in answer.text


def test_linking_is_done_by_who_is_signed_in(oidc: Service) -> None:
    person = oidc.api.register()
    browser = oidc.browser(person.tokens["access_token"])
    code = browser.code("liar", link=True)
    body = {"code": code, "verifier": browser.verifier}
    # The code of a link is no log-in, and nobody else's link.
    refused(browser.finish(code), 401, "oidc_refused")
    stranger = oidc.api.register()
    refused(stranger.post("/auth/oidc/links", json=body), 401, "oidc_refused")
    made = browser.client.post("/auth/oidc/links", json=body)
    assert made.status_code == 201, made.text
    assert oidc.browser().sign_in("liar").json()["user"]["id"] == person.id
    # And the code of a log-in is no link.
    code = oidc.browser(stranger.tokens["access_token"]).code("liar")
    body = {"code": code, "verifier": browser.verifier}
    refused(stranger.post("/auth/oidc/links", json=body), 401, "oidc_refused")


def test_a_log_in_leads_to_one_account_only(oidc: Service) -> None:
    for _ in range(2):
        person = oidc.api.register()
        browser = oidc.browser(person.tokens["access_token"])
        body = {"code": browser.code("liar", link=True), "verifier": browser.verifier}
        answer = browser.client.post("/auth/oidc/links", json=body)
    refused(answer, 409, "oidc_taken")


def test_unlinking(oidc: Service) -> None:
    person = oidc.api.register()
    browser = oidc.browser(person.tokens["access_token"])
    body = {"code": browser.code("liar", link=True), "verifier": browser.verifier}
    link = browser.client.post("/auth/oidc/links", json=body).json()
    other = oidc.api.register()
    assert other.delete(f"/auth/oidc/links/{link['id']}").status_code == 404
    assert person.delete(f"/auth/oidc/links/{link['id']}").status_code == 204
    assert person.get("/auth/oidc/links").json()["items"] == []
    assert oidc.browser().sign_in("liar").json()["user"]["id"] != person.id


def test_the_only_way_in_stays(oidc: Service) -> None:
    client = client_of(oidc, oidc.browser().sign_in("liar"))
    [link] = client.get("/auth/oidc/links").json()["items"]
    refused(client.delete(f"/auth/oidc/links/{link['id']}"), 409, "last_log_in")


def test_an_account_that_somebody_made_with_my_address_is_taken_back(oidc: Service) -> None:
    hijacker = oidc.api.register()
    # A log-in of the hijacker's own, to come back by.
    way_back = dict(oidc.liar.person)
    browser = oidc.browser(hijacker.tokens["access_token"])
    body = {"code": browser.code("liar", link=True), "verifier": browser.verifier}
    assert browser.client.post("/auth/oidc/links", json=body).status_code == 201
    kernel = hijacker.post("/auth/kernel-token", json={}).json()["token"]
    secret = hijacker.post("/auth/mfa/totp").json()["secret"]
    confirmed = hijacker.post("/auth/mfa/totp/confirm", json={"code": pyotp.TOTP(secret).now()})
    assert confirmed.status_code == 200
    wanted = {"name": "way back", "scopes": ["profile:read"], "expires_in_days": 30}
    token = hijacker.post("/auth/api-tokens", json=wanted).json()["token"]
    assert oidc.api.client(token).get("/auth/profile").status_code == 200

    oidc.liar.person = {
        "sub": secrets.token_hex(8),
        "email": hijacker.email.upper(),
        "email_verified": True,
    }
    answer = oidc.browser().sign_in("liar")
    assert answer.json()["user"]["id"] == hijacker.id
    links = client_of(oidc, answer).get("/auth/oidc/links").json()["items"]
    assert len(links) == 1
    # A factor of the hijacker's would keep its real owner out of the next log-in by password.
    factors = client_of(oidc, answer).get("/auth/mfa").json()
    assert (factors["totp"], factors["recovery_codes_left"]) == (None, 0)

    assert hijacker.get("/auth/profile").status_code == 401
    for ended in (kernel, token):
        assert oidc.api.client(ended).get("/auth/profile").status_code == 401
    refresh = {"refresh_token": hijacker.tokens["refresh_token"]}
    assert oidc.api.client().post("/auth/refresh", json=refresh).status_code == 401
    login = {"login": hijacker.username, "password": PASSWORD, "transport": "body"}
    assert oidc.api.client().post("/auth/login", json=login).status_code == 401
    oidc.liar.person = way_back
    assert oidc.browser().sign_in("liar").json()["user"]["id"] != hijacker.id


def test_a_verified_address_on_a_verified_account_links(oidc: Service) -> None:
    email = new_email()
    oidc.mock.know(subject := secrets.token_hex(6), email=email, email_verified=True)
    first = oidc.browser().sign_in("mock", subject)
    session = client_of(oidc, first)
    oidc.liar.person |= {"email": email, "email_verified": True}
    assert oidc.browser().sign_in("liar").json()["user"] == first.json()["user"]
    # Nothing had to be taken back: who was signed in still is.
    assert len(session.get("/auth/oidc/links").json()["items"]) == 2


def test_a_provider_that_is_not_trusted_with_addresses_does_not_link(oidc: Service) -> None:
    person: Person = oidc.api.register()
    oidc.liar.person |= {"email": person.email, "email_verified": True}
    refused(oidc.browser().sign_in("unsure"), 409, "oidc_link_required")
    assert person.get("/auth/profile").status_code == 200


def test_taken_names_get_a_number(oidc: Service) -> None:
    person = oidc.api.register()
    oidc.liar.person |= {"preferred_username": person.username.upper()}
    user = oidc.browser().sign_in("liar").json()["user"]
    assert user["username"] == f"{person.username.upper()}-2"
    oidc.liar.person = {"sub": secrets.token_hex(8), "preferred_username": "<script>\n"}
    user = oidc.browser().sign_in("liar").json()["user"]
    assert user["username"].startswith("person-")
