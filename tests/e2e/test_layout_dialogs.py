"""Dialogs and bars of layouts, in both themes and at the width of a phone: nothing is cut off, axe finds nothing."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.test_accessibility import THEMES, check, set_theme
from tests.e2e.test_layouts import STATE, create, expect_state, open_layout, stored
from tests.e2e.test_layouts_elsewhere import hear, listens
from tests.support import documents as doc
from tests.support.documents import run
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e

DIALOG = ".jp-Dialog-content"
SIZES = {"desk": (1366, 850), "phone": (390, 800)}
TWO = (
    {"id": "a", "symbol": "SAMPLE:AAPL", "studies": [{"id": "ta.rsi"}]},
    {"id": "b", "symbol": "SAMPLE:MSFT"},
)


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest, page: Page) -> str:
    """How wide the page is."""
    name: str = request.param
    width, height = SIZES[name]
    page.set_viewport_size({"width": width, "height": height})
    return name


def expect_whole(page: Page, part: Locator) -> None:
    """All of it is inside the page, and nothing in it is wider than it."""
    box = part.bounding_box()
    assert box is not None
    assert page.viewport_size is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= page.viewport_size["width"]
    assert part.evaluate("node => node.scrollWidth <= node.clientWidth + 1")


def look_at(page: Page, lab: doc.Lab, selector: str, name: str) -> None:
    """Keep a picture in both themes, and let axe look."""
    expect_whole(page, page.locator(selector).first)
    for theme in THEMES:
        set_theme(page, theme)
        page.screenshot(path=lab.home / f"dialogs-{name}-{theme[11:]}.png")
    check(page, selector)


def show(page: Page, lab: doc.Lab, api: httpx.Client, name: str) -> dict[str, Any]:
    """Save a layout of two charts, and open it without the side bar."""
    layout = create(api, name, *TWO)
    open_layout(page, lab, layout, 2)
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    return layout


def test_opening_and_naming(lab: doc.Lab, api: httpx.Client, page: Page, size: str) -> None:
    name = f"Momentum and mean reversion of large technology companies, {size}"
    show(page, lab, api, name)
    run(page, "quantlab:layout-load")
    expect(page.get_by_role("dialog").get_by_role("option").first).to_be_visible()
    expect(page.get_by_text("2 charts: AAPL 1D, MSFT 1D").first).to_be_visible()
    look_at(page, lab, DIALOG, f"open-{size}")
    page.keyboard.press("Escape")
    run(page, "quantlab:layout-save-as")
    expect(page.get_by_role("textbox", name="Name")).to_be_visible()
    look_at(page, lab, DIALOG, f"name-{size}")


def test_deciding_and_versions(lab: doc.Lab, api: httpx.Client, page: Page, size: str) -> None:
    said: list[str] = []
    page.on("websocket", lambda socket: hear(socket, said))
    layout = show(page, lab, api, f"Decided {size}")
    wait_until(lambda: listens(page, said), what="the page listens", timeout=60)
    theirs = stored(api, layout["id"])["document"]
    theirs["charts"][0]["timeframe"] = "1W"
    theirs["charts"][1]["style"] = "bars"
    address = f"/layouts/{layout['id']}"
    headers = {"If-Match": '"1"'}
    api.put(address, json={"document": theirs}, headers=headers).raise_for_status()
    bar = doc.banner(page, "elsewhere")
    expect(bar).to_be_visible(timeout=30_000)
    expect_whole(page, bar)
    # As high as its words and buttons take, in however many lines.
    high = "node => node.scrollHeight <= node.clientHeight + 1"
    wait_until(lambda: bar.evaluate(high), what="the bar is as high as what is in it")
    expect(bar.get_by_role("button", name="Later")).to_be_in_viewport(ratio=1)
    page.screenshot(path=lab.home / f"dialogs-bar-{size}.png")
    page.evaluate(
        """() => {
            const { model } = window.jupyterapp.shell.currentWidget.content;
            const [one, ...others] = model.document.charts;
            const charts = [{ ...one, timeframe: '1M' }, ...others];
            model.change({ ...model.document, charts }, true);
        }"""
    )
    expect_state(page, "conflict")
    expect_whole(page, page.locator(STATE))
    page.locator(STATE).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("timeframe of chart 1 (AAPL): 1M here, 1W there")
    look_at(page, lab, DIALOG, f"decide-{size}")
    dialog.get_by_role("button", name="Merge").click()
    expect(page.locator(STATE)).to_have_text("Saved: version 3")
    run(page, "quantlab:layout-versions")
    expect(page.locator(".jp-QuantLab-Versions").get_by_text("Version 3").first).to_be_visible()
    look_at(page, lab, ".jp-QuantLab-Versions", f"versions-{size}")


def test_edits_of_an_earlier_time_are_compared(
    lab: doc.Lab, api: httpx.Client, page: Page, size: str
) -> None:
    layout = create(api, f"Compared {size}", *TWO)
    other = {**stored(api, layout["id"])["document"]}
    other["charts"] = [{**other["charts"][0], "timeframe": "1W"}, other["charts"][1]]
    api.put(
        f"/layouts/{layout['id']}/draft",
        json={"base_version": 1, "content": other},
        headers={"If-None-Match": "*"},
    ).raise_for_status()
    cells = open_layout(page, lab, layout, 2)
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    doc.banner(page, "recovery").get_by_role("button", name="Compare").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Shown now: 2 charts: AAPL 1D, MSFT 1D")
    expect(dialog).to_contain_text("Unsaved changes: 2 charts: AAPL 1W, MSFT 1D")
    # Of all members only the one that differs is marked.
    marked = dialog.locator(".cm-merge-b .cm-changedLine")
    expect(marked).to_have_count(1)
    expect(marked).to_contain_text('"timeframe": "1W"')
    look_at(page, lab, DIALOG, f"compare-{size}")
    dialog.get_by_role("button", name="Restore").click()
    page.get_by_role("button", name="Save layout").click()
    expect(page.locator(STATE)).to_have_text("Saved: version 2")
    expect(cells).to_have_count(2)
    assert stored(api, layout["id"])["document"]["charts"][0]["timeframe"] == "1W"


def test_the_save_state_is_whole_on_a_phone(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    show(page, lab, api, "States")
    state = page.locator(STATE)
    tools = page.get_by_role("button", name="Layout tools")
    autosave = page.get_by_role("checkbox", name="Autosave")
    expect(state).to_have_text("Saved: version 1")
    expect_whole(page, state)
    expect(autosave).to_be_hidden()
    tools.click()
    expect(autosave).to_be_visible()
    page.get_by_label("Arrangement").select_option("side-by-side")
    page.route("**/draft*", lambda route: route.abort())
    page.get_by_label("Arrangement").select_option("stacked")
    expect_state(page, "offline-draft")
    expect_whole(page, state)
    page.screenshot(path=lab.home / "dialogs-state-phone.png")
    autosave.uncheck()
    expect(autosave).not_to_be_checked()
    page.unroute("**/draft*")
    autosave.check()
    expect(state).to_have_text("Draft saved", timeout=30_000)
    expect_whole(page, state)
