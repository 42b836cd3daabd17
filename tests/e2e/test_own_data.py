"""All of one's data as a file, and deleting one's account and keeping it after all: by keyboard, on desk and phone."""

from __future__ import annotations

import secrets
import zipfile

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.test_accessibility import check
from tests.e2e.test_account_panel import ACCOUNT, PASSWORD, sign_up
from tests.support import documents as doc
from tests.support.documents import run

pytestmark = pytest.mark.e2e

CARD = ".jp-QuantLab-Account"


WIDTHS = pytest.mark.parametrize("size", [(1366, 850), (390, 800)], ids=["desk", "phone"])


def newcomer(page: Page, lab: doc.Lab, size: tuple[int, int]) -> str:
    """Somebody who just signed up, on a screen of that size; the name."""
    doc.open_lab(page, lab)
    name = f"p{secrets.token_hex(4)}"
    sign_up(page, name)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    return name


@WIDTHS
def test_all_data_are_exported_and_that_can_be_cancelled(
    lab: doc.Lab, page: Page, size: tuple[int, int]
) -> None:
    newcomer(page, lab, size)
    run(page, "quantlab:account-open", section="own-data")
    start = page.get_by_role("button", name="Export my data", exact=True).last
    expect(start).to_be_visible()
    check(page, CARD)
    held: list[Route] = []
    page.route("**/auth/export*", lambda route: held.append(route))
    start.focus()
    page.keyboard.press("Enter")
    cancel = page.get_by_role("button", name="Cancel", exact=True)
    expect(cancel).to_be_focused()
    expect(page.get_by_role("progressbar", name="Exporting my data", exact=True)).to_be_visible()
    check(page, CARD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("The export was cancelled.")).to_be_visible()
    expect(start).to_be_focused()
    page.unroute("**/auth/export*")
    with page.expect_download() as coming:
        page.keyboard.press("Enter")
    with zipfile.ZipFile(coming.value.path()) as made:
        assert {"manifest.json", "account/profile.json"} <= set(made.namelist())
    expect(page.get_by_text("Your data are in the folder of your downloads")).to_be_visible()


@WIDTHS
def test_an_account_is_deleted_and_kept_after_all(
    lab: doc.Lab, page: Page, size: tuple[int, int]
) -> None:
    name = newcomer(page, lab, size)
    run(page, "quantlab:account-open", section="delete-account")
    typed = page.get_by_label("To confirm, type your username", exact=True)
    expect(typed).to_be_visible()
    check(page, CARD)
    typed.fill("somebody else")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Type your username, exactly as it is shown.")).to_be_visible()
    typed.fill(name)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your account is closed.")).to_be_visible()
    expect(page.locator(ACCOUNT)).to_have_text("Sign in")
    page.get_by_label("E-mail address or username", exact=True).fill(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", name="Your account will be deleted", exact=True)
    expect(heading).to_be_focused()
    check(page, CARD)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Keep my account", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(ACCOUNT)).to_have_text(name)
    expect(heading).to_have_count(0)
