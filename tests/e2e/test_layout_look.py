"""How a layout looks comes back in another browser: colours, what is hidden, heights of panes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.test_layout_ranges import LAYOUT, STATE, create, open_layout
from tests.support import documents as doc
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e

# What the library draws in the only chart, pane by pane; heights are shares of the first pane's.
LOOK = """() => {
    const [chart] = window.jupyterapp.shell.currentWidget.content.charts.values();
    const panes = chart.surface.chart.panes();
    return panes.map(pane => ({
        height: pane.getHeight() / panes[0].getHeight(),
        series: pane.getSeries().map(series => ({
            kind: series.seriesType(),
            colour: series.options().color ?? null,
            visible: series.options().visible,
            last: series.data().at(-1)?.value ?? null,
        })),
    }));
}"""


def look(page: Page) -> list[dict[str, Any]]:
    """What is drawn."""
    found: list[dict[str, Any]] = page.evaluate(LOOK)
    return found


def test_colours_and_heights_come_back_in_another_browser(
    lab: doc.Lab, api: httpx.Client, browser: Browser, page: Page
) -> None:
    studies = [{"id": "ta.sma"}, {"id": "ta.rsi"}, {"id": "ta.atr"}]
    layout = create(api, "Look", {"id": "a", "studies": studies})
    doc.open_lab(page, lab)
    open_layout(page, layout, 1)
    wait_until(lambda: len(look(page)) == 3, what="three panes", timeout=60)
    lines = page.locator(f"{LAYOUT} .jp-QuantLab-Chart-study")
    expect(lines).to_have_count(3)
    lines.nth(1).locator("input[type=color]").first.fill("#00aa55")
    lines.nth(0).get_by_role("checkbox").uncheck()
    wait_until(lambda: look(page)[1]["series"][0]["colour"] == "#00aa55", what="the other colour")
    # Drag the border below the prices.
    canvas = page.locator(f"{LAYOUT} .jp-QuantLab-Chart-canvas")
    box = canvas.bounding_box()
    assert box is not None
    top = page.evaluate(
        """() => {
            const [chart] = window.jupyterapp.shell.currentWidget.content.charts.values();
            return chart.surface.chart.panes()[0].getHeight();
        }"""
    )
    before = look(page)[1]["height"]
    page.mouse.move(box["x"] + 200, box["y"] + top)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + top - 60, steps=5)
    page.mouse.up()
    expect(page.locator(STATE)).not_to_have_text("Saved: version 1")
    wait_until(lambda: look(page)[1]["height"] > before * 1.2, what="the higher pane")
    canvas.focus()
    page.keyboard.press("Control+s")
    expect(page.locator(STATE)).to_have_text("Saved: version 2")
    panes = api.get(f"/layouts/{layout['id']}").json()["document"]["charts"][0]["panes"]
    assert len(panes) == 3
    page.screenshot(path=lab.home / "look.png")
    wanted = look(page)
    assert wanted[0]["series"][2]["visible"] is False

    other = browser.new_context(viewport=page.viewport_size).new_page()
    doc.open_lab(other, lab)
    open_layout(other, layout, 1)

    def same() -> bool:
        now = look(other)
        return [one["series"] for one in now] == [one["series"] for one in wanted] and all(
            one["height"] == pytest.approx(two["height"], abs=0.02)
            for one, two in zip(now, wanted, strict=True)
        )

    wait_until(same, what="the same is drawn", timeout=60)
    expect(other.locator(STATE)).to_have_attribute("data-state", "saved")
    other.context.close()
