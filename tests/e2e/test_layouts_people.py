"""Layouts of one person do not stay on the page of the next; what they left unsaved comes back to them."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.test_account_panel import ACCOUNT, PASSWORD, choose, sign_up
from tests.e2e.test_layouts import LAYOUT, create, expect_charts, expect_state, open_layout
from tests.support import documents as doc
from tests.support.documents import run

pytestmark = pytest.mark.e2e


def test_layouts_leave_with_their_person_and_come_back(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    layout = create(api, "Of the local account", {"symbol": "SAMPLE:AAPL"})
    open_layout(page, lab, layout)
    page.route("**/draft*", lambda route: route.abort())
    page.get_by_label("Arrangement").select_option("quad")
    expect_state(page, "offline-draft")
    choose(page, "Sign Out")
    expect(page.locator(ACCOUNT)).to_have_text("Sign in")
    expect(page.locator(LAYOUT)).to_have_count(0)
    page.unroute("**/draft*")

    sign_up(page, "ada")
    run(page, "quantlab:layout-new")
    expect_charts(page, 1)
    page.get_by_label("Arrangement").select_option("stacked")
    expect_charts(page, 2)
    choose(page, "Sign Out")
    expect(page.locator(LAYOUT)).to_have_count(0)

    page.get_by_role("button", name="Continue as local user").first.click()
    expect(page.locator(ACCOUNT)).not_to_have_text("Sign in")
    expect(page.locator(LAYOUT)).to_have_count(0)
    run(page, "quantlab:layout-open", id=layout["id"])
    bar = doc.banner(page, "recovery")
    expect(bar).to_contain_text("There are unsaved changes of")
    bar.get_by_role("button", name="Restore").click()
    expect_charts(page, 4)
    expect_state(page, "unsaved")

    choose(page, "Sign In with Another Account…")
    page.get_by_label("E-mail address or username").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(ACCOUNT)).to_have_text("ada")
    # Her own, that she never saved; the other one is closed.
    expect(page.get_by_role("tab", name="New layout")).to_be_visible()
    expect(page.get_by_role("tab", name="Of the local account")).to_have_count(0)
    expect_charts(page, 2)


def test_a_page_brings_no_layouts_of_another_person_back(
    lab: doc.Lab, browser: Browser, page: Page
) -> None:
    doc.open_lab(page, lab)
    sign_up(page, "mary")
    run(page, "quantlab:layout-new")
    expect_charts(page, 1)
    page.get_by_label("Arrangement").select_option("stacked")
    expect_charts(page, 2)
    # JupyterLab keeps the page's state a moment after its last change, for all browsers.
    with page.expect_request("**/lab/api/workspaces/**"):
        page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.get_by_role("tab", name="New layout")).to_be_visible(timeout=doc.START_MS)
    page.close(run_before_unload=False)
    other = browser.new_context()
    try:
        theirs = other.new_page()
        theirs.goto(f"{lab.url}lab?token={lab.token}")
        theirs.wait_for_function("window.jupyterapp !== undefined", timeout=doc.START_MS)
        theirs.evaluate("window.jupyterapp.restored")
        expect(theirs.locator(ACCOUNT)).not_to_have_attribute("data-state", "unknown")
        expect(theirs.get_by_role("tab", name="New layout")).to_have_count(0)
    finally:
        other.close()
