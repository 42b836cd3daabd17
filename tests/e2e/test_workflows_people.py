"""Workflows of one person do not stay on the page of the next; what they left unsaved comes back to them."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_account_panel import ACCOUNT, choose, sign_up
from tests.support import documents as doc

pytestmark = pytest.mark.e2e


def test_workflows_leave_with_their_person_and_come_back(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    workflow = doc.create(api, "Of the local account", code="first = 1\n")
    doc.open_lab(page, lab)
    doc.open_from_library(page, workflow["id"])
    page.route("**/draft*", lambda route: route.abort())
    doc.type_at_end(page, "second = 2")
    doc.expect_state(page, "offline-draft")
    # The editor, and what it printed beside it.
    tabs = page.get_by_role("tab", name="Of the local account.py")
    expect(tabs.first).to_be_visible()

    # Signing out closes them, and nobody is asked whether to save what is theirs.
    choose(page, "Sign Out")
    expect(page.locator(ACCOUNT)).to_have_text("Sign in")
    expect(tabs).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.unroute("**/draft*")

    sign_up(page, "grace")
    expect(page.locator(ACCOUNT)).to_have_text("grace")
    expect(tabs).to_have_count(0)
    choose(page, "Sign Out")
    page.get_by_role("button", name="Continue as local user").first.click()
    expect(page.locator(ACCOUNT)).not_to_have_text("Sign in")
    doc.open_from_library(page, workflow["id"])
    bar = doc.banner(page, "recovery")
    expect(bar).to_contain_text("There are unsaved changes of")
    bar.get_by_role("button", name="Restore").click()
    expect(page.locator(".jp-Document .cm-content:visible")).to_contain_text("second = 2")
    # Nothing was saved in the meantime, by nobody.
    assert doc.stored(api, workflow["id"])["version"] == 1
