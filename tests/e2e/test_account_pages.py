"""The central service's pages for mailed links, from the mail to the last word, in a browser without JupyterLab."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from tests.support.api import PASSWORD as GIVEN
from tests.support.central import CentralProcess
from tests.support.colleagues import make_colleague, make_tenant
from tests.support.mail import Mailbox
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.postgres]

PASSWORD = "correct horse battery staple 7"
NEW = "nine purple whales 44"


@dataclass
class Central:
    """A central service and the mail server that it uses."""

    process: CentralProcess
    box: Mailbox
    http: httpx.Client

    def sign_up(self, name: str = "") -> tuple[str, str]:
        """Ask for an account; its username and address."""
        username = name or f"p{secrets.token_hex(5)}"
        email = f"p{secrets.token_hex(5)}@example.com"
        body = {"username": username, "email": email, "password": PASSWORD}
        assert self.http.post("/auth/register", json=body).status_code == 202
        return username, email

    def log_in(self, login: str, password: str) -> int:
        """The status of signing in."""
        body = {"login": login, "password": password, "transport": "body"}
        return self.http.post("/auth/login", json=body).status_code

    def member(self) -> tuple[str, str]:
        """Somebody who may sign in; username and address."""
        username, email = self.sign_up()
        token = self.box.wait_for(email).token
        assert self.http.post("/auth/verify-email", json={"token": token}).status_code == 204
        return username, email

    def session(self, login: str, password: str = PASSWORD) -> dict[str, str]:
        """Headers of somebody who signs in now."""
        body = {"login": login, "password": password, "transport": "body"}
        answer = self.http.post("/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def invite(self, **body: Any) -> str:
        """The link of an invitation into a new tenant, by its admin."""
        admin = make_colleague(self.process, make_tenant(self.process), "ann", "admin")
        made = self.http.post("/admin/invitations", json=body, headers=self.session(admin, GIVEN))
        assert made.status_code == 201, made.text
        return str(made.json()["link"])


@pytest.fixture(scope="module")
def central(make_central: Callable[..., CentralProcess]) -> Iterator[Central]:
    """One for all tests here; its mail leaves by the process's own sender."""
    box = Mailbox()
    box.start()
    process = make_central(
        start=False,
        base_url="/research/",
        args=(
            "--LimitSettings.registration=1000/hour",
            "--LimitSettings.mail=100/hour",
            "--LimitSettings.anonymous=1000/minute",
            "--PasswordSettings.memory_kib=64",
        ),
    )
    process.env |= {"QUANTLAB_SMTP_URL": box.url, "QUANTLAB_PUBLIC_URL": process.url}
    process.start()
    with process.client() as http:
        yield Central(process, box, http)
    process.terminate()
    box.stop()


