"""The question "Confirm that it is you" before lasting harm, in a real browser and by keyboard."""

from __future__ import annotations

import secrets
import sqlite3

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.test_accessibility import check
from tests.e2e.test_account_panel import ACCOUNT, PASSWORD, sign_up
from tests.e2e.test_second_factors import set_up_app
from tests.support import documents as doc
from tests.support.documents import run

pytestmark = pytest.mark.e2e

LONG_AGO = "2020-01-01 00:00:00.000000"


def some_time_later(page: Page, lab: doc.Lab, name: str) -> None:
    """As if ``name`` had signed in long ago: nothing is told of that to the page, whose new access token says it."""
    with sqlite3.connect(lab.data_dir / "quantlab.sqlite3", timeout=30) as database:
        found = database.execute(
            "UPDATE sessions SET auth_time = ? WHERE user_id IN"
            " (SELECT id FROM users WHERE username = ?)",
            [LONG_AGO, name],
        )
        assert found.rowcount == 1
    database.close()
    page.reload()
    expect(page.locator(ACCOUNT)).to_have_text(name, timeout=doc.START_MS)


def ask_for_token(page: Page) -> Locator:
    """Begin what needs a confirmation; the question."""
    run(page, "quantlab:account-open", section="api-tokens")
    page.get_by_label("What it is for", exact=True).fill("Nightly run")
    page.get_by_role("button", name="Make a token", exact=True).press("Enter")
    question = page.get_by_role("dialog", name="Confirm that it is you", exact=True)
    expect(question).to_be_visible()
    return question


def is_made(page: Page) -> None:
    """The token is there, and the question is not."""
    expect(page.get_by_role("dialog", name="Confirm that it is you", exact=True)).to_have_count(0)
    expect(page.get_by_text("qlp_").first).to_be_visible()


@pytest.mark.parametrize("size", [(1366, 850), (390, 800)], ids=["desk", "phone"])
def test_the_password_is_asked_for_again_and_nothing_is_lost_by_leaving(
    lab: doc.Lab, page: Page, size: tuple[int, int]
) -> None:
    doc.open_lab(page, lab)
    name = f"p{secrets.token_hex(4)}"
    sign_up(page, name)
    some_time_later(page, lab, name)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    question = ask_for_token(page)
    password = question.get_by_label("Password", exact=True)
    expect(password).to_be_focused()
    expect(question.get_by_label("Code", exact=True)).to_have_count(0)
    check(page, "dialog.jp-QuantLab-Modal")
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    expect(page.get_by_label("What it is for", exact=True)).to_have_value("Nightly run")
    make = page.get_by_role("button", name="Make a token", exact=True)
    expect(make).to_be_focused()
    expect(page.get_by_text("qlp_")).to_have_count(0)
    make.press("Enter")
    expect(password).to_be_focused()
    page.keyboard.type("not my password at all")
    page.keyboard.press("Enter")
    expect(question.get_by_text("This is not your password. Try again.")).to_be_visible()
    expect(password).to_have_attribute("aria-invalid", "true")
    check(page, "dialog.jp-QuantLab-Modal")
    password.fill(PASSWORD)
    page.keyboard.press("Enter")
    is_made(page)


def test_whoever_has_an_app_gives_its_code_as_well(lab: doc.Lab, page: Page) -> None:
    doc.open_lab(page, lab)
    name = f"p{secrets.token_hex(4)}"
    sign_up(page, name)
    codes = set_up_app(page)
    some_time_later(page, lab, name)
    question = ask_for_token(page)
    password = question.get_by_label("Password", exact=True)
    code = question.get_by_label("Code", exact=True)
    expect(password).to_be_focused()
    check(page, "dialog.jp-QuantLab-Modal")
    confirm = question.get_by_role("button", name="Confirm", exact=True)
    page.keyboard.type(PASSWORD)
    expect(confirm).to_have_attribute("aria-disabled", "true")
    # The password alone does nothing.
    page.keyboard.press("Enter")
    expect(question).to_be_visible()
    code.fill("000000")
    page.keyboard.press("Enter")
    expect(question.get_by_text("This code is not right, or it was used before.")).to_be_visible()
    code.fill(codes[0])
    page.keyboard.press("Enter")
    is_made(page)


def test_the_service_down_is_said_in_the_question_and_what_was_typed_stays(
    lab: doc.Lab, page: Page
) -> None:
    doc.open_lab(page, lab)
    name = f"p{secrets.token_hex(4)}"
    sign_up(page, name)
    some_time_later(page, lab, name)
    question = ask_for_token(page)
    question.get_by_label("Password", exact=True).fill(PASSWORD)
    page.route("**/auth/step-up*", lambda route: route.abort())
    page.keyboard.press("Enter")
    expect(question.get_by_role("alert")).to_contain_text("cannot be reached")
    page.unroute("**/auth/step-up*")
    question.get_by_role("button", name="Confirm", exact=True).press("Enter")
    is_made(page)
