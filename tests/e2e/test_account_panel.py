"""The account: the local one, signing up, in and out, sessions, and staying signed in over a reload."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support import documents as doc

pytestmark = pytest.mark.e2e

ACCOUNT = ".jp-QuantLab-AccountButton button"
PASSWORD = "correct horse battery staple"


def choose(page: Page, item: str) -> None:
    """Choose from the account menu at the top right, once it is known who is signed in."""
    known = page.locator(f"{ACCOUNT}:not([data-state='unknown'])")
    expect(known).to_be_visible(timeout=doc.START_MS)
    known.click()
    page.locator(".lm-Menu").get_by_text(item, exact=True).click()


def show_library(page: Page) -> None:
    """Bring the library panel to the front, wherever the page's layout has it."""
    page.wait_for_function("window.jupyterapp !== undefined", timeout=doc.START_MS)
    page.evaluate(
        "window.jupyterapp.restored.then(() => "
        "void window.jupyterapp.commands.execute('quantlab:library-show'))"
    )


def sign_up(page: Page, name: str) -> None:
    """Make an account by the form."""
    choose(page, "Create an Account…")
    page.get_by_label("Username").fill(name)
    page.get_by_label("E-mail address").fill(f"{name}@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password", exact=True).press("Enter")
    expect(page.locator(ACCOUNT)).to_have_text(name)


def section(page: Page, name: str) -> Locator:
    """The button that shows a section of the account page."""
    return page.get_by_role("navigation", name="Account", exact=True).get_by_role(
        "button", name=name, exact=True
    )


def test_the_local_account_needs_no_password(lab: doc.Lab, page: Page) -> None:
    doc.open_lab(page, lab)
    choose(page, "Account")
    expect(page.get_by_text("The account of whoever holds this Jupyter server")).to_be_visible()
    expect(page.get_by_text("Operator")).to_be_visible()
    # It has no password that could be changed.
    expect(section(page, "Password")).to_have_count(0)
    section(page, "Sessions").click()
    expect(page.get_by_role("list", name="Where you are signed in", exact=True)).to_be_visible()


def test_the_forms_say_at_the_field_what_is_wrong_and_keep_what_was_typed(
    lab: doc.Lab, page: Page
) -> None:
    doc.open_lab(page, lab)
    choose(page, "Create an Account…")
    name = page.get_by_label("Username")
    mail = page.get_by_label("E-mail address")
    password = page.get_by_label("Password", exact=True)
    name.fill("grace")
    mail.fill("nowhere")
    expect(page.get_by_text("Enter an e-mail address")).to_have_count(0)
    mail.blur()
    expect(page.get_by_text("Enter an e-mail address")).to_be_visible()
    password.fill("short")
    password.press("Enter")
    expect(page.get_by_text("Use at least 12 characters.")).to_be_visible()
    expect(mail).to_be_focused()
    expect(name).to_have_value("grace")
    page.get_by_role("button", name="Show password").click()
    expect(password).to_have_attribute("type", "text")
    choose(page, "Sign In with Another Account…")
    page.get_by_label("E-mail address or username").fill("grace")
    page.get_by_label("Password", exact=True).fill("a wrong password")
    page.get_by_label("Password", exact=True).press("Enter")
    expect(page.get_by_text("do not belong together")).to_be_visible()
    expect(page.get_by_label("E-mail address or username")).to_have_value("grace")


def test_a_person_signs_up_stays_signed_in_and_signs_out(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    doc.create(api, "Of the local account", code="")
    doc.open_lab(page, lab)
    sign_up(page, "ada")
    expect(page.get_by_text("ada@example.org")).to_be_visible()
    show_library(page)
    expect(page.get_by_text("Your library is empty")).to_be_visible()
    # Neither token is where a script of the page could read it later.
    kept = page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    )
    assert "eyJ" not in kept
    assert "quantlab_refresh" not in kept
    page.reload()
    expect(page.locator(ACCOUNT)).to_have_text("ada", timeout=doc.START_MS)
    show_library(page)
    choose(page, "Sign Out")
    expect(page.locator(ACCOUNT)).to_have_text("Sign in")
    expect(page.get_by_text("Sign in to see your library")).to_be_visible()
    page.reload()
    expect(page.locator(ACCOUNT)).to_have_text("Sign in", timeout=doc.START_MS)
    show_library(page)
    page.get_by_role("button", name="Continue as local user").first.click()
    expect(page.get_by_text("Of the local account")).to_be_visible()


