"""How hard a password is to guess is told while it is chosen: in words, by a meter, in both themes and on a phone."""

from __future__ import annotations

import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_accessibility import check, set_theme
from tests.e2e.test_account_panel import PASSWORD, choose, section, sign_up
from tests.support import documents as doc

pytestmark = pytest.mark.e2e


def test_signing_up_tells_how_strong_a_password_is(lab: doc.Lab, page: Page) -> None:
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    doc.open_lab(page, lab)
    choose(page, "Create an Account…")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("E-mail address").fill("ada@example.org")
    before = len(fetched)
    # The words that people use come when they are needed, not with the page.
    password = page.get_by_label("Password", exact=True)
    password.fill("password")
    meter = page.get_by_role("meter", name="Password strength", exact=True)
    expect(meter).to_have_attribute("aria-valuetext", "Too short.")
    assert any("/extensions/@quantlab/" in url for url in fetched[before:])
    password.fill("passwordpassword")
    expect(meter).to_have_attribute("aria-valuenow", "0")
    expect(page.get_by_role("status").filter(has_text="Very weak.")).to_be_visible()
    password.fill("seven brown foxes beside a kettle")
    expect(meter).to_have_attribute("aria-valuetext", "Strong.")
    expect(meter).to_have_attribute("aria-valuenow", "4")
    password.fill("")
    expect(meter).to_have_count(0)
    password.fill("ada@example.org")
    expect(page.get_by_text("Your name and address are easy to guess.")).to_be_visible()
    for theme in ("Light", "Dark"):
        set_theme(page, f"JupyterLab {theme}")
        page.screenshot(path=lab.home / f"strength-{theme}.png")
    check(page, ".jp-QuantLab-NewPassword")
    page.set_viewport_size({"width": 390, "height": 800})
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    expect(meter).to_be_visible()
    page.screenshot(path=lab.home / "strength-390.png")


def test_changing_the_password_tells_it_too(lab: doc.Lab, page: Page) -> None:
    doc.open_lab(page, lab)
    sign_up(page, f"ada{secrets.token_hex(3)}")
    choose(page, "Account")
    section(page, "Password").click()
    chosen = page.get_by_label("New password", exact=True)
    page.get_by_label("Present password", exact=True).fill(PASSWORD)
    chosen.fill("nine purple whales and a lamp")
    meter = page.get_by_role("meter", name="Password strength", exact=True)
    expect(meter).to_have_attribute("aria-valuetext", "Strong.")
    page.screenshot(path=lab.home / "strength-change.png")
    page.get_by_role("button", name="Change password", exact=True).click()
    expect(page.get_by_text("Your password is changed.")).to_be_visible()
    expect(meter).to_have_count(0)
