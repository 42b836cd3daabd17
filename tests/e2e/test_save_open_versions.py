"""From a notebook on disk to a workflow, found again with its picture, compared and restored."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import httpx
import nbformat
import pytest
from playwright.sync_api import Page, Route, expect

from tests.support import documents as doc
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def execute(page: Page, command: str) -> None:
    """Start a command, as menus do; dialogs it opens are left to the test."""
    page.evaluate("id => void window.jupyterapp.commands.execute(id)", command)


def open_file(page: Page, lab: doc.Lab, name: str) -> None:
    """Open a file of the Jupyter folder."""
    page.goto(f"{lab.url}lab/tree/{name}?token={lab.token}&reset")
    expect(page.locator(".jp-Document").first).to_be_visible(timeout=doc.START_MS)


def write_notebook(lab: doc.Lab, name: str) -> None:
    """A notebook on disk that nobody has signed: its code is somebody else's."""
    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# Research"), nbformat.v4.new_code_cell("x = 1")]
    )
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, lab.root / name)


def test_the_toolbar_button_saves_a_notebook_with_everything_said_about_it(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    write_notebook(lab, "research.ipynb")
    doc.create(api, "Occupied", notebook=doc.notebook("1"))
    open_file(page, lab, "research.ipynb")
    button = page.locator('[data-jp-item-name="quantlab-save-as"]:visible')
    button.click()
    dialog = page.get_by_role("dialog", name="Save as workflow")
    name = dialog.get_by_label("Name", exact=True)
    expect(name).to_be_focused()
    expect(name).to_have_value("research")
    name.fill("occupied")
    expect(dialog.get_by_text("This name is taken")).to_be_visible()
    expect(dialog.get_by_role("button", name="Save")).to_have_attribute("aria-disabled", "true")
    name.fill("My research")
    expect(dialog.get_by_text("This name is free.")).to_be_visible()
    dialog.get_by_label("Description").fill("First look")
    dialog.get_by_label("Tags").fill("aapl")
    page.keyboard.press("Enter")
    dialog.get_by_label("Tags").fill("not yet a chip")
    dialog.get_by_label("Project", exact=True).select_option("new")
    dialog.get_by_label("Name of the new project").fill("Equities")
    creating = re.compile(r"/quantlab/api/workflows\?\d+$")
    page.route(creating, lambda route: route.abort())
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("What you typed is kept here.")).to_be_visible()
    page.unroute(creating)
    dialog.get_by_role("button", name="Retry").click()
    expect(dialog).to_have_count(0)
    doc.expect_saved(page, 1)
    found = api.get("/workflows", params={"name": "My research"}).json()["items"][0]
    assert found["description"] == "First look"
    assert found["tags"] == ["aapl", "not yet a chip"]
    assert found["project_id"] is not None
    # Nobody has run this code here: it must not run by itself later.
    assert doc.stored(api, found["id"])["trust"]["reason"] == "imported"


def test_the_dialog_keeps_the_focus_and_gives_it_back(lab: doc.Lab, page: Page) -> None:
    write_notebook(lab, "focus.ipynb")
    open_file(page, lab, "focus.ipynb")
    button = page.locator('[data-jp-item-name="quantlab-save-as"]:visible')
    button.click()
    dialog = page.get_by_role("dialog", name="Save as workflow")
    expect(dialog.get_by_label("Name", exact=True)).to_be_focused()
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("!!document.activeElement.closest('dialog')")
    for _ in range(12):
        page.keyboard.press("Shift+Tab")
        assert page.evaluate("!!document.activeElement.closest('dialog')")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert page.evaluate("document.activeElement !== document.body")


