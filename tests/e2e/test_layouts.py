"""Layouts of several charts: they come back elsewhere, two writers are told, drafts outlive the browser."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support import documents as doc
from tests.support.documents import run
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e

LAYOUT = ".jp-QuantLab-Layout:visible"
CELL = ".jp-QuantLab-Layout-cell"
STATE = f"{LAYOUT} .jp-QuantLab-Layout-saving .jp-QuantLab-SaveStatus > button"
# What the charts of the layout in front show, in the order of the document.
SHOWN = """() => {
    const { model, charts } = window.jupyterapp.shell.currentWidget.content;
    return model.document.charts.map(({ id }) => {
        const { model, surface } = charts.get(id);
        return {
            symbol: model.state.symbol,
            timeframe: model.state.timeframe,
            close: model.bars.close.at(-1),
            visible: surface.visible,
        };
    });
}"""


def create(api: httpx.Client, name: str, *charts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Save a layout over the API."""
    drawn = [{"timeframe": "1D", **chart} for chart in charts or ({"symbol": "SAMPLE:AAPL"},)]
    document = {"schema_version": 1, "charts": drawn, **more}
    answer = api.post("/layouts", json={"name": name, "document": document})
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def stored(api: httpx.Client, id: str) -> dict[str, Any]:
    """The layout as the service has it."""
    layout: dict[str, Any] = api.get(f"/layouts/{id}").raise_for_status().json()
    return layout


def draft(api: httpx.Client, id: str) -> dict[str, Any] | None:
    """The draft of a layout, or None."""
    answer = api.get(f"/layouts/{id}/draft")
    return None if answer.status_code == 404 else answer.raise_for_status().json()


def expect_charts(page: Page, count: int) -> Locator:
    """Wait until the layout in front shows so many charts with their prices."""
    cells = page.locator(f"{LAYOUT} {CELL}")
    expect(cells).to_have_count(count, timeout=doc.START_MS)
    readouts = cells.locator(".jp-QuantLab-Chart-readout")
    expect(readouts).to_have_count(count, timeout=doc.START_MS)
    return cells


def open_layout(page: Page, lab: doc.Lab, layout: dict[str, Any], charts: int = 1) -> Locator:
    """Open JupyterLab and a saved layout in it."""
    doc.open_lab(page, lab)
    run(page, "quantlab:layout-open", id=layout["id"])
    return expect_charts(page, charts)


def expect_state(page: Page, state: str) -> None:
    """The layout in front says where its saving stands."""
    expect(page.locator(STATE)).to_have_attribute("data-state", state, timeout=30_000)


def shown(page: Page) -> list[dict[str, Any]]:
    """What the charts in front show."""
    found: list[dict[str, Any]] = page.evaluate(SHOWN)
    return found


def name_it(page: Page, name: str) -> None:
    """Fill in the form that asks for a name."""
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("dialog").get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_two_charts_are_saved_and_found_in_another_browser(
    lab: doc.Lab, api: httpx.Client, browser: Browser, page: Page
) -> None:
    doc.open_lab(page, lab)
    page.locator(".jp-LauncherCard", has_text="Chart layout").click()
    cells = expect_charts(page, 1)
    expect(page.locator(STATE)).to_have_text("Not saved yet")
    page.get_by_label("Arrangement").select_option("side-by-side")
    expect_charts(page, 2)
    cells.nth(1).get_by_label("Timeframe").select_option("1W")
    cells.nth(1).get_by_label("Add a study").select_option("ta.rsi")
    expect(cells.nth(1).locator(".jp-QuantLab-Chart-study")).to_have_count(1)
    cells.nth(1).locator(".jp-QuantLab-Chart-canvas").focus()
    page.keyboard.press("Control+s")
    name_it(page, "Two charts")
    expect(page.locator(STATE)).to_have_text("Saved: version 1")
    expect(page.get_by_role("tab", name="Two charts")).to_be_visible()
    [item] = api.get("/layouts", params={"name": "Two charts"}).json()["items"]
    first, second = stored(api, item["id"])["document"]["charts"]
    assert (first["timeframe"], second["timeframe"]) == ("1D", "1W")
    assert [study["id"] for study in second["studies"]] == ["ta.rsi"]
    page.screenshot(path=lab.home / "layout.png")
    before = shown(page)

    other = browser.new_context().new_page()
    doc.open_lab(other, lab)
    run(other, "quantlab:layout-load")
    expect(other.get_by_text("2 charts: AAPL 1D, AAPL 1W")).to_be_visible()
    other.keyboard.press("Enter")
    cells = expect_charts(other, 2)
    expect(cells.nth(1).locator(".jp-QuantLab-Chart-study")).to_have_count(1)
    expect_state(other, "saved")
    assert [(one["timeframe"], one["close"]) for one in shown(other)] == [
        (one["timeframe"], one["close"]) for one in before
    ]
    # Opening it again brings its tab to front.
    run(other, "quantlab:layout-open", id=item["id"])
    expect(other.get_by_role("tab", name="Two charts")).to_have_count(1)
    other.context.close()


