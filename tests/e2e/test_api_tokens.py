"""API tokens and devices in the account page, and the central service's page for devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import httpx
import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.test_accessibility import check
from tests.e2e.test_account_panel import choose, section
from tests.support import documents as doc
from tests.support.central import CentralProcess

pytestmark = pytest.mark.e2e

PASSWORD = "correct horse battery staple 7"


def begin(url: str, **options: Any) -> Any:
    answer = httpx.post(f"{url}/auth/device", json={"client_name": "A machine"}, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


def poll(url: str, codes: Any, **options: Any) -> httpx.Response:
    body = {"device_code": codes["device_code"]}
    return httpx.post(f"{url}/auth/device/token", json=body, **options)


def status(url: str, token: str, path: str = "/workflows") -> int:
    return httpx.get(f"{url}{path}", headers={"Authorization": f"Bearer {token}"}).status_code


@pytest.fixture(scope="module")
def server(make_central: Callable[..., CentralProcess]) -> CentralProcess:
    """A central service."""
    return make_central()


def look(page: Page) -> None:
    """axe on a page that is no JupyterLab."""
    found = Axe().run(page).response["violations"]
    assert not found, [(rule["id"], rule["nodes"][0]["html"]) for rule in found]


def test_a_token_is_made_used_and_revoked(lab: doc.Lab, page: Page) -> None:
    doc.open_lab(page, lab)
    choose(page, "Account")
    section(page, "API tokens").click()
    expect(page.get_by_text("No tokens")).to_be_visible()
    page.get_by_role("button", name="Make a token", exact=True).click()
    expect(page.get_by_text("Say what the token is for.")).to_be_visible()
    page.get_by_label("What it is for").fill("Nightly run")
    page.get_by_label("Read market data").uncheck()
    page.get_by_label("It ends after").select_option(label="7 days")
    page.get_by_role("button", name="Make a token", exact=True).click()
    field = page.get_by_label("The new token", exact=True)
    expect(field).to_be_focused()
    token = field.input_value()
    assert token.startswith("qlp_")
    assert status(lab.api_url, token) == 200
    assert status(lab.api_url, token, "/instruments?q=AAPL") == 403
    tokens = page.get_by_role("list", name="Your API tokens", exact=True)
    expect(tokens).to_contain_text("Nightly run")
    expect(tokens).to_contain_text("Read workflows, layouts and projects")
    expect(tokens).to_contain_text("ends in 7 days")
    page.get_by_role("button", name="Make another token", exact=True).click()
    expect(field).to_have_count(0)
    page.get_by_role("button", name="Revoke token: Nightly run", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke", exact=True).click()
    expect(page.get_by_text("No tokens")).to_be_visible()
    assert status(lab.api_url, token) == 401


@pytest.mark.parametrize("answer", ["Let it in", "Do not let it in"])
def test_a_device_is_let_in_or_not(lab: doc.Lab, page: Page, answer: str) -> None:
    door = {"headers": {"Authorization": f"token {lab.token}"}}
    codes = begin(lab.api_url, **door)
    doc.open_lab(page, lab)
    choose(page, "Connect a Device…")
    code = page.get_by_label("Code", exact=True)
    code.fill("BCDF-GHJK")
    code.press("Enter")
    expect(page.get_by_text("This code is not known")).to_be_visible()
    code.fill(codes["user_code"].lower())
    code.press("Enter")
    expect(page.get_by_role("heading", name="Let this program in?", exact=True)).to_be_focused()
    expect(page.get_by_text("A machine", exact=True)).to_be_visible()
    expect(page.get_by_text("127.0.0.1", exact=True)).to_be_visible()
    check(page, ".jp-QuantLab-Account")
    page.get_by_role("button", name=answer, exact=True).click()
    said = page.get_by_role("status", name="What became of it", exact=True)
    expect(said).to_contain_text("The program")
    expect(said).to_be_focused()
    given = poll(lab.api_url, codes, **door)
    if answer == "Let it in":
        assert status(lab.api_url, given.json()["access_token"]) == 200
    else:
        assert given.json()["error"]["code"] == "access_denied"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_central_page_lets_a_device_in(
    server: CentralProcess, page: Page, scheme: Literal["light", "dark"]
) -> None:
    name = f"anna-{scheme}"
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    httpx.post(f"{server.api_url}/auth/register", json=body).raise_for_status()
    codes = begin(server.api_url)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(codes["verification_uri_complete"])
    expect(page.get_by_text("Sign in to connect a device.")).to_be_visible()
    # The code does not stay in the address, which histories and screenshots show.
    assert codes["user_code"] not in page.url
    look(page)
    page.get_by_label("E-mail or username").fill(name)
    page.get_by_label("Password", exact=True).fill("a wrong password")
    page.get_by_label("Password", exact=True).press("Enter")
    expect(page.get_by_role("status")).to_contain_text("not right")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password", exact=True).press("Enter")
    expect(page.get_by_role("button", name="Let it in", exact=True)).to_be_visible()
    expect(page.get_by_text("A machine", exact=True)).to_be_visible()
    # What asks is read before it is answered.
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    look(page)
    page.get_by_role("button", name="Let it in", exact=True).click()
    expect(page.get_by_role("status")).to_have_text(
        "The device is let in. You can close this page."
    )
    token = poll(server.api_url, codes).json()["access_token"]
    assert status(server.api_url, token) == 200
    # Who is signed in is not asked again, and may say no.
    later = begin(server.api_url)
    page.goto(later["verification_uri"])
    page.get_by_label("Code that the device shows").fill(later["user_code"])
    page.get_by_role("button", name="Continue", exact=True).click()
    page.get_by_role("button", name="Do not let it in", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("was not let in")
    assert poll(server.api_url, later).json()["error"]["code"] == "access_denied"


def test_the_central_page_begins_with_a_link_that_was_cut(
    server: CentralProcess, page: Page
) -> None:
    page.goto(f"{begin(server.api_url)['verification_uri']}#%")
    expect(page.get_by_text("Sign in to connect a device.")).to_be_visible()
    expect(page.get_by_label("E-mail or username")).to_be_focused()
    # A recovery code has letters: phones show all keys.
    assert page.locator("#otp").get_attribute("inputmode") is None


def test_the_central_page_asks_for_password_and_code_after_a_while(
    make_central: Callable[..., CentralProcess], page: Page
) -> None:
    # Who asks is looked up each time: the session is made older behind the service's back.
    server = make_central(args=("--SessionSettings.revocation_check=0",))
    body = {"username": "dora", "email": "dora@example.com", "password": PASSWORD}
    made = httpx.post(f"{server.api_url}/auth/register", json=body | {"transport": "body"}).json()
    with server.client(session=made["access_token"]) as client:
        app = pyotp.TOTP(client.post("/auth/mfa/totp").json()["secret"])
        confirmed = client.post("/auth/mfa/totp/confirm", json={"code": app.now()})
    kept = confirmed.json()["codes"]
    codes = begin(server.api_url)
    page.goto(codes["verification_uri_complete"])
    page.get_by_label("E-mail or username").fill("dora")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password", exact=True).press("Enter")
    page.get_by_label("One-time code", exact=True).fill(kept[0])
    page.get_by_label("One-time code", exact=True).press("Enter")
    let_in = page.get_by_role("button", name="Let it in", exact=True)
    expect(let_in).to_be_visible()
    with server.database.urls.connect(server.database.name) as connection:
        connection.execute("UPDATE sessions SET auth_time = auth_time - interval '1 hour'")
    let_in.click()
    expect(page.get_by_role("status")).to_have_text("Confirm that it is you, then let it in.")
    again = page.get_by_label("Your password", exact=True)
    expect(again).to_be_focused()
    look(page)
    again.fill(PASSWORD)
    second = page.get_by_label("Your one-time code, or a recovery code", exact=True)
    second.fill("000000")
    let_in.click()
    expect(page.get_by_role("status")).to_contain_text("not right")
    second.fill(kept[1])
    let_in.click()
    expect(page.get_by_role("status")).to_have_text(
        "The device is let in. You can close this page."
    )
    assert status(server.api_url, poll(server.api_url, codes).json()["access_token"]) == 200


@pytest.mark.parametrize("code", [429, 503])
def test_the_central_page_tells_an_outage_from_nobody(
    server: CentralProcess, page: Page, code: int
) -> None:
    answer = {"error": {"code": "busy", "message": "Wait, then go on.", "request_id": ""}}
    page.route("**/auth/refresh", lambda route: route.fulfill(status=code, json=answer))
    page.goto(begin(server.api_url)["verification_uri"])
    expect(page.get_by_role("status")).to_have_text("Wait, then go on.")