def test_a_script_is_saved_and_found_by_the_open_dialog(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    (lab.root / "signal.py").write_text("print('signal')\n")
    open_file(page, lab, "signal.py")
    page.locator(".jp-Document").first.click()
    execute(page, "quantlab:workflow-save-as")
    dialog = page.get_by_role("dialog", name="Save as workflow")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    found = api.get("/workflows", params={"name": "signal", "kind": "python"}).json()["items"][0]
    assert doc.stored(api, found["id"])["code"] == "print('signal')\n"
    picture = doc.code_cell("plot()", doc.shown({"image/png": PIXEL}))
    doc.create(api, "With a picture", notebook=doc.notebook(picture))
    doc.open_lab(page, lab)
    execute(page, "quantlab:workflow-open")
    dialog = page.get_by_role("dialog", name="Open workflow")
    search = dialog.get_by_role("combobox")
    search.fill("picture")
    expect(dialog.get_by_role("option")).to_have_count(1)
    expect(dialog.get_by_alt_text("The first picture")).to_be_visible()
    search.fill("")
    expect(dialog.get_by_role("option").nth(1)).to_be_visible()
    search.press("ArrowDown")
    expect(dialog.get_by_role("option").nth(1)).to_have_attribute("aria-selected", "true")
    search.fill("signal")
    expect(dialog.get_by_role("option")).to_have_count(1)
    search.press("Enter")
    expect(dialog).to_have_count(0)
    expect(page.locator(".jp-FileEditor")).to_be_visible(timeout=doc.START_MS)


def test_versions_are_compared_restored_undone_and_copied(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    made = doc.create(api, "History", notebook=doc.notebook("a = 1", "b = 2", "c = 3"))
    changed = doc.notebook("a = 1", "b = 22", "c = 3", "d = 4")
    api.put(
        f"/workflows/{made['id']}", json={"notebook": changed}, headers={"If-Match": '"1"'}
    ).raise_for_status()
    doc.open_lab(page, lab)
    page.evaluate(
        "id => void window.jupyterapp.commands.execute('quantlab:workflow-versions', {id})",
        made["id"],
    )
    expect(page.get_by_role("tab", name="Versions of History")).to_be_visible()
    view = page.locator(".jp-QuantLab-Versions")
    expect(view.get_by_text("From version 1 to 2")).to_be_visible(timeout=30_000)
    expect(view.get_by_text("+ added")).to_be_visible()
    expect(view.locator(".cm-content", has_text="d = 4")).to_be_visible()
    expect(view.get_by_role("button", name="Restore version 2")).to_be_disabled()
    view.locator("[data-version='1']").click()
    view.get_by_role("button", name="Restore version 1").click()
    expect(page.get_by_text("Version 1 is restored as version 3")).to_be_visible()
    first = api.get(f"/workflows/{made['id']}/versions/1").json()
    assert doc.stored(api, made["id"])["notebook"] == first["notebook"]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Version 2 is restored as version 4")).to_be_visible()
    view.locator("[data-version='1']").click()
    view.get_by_role("button", name="Open as copy").click()
    wait_until(
        lambda: api.get("/workflows", params={"name": "History (version 1)"}).json()["items"],
        what="the copy is saved",
    )


def test_what_is_opened_before_it_is_known_who_is_here_stays_open(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    made = doc.create(api, "Early", code="a = 1\n")
    held: list[Route] = []
    asks = "**/quantlab/api/auth/profile*"
    page.route(asks, lambda route: held.append(route), times=1)
    with page.expect_request(asks):
        doc.open_lab(page, lab)
        page.evaluate(
            "id => void window.jupyterapp.commands.execute('quantlab:workflow-versions', {id})",
            made["id"],
        )
        expect(page.get_by_role("tab", name="Versions")).to_be_visible()
    held[0].continue_()
    expect(page.get_by_role("tab", name="Versions of Early")).to_be_visible()
    expect(page.locator(".jp-QuantLab-Versions [data-version='1']")).to_be_visible()


def test_everything_goes_out_as_files_and_comes_in_again(
    lab: doc.Lab, api: httpx.Client, page: Page, tmp_path: Path
) -> None:
    doc.create(api, "Exported", code="print('out')\n")
    doc.open_lab(page, lab)
    with page.expect_download() as download:
        execute(page, "quantlab:library-export")
    exported = tmp_path / "library.zip"
    download.value.save_as(exported)
    assert any(name.endswith("Exported.py") for name in zipfile.ZipFile(exported).namelist())
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("fresh.py", "print('in')\n")
        package.writestr("broken.ipynb", "{ not json")
    execute(page, "quantlab:library-import")
    dialog = page.get_by_role("dialog", name="Import into library")
    dialog.get_by_label("File", exact=True).set_input_files(
        {"name": "in.zip", "mimeType": "application/zip", "buffer": archive.getvalue()}
    )
    dialog.get_by_role("button", name="Import").click()
    report = page.get_by_role("dialog", name="Import report")
    expect(report.get_by_role("row", name="broken.ipynb")).to_contain_text("refused")
    expect(report.get_by_role("row", name="fresh.py")).to_contain_text("imported")
    report.get_by_role("button", name="Close").click()
    assert api.get("/workflows", params={"name": "fresh"}).json()["items"]