def test_linked_charts_follow_each_other(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    layout = create(
        api, "Linked", {"id": "a", "symbol": "SAMPLE:AAPL"}, {"id": "b", "symbol": "SAMPLE:MSFT"}
    )
    cells = open_layout(page, lab, layout, 2)
    cells.nth(0).locator(".jp-QuantLab-Chart-canvas").focus()
    for link in ("Symbol", "Interval", "Range"):
        page.get_by_role("button", name=link, exact=True).click()
    expect(cells.nth(1).locator(".jp-QuantLab-Chart-name")).to_contain_text("SAMPLE:AAPL")
    cells.nth(1).get_by_label("Timeframe").select_option("1W")
    expect(cells.nth(0).get_by_label("Timeframe")).to_have_value("1W")
    expect(cells.locator(".jp-QuantLab-Chart-readout")).to_have_count(2)
    cells.nth(0).locator(".jp-QuantLab-Chart-canvas").focus()
    for _ in range(4):
        page.keyboard.press("Shift+ArrowLeft")
    page.wait_for_function(
        f"""() => {{
            const [one, two] = ({SHOWN})();
            return one.visible[0] === two.visible[0] && one.visible[1] === two.visible[1];
        }}"""
    )
    page.get_by_role("checkbox", name="This chart").uncheck()
    cells.nth(0).get_by_label("Timeframe").select_option("1D")
    expect(cells.nth(0).get_by_label("Timeframe")).to_have_value("1D")
    expect(cells.nth(1).get_by_label("Timeframe")).to_have_value("1W")


def test_a_missing_symbol_is_a_placeholder_beside_the_others(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    layout = create(
        api, "Missing", {"id": "a", "symbol": "SAMPLE:NOSUCH"}, {"id": "b", "symbol": "SAMPLE:AAPL"}
    )
    doc.open_lab(page, lab)
    run(page, "quantlab:layout-open", id=layout["id"])
    cells = page.locator(f"{LAYOUT} {CELL}")
    expect(cells.nth(0).get_by_role("alert")).to_be_visible(timeout=doc.START_MS)
    expect(cells.nth(1).locator(".jp-QuantLab-Chart-readout")).to_be_visible()
    expect_state(page, "saved")
    page.get_by_role("button", name="Remove chart").click()
    expect(cells).to_have_count(1)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(cells).to_have_count(2)


def test_a_reload_brings_layouts_back_saved_or_not(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    layout = create(api, "Reloaded", {"symbol": "SAMPLE:MSFT"})
    open_layout(page, lab, layout)
    run(page, "quantlab:layout-new")
    # The other one is in front until then, and looks alike.
    expect(page.get_by_role("tab", name="New layout")).to_have_attribute("aria-selected", "true")
    expect_charts(page, 1)
    page.get_by_label("Arrangement").locator("visible=true").select_option("stacked")
    expect_charts(page, 2)
    # JupyterLab keeps the page's state a moment after its last change.
    with page.expect_request("**/lab/api/workspaces/**"):
        page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{lab.url}lab?token={lab.token}")
    expect(page.get_by_role("tab", name="Reloaded")).to_be_visible(timeout=doc.START_MS)
    page.get_by_role("tab", name="New layout").click()
    expect_charts(page, 2)
    expect(page.locator(STATE)).to_have_text("Not saved yet")


def test_two_writers_see_both_sides_and_merge(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    layout = create(
        api, "Disputed", {"id": "a", "symbol": "SAMPLE:AAPL"}, {"id": "b", "symbol": "SAMPLE:MSFT"}
    )
    cells = open_layout(page, lab, layout, 2)
    theirs = stored(api, layout["id"])["document"]
    theirs["charts"][1]["timeframe"] = "1W"
    api.put(
        f"/layouts/{layout['id']}", json={"document": theirs}, headers={"If-Match": '"1"'}
    ).raise_for_status()
    # Two charts side by side are narrow: what has no room is in a menu.
    cells.nth(0).get_by_role("button", name="More about this chart").click()
    cells.nth(0).get_by_label("Style").select_option("line")
    page.keyboard.press("Control+s")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("“Disputed” was changed elsewhere")
    expect(dialog).to_contain_text("MSFT 1D → 1W")
    page.screenshot(path=lab.home / "layout-conflict.png")
    dialog.get_by_role("button", name="Keep editing").click()
    expect_state(page, "conflict")
    page.locator(STATE).click()
    dialog.get_by_role("button", name="Merge").click()
    expect(page.locator(STATE)).to_have_text("Saved: version 3")
    one, two = stored(api, layout["id"])["document"]["charts"]
    assert (one["style"], two["timeframe"]) == ("line", "1W")
    expect(cells.nth(1).get_by_label("Timeframe")).to_have_value("1W")


def test_a_draft_outlives_the_browser_and_is_offered(
    lab: doc.Lab, api: httpx.Client, browser: Browser, page: Page
) -> None:
    layout = create(api, "Crashed")
    id = layout["id"]
    first = browser.new_context()
    tab = first.new_page()
    open_layout(tab, lab, layout)
    tab.get_by_label("Arrangement").select_option("quad")

    def drafted() -> bool:
        found = draft(api, id)
        return found is not None and len(found["content"]["charts"]) == 4

    wait_until(drafted, what="the draft has four charts", timeout=20)
    first.close()
    assert stored(api, id)["version"] == 1

    open_layout(page, lab, layout)
    bar = doc.banner(page, "recovery")
    expect(bar).to_contain_text("There are unsaved changes of")
    bar.get_by_role("button", name="Restore").click()
    expect(bar).to_have_count(0)
    expect_charts(page, 4)
    page.get_by_role("button", name="Save layout").click()
    expect(page.locator(STATE)).to_have_text("Saved: version 2")
    assert draft(api, id) is None
    assert len(stored(api, id)["document"]["charts"]) == 4


def test_autosave_is_switched_off_and_remembered(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    layout = create(api, "By hand")
    cells = open_layout(page, lab, layout)
    traffic = doc.Traffic(page)
    autosave = page.get_by_role("checkbox", name="Autosave")
    autosave.uncheck()
    cells.get_by_label("Style").select_option("area")
    expect(page.locator(STATE)).to_have_text("Unsaved")
    run(page, "quantlab:layout-new")
    expect_charts(page, 1)
    expect(autosave.locator("visible=true")).not_to_be_checked()
    page.get_by_role("tab", name="By hand").click()
    page.get_by_role("button", name="Save layout").locator("visible=true").click()
    expect(page.locator(STATE)).to_have_text("Saved: version 2")
    assert traffic.of("PUT", "/draft") == []
    autosave.locator("visible=true").check()


def test_the_default_layout_opens_at_the_start_where_nothing_else_does(
    lab: doc.Lab, api: httpx.Client, browser: Browser, page: Page
) -> None:
    layout = create(api, "Every morning")
    open_layout(page, lab, layout)
    run(page, "quantlab:layout-make-default")
    expect(page.get_by_text("“Every morning” opens when JupyterLab starts")).to_be_visible()
    assert api.get("/auth/profile").json()["default_layout_id"] == layout["id"]
    other = browser.new_context().new_page()
    other.goto(f"{lab.lab_url}&reset")
    expect(other.get_by_role("tab", name="Every morning")).to_be_visible(timeout=doc.START_MS)
    other.context.close()
    page.get_by_role("button", name="Open none").click()
    wait_until(
        lambda: api.get("/auth/profile").json()["default_layout_id"] is None,
        what="no layout is the default",
    )
