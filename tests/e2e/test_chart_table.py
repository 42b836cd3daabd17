"""The data table of a chart: the same figures as the service's, for the bars in sight, by keyboard."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_accessibility import check
from tests.e2e.test_charts import CHART, bars, drawn, open_chart
from tests.support import documents as doc

pytestmark = pytest.mark.e2e

BODY = "[...document.querySelectorAll('.jp-QuantLab-Table tbody tr')]"


def test_the_table_shows_the_bars_in_sight(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    chart = open_chart(page, lab, studies=[{"study": "ta.rsi", "inputs": {"length": 9}}])
    chart.locator(".jp-QuantLab-Chart-canvas").focus()
    page.keyboard.press("t")
    table = chart.locator(".jp-QuantLab-Table table")
    expect(chart.get_by_role("group", name="Bars in sight")).to_be_focused()
    expect(chart.get_by_role("button", name="Table", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(table.get_by_role("columnheader").nth(6)).to_contain_text("9")
    columns = bars(api, "SAMPLE:AAPL", limit=2)["columns"]
    for row, at in ((0, -1), (1, -2)):
        cells = table.locator("tbody tr").nth(row).locator("td")
        assert cells.all_inner_texts()[:4] == [
            f"{columns[name][at]:.2f}" for name in ("open", "high", "low", "close")
        ]
    evaluated = api.post(
        "/studies/evaluate",
        json={
            "symbol": "SAMPLE:AAPL",
            "timeframe": "1D",
            "limit": 1,
            "studies": [{"study": "ta.rsi", "inputs": {"length": 9}}],
        },
    )
    value = next(iter(evaluated.raise_for_status().json()["results"][0]["plots"].values()))[-1]
    expect(table.locator("tbody tr").first.locator("td").nth(5)).to_have_text(f"{value:.2f}")
    # It follows what is in sight.
    before = page.evaluate(f"{BODY}.length")
    chart.get_by_role("button", name="1M", exact=True).click()
    page.wait_for_function(f"before => {BODY}.length < before", arg=before)
    seen = drawn(page)["visible"]
    times = page.evaluate("window.jupyterapp.shell.currentWidget.content.model.bars.time")
    count = times.index(seen[1]) - times.index(seen[0]) + 1
    page.wait_for_function(f"count => {BODY}.length === count", arg=count)
    check(page, CHART)
    page.screenshot(path=lab.home / "table-dark.png")
    chart.get_by_role("group", name="Bars in sight").focus()
    page.keyboard.press("Escape")
    expect(table).to_have_count(0)
    expect(chart.locator(".jp-QuantLab-Chart-canvas")).to_be_focused()


def test_a_long_range_says_what_it_leaves_out(lab: doc.Lab, page: Page) -> None:
    chart = open_chart(page, lab)
    chart.get_by_role("button", name="All", exact=True).click()
    chart.get_by_role("button", name="Table", exact=True).click()
    expect(chart.get_by_role("caption")).to_contain_text("the newest 500 of")
    assert page.evaluate(f"{BODY}.length") == 500
