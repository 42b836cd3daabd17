"""What a layout had in sight comes back: in another browser, and in a tab that nobody has looked at yet."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import documents as doc
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e

LAYOUT = ".jp-QuantLab-Layout:visible"
STATE = f"{LAYOUT} .jp-QuantLab-Layout-saving .jp-QuantLab-SaveStatus > button"
# Times in sight, and the share of the width that the bars in sight take, of each chart of the layout in front.
SHOWN = """() => {
    const { model, charts } = window.jupyterapp.shell.currentWidget.content;
    return model.document.charts.map(({ id }) => {
        const { surface, model } = charts.get(id);
        const scale = surface.chart.timeScale();
        const [from, to] = surface.visible ?? [0, 0];
        return {
            from, to,
            left: scale.timeToCoordinate(from / 1000),
            right: scale.timeToCoordinate(to / 1000),
            width: scale.width(),
            newest: model.bars.time.at(-1),
        };
    });
}"""


def create(api: httpx.Client, name: str, *charts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Save a layout over the API."""
    drawn = [{"timeframe": "1D", "symbol": "SAMPLE:AAPL", **chart} for chart in charts]
    document = {"schema_version": 1, "charts": drawn, **more}
    made = api.post("/layouts", json={"name": name, "document": document}).raise_for_status()
    created: dict[str, Any] = made.json()
    return created


def open_layout(page: Page, layout: dict[str, Any], charts: int) -> None:
    """Open a layout and wait for the prices of its charts."""
    page.evaluate(
        "id => void window.jupyterapp.commands.execute('quantlab:layout-open', {id})", layout["id"]
    )
    readouts = page.locator(f"{LAYOUT} .jp-QuantLab-Chart-readout")
    expect(readouts).to_have_count(charts, timeout=doc.START_MS)


def test_ranges_come_back_in_another_browser(
    lab: doc.Lab, api: httpx.Client, browser: Browser, page: Page
) -> None:
    layout = create(api, "Ranges", {"id": "a"}, {"id": "b", "timeframe": "1W"})
    doc.open_lab(page, lab)
    open_layout(page, layout, 2)
    first = page.locator(f"{LAYOUT} .jp-QuantLab-Chart-canvas").first
    first.focus()
    for key in ("Shift+ArrowLeft", "Shift+ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
    ranges = "window.jupyterapp.shell.currentWidget.content.model.document.view?.ranges ?? {}"
    wait_until(lambda: set(page.evaluate(ranges)) == {"a", "b"}, what="the ranges are kept")
    # To look around is no edit, but a save keeps where one looks.
    expect(page.locator(STATE)).to_have_attribute("data-state", "saved")
    # What is in sight is saved, also when it was moved a moment ago.
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Control+s")
    expect(page.locator(STATE)).to_have_text("Saved: version 2")
    before = page.evaluate(SHOWN)
    assert before[0]["to"] < before[0]["newest"]

    other = browser.new_context().new_page()
    doc.open_lab(other, lab)
    open_layout(other, layout, 2)

    def same() -> bool:
        now = other.evaluate(SHOWN)
        return all(
            (one["from"], one["to"]) == (two["from"], two["to"])
            for one, two in zip(before, now, strict=True)
        )

    wait_until(same, what="the same bars are in sight", timeout=60)
    expect(other.locator(STATE)).to_have_attribute("data-state", "saved")
    other.context.close()


def test_a_range_outside_the_history_shows_the_newest_bars(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    past = {"start": "1950-01-01T00:00:00Z", "end": "1951-01-01T00:00:00Z"}
    layout = create(api, "Before there were bars", {"id": "a"}, view={"ranges": {"a": past}})
    doc.open_lab(page, lab)
    open_layout(page, layout, 1)
    wait_until(
        lambda: (now := page.evaluate(SHOWN)[0])["to"] == now["newest"], what="the newest bars"
    )


def test_charts_that_come_back_behind_another_tab_fill_their_width(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    layout = create(api, "Behind", {"id": "a"}, {"id": "b"})
    doc.open_lab(page, lab)
    open_layout(page, layout, 2)
    page.evaluate("void window.jupyterapp.commands.execute('quantlab:chart-open')")
    expect(page.get_by_role("tab", name="AAPL 1D")).to_be_visible(timeout=doc.START_MS)
    expect(page.locator(LAYOUT)).to_have_count(0)
    doc.wait_until_kept(page, "quantlab-chart-")
    page.goto(lab.lab_url)
    tab = page.get_by_role("tab", name="Behind")
    expect(tab).to_be_visible(timeout=doc.START_MS)
    # Their bars come while nobody sees them.
    page.wait_for_function(
        """() => {
            const [behind] = [...window.jupyterapp.shell.widgets('main')].filter(
                widget => widget.content?.charts?.size === 2
            );
            const charts = [...(behind?.content.charts.values() ?? [])];
            return charts.length === 2 && charts.every(
                chart => chart.model.status === 'ready' && !chart.isVisible
            );
        }""",
        timeout=doc.START_MS,
    )
    tab.click()

    def full() -> bool:
        return all(
            one["to"] == one["newest"]
            and one["left"] is not None
            and one["left"] < one["width"] * 0.1
            and one["right"] > one["width"] * 0.8
            for one in page.evaluate(SHOWN)
        )

    wait_until(full, what="the newest bars fill the width", timeout=30)
