"""Two people of one tenant in two browsers: shared, seen at once, edited, ended at once; nothing runs by itself."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.test_accessibility import THEMES, check, set_theme
from tests.e2e.test_account_panel import ACCOUNT, choose
from tests.e2e.test_layouts import LAYOUT, expect_charts
from tests.e2e.test_layouts import create as create_layout
from tests.e2e.test_library_panel import menu, row
from tests.support import documents as doc
from tests.support.api import PASSWORD
from tests.support.colleagues import make_colleague, make_tenant, quantlab
from tests.support.documents import run
from tests.support.waiting import time_for_mistakes, wait_until

pytestmark = pytest.mark.e2e

EVIL = '<img src=x onerror="window.evil = 1"><script>window.evil = 1</script>'
DIALOG = ".jp-QuantLab-mod-share"


@pytest.fixture(scope="module")
def names(lab: doc.Lab) -> tuple[str, str]:
    """Usernames of two people of one tenant."""
    tenant_id = make_tenant(lab)
    ann, ben = (make_colleague(lab, tenant_id, name) for name in ("ann", "ben"))
    for name in (ann, ben):
        # What happens here within a minute is more than a free account may ask.
        quantlab(lab, "user", "tier", name, "team")
    return ann, ben


@contextmanager
def client(lab: doc.Lab, username: str) -> Iterator[httpx.Client]:
    """The service as one of them uses it beside the page."""
    body = {"login": username, "password": PASSWORD, "transport": "body"}
    with lab.client() as anonymous:
        answer = anonymous.post("/auth/login", json=body)
    assert answer.status_code == 200, answer.text
    with lab.client(session=answer.json()["access_token"]) as found:
        yield found


@contextmanager
def page_of(browser: Browser, lab: doc.Lab, username: str) -> Iterator[Page]:
    """A browser of one of them, signed in, with the library in front."""
    context = browser.new_context(viewport={"width": 1366, "height": 850}, locale="en-US")
    page = context.new_page()
    doc.open_lab(page, lab)
    choose(page, "Sign In with Another Account…")
    page.get_by_label("E-mail address or username").fill(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(ACCOUNT)).to_have_text(username)
    page.get_by_role("tab", name="Library").click()
    expect(page.get_by_role("region", name="Library")).to_be_visible()
    yield page
    context.close()


def give(page: Page, user: str, access: str) -> None:
    """Share in the open dialog."""
    dialog = page.locator(DIALOG)
    dialog.get_by_label("Share with").fill(user)
    dialog.get_by_label("Access", exact=True).select_option(label=access)
    dialog.get_by_role("button", name="Share", exact=True).click()
    expect(dialog.get_by_role("listitem").filter(has_text=user)).to_be_visible()


def close(page: Page) -> None:
    page.locator(DIALOG).get_by_role("button", name="Close").click()
    expect(page.locator(DIALOG)).to_have_count(0)


def test_a_workflow_is_shared_seen_edited_and_taken_back(
    lab: doc.Lab, browser: Browser, names: tuple[str, str]
) -> None:
    ann, ben = names
    forged = doc.code_cell("window = 1", doc.shown({"text/html": EVIL}), trusted=True)
    notebook = doc.notebook(forged)
    notebook["metadata"]["trusted"] = True
    with (
        client(lab, ann) as anns,
        client(lab, ben) as bens,
        page_of(browser, lab, ben) as other,
        page_of(browser, lab, ann) as page,
    ):
        id = doc.create(anns, "Joint", notebook=notebook)["id"]
        other.get_by_role("button", name="Shared with me", exact=True).click()
        expect(other.get_by_text("Nothing is shared with you")).to_be_visible()

        expect(row(page, "Joint")).to_be_visible()
        menu(page, "Joint", "Share…")
        expect(page.get_by_text("Nobody but you has access.")).to_be_visible()
        dialog = page.locator(DIALOG)
        dialog.get_by_label("Share with").fill("nobody at all")
        dialog.get_by_role("button", name="Share", exact=True).click()
        expect(page.get_by_text("There is nobody of that name")).to_be_visible()
        give(page, ben, "May edit")
        check(page, f"{DIALOG} .jp-Dialog-content")
        page.screenshot(path=lab.home / "share-dark.png")
        page.set_viewport_size({"width": 390, "height": 780})
        page.screenshot(path=lab.home / "share-phone.png")
        set_theme(page, THEMES[0])
        page.set_viewport_size({"width": 1366, "height": 850})
        close(page)

        # Seen at once, with the owner's name; nothing runs by another's hand.
        expect(row(other, "Joint")).to_contain_text(f"from {ann}")
        row(other, "Joint").click()
        expect(doc.banner(other, "run")).to_be_visible(timeout=doc.START_MS)
        time_for_mistakes(other, 1500)
        assert other.evaluate("window.evil") is None

        # What the one saves is offered to the other.
        doc.open_from_library(page, id)
        doc.type_at_end(other, "  # by ben")
        doc.save(other)
        doc.expect_saved(other, 2)
        news = doc.banner(page, "elsewhere")
        expect(news).to_contain_text("Version 2 was saved elsewhere.")
        news.get_by_role("button", name="Show it").click()
        expect(page.locator(".jp-Document .cm-content:visible").first).to_contain_text("by ben")
        assert not doc.stored(anns, id)["trust"]["auto_run"]

        # Ended at once; what was typed stays, and becomes an own workflow.
        doc.type_at_end(other, "  # not saved")
        run(page, "quantlab:share")
        dialog.get_by_role("button", name=f"End the access of {ben}").click()
        expect(page.get_by_text("Nobody but you has access.")).to_be_visible()
        close(page)
        gone = doc.banner(other, "conflict")
        expect(gone).to_contain_text("no longer shared with you")
        expect(row(other, "Joint")).to_have_count(0)
        assert bens.get(f"/workflows/{id}").status_code == 404
        gone.get_by_role("button", name="Save a copy…").click()
        other.get_by_role("button", name="Save as copy").click()

        def copies() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = bens.get("/workflows").json()["items"]
            return found

        (copy,) = wait_until(copies, what="the copy is stored")
        assert "# not saved" in str(doc.stored(bens, copy["id"])["notebook"])
        assert "# not saved" not in str(doc.stored(anns, id)["notebook"])


def test_a_layout_is_shared_left_and_taken_back(
    lab: doc.Lab, browser: Browser, names: tuple[str, str]
) -> None:
    ann, ben = names
    name = f"Desk {secrets.token_hex(3)}"
    with (
        client(lab, ann) as anns,
        page_of(browser, lab, ben) as other,
        page_of(browser, lab, ann) as page,
    ):
        layout = create_layout(anns, name, {"symbol": "SAMPLE:AAPL"})
        run(page, "quantlab:layout-open", id=layout["id"])
        expect_charts(page, 1)
        run(page, "quantlab:layout-share")
        give(page, ben, "May view")
        other.get_by_role("button", name="Shared with me", exact=True).click()
        row(other, name).click()
        expect_charts(other, 1)

        run(other, "quantlab:layout-share")
        expect(other.locator(DIALOG)).to_contain_text("May view")
        expect(other.locator(DIALOG).get_by_label("Share with")).to_have_count(0)
        other.locator(DIALOG).get_by_role("button", name="Leave").click()
        sure = other.get_by_role("dialog", name=f"Leave what {ann} shares with you?", exact=True)
        sure.get_by_role("button", name="Leave", exact=True).click()
        expect(row(other, name)).to_have_count(0)
        gone = doc.banner(other, "gone")
        expect(gone).to_contain_text("no longer shared with you")
        # Given again, it is there again.
        close(page)
        run(page, "quantlab:layout-share")
        give(page, ben, "May edit")
        expect(gone).to_have_count(0)
        expect(row(other, name)).to_be_visible()
        page.locator(DIALOG).get_by_role("button", name=f"End the access of {ben}").click()
        expect(gone).to_be_visible()
        other.screenshot(path=lab.home / "gone.png")
        gone.get_by_role("button", name="Save a copy").click()
        expect(gone).to_have_count(0)
        expect(other.locator(LAYOUT)).to_have_count(1)
