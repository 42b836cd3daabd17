"""Mailed links in a person's own JupyterLab: confirming an address, a forgotten password, another address and back."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_accessibility import check
from tests.e2e.test_account_panel import ACCOUNT, choose
from tests.support import documents as doc
from tests.support.documents import run
from tests.support.mail import Mailbox
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e

PASSWORD = "correct horse battery staple 7"
NEW = "nine purple whales 44"


@pytest.fixture(scope="module")
def box() -> Iterator[Mailbox]:
    """The mail server."""
    server = Mailbox()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, box: Mailbox) -> Iterator[doc.Lab]:
    """A JupyterLab that sends mail."""
    server = doc.Lab(tmp_path_factory.mktemp("lab"))
    server.env |= {"QUANTLAB_SMTP_URL": box.url, "QUANTLAB_PUBLIC_URL": server.url}
    server.start()
    yield server
    server.terminate()


def follow(page: Page, link: str) -> None:
    """Open a link as a mail program does: in a page of its own."""
    page.goto("about:blank")
    page.goto(link)


def sign_in(page: Page, login: str, password: str) -> None:
    page.get_by_label("E-mail address or username", exact=True).fill(login)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("Password", exact=True).press("Enter")


def test_from_signing_up_over_a_forgotten_password_to_another_address(
    lab: doc.Lab, box: Mailbox, page: Page
) -> None:
    name = f"p{secrets.token_hex(4)}"
    email, other = f"{name}@example.org", f"{name}@example.net"
    doc.open_lab(page, lab)
    choose(page, "Create an Account…")
    page.get_by_label("Username", exact=True).fill(name)
    page.get_by_label("E-mail address", exact=True).fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Look into your mail", exact=True)).to_be_visible()
    link = box.wait_for(email).link
    assert link.startswith(f"{lab.url}lab#quantlab-verify=")
    follow(page, link)
    confirm = page.get_by_role("button", name="Confirm the address", exact=True)
    expect(confirm).to_be_visible(timeout=doc.START_MS)
    assert "qlo_" not in page.url
    check(page, ".jp-QuantLab-Account")
    confirm.press("Enter")
    expect(page.get_by_text("Your address is confirmed.", exact=True)).to_be_visible()
    page.get_by_role("button", name="Sign in", exact=True).click()
    # Forgotten.
    page.get_by_role("button", name="Forgot password?", exact=True).click()
    page.get_by_label("E-mail address", exact=True).fill("nowhere")
    page.get_by_role("button", name="Send a link", exact=True).click()
    expect(page.get_by_text("Enter an e-mail address")).to_be_visible()
    check(page, ".jp-QuantLab-Account")
    page.get_by_label("E-mail address", exact=True).fill(email)
    page.get_by_role("button", name="Send a link", exact=True).click()
    expect(page.get_by_role("heading", name="Look into your mail", exact=True)).to_be_focused()
    reset = box.wait_for(email, 2).link
    # In a tab where JupyterLab runs already, only the fragment changes.
    page.evaluate("link => { window.location.hash = new URL(link).hash }", reset)
    field = page.get_by_label("New password", exact=True)
    field.fill("short")
    field.press("Enter")
    expect(page.get_by_text("Use at least 12 characters.", exact=True)).to_be_visible()
    field.fill(NEW)
    check(page, ".jp-QuantLab-Account")
    field.press("Enter")
    expect(page.get_by_text("Your password is changed. Sign in with it.")).to_be_visible()
    page.get_by_role("button", name="Sign in", exact=True).click()
    sign_in(page, name, NEW)
    expect(page.locator(ACCOUNT)).to_have_text(name)
    # Another address.
    run(page, "quantlab:account-open", section="email")
    page.get_by_label("New e-mail address", exact=True).fill(other)
    # The drop-down is for narrow pages only, whichever style sheet came first.
    expect(page.locator(".jp-QuantLab-Sections-narrow")).to_be_hidden()
    check(page, ".jp-QuantLab-Account")
    page.get_by_role("button", name="Change address", exact=True).click()
    expect(page.get_by_text(f"a message is on its way to {other}")).to_be_visible()
    follow(page, box.wait_for(other).link)
    expect(confirm).to_be_visible(timeout=doc.START_MS)
    confirm.click()
    expect(page.get_by_text("Your address is confirmed.", exact=True)).to_be_visible()
    back = wait_until(
        lambda: next((mail for mail in box.to(email) if "-revert=" in mail.text), None),
        what="the old address was told",
    )
    follow(page, back.link)
    take = page.get_by_role("button", name="Take it back", exact=True)
    expect(take).to_be_visible(timeout=doc.START_MS)
    take.click()
    expect(page.get_by_text("The address is yours again.")).to_be_visible()
    # Whoever was signed in is not any more.
    page.reload()
    expect(page.locator(ACCOUNT)).not_to_have_text(name, timeout=doc.START_MS)
