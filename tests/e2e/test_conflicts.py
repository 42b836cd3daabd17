"""Two writers of one workflow: the second one sees both sides, and nothing of either is lost."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support import documents as doc

pytestmark = pytest.mark.e2e

SCRIPT = "first = 1\nmiddle = 2\nlast = 3\n"
DIALOG = ".jp-QuantLab-Conflict"


def open_and_edit(page: Page, lab: doc.Lab, name: str, text: str) -> None:
    """Open a script and type behind its first line."""
    doc.open_path(page, lab, f"{name}.py")
    doc.expect_saved(page, 1)
    doc.type_at_end(page, text)


def save_elsewhere(api: httpx.Client, workflow: dict[str, Any], code: str) -> None:
    """Somebody else's save on top of version 1."""
    api.put(
        f"/workflows/{workflow['id']}", json={"code": code}, headers={"If-Match": '"1"'}
    ).raise_for_status()


def versions(api: httpx.Client, id: str) -> list[str]:
    """The code of each version, oldest first."""
    listed = api.get(f"/workflows/{id}/versions").raise_for_status().json()["items"]
    return [
        api.get(f"/workflows/{id}/versions/{entry['version']}").json()["code"]
        for entry in reversed(listed)
    ]


def choose(page: Page, label: str) -> None:
    """Press a button of the conflict dialog."""
    page.locator(DIALOG).get_by_role("button", name=label, exact=True).click()
    expect(page.locator(DIALOG)).to_have_count(0)


def refuse_stock_dialog(page: Page) -> None:
    """JupyterLab's own question about changed files must never be asked."""
    expect(page.get_by_text("has changed on disk")).to_have_count(0)


def test_both_sides_are_shown_and_merged(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    workflow = doc.create(api, "Merging", code=SCRIPT)
    open_and_edit(page, lab, "Merging", "0")
    save_elsewhere(api, workflow, SCRIPT.replace("last = 3", "last = 33"))
    doc.save(page)
    dialog = page.locator(DIALOG)
    expect(dialog).to_be_visible()
    refuse_stock_dialog(page)
    expect(dialog.locator(".cm-mergeViewEditor").nth(0)).to_contain_text("first = 10")
    expect(dialog.locator(".cm-mergeViewEditor").nth(1)).to_contain_text("last = 33")
    page.screenshot(path=lab.home / "conflict.png")
    choose(page, "Merge")
    # The first merge of a server starts the process that compares notebooks.
    doc.expect_saved(page, 3, timeout=60_000)
    merged = SCRIPT.replace("first = 1", "first = 10").replace("last = 3", "last = 33")
    assert doc.stored(api, workflow["id"])["code"] == merged
    expect(page.locator(".jp-FileEditor .cm-content")).to_contain_text("last = 33")
    # The page goes on from the merged version.
    doc.type_at_end(page, "5")
    doc.save(page)
    doc.expect_saved(page, 4)


def test_marked_places_wait_for_the_person(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    workflow = doc.create(api, "Clashing", code=SCRIPT)
    open_and_edit(page, lab, "Clashing", "0")
    save_elsewhere(api, workflow, SCRIPT.replace("first = 1", "first = 7"))
    doc.save(page)
    expect(page.locator(DIALOG)).to_be_visible()
    choose(page, "Merge")
    expect(page.get_by_text("1 place changed on both sides")).to_be_visible(timeout=60_000)
    expect(page.locator(".jp-FileEditor .cm-content")).to_contain_text(">>>>>>>")
    assert doc.stored(api, workflow["id"])["version"] == 2
    doc.save(page)
    doc.expect_saved(page, 3)


def test_overwriting_keeps_the_other_version(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    workflow = doc.create(api, "Overwriting", code=SCRIPT)
    open_and_edit(page, lab, "Overwriting", "0")
    theirs = SCRIPT.replace("last = 3", "last = 33")
    save_elsewhere(api, workflow, theirs)
    doc.save(page)
    expect(page.locator(DIALOG)).to_be_visible()
    choose(page, "Overwrite")
    doc.expect_saved(page, 3)
    mine = SCRIPT.replace("first = 1", "first = 10")
    assert versions(api, workflow["id"]) == [SCRIPT, theirs, mine]


def test_giving_up_keeps_the_edit_and_a_copy_saves_it(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    workflow = doc.create(api, "Copying", code=SCRIPT)
    open_and_edit(page, lab, "Copying", "0")
    theirs = SCRIPT.replace("last = 3", "last = 33")
    save_elsewhere(api, workflow, theirs)
    doc.save(page)
    expect(page.locator(DIALOG)).to_be_visible()
    choose(page, "Keep editing")
    doc.expect_state(page, "conflict")
    expect(page.locator(".jp-FileEditor .cm-content")).to_contain_text("first = 10")
    # The status bar leads back to the question.
    page.locator(doc.STATUS).click()
    expect(page.locator(DIALOG)).to_be_visible()
    choose(page, "Save as copy")
    expect(page.locator(".lm-DockPanel-tabBar .lm-mod-current")).to_have_text("Copying copy.py")
    doc.expect_saved(page, 1)
    assert doc.stored(api, workflow["id"])["code"] == theirs
    copies = api.get("/workflows", params={"name": "Copying copy"}).json()["items"]
    assert doc.stored(api, copies[0]["id"])["code"] == SCRIPT.replace("first = 1", "first = 10")


def test_an_old_tab_cannot_overwrite_a_newer_draft(
    lab: doc.Lab, api: httpx.Client, page: Page, browser: Any
) -> None:
    workflow = doc.create(api, "Two tabs", code=SCRIPT)
    doc.open_path(page, lab, "Two tabs.py")
    doc.expect_saved(page, 1)
    other = browser.new_context().new_page()
    doc.open_path(other, lab, "Two tabs.py")
    doc.expect_saved(other, 1)
    doc.type_at_end(other, "5")
    doc.wait_for_draft(api, workflow["id"], "first = 15")
    doc.type_at_end(page, "9")
    doc.expect_state(page, "conflict")
    refuse_stock_dialog(page)
    found = doc.draft(api, workflow["id"])
    assert found is not None
    assert "first = 15" in found["content"]
    doc.banner(page, "conflict").get_by_role("button", name="Compare and decide").click()
    expect(page.locator(DIALOG)).to_contain_text("The newer draft")
    choose(page, "Overwrite")
    doc.expect_saved(page, 3)
    assert versions(api, workflow["id"])[1:] == [
        SCRIPT.replace("first = 1", "first = 15"),
        SCRIPT.replace("first = 1", "first = 19"),
    ]
    # The other tab finds out with its next edit.
    doc.type_at_end(other, "6")
    doc.expect_state(other, "conflict")
    other.context.close()