def test_another_browser_is_listed_and_can_be_ended(
    lab: doc.Lab, browser: Browser, page: Page
) -> None:
    doc.open_lab(page, lab)
    sign_up(page, "mary")
    other = browser.new_context()
    try:
        second = other.new_page()
        doc.open_lab(second, lab)
        choose(second, "Sign In with Another Account…")
        second.get_by_label("E-mail address or username").fill("mary")
        second.get_by_label("Password", exact=True).fill(PASSWORD)
        second.get_by_role("button", name="Sign in", exact=True).click()
        expect(second.locator(ACCOUNT)).to_have_text("mary")
        section(second, "Sessions").click()
        # The row goes at once; what counts is that the service agreed.
        with second.expect_response(lambda answer: "/auth/sessions/" in answer.url) as ended:
            second.get_by_role("button", name="End session").click()
        assert ended.value.status == 204
        expect(second.get_by_role("button", name="End session")).to_have_count(0)
    finally:
        other.close()
    # The first page learns of it with its next request, and says so.
    show_library(page)
    expect(page.get_by_text("Your session has ended").first).to_be_visible(timeout=30_000)


def test_sections_by_keyboard_by_command_and_over_a_reload(lab: doc.Lab, page: Page) -> None:
    doc.open_lab(page, lab)
    sign_up(page, "joan")
    first = section(page, "Profile")
    expect(first).to_have_attribute("aria-current", "page")
    first.focus()
    page.keyboard.press("ArrowDown")
    expect(section(page, "Preferences")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Home")
    expect(first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    theme = page.get_by_label("Theme", exact=True)
    expect(theme).to_be_visible()
    theme.select_option("dark")
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    page.evaluate(
        "void window.jupyterapp.commands.execute('quantlab:account-open', {section: 'activity'})"
    )
    expect(page.get_by_role("list", name="Your activity", exact=True)).to_contain_text(
        "Account created"
    )
    # The page comes back with the section that was in front.
    doc.wait_until_kept(page, '"section":"activity"')
    page.reload()
    expect(section(page, "Activity")).to_have_attribute(
        "aria-current", "page", timeout=doc.START_MS
    )
    # Where it is narrow, a drop-down takes the place of the list.
    page.set_viewport_size({"width": 390, "height": 800})
    narrow = page.get_by_role("combobox", name="Account", exact=True)
    narrow.select_option("profile")
    username = page.get_by_label("Username", exact=True)
    username.fill("joan.of.arc")
    username.press("Enter")
    expect(page.locator(ACCOUNT)).to_have_text("joan.of.arc")


def test_a_changed_password_is_the_one_that_counts(lab: doc.Lab, page: Page) -> None:
    doc.open_lab(page, lab)
    sign_up(page, "hedy")
    section(page, "Password").click()
    page.get_by_label("Present password", exact=True).fill("not the right one")
    new = page.get_by_label("New password", exact=True)
    new.fill("short")
    new.press("Enter")
    expect(page.get_by_text("Use at least 12 characters.")).to_be_visible()
    new.fill("frequency hopping spread")
    new.press("Enter")
    expect(page.get_by_role("alert").first).to_be_visible()
    page.get_by_label("Present password", exact=True).fill(PASSWORD)
    new.press("Enter")
    expect(page.get_by_text("Your password is changed.")).to_be_visible()
    choose(page, "Sign Out")
    expect(page.locator(ACCOUNT)).to_have_text("Sign in")
    page.get_by_label("E-mail address or username").fill("hedy")
    page.get_by_label("Password", exact=True).fill("frequency hopping spread")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(ACCOUNT)).to_have_text("hedy")
