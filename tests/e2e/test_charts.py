"""Charts: what is drawn is what the service says, and it comes back after a reload."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support import documents as doc

pytestmark = pytest.mark.e2e

CHART = ".jp-QuantLab-Chart"
# The library's own picture of the chart in front, as numbers.
DRAWN = """() => {
    const { content } = window.jupyterapp.shell.currentWidget;
    const { chart } = content.surface;
    const panes = chart.panes();
    return {
        visible: content.surface.visible,
        bars: content.model.bars.time.length,
        panes: panes.map(pane => pane.getSeries().map(series => series.seriesType())),
        heights: panes.map(pane => pane.getHeight()),
        last: panes[0].getSeries()[0].data().at(-1),
        right: chart.timeScale().timeToCoordinate(panes[0].getSeries()[0].data().at(-1).time),
        width: chart.timeScale().width(),
    };
}"""


# The width of prices is known once they are drawn, and takes its room from the bars a frame later.
AT_REST = """async () => {
    const frame = () => new Promise(resolve => requestAnimationFrame(resolve));
    const look = () => {
        const { chart, visible } = window.jupyterapp.shell.currentWidget.content.surface;
        const scale = chart.timeScale();
        const box = document.querySelector('.jp-QuantLab-Chart-canvas').getBoundingClientRect();
        return chart.priceScale('right').width() > 0
            ? JSON.stringify([box, visible, scale.width(), scale.getVisibleLogicalRange()])
            : null;
    };
    const before = look();
    for (let frames = 0; frames < 10; frames++) {
        await frame();
    }
    return before !== null && before === look();
}"""


def drawn(page: Page) -> dict[str, Any]:
    """What the chart in front draws."""
    found: dict[str, Any] = page.evaluate(DRAWN)
    return found


def open_chart(page: Page, lab: doc.Lab, **args: Any) -> Locator:
    """Open a chart by its command and wait for its prices."""
    doc.open_lab(page, lab)
    page.evaluate(
        "args => void window.jupyterapp.commands.execute('quantlab:chart-open', args)", args
    )
    chart = page.locator(CHART)
    expect(chart.locator(".jp-QuantLab-Chart-readout")).to_be_visible(timeout=doc.START_MS)
    expect(chart.locator(".jp-QuantLab-Draw-tools")).to_be_visible()
    page.wait_for_function(AT_REST)
    return chart


def bars(api: httpx.Client, symbol: str, timeframe: str = "1D", **query: Any) -> dict[str, Any]:
    """Bars as the service gives them."""
    params = {"symbol": symbol, "timeframe": timeframe, **query}
    found: dict[str, Any] = api.get("/bars", params=params).raise_for_status().json()
    return found


def test_the_launcher_opens_a_chart_that_shows_what_the_service_has(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    doc.open_lab(page, lab)
    page.locator(".jp-LauncherCard", has_text="Chart").first.click()
    readout = page.locator(".jp-QuantLab-Chart-readout")
    expect(readout).to_be_visible(timeout=doc.START_MS)
    # The read-out is that of the newest bar while nothing is pointed at.
    page.mouse.move(0, 0)
    columns = bars(api, "SAMPLE:AAPL", limit=1)["columns"]
    expect(readout).to_contain_text(f"{columns['close'][-1]:.2f}")
    seen = drawn(page)
    assert seen["last"]["close"] == columns["close"][-1]
    assert seen["last"]["time"] * 1000 == columns["time"][-1]
    assert seen["visible"][1] == columns["time"][-1]
    # The newest bar is at the right, near the scale, and the candles fill the width.
    assert seen["width"] * 0.9 < seen["right"] < seen["width"]
    assert seen["panes"] == [["Candlestick", "Histogram"]]
    page.screenshot(path=lab.home / "chart.png")


def test_another_symbol_is_found_by_its_name(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    chart = open_chart(page, lab)
    chart.locator(".jp-QuantLab-Chart-canvas").focus()
    page.keyboard.press("/")
    search = page.get_by_role("combobox", name="Search symbols")
    other = next(
        item
        for item in api.get("/instruments", params={"q": ""}).json()["items"]
        if item["symbol"] != "SAMPLE:AAPL"
    )
    search.fill(other["ticker"])
    options = page.get_by_role("dialog").get_by_role("option")
    expect(options.first).to_contain_text(other["ticker"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(chart.locator(".jp-QuantLab-Chart-name")).to_contain_text(other["symbol"])
    assert drawn(page)["last"]["close"] == bars(api, other["symbol"])["columns"]["close"][-1]
    # Enter before the answer takes what is found, not what was there before.
    page.keyboard.press("/")
    expect(options.first).to_be_visible()
    search.fill("AAPL")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(chart.locator(".jp-QuantLab-Chart-name")).to_contain_text("SAMPLE:AAPL")


def test_studies_are_the_services_figures_and_get_panes_of_their_own(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    chart = open_chart(page, lab)
    add = chart.get_by_label("Add a study")
    line = chart.locator(".jp-QuantLab-Chart-study")
    # By keyboard: what one passes on the way is not added, Enter adds it.
    add.focus()
    while add.input_value() != "ta.rsi":
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(line).to_have_count(1)
    add.select_option("ta.sma")
    expect(line).to_have_count(2)
    page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget.content.surface.chart.panes().length === 2"
    )
    answer = api.post(
        "/studies/evaluate",
        json={
            "symbol": "SAMPLE:AAPL",
            "timeframe": "1D",
            "limit": 1,
            "studies": [{"study": "ta.rsi", "inputs": {}}],
        },
    )
    rsi = answer.raise_for_status().json()["results"][0]["plots"]
    value = next(iter(rsi.values()))[-1]
    expect(line.first).to_contain_text(f"{value:.2f}")
    assert [len(pane) for pane in drawn(page)["panes"]] == [3, 1]
    # Panes take their heights with the next frame.
    page.wait_for_function(
        f"() => {{ const [prices, rsi] = ({DRAWN})().heights; return prices > rsi && rsi > 60; }}"
    )
    line.first.get_by_role("spinbutton").first.fill("30")
    page.keyboard.press("Enter")
    expect(line.first).not_to_contain_text(f"{value:.2f}")
    page.screenshot(path=lab.home / "studies.png")
    line.first.get_by_role("button", name="Remove").click()
    expect(line).to_have_count(1)
    page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget.content.surface.chart.panes().length === 1"
    )


def test_scrolling_back_loads_older_bars_and_nothing_jumps(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    chart = open_chart(page, lab)
    before = drawn(page)
    assert bars(api, "SAMPLE:AAPL", limit=before["bars"])["next_before"] is not None
    chart.locator(".jp-QuantLab-Chart-canvas").focus()
    page.keyboard.press("Home")
    page.wait_for_function(
        "count => window.jupyterapp.shell.currentWidget.content.model.bars.time.length > count",
        arg=before["bars"],
    )
    times = page.evaluate("window.jupyterapp.shell.currentWidget.content.model.bars.time")
    assert times == sorted(set(times))
    page.keyboard.press("End")
    page.wait_for_function(
        "last => window.jupyterapp.shell.currentWidget.content.surface.visible[1] === last",
        arg=before["visible"][1],
    )


def test_a_chart_fills_the_room_that_it_gets(lab: doc.Lab, page: Page) -> None:
    # So narrow at first that beside the prices there is room for nothing.
    page.set_viewport_size({"width": 390, "height": 800})
    doc.open_lab(page, lab)
    page.evaluate("void window.jupyterapp.commands.execute('quantlab:chart-open')")
    expect(page.locator(".jp-QuantLab-Chart-readout")).to_be_attached(timeout=doc.START_MS)
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    page.set_viewport_size({"width": 1200, "height": 800})
    page.wait_for_function(
        """() => {
            const { chart } = window.jupyterapp.shell.currentWidget.content.surface;
            const { width, height } = chart.chartElement().getBoundingClientRect();
            const room = document.querySelector('.jp-QuantLab-Chart-canvas');
            return width > 1000 && width === room.clientWidth && height === room.clientHeight;
        }"""
    )


def test_ranges_show_what_they_say_also_before_the_loaded_bars(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    chart = open_chart(page, lab)
    times = bars(api, "SAMPLE:AAPL", limit=100_000)["columns"]["time"]
    last = datetime.fromtimestamp(times[-1] / 1000, UTC)
    since = last.replace(year=last.year - 5).timestamp() * 1000
    first = next(time for time in times if time >= since)
    loaded = drawn(page)["bars"]
    assert times[-loaded] > first
    for label, wanted in (("5Y", first), ("All", times[0])):
        chart.get_by_role("button", name=label, exact=True).click()
        # As good as a scale of this width can show it.
        page.wait_for_function(
            """([first, slack]) => {
                const { surface } = window.jupyterapp.shell.currentWidget.content;
                return Math.abs(surface.visible[0] - first) <= slack;
            }""",
            arg=[wanted, timedelta(days=60) / timedelta(milliseconds=1)],
        )
    assert drawn(page)["bars"] == len(times)


def test_timeframe_by_digit_style_and_scale_stay_over_a_reload(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    chart = open_chart(page, lab, timeframe="1D")
    chart.get_by_label("Style").select_option("line")
    chart.get_by_label("Scale").select_option("log")
    timeframes = api.get("/instruments/SAMPLE%3AAAPL").json()["timeframes"]
    chart.locator(".jp-QuantLab-Chart-canvas").focus()
    page.keyboard.press(str(timeframes.index("1W") + 1))
    expect(chart.get_by_label("Timeframe")).to_have_value("1W")
    weekly = bars(api, "SAMPLE:AAPL", "1W", limit=1)["columns"]["close"][-1]
    expect(chart.locator(".jp-QuantLab-Chart-readout")).to_contain_text(f"{weekly:.2f}")
    expect(page.get_by_role("tab", name="AAPL 1W")).to_be_visible()
    # JupyterLab keeps the page's state a moment after its last change.
    with page.expect_request("**/lab/api/workspaces/**"):
        page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    page.goto(f"{lab.url}lab?token={lab.token}")
    again = page.locator(CHART)
    expect(again.get_by_label("Timeframe")).to_have_value("1W", timeout=doc.START_MS)
    expect(again.get_by_label("Style")).to_have_value("line")
    expect(again.get_by_label("Scale")).to_have_value("log")


def test_an_unknown_symbol_says_so_and_offers_another(lab: doc.Lab, page: Page) -> None:
    doc.open_lab(page, lab)
    page.evaluate(
        "void window.jupyterapp.commands.execute('quantlab:chart-open', {symbol: 'SAMPLE:NOSUCH'})"
    )
    problem = page.locator(CHART).get_by_role("alert")
    expect(problem).to_be_visible(timeout=doc.START_MS)
    page.locator(CHART).get_by_role("button", name="Choose another symbol").click()
    page.get_by_role("combobox", name="Search symbols").fill("AAPL")
    options = page.get_by_role("dialog").get_by_role("option")
    expect(options.first).to_contain_text("Apple Inc.")
    page.keyboard.press("Enter")
    expect(page.locator(".jp-QuantLab-Chart-name")).to_contain_text("SAMPLE:AAPL")


def test_bars_leave_as_csv_and_as_a_picture(
    lab: doc.Lab, api: httpx.Client, page: Page, tmp_path: Path
) -> None:
    chart = open_chart(page, lab)
    with page.expect_download() as csv:
        chart.get_by_role("button", name="Export Bars as CSV").click()
    assert csv.value.suggested_filename == "SAMPLE-AAPL 1D.csv"
    saved = tmp_path / "bars.csv"
    csv.value.save_as(saved)
    lines = saved.read_text().splitlines()
    assert lines[0] == "time,open,high,low,close,volume"
    close = bars(api, "SAMPLE:AAPL", limit=1)["columns"]["close"][-1]
    assert float(lines[-1].split(",")[4]) == close
    with page.expect_download() as picture:
        chart.get_by_role("button", name="Save Chart as Picture").click()
    picture.value.save_as(tmp_path / "chart.png")
    png = (tmp_path / "chart.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    # What is drawn, and above it what that is.
    drawn_height = page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.surface.picture().height"
    )
    assert int.from_bytes(png[20:24]) > drawn_height


def test_the_theme_is_followed_at_once(lab: doc.Lab, page: Page) -> None:
    open_chart(page, lab)
    light = page.evaluate(BACKGROUND)
    page.evaluate(
        "window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
    )
    page.wait_for_function(f"light => ({BACKGROUND})() !== light", arg=light)
    page.screenshot(path=lab.home / "chart-dark.png")


BACKGROUND = (
    "() => window.jupyterapp.shell.currentWidget.content.surface.chart"
    ".options().layout.background.color"
)
