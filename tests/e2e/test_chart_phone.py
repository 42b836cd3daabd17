"""Charts at a phone's width: one line of controls each, and most of the height for the picture."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_accessibility import THEMES, check, set_theme
from tests.support import documents as doc

pytestmark = pytest.mark.e2e

CHART = ".jp-QuantLab-Chart"


def height(page: Page, selector: str) -> float:
    """Of the first thing that it finds."""
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return float(box["height"])


def show(page: Page, lab: doc.Lab, command: str, **args: Any) -> None:
    """Run a command on a phone, without the side bar, and wait for prices."""
    page.set_viewport_size({"width": 390, "height": 800})
    doc.open_lab(page, lab)
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    page.evaluate(
        "([id, args]) => void window.jupyterapp.commands.execute(id, args)", [command, args]
    )
    expect(page.locator(".jp-QuantLab-Chart-readout").first).to_be_visible(timeout=doc.START_MS)


def test_a_chart_keeps_two_thirds_for_its_picture(lab: doc.Lab, page: Page) -> None:
    show(page, lab, "quantlab:chart-open")
    assert height(page, ".jp-QuantLab-Chart-canvas") >= height(page, CHART) * 2 / 3
    more = page.get_by_role("button", name="More about this chart")
    style = page.get_by_label("Style")
    expect(style).to_be_hidden()
    more.click()
    style.select_option("line")
    page.wait_for_function(
        """() => window.jupyterapp.shell.currentWidget.content.surface.prices
            .seriesType() === 'Line'"""
    )
    for theme in THEMES:
        set_theme(page, theme)
        page.screenshot(path=lab.home / f"phone-menu-{theme[11:]}.png")
    check(page, CHART)
    page.keyboard.press("Escape")
    expect(style).to_be_hidden()
    expect(more).to_be_focused()
    for theme in THEMES:
        set_theme(page, theme)
        page.screenshot(path=lab.home / f"phone-{theme[11:]}.png")
    # It closes when the person goes on elsewhere.
    more.click()
    expect(style).to_be_visible()
    page.locator(".jp-QuantLab-Chart-canvas").click(position={"x": 100, "y": 400})
    expect(style).to_be_hidden()


def test_charts_of_a_layout_stand_below_each_other(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    charts = [{"symbol": "SAMPLE:AAPL", "timeframe": one} for one in ("1D", "1W", "1M")]
    document = {"schema_version": 1, "charts": charts}
    made = api.post("/layouts", json={"name": "Phone", "document": document}).raise_for_status()
    show(page, lab, "quantlab:layout-open", id=made.json()["id"])
    cells = page.locator(".jp-QuantLab-Layout-cell")
    expect(cells.locator(".jp-QuantLab-Chart-readout")).to_have_count(3)
    assert height(page, ".jp-QuantLab-Layout-toolbar") < 60
    assert height(page, f"{CHART}-canvas") >= height(page, CHART) * 0.6
    more = page.get_by_role("button", name="Layout tools")
    more.click()
    expect(page.get_by_label("Arrangement")).to_be_visible()
    for theme in THEMES:
        set_theme(page, theme)
        page.screenshot(path=lab.home / f"phone-layout-{theme[11:]}.png")
    check(page, ".jp-QuantLab-Layout")
    page.keyboard.press("Escape")
    cells.nth(2).scroll_into_view_if_needed()
    expect(cells.nth(2).locator(".jp-QuantLab-Chart-canvas")).to_be_in_viewport()