def check(page: Page) -> None:
    """Axe finds nothing, in light and dark, at the width of a desk and of a phone."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its literals
        for width in (1366, 390):
            page.set_viewport_size({"width": width, "height": 800})
            found = Axe().run(page).response
            assert [rule["id"] for rule in found["violations"]] == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_address_is_confirmed_by_keyboard_alone(central: Central, page: Page) -> None:
    name, email = central.sign_up()
    mail = central.box.wait_for(email)
    assert mail.link.startswith(f"{central.process.url}account/verify#token=")
    assert central.log_in(name, PASSWORD) == 401
    page.goto(mail.link)
    button = page.get_by_role("button", name="Confirm the address", exact=True)
    expect(button).to_be_visible()
    # The token is nowhere that stays.
    assert "#" not in page.url
    check(page)
    # Opening the link used nothing up.
    page.goto("about:blank")
    page.goto(mail.link)
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Your address is confirmed")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    check(page)
    assert central.log_in(name, PASSWORD) == 200


def test_a_taken_username_is_settled_on_the_page(central: Central, page: Page) -> None:
    name, first = central.sign_up()
    _, second = central.sign_up(name)
    assert central.box.wait_for(first)
    page.goto(central.box.wait_for(second).link)
    page.get_by_role("button", name="Confirm the address", exact=True).click()
    field = page.get_by_label("Username", exact=True)
    expect(field).to_be_focused()
    check(page)
    field.fill(name)
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("cannot be used")
    expect(field).to_be_focused()
    chosen = f"q{secrets.token_hex(5)}"
    field.fill(chosen)
    field.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("confirmed")
    assert central.log_in(chosen, PASSWORD) == 200


def test_a_forgotten_password_from_the_request_to_the_new_one(central: Central, page: Page) -> None:
    name, email = central.sign_up()
    page.goto(central.box.wait_for(email).link)
    page.get_by_role("button", name="Confirm the address", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("confirmed")
    page.goto(f"{central.process.url}account/reset")
    address = page.get_by_label("E-mail address", exact=True)
    address.fill("nowhere")
    address.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Enter an e-mail address")
    check(page)
    address.fill(email)
    address.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("a mail is on its way")
    mail = central.box.wait_for(email, 2)
    page.goto(mail.link)
    field = page.get_by_label("New password", exact=True)
    for bad, said in (("short", "Use at least 12 characters"), ("password1234", "easy to guess")):
        field.fill(bad)
        field.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text(said)
        expect(field).to_be_focused()
    check(page)
    page.get_by_label("Show password", exact=True).check()
    expect(field).to_have_attribute("type", "text")
    field.fill(NEW)
    field.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Your password is changed")
    assert central.log_in(name, PASSWORD) == 401
    assert central.log_in(name, NEW) == 200
    # The link is used up; another one is offered at once.
    page.goto("about:blank")
    page.goto(mail.link)
    field.fill(NEW + "!")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("used already or has expired")
    expect(page.get_by_role("button", name="Send a link", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 502, "json": {"message": "upstream is away"}},
        {"status": 502, "body": "<html>Bad gateway</html>"},
        {"status": 503, "json": {"error": "unavailable"}},
        {"status": 200, "body": "<html>Log in to the network</html>"},
    ],
    ids=["json", "html", "other-json", "portal"],
)
def test_what_something_in_between_answers_is_not_taken_for_done(
    central: Central, page: Page, answer: dict[str, Any]
) -> None:
    page.goto(f"{central.process.url}account/reset#token=qlo_anything")
    page.route("**/auth/reset-password", lambda route: route.fulfill(**answer))
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_role("button", name="Set the password", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Wait a little and try again")
    expect(page.get_by_text("Your password is changed")).to_be_hidden()
    # What was typed is kept, and sending again works.
    expect(page.get_by_label("New password", exact=True)).to_have_value(NEW)
    page.unroute("**/auth/reset-password")
    page.get_by_role("button", name="Set the password", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("used already or has expired")


def test_a_page_says_that_it_is_sending_and_when_nobody_answers(
    central: Central, page: Page
) -> None:
    page.goto(f"{central.process.url}account/verify#token=qlo_anything")
    asked: list[Route] = []
    page.route("**/auth/verify-email", lambda route: asked.append(route))
    page.get_by_role("button", name="Confirm the address", exact=True).click()
    busy = page.get_by_role("button", name="One moment…", exact=True)
    expect(busy).to_have_attribute("aria-disabled", "true")
    busy.click(force=True)
    assert len(asked) == 1
    asked[0].abort()
    expect(page.get_by_role("alert")).to_contain_text("The service does not answer")
    expect(page.get_by_role("button", name="Confirm the address", exact=True)).to_be_enabled()


def join(page: Page, link: str, login: str) -> None:
    """Open an invitation and ask to move an account."""
    page.goto(link)
    page.get_by_role("button", name="I have an account", exact=True).press("Enter")
    page.get_by_label("E-mail or username", exact=True).fill(login)
    password = page.get_by_role("textbox", name="Password", exact=True)
    password.fill(PASSWORD)
    password.press("Enter")


def test_an_account_moves_and_nobody_stays_signed_in(central: Central, page: Page) -> None:
    name, _ = central.member()
    before = central.http.get("/auth/profile", headers=central.session(name)).json()["user"]
    link = central.invite(role="user")
    page.goto(link)
    expect(page.get_by_role("status").first).to_contain_text("invites you to “Desk")
    assert "#" not in page.url
    check(page)
    page.goto("about:blank")
    join(page, link, name)
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page.get_by_text("Your items moved with you")).to_be_visible()
    check(page)
    headers = central.session(name)
    after = central.http.get("/auth/profile", headers=headers).json()["user"]
    assert (after["id"], after["role"]) == (before["id"], "user")
    assert after["tenant_id"] != before["tenant_id"]
    sessions = central.http.get("/auth/sessions", headers=headers).json()["items"]
    assert [one["current"] for one in sessions] == [True]
    again = page.request.post(f"{central.process.url}api/auth/refresh", data={})
    assert again.status == 401


def test_an_account_is_made_with_an_invitation(central: Central, page: Page) -> None:
    name, email = f"p{secrets.token_hex(5)}", f"p{secrets.token_hex(5)}@example.com"
    page.goto(central.invite(role="user", email=email))
    expect(page.get_by_label("E-mail address", exact=True)).to_have_value(email)
    field = page.get_by_label("Username", exact=True)
    field.fill("a/b")
    page.get_by_role("textbox", name="Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account", exact=True).press("Enter")
    expect(field).to_be_focused()
    expect(page.get_by_role("alert")).to_be_visible()
    field.fill(name)
    field.press("Enter")
    expect(page.get_by_text("A message is on its way to your address")).to_be_visible()
    page.goto(central.box.wait_for(email).link)
    page.get_by_role("button", name="Confirm the address", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Your address is confirmed")
    assert central.log_in(name, PASSWORD) == 200


@pytest.mark.parametrize(
    "answer",
    [{"status": 502, "json": {"message": "upstream is away"}}, {"status": 200, "body": "<html>"}],
    ids=["json", "portal"],
)
def test_what_fails_while_an_account_moves_is_said_and_tried_again_without_another_code(
    central: Central, page: Page, answer: dict[str, Any]
) -> None:
    name, _ = central.member()
    headers = central.session(name)
    secret = central.http.post("/auth/mfa/totp", headers=headers).json()["secret"]
    confirm = {"code": pyotp.TOTP(secret).now()}
    done = central.http.post("/auth/mfa/totp/confirm", json=confirm, headers=headers)
    assert done.status_code == 200, done.text
    page.route("**/auth/invitation/accept", lambda route: route.fulfill(**answer))
    join(page, central.invite(role="user"), name)
    code = page.get_by_label("One-time code", exact=True)
    expect(code).to_be_focused()
    code.fill(done.json()["codes"][0])
    code.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Wait a little and try again")
    page.unroute("**/auth/invitation/accept")
    page.get_by_role("button", name="Join and move my account", exact=True).press("Enter")
    expect(page.get_by_text("Your items moved with you")).to_be_visible()


def test_a_changed_address_is_taken_back(central: Central, page: Page) -> None:
    name, email = central.sign_up()
    page.goto(central.box.wait_for(email).link)
    page.get_by_role("button", name="Confirm the address", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("confirmed")
    body = {"login": name, "password": PASSWORD, "transport": "body"}
    token = central.http.post("/auth/login", json=body).json()["access_token"]
    other = f"p{secrets.token_hex(5)}@example.net"
    headers = {"Authorization": f"Bearer {token}"}
    central.http.post("/auth/change-email", json={"email": other}, headers=headers)
    page.goto(central.box.wait_for(other).link)
    page.get_by_role("button", name="Confirm the address", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("confirmed")
    told = wait_until(
        lambda: next((one for one in central.box.to(email) if "/revert#" in one.text), None),
        what="the old address was told",
    )
    page.goto(told.link)
    take = page.get_by_role("button", name="Take it back", exact=True)
    expect(take).to_be_visible()
    check(page)
    take.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The address is yours again")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    # The link works once, and says so.
    page.goto("about:blank")
    page.goto(told.link)
    take.click()
    expect(page.get_by_role("alert")).to_contain_text("used already or has expired")
    expect(page.get_by_role("status")).to_be_hidden()


def test_the_pages_run_nothing_but_their_own_files(central: Central, page: Page) -> None:
    refused: list[str] = []
    page.on("console", lambda one: refused.append(one.text) if one.type == "error" else None)
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    for name in ("verify", "reset", "revert", "join"):
        answer = page.goto(f"{central.process.url}account/{name}")
        assert answer is not None
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert refused == []
    assert all(url.startswith(central.process.url) for url in seen)
    check(page)
    for path in ("verify.html", "nothing", "page.py", "..%2fpage.css", "__init__.py"):
        url = f"{central.process.url}account/{path}"
        assert httpx.get(url).status_code == 404, path
    assert httpx.post(f"{central.process.url}account/verify").status_code == 405
