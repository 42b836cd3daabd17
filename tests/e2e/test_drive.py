"""A workflow is a document: opened, saved, renamed, with a kernel in Jupyter's folder."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support import documents as doc
from tests.support.waiting import time_for_mistakes, wait_until

pytestmark = pytest.mark.e2e

NAMES = ["100% %2F sure", "📈 استراتيجية: #1?x=y&z\\", "a.ipynb"]


def contents(page: Page, call: str, *arguments: Any) -> Any:
    """Call JupyterLab's contents manager, as file menu and extensions do."""
    return page.evaluate(
        "([call, args]) => window.jupyterapp.serviceManager.contents[call](...args)",
        [call, list(arguments)],
    )


def test_manual_save_is_one_request_and_one_version(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    workflow = doc.create(api, "Saving", code="x = 1\n")
    traffic = doc.Traffic(page)
    doc.open_path(page, lab, "Saving.py")
    doc.expect_saved(page, 1)
    doc.type_at_end(page, "0")
    traffic.calls.clear()
    doc.save(page)
    doc.expect_saved(page, 2)
    assert [call for call in traffic.calls if call[0] != "GET"] in (
        [("PUT", f"workflows/{workflow['id']}")],
        # The draft was quicker than the keyboard: then the version is made from it.
        [
            ("PUT", f"workflows/{workflow['id']}/draft"),
            ("POST", f"workflows/{workflow['id']}/versions"),
        ],
    )
    assert doc.stored(api, workflow["id"])["code"] == "x = 10\n"
    assert doc.draft(api, workflow["id"]) is None
    # Saving again without an edit asks nothing and makes no version.
    traffic.calls.clear()
    doc.save(page)
    time_for_mistakes(page, 500)
    assert [call for call in traffic.calls if call[0] != "GET"] == []
    assert doc.stored(api, workflow["id"])["version"] == 2


def test_a_saved_draft_becomes_a_version_without_being_sent_again(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    workflow = doc.create(api, "From draft", code="x = 1\n")
    traffic = doc.Traffic(page)
    doc.open_path(page, lab, "From draft.py")
    doc.expect_saved(page, 1)
    doc.type_at_end(page, "2")
    doc.wait_for_draft(api, workflow["id"], "x = 12")
    doc.expect_state(page, "unsaved")
    doc.save(page)
    doc.expect_saved(page, 2)
    assert traffic.of("POST", "/versions") == [f"workflows/{workflow['id']}/versions"]
    assert traffic.of("PUT", workflow["id"]) == []


@pytest.mark.parametrize("name", NAMES)
def test_any_name_opens_saves_and_renames(
    lab: doc.Lab, api: httpx.Client, page: Page, name: str
) -> None:
    workflow = doc.create(api, name, code="x = 1\n")
    doc.open_path(page, lab, f"{name}.py")
    doc.expect_saved(page, 1)
    expect(page.locator(".lm-DockPanel-tabBar .lm-mod-current")).to_have_text(f"{name}.py")
    doc.type_at_end(page, "5")
    doc.save(page)
    doc.expect_saved(page, 2)
    contents(page, "rename", f"QuantLab:{name}.py", f"QuantLab:{name} again.py")
    expect(page.locator(".lm-DockPanel-tabBar .lm-mod-current")).to_have_text(f"{name} again.py")
    assert doc.stored(api, workflow["id"])["name"] == f"{name} again"
    doc.type_at_end(page, "6")
    doc.save(page)
    doc.expect_saved(page, 3)
    # The address names the document: a reload brings it back.
    page.reload()
    expect(page.locator(".lm-DockPanel-tabBar .lm-mod-current")).to_have_text(
        f"{name} again.py", timeout=doc.START_MS
    )
    doc.expect_saved(page, 3)


def test_folders_are_projects(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    project = api.post("/projects", json={"name": ".."}).raise_for_status().json()
    workflow = doc.create(api, "Inside", code="x = 1\n", project_id=project["id"])
    twin = doc.create(api, "Inside", notebook=doc.notebook("1"), project_id=project["id"])
    doc.open_lab(page, lab)
    root = contents(page, "get", "QuantLab:")
    folder = next(entry for entry in root["content"] if entry["type"] == "directory")
    listing = contents(page, "get", folder["path"])
    assert sorted(entry["name"] for entry in listing["content"]) == ["Inside.ipynb", "Inside.py"]
    script = contents(page, "get", f"{folder['path']}/Inside.py")
    assert script["content"] == "x = 1\n"
    # Moving between folders changes the project and nothing else.
    contents(page, "rename", f"{folder['path']}/Inside.py", "QuantLab:Outside.py")
    moved = doc.stored(api, workflow["id"])
    assert (moved["name"], moved["project_id"], moved["version"]) == ("Outside", None, 1)
    assert doc.stored(api, twin["id"])["project_id"] == project["id"]
    copied = contents(page, "copy", "QuantLab:Outside.py", folder["path"])
    assert copied["path"].startswith(folder["path"])
    created = contents(page, "newUntitled", {"path": folder["path"], "type": "notebook"})
    assert created["name"] == "Untitled.ipynb"
    contents(page, "delete", "QuantLab:Outside.py")
    assert api.get(f"/workflows/{workflow['id']}").status_code == 404
    assert (
        api.get("/workflows", params={"deleted": "true"}).json()["items"][0]["id"] == workflow["id"]
    )


def test_versions_are_checkpoints(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    workflow = doc.create(api, "Checkpoints", code="one\n")
    doc.open_path(page, lab, "Checkpoints.py")
    doc.expect_saved(page, 1)
    doc.type_at_end(page, " two")
    doc.save(page)
    doc.expect_saved(page, 2)
    listed = contents(page, "listCheckpoints", "QuantLab:Checkpoints.py")
    assert [entry["id"] for entry in listed] == ["1", "2"]
    contents(page, "restoreCheckpoint", "QuantLab:Checkpoints.py", "1")
    assert doc.stored(api, workflow["id"])["code"] == "one\n"
    page.evaluate("void window.jupyterapp.commands.execute('docmanager:reload')")
    doc.expect_saved(page, 3)
    expect(page.locator(".jp-FileEditor .cm-line").first).to_have_text("one")


def test_saved_while_closing_is_a_version(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    workflow = doc.create(api, "Closing", code="x = 1\n")
    doc.open_path(page, lab, "Closing.py")
    doc.expect_saved(page, 1)
    doc.type_at_end(page, "7")
    page.locator(".lm-DockPanel-tabBar .lm-mod-current .lm-TabBar-tabCloseIcon").click()
    page.get_by_role("button", name="Save", exact=True).click()
    wait_until(
        lambda: doc.stored(api, workflow["id"])["version"] == 2, what="closing saved a version"
    )
    assert doc.stored(api, workflow["id"])["code"] == "x = 17\n"


def test_a_kernel_works_in_jupyters_folder(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    project = api.post("/projects", json={"name": "Deep"}).raise_for_status().json()
    # A folder of the project's name must not draw the kernel in.
    (lab.root / "Deep").mkdir()
    doc.create(
        api,
        "Where",
        notebook=doc.notebook("import os; print(os.getcwd())"),
        project_id=project["id"],
    )
    doc.open_path(page, lab, "Deep/Where.ipynb")
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=doc.KERNEL_MS)
    page.locator(".jp-Notebook .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".jp-OutputArea-output")).to_have_text(
        f"{lab.root}\n", timeout=doc.KERNEL_MS
    )
