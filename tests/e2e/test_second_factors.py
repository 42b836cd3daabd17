"""Two-step verification in a real browser: an app for codes, and passkeys by Chromium's virtual authenticator."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.test_account_panel import ACCOUNT, PASSWORD, choose, sign_up
from tests.support import documents as doc

pytestmark = pytest.mark.e2e


def open_by_name(page: Page, lab: doc.Lab) -> None:
    """Open JupyterLab as localhost: passkeys belong to names."""
    page.goto(f"{lab.lab_url}&reset".replace("127.0.0.1", "localhost"))
    expect(page.locator("#jp-MainLogo")).to_be_visible(timeout=doc.START_MS)
    expect(page.locator(".jp-Launcher")).to_be_visible(timeout=doc.START_MS)
    expect(page.locator(f"{ACCOUNT}:not([data-state='unknown'])")).to_be_visible(
        timeout=doc.START_MS
    )


def sign_out(page: Page) -> None:
    """Sign out; the account's tab shows the form to sign in."""
    choose(page, "Sign Out")
    expect(page.get_by_role("form", name="Sign in", exact=True)).to_be_visible()


def show_factors(page: Page) -> None:
    """Show the section."""
    choose(page, "Account")
    page.get_by_text("Two-step verification and passkeys", exact=True).first.click()
    expect(page.get_by_role("heading", name="App for codes", exact=True)).to_be_visible()


def set_up_app(page: Page) -> list[str]:
    """Add an app to the account of who is signed in; the recovery codes."""
    show_factors(page)
    page.get_by_role("button", name="Set up an app", exact=True).press("Enter")
    key = page.locator(".jp-QuantLab-Key")
    expect(key).to_be_visible()
    code = page.get_by_label("Code", exact=True)
    code.fill(pyotp.TOTP((key.text_content() or "").replace(" ", "")).now())
    code.press("Enter")
    kept = page.get_by_role("button", name="I have kept them", exact=True)
    expect(kept).to_be_visible()
    codes = page.locator(".jp-QuantLab-RecoveryCodes code").all_text_contents()
    kept.press("Enter")
    expect(page.get_by_text("Two-step verification is on")).to_be_visible()
    return codes


def type_password(page: Page, name: str) -> None:
    """The first step of signing in, by keyboard alone."""
    page.get_by_label("E-mail address or username", exact=True).fill(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")


def is_clean(page: Page, selector: str) -> None:
    """axe finds nothing."""
    found: dict[str, Any] = Axe().run(page, context=selector).response
    assert found["violations"] == []


def test_an_app_is_set_up_and_asked_for_by_keyboard(lab: doc.Lab, page: Page) -> None:
    open_by_name(page, lab)
    sign_up(page, "grace")
    show_factors(page)
    page.get_by_role("button", name="Set up an app", exact=True).press("Enter")
    key = page.locator(".jp-QuantLab-Key")
    expect(key).to_be_visible()
    is_clean(page, ".jp-QuantLab-Factors")
    app = pyotp.TOTP((key.text_content() or "").replace(" ", ""))
    code = page.get_by_label("Code", exact=True)
    code.fill("000000")
    code.press("Enter")
    expect(page.get_by_text("This code is not right.")).to_be_visible()
    code.fill(app.now())
    code.press("Enter")
    expect(page.get_by_role("heading", name="Keep your recovery codes", exact=True)).to_be_focused()
    is_clean(page, ".jp-QuantLab-Factors")
    recovery = page.locator(".jp-QuantLab-RecoveryCodes code").all_text_contents()
    assert len(recovery) == 10
    page.get_by_role("button", name="I have kept them", exact=True).press("Enter")
    expect(page.get_by_text("Two-step verification is on")).to_be_visible()
    sign_out(page)
    type_password(page, "grace")
    second = page.get_by_label("Code", exact=True)
    expect(second).to_be_focused()
    is_clean(page, ".jp-QuantLab-Account")
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This is not right, or it was used before.")).to_be_visible()
    # The code of the setup is used up; a recovery code is not.
    second.fill(recovery[0])
    page.keyboard.press("Enter")
    expect(page.locator(ACCOUNT)).to_have_text("grace")


def test_a_passkey_is_made_and_signs_in_without_a_password(lab: doc.Lab, page: Page) -> None:
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    line.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    open_by_name(page, lab)
    sign_up(page, "ada")
    show_factors(page)
    page.get_by_label("Name of the new passkey").fill("Laptop")
    page.get_by_role("button", name="Add a passkey", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Keep your recovery codes", exact=True)).to_be_visible()
    page.get_by_role("button", name="I have kept them", exact=True).press("Enter")
    expect(page.get_by_role("list", name="Your passkeys", exact=True)).to_contain_text("Laptop")
    is_clean(page, ".jp-QuantLab-Factors")
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey", exact=True).press("Enter")
    expect(page.locator(ACCOUNT)).to_have_text("ada")
    sign_out(page)
    type_password(page, "ada")
    page.get_by_role("button", name="Use a passkey", exact=True).press("Enter")
    expect(page.locator(ACCOUNT)).to_have_text("ada")
    show_factors(page)
    page.get_by_role("button", name="Remove the passkey Laptop", exact=True).press("Enter")
    sure = page.get_by_role("dialog", name="Remove the passkey “Laptop”?", exact=True)
    # Pressing on takes nothing away.
    expect(sure.get_by_role("button", name="Cancel", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(sure).to_have_count(0)
    expect(page.get_by_role("list", name="Your passkeys", exact=True)).to_contain_text("Laptop")
    page.get_by_role("button", name="Remove the passkey Laptop", exact=True).press("Enter")
    sure.get_by_role("button", name="Remove", exact=True).press("Enter")
    expect(page.get_by_text("Two-step verification is off")).to_be_visible()
