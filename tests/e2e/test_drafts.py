"""An edit is never lost: drafts in time, through crashes of browser and server, and offline."""

from __future__ import annotations

from time import monotonic

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import JupyterFactory
from tests.support import documents as doc
from tests.support.waiting import time_for_mistakes, wait_until

pytestmark = pytest.mark.e2e

SCRIPT = "x = 1\n"
LOCAL = """
() => new Promise((resolve, reject) => {
  const request = indexedDB.open('quantlab-drafts');
  request.onerror = () => reject(request.error);
  request.onsuccess = () => {
    const all = request.result.transaction('drafts').objectStore('drafts').getAll();
    all.onsuccess = () => resolve(all.result.map(record => record.content));
  };
})
"""


def test_an_edit_is_in_the_draft_within_two_seconds(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    workflow = doc.create(api, "Quick", code=SCRIPT)
    traffic = doc.Traffic(page)
    doc.open_path(page, lab, "Quick.py")
    doc.expect_saved(page, 1)
    doc.type_at_end(page, "2345")
    edited = monotonic()
    doc.wait_for_draft(api, workflow["id"], "x = 12345", timeout=10)
    assert monotonic() - edited <= 2.0
    doc.expect_state(page, "unsaved")
    assert len(traffic.of("PUT", "/draft")) <= 2
    assert doc.stored(api, workflow["id"])["version"] == 1
    # One request for one quiet period, and none without an edit.
    count = len(traffic.of("PUT", "/draft"))
    page.locator(".jp-FileEditor .cm-content").click()
    page.keyboard.press("ArrowLeft")
    time_for_mistakes(page, 2500)
    assert len(traffic.of("PUT", "/draft")) == count


def test_continuous_typing_is_in_the_draft_within_ten_seconds(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    workflow = doc.create(api, "Typing", code=SCRIPT)
    doc.open_path(page, lab, "Typing.py")
    doc.expect_saved(page, 1)
    doc.type_at_end(page, "1")
    begin = monotonic()
    while doc.draft(api, workflow["id"]) is None:
        assert monotonic() - begin <= 10.0
        page.keyboard.type("23", delay=150)


def test_a_killed_browser_finds_its_edit_again(
    lab: doc.Lab, api: httpx.Client, browser: Browser, page: Page
) -> None:
    workflow = doc.create(api, "Crashed", code=SCRIPT)
    first = browser.new_context()
    tab = first.new_page()
    doc.open_path(tab, lab, "Crashed.py")
    doc.expect_saved(tab, 1)
    doc.type_at_end(tab, "77")
    doc.wait_for_draft(api, workflow["id"], "x = 177")
    first.close()
    doc.open_path(page, lab, "Crashed.py")
    doc.expect_saved(page, 1)
    expect(page.locator(".cm-content").first).to_contain_text("x = 1")
    bar = doc.banner(page, "recovery")
    expect(bar).to_contain_text("There are unsaved changes of")
    bar.get_by_role("button", name="Compare").click()
    expect(page.locator(".jp-QuantLab-Conflict")).to_contain_text("x = 177")
    page.locator(".jp-QuantLab-Conflict").get_by_role("button", name="Close", exact=True).click()
    bar.get_by_role("button", name="Restore").click()
    expect(bar).to_have_count(0)
    expect(page.locator(".cm-content").first).to_contain_text("x = 177")
    doc.save(page)
    doc.expect_saved(page, 2)
    assert doc.stored(api, workflow["id"])["code"] == "x = 177\n"


def test_an_undecided_draft_survives_new_edits(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    workflow = doc.create(api, "Undecided", code=SCRIPT)
    api.put(
        f"/workflows/{workflow['id']}/draft",
        json={"base_version": 1, "content": "x = 'earlier'\n"},
        headers={"If-None-Match": "*"},
    ).raise_for_status()
    doc.open_path(page, lab, "Undecided.py")
    bar = doc.banner(page, "recovery")
    expect(bar).to_be_visible()
    doc.type_at_end(page, "8")
    doc.wait_for_draft(api, workflow["id"], "x = 18")
    bar.get_by_role("button", name="Compare").click()
    expect(page.locator(".jp-QuantLab-Conflict")).to_contain_text("earlier")
    page.locator(".jp-QuantLab-Conflict").get_by_role("button", name="Close", exact=True).click()
    bar.get_by_role("button", name="Discard").click()
    expect(bar).to_have_count(0)
    found = doc.draft(api, workflow["id"])
    assert found is not None
    assert "x = 18" in found["content"]


def test_restoring_keeps_what_the_page_held(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    workflow = doc.create(api, "Restoring", code=SCRIPT)
    api.put(
        f"/workflows/{workflow['id']}/draft",
        json={"base_version": 1, "content": "x = 'earlier'\n"},
        headers={"If-None-Match": "*"},
    ).raise_for_status()
    doc.open_path(page, lab, "Restoring.py")
    bar = doc.banner(page, "recovery")
    expect(bar).to_be_visible()
    doc.type_at_end(page, "8")
    doc.wait_for_draft(api, workflow["id"], "x = 18")
    bar.get_by_role("button", name="Restore").click()
    expect(page.locator(".cm-content").first).to_contain_text("earlier")
    doc.wait_for_draft(api, workflow["id"], "earlier")
    # What was typed meanwhile is on offer in its turn.
    bar.get_by_role("button", name="Restore").click()
    expect(page.locator(".cm-content").first).to_contain_text("x = 18")
    expect(bar).to_be_visible()
    doc.wait_for_draft(api, workflow["id"], "x = 18")


def test_a_save_in_one_tab_leaves_the_draft_of_another(
    lab: doc.Lab, api: httpx.Client, browser: Browser, page: Page
) -> None:
    workflow = doc.create(api, "Two tabs", code=SCRIPT)
    doc.open_path(page, lab, "Two tabs.py")
    doc.expect_saved(page, 1)
    context = browser.new_context()
    other = context.new_page()
    doc.open_path(other, lab, "Two tabs.py")
    doc.expect_saved(other, 1)
    doc.type_at_end(other, "77")
    doc.wait_for_draft(api, workflow["id"], "x = 177")
    # This tab saves before it hears of the other one's draft.
    page.route("**/draft", lambda route: route.abort())
    doc.type_at_end(page, "5")
    doc.save(page)
    doc.expect_saved(page, 2)
    found = doc.draft(api, workflow["id"])
    assert found is not None
    assert (found["content"], found["stale"]) == ("x = 177\n", True)
    # Its next edit needs the draft's place: what lay there stays on offer.
    page.unroute("**/draft")
    doc.type_at_end(page, "6")
    doc.wait_for_draft(api, workflow["id"], "x = 156")
    doc.expect_state(page, "unsaved")
    bar = doc.banner(page, "recovery")
    expect(bar).to_contain_text("There are unsaved changes of")
    bar.get_by_role("button", name="Compare").click()
    expect(page.locator(".jp-QuantLab-Conflict")).to_contain_text("x = 177")
    page.locator(".jp-QuantLab-Conflict").get_by_role("button", name="Close", exact=True).click()
    assert "x = 177\n" in page.evaluate(LOCAL)
    # The other tab is told, and overwrites nothing.
    doc.type_at_end(other, "8")
    doc.expect_state(other, "conflict")
    doc.wait_for_draft(api, workflow["id"], "x = 156")
    context.close()


def test_offline_edits_are_kept_and_sent_later(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    workflow = doc.create(api, "Offline", code=SCRIPT)
    doc.open_path(page, lab, "Offline.py")
    doc.expect_saved(page, 1)
    # JupyterLab says so itself when one of its polls falls into the outage.
    lost = page.locator(".jp-Dialog", has_text="Server Connection Error")
    page.add_locator_handler(lost, lambda: lost.get_by_role("button", name="Close").click())
    page.context.set_offline(True)
    doc.type_at_end(page, "55")
    doc.expect_state(page, "offline-draft")
    assert page.evaluate(LOCAL) == ["x = 155\n"]
    doc.save(page)
    doc.expect_state(page, "offline-draft")
    assert doc.draft(api, workflow["id"]) is None
    page.context.set_offline(False)
    doc.wait_for_draft(api, workflow["id"], "x = 155", timeout=40)
    doc.expect_state(page, "unsaved")
    doc.save(page)
    doc.expect_saved(page, 2)


def test_a_killed_server_loses_nothing(make_jupyter_server: JupyterFactory, page: Page) -> None:
    server = make_jupyter_server()
    with server.client() as api:
        workflow = doc.create(api, "Killed", code=SCRIPT)
        doc.open_path(page, server, "Killed.py")
        doc.expect_saved(page, 1)
        doc.type_at_end(page, "2")
        doc.wait_for_draft(api, workflow["id"], "x = 12")
        page.keyboard.type("3")
        server.kill()
        page.keyboard.type("4")
        doc.expect_state(page, "offline-draft")
        assert page.evaluate(LOCAL) == ["x = 1234\n"]
        # The browser goes as well, and both come back.
        page.close()
        server.start()
        again = page.context.new_page()
        doc.open_path(again, server, "Killed.py")
        bar = doc.banner(again, "recovery")
        expect(bar).to_be_visible(timeout=20_000)
        bar.get_by_role("button", name="Restore").click()
        expect(again.locator(".cm-content").first).to_contain_text("x = 1234")
        doc.wait_for_draft(api, workflow["id"], "x = 1234")
        doc.save(again)
        wait_until(
            lambda: doc.stored(api, workflow["id"])["code"] == "x = 1234\n",
            what="the restored edit is saved",
        )
