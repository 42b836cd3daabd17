"""Other symbols over a chart: their lines are the service's closes, in percent, and stay over a reload."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Page, expect

from quantlab_ext.schemas.layout_document import Comparison
from tests.e2e.test_accessibility import check
from tests.e2e.test_charts import CHART, bars, open_chart
from tests.support import documents as doc

pytestmark = pytest.mark.e2e

CONTENT = "window.jupyterapp.shell.currentWidget.content"
# The line that was drawn last in the pane of prices, as the library has it.
LINE = f"""() => {{
    const series = {CONTENT}.surface.chart.panes()[0].getSeries();
    const data = series.at(-1).data().filter(one => one.value !== undefined);
    return {{ count: series.length, type: series.at(-1).seriesType(), data: data.slice(-50) }};
}}"""


def test_a_symbol_is_compared_and_removed(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    # Both have prices of the same years.
    other = "SAMPLE:MSFT"
    chart = open_chart(page, lab, symbol="SAMPLE:IBM")
    chart.get_by_role("button", name="Compare…").click()
    page.get_by_role("combobox", name="Search symbols").fill("MSFT")
    options = page.get_by_role("dialog").get_by_role("option")
    expect(options.first).to_contain_text("MSFT")
    page.keyboard.press("Enter")
    line = chart.locator(".jp-QuantLab-Chart-compare")
    expect(line).to_contain_text(other)
    expect(line).to_contain_text(".")
    expect(chart.get_by_label("Scale")).to_have_value("percent")
    kept = page.evaluate(f"{CONTENT}.model.state.compare")
    assert kept == [Comparison(symbol=other).model_dump(mode="json")]
    # What is drawn are the service's closes at the chart's own times.
    columns = bars(api, other, limit=5000)["columns"]
    closes = dict(zip(columns["time"], columns["close"], strict=True))
    drawn = page.evaluate(LINE)
    assert drawn["type"] == "Line"
    shared = [one for one in drawn["data"] if one["time"] * 1000 in closes]
    assert shared
    assert all(closes[one["time"] * 1000] == one["value"] for one in shared)
    page.screenshot(path=lab.home / "compare-light.png")
    check(page, CHART)
    page.screenshot(path=lab.home / "compare-dark.png")
    with page.expect_request("**/lab/api/workspaces/**"):
        page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    page.goto(f"{lab.url}lab?token={lab.token}")
    expect(line).to_contain_text(other, timeout=doc.START_MS)
    expect(line).to_contain_text(".")
    assert page.evaluate(f"{CONTENT}.model.state.compare") == kept
    line.get_by_role("button", name="Remove").click()
    expect(line).to_have_count(0)
    page.wait_for_function(f"count => ({LINE})().count === count", arg=drawn["count"] - 1)


def test_one_that_is_missing_says_so_and_can_be_removed(lab: doc.Lab, page: Page) -> None:
    chart = open_chart(page, lab, compare=[{"symbol": "SAMPLE:NOSUCH"}])
    line = chart.locator(".jp-QuantLab-Chart-compare")
    expect(line.get_by_role("alert")).to_be_visible()
    line.get_by_role("button", name="Remove").click()
    expect(line).to_have_count(0)
    expect(chart.locator(".jp-QuantLab-Chart-readout")).to_be_visible()


def test_one_without_bars_in_this_time_says_so(lab: doc.Lab, page: Page) -> None:
    chart = open_chart(page, lab, compare=[{"symbol": "SAMPLE:MSFT"}])
    expect(chart.locator(".jp-QuantLab-Chart-compare")).to_contain_text("No bars in this time")


# How each pane counts, from top to bottom: 0 linear, 2 percent; and levels that have a line across it.
PANES = f"""() => {CONTENT}.surface.chart.panes().map(pane => {{
    const [series] = pane.getSeries();
    const {{ mode, scaleMargins }} = series.priceScale().options();
    return [mode, scaleMargins.bottom < 0.2, series.priceLines().map(line => line.options().price)];
}})"""


def test_studies_keep_their_own_scale_and_keys_go_on(lab: doc.Lab, page: Page) -> None:
    chart = open_chart(page, lab, symbol="SAMPLE:IBM", studies=[{"study": "ta.rsi"}])
    expect(chart.locator(".jp-QuantLab-Chart-study")).to_contain_text(".")
    chart.get_by_role("button", name="Compare…").click()
    page.get_by_role("combobox", name="Search symbols").fill("MSFT")
    expect(page.get_by_role("dialog").get_by_role("option").first).to_contain_text("MSFT")
    page.keyboard.press("Enter")
    line = chart.locator(".jp-QuantLab-Chart-compare")
    expect(line).to_contain_text(".")
    # Prices count in percent above room for volume; the figures of a study are what the service computed.
    page.wait_for_function(f"() => ({PANES})().length === 2")
    assert page.evaluate(PANES) == [[2, False, []], [0, True, [30, 70]]]
    page.screenshot(path=lab.home / "compare-study.png")
    line.get_by_role("button", name="Remove").click()
    expect(line).to_have_count(0)
    # The scale was chosen for what is gone; and the button that is gone has left the keys to the chart.
    expect(chart.get_by_label("Scale")).to_have_value("linear")
    expect(chart.locator(".jp-QuantLab-Chart-canvas")).to_be_focused()
