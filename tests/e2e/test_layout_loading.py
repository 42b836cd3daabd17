"""Loading a layout: taken back, opened without restoring, copied, and in and out as a file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.test_layouts import CELL, LAYOUT, create, expect_charts, open_layout, stored
from tests.support import documents as doc
from tests.support.documents import run
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e

MENU = ".lm-Menu-item"
FRONT = "() => window.jupyterapp.shell.currentWidget.content.model.document"


def load(page: Page, name: str, *, fresh: bool = False) -> None:
    """Choose a layout in the dialog by keyboard."""
    run(page, "quantlab:layout-load")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox").fill(name)
    expect(dialog.get_by_role("option")).to_have_count(1)
    expect(dialog.get_by_role("option")).to_contain_text(name)
    if fresh:
        dialog.get_by_role("checkbox", name="Open without restoring").check()
    dialog.get_by_role("combobox").press("Enter")
    expect(dialog).to_have_count(0)


def choose(page: Page, item: str) -> None:
    """An item of the layout's own menu."""
    page.locator(LAYOUT).get_by_role("button", name="More about this layout").click()
    page.locator(MENU, has_text=item).click()


def test_the_last_load_is_undone(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    create(api, "Loaded", {"symbol": "SAMPLE:MSFT"}, {"symbol": "SAMPLE:IBM"})
    doc.open_lab(page, lab)
    run(page, "quantlab:layout-new")
    expect_charts(page, 1)
    # Nobody touched the new one: what is loaded takes its place, and undo brings it back.
    load(page, "Loaded")
    expect_charts(page, 2)
    expect(page.get_by_role("tab", name="New layout")).to_have_count(0)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect_charts(page, 1)
    expect(page.get_by_role("tab", name="Loaded")).to_have_count(0)
    # With unsaved charts it stays open; undo by the command goes back to it.
    page.get_by_label("Arrangement").select_option("stacked")
    expect_charts(page, 2)
    page.get_by_label("Timeframe").first.select_option("1W")
    load(page, "Loaded")
    expect(page.get_by_role("tab", name="Loaded")).to_be_visible()
    run(page, "quantlab:layout-undo-load")
    expect(page.get_by_role("tab", name="Loaded")).to_have_count(0)
    expect_charts(page, 2)
    assert page.evaluate(FRONT)["charts"][0]["timeframe"] == "1W"


def test_open_without_restoring(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    moment = {"panels": {"library": {"open": False}}, "theme": "dark", "timezone": "Asia/Tokyo"}
    layout = create(api, "Heavy", {"id": "a", "symbol": "SAMPLE:AAPL"}, **moment)
    whole = stored(api, layout["id"])["document"]
    drafted = {**whole, "charts": [{**whole["charts"][0], "timeframe": "1W"}]}
    address = f"/layouts/{layout['id']}/draft"
    body = {"base_version": 1, "content": drafted}
    api.put(address, json=body, headers={"If-None-Match": "*"}).raise_for_status()
    doc.open_lab(page, lab)
    run(page, "quantlab:layout-load")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("The charts alone")).to_be_visible()
    page.screenshot(path=lab.home / "dialog-light.png")
    dialog.get_by_role("button", name="Shared with me").click()
    expect(dialog.get_by_text("Nothing is shared with you")).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    load(page, "Heavy", fresh=True)
    expect_charts(page, 1)
    shown = page.evaluate(FRONT)
    assert [shown[part] for part in ("panels", "theme", "timezone")] == [{}, None, None]
    assert shown["charts"][0]["timeframe"] == "1D"
    # The draft is neither offered nor touched, and looking changes nothing.
    expect(page.locator(doc.BANNER)).to_have_count(0)
    expect(page.get_by_label("Autosave")).not_to_be_checked()
    assert api.get(address).json()["content"]["charts"][0]["timeframe"] == "1W"
    assert stored(api, layout["id"])["document"] == whole


def test_duplicate_and_files(lab: doc.Lab, api: httpx.Client, page: Page, tmp_path: Path) -> None:
    layout = create(api, "Shipped", {"symbol": "SAMPLE:AAPL"}, {"symbol": "SAMPLE:IBM"})
    open_layout(page, lab, layout, 2)
    choose(page, "Duplicate Chart Layout")
    expect(page.get_by_role("tab", name="Shipped copy")).to_be_visible()
    expect_charts(page, 2)
    with page.expect_download() as download:
        choose(page, "Export Chart Layout")
    file = tmp_path / download.value.suggested_filename
    assert file.name == "Shipped copy.layout.json"
    download.value.save_as(file)
    document = json.loads(file.read_text())
    assert [chart["symbol"] for chart in document["charts"]] == ["SAMPLE:AAPL", "SAMPLE:IBM"]

    def import_file(path: Path) -> None:
        with page.expect_file_chooser() as chooser:
            choose(page, "Import Chart Layout…")
        chooser.value.set_files(path)

    taken = tmp_path / "Shipped.layout.json"
    taken.write_text(json.dumps(document))
    import_file(taken)
    wait_until(
        lambda: len(api.get("/layouts", params={"q": "Shipped"}).json()["items"]) == 3,
        what="the imported layout",
    )
    # The one that was exported is in front until then, and looks alike.
    front = page.get_by_role("tab", selected=True)
    expect(front.filter(has_text=re.compile("^Shipped copy$"))).to_have_count(0)
    expect_charts(page, 2)
    for name, changed, words in (
        ("newer", {"schema_version": 2}, "saved by a newer QuantLab"),
        ("many", {"charts": document["charts"] * 250}, "This layout has 500 charts"),
    ):
        refused = tmp_path / f"{name}.json"
        refused.write_text(json.dumps({**document, **changed}))
        import_file(refused)
        expect(page.get_by_text(words)).to_be_visible()
    assert len(api.get("/layouts", params={"q": "Shipped"}).json()["items"]) == 3
    expect(page.locator(f"{LAYOUT} {CELL}")).to_have_count(2)
    # The library's import takes such a file too.
    for name in ("many.json", "Shipped.layout.json"):
        run(page, "quantlab:library-import")
        dialog = page.get_by_role("dialog", name="Import into library")
        dialog.get_by_label("File", exact=True).set_input_files(tmp_path / name)
        dialog.get_by_role("button", name="Import", exact=True).click()
        if name == "many.json":
            expect(dialog.get_by_text("This layout has 500 charts")).to_be_visible()
            dialog.get_by_role("button", name="Cancel").click()
    report = page.get_by_role("dialog", name="Import report")
    expect(report.get_by_role("row", name="Shipped.layout.json")).to_contain_text("imported")
    assert len(api.get("/layouts", params={"q": "Shipped"}).json()["items"]) == 4


LIBRARY = "#jp-quantlab-library"


def test_panels_are_saved_with_the_layout_and_come_back(
    lab: doc.Lab, api: httpx.Client, browser: Browser, page: Page
) -> None:
    layout = create(api, "Arranged", {"symbol": "SAMPLE:AAPL"})
    page.set_viewport_size({"width": 1400, "height": 800})
    open_layout(page, lab, layout)
    before = stored(api, layout["id"])
    run(page, "quantlab:library-show")
    expect(page.locator(LIBRARY)).to_be_visible()
    handle = page.locator("#jp-main-split-panel > .lm-SplitPanel-handle:visible").first
    box = handle.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 1, 400)
    page.mouse.down()
    page.mouse.move(box["x"] + 121, 400, steps=4)
    page.mouse.up()
    width = page.locator(LIBRARY).evaluate("panel => panel.offsetWidth")
    page.get_by_role("tab", name="Arranged").click()
    run(page, "quantlab:layout-save")
    wait_until(lambda: stored(api, layout["id"])["version"] == 2, what="the save")
    panels = stored(api, layout["id"])["document"]["panels"]
    assert panels == {"library": {"open": True, "area": "left", "size": width}}
    assert before["document"]["panels"] == {}

    other = browser.new_context(viewport={"width": 1400, "height": 800}).new_page()
    doc.open_lab(other, lab)
    expect(other.locator(LIBRARY)).not_to_be_visible()
    load(other, "Arranged")
    expect_charts(other, 1)
    expect(other.locator(LIBRARY)).to_be_visible()
    wait_until(
        lambda: abs(other.locator(LIBRARY).evaluate("p => p.offsetWidth") - width) < 16,
        what="the panel's width",
    )
    # The layout is in front, and seeing it is no change of it.
    assert other.evaluate("() => window.jupyterapp.shell.currentWidget.content.model.isDirty") is (
        False
    )
    # Undo takes the panel back as well; without restoring leaves it alone.
    run(other, "quantlab:layout-undo-load")
    expect(other.locator(LIBRARY)).not_to_be_visible()
    load(other, "Arranged", fresh=True)
    expect_charts(other, 1)
    expect(other.locator(LIBRARY)).not_to_be_visible()
    other.context.close()
