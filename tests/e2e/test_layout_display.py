"""Parts of a layout that say how it is shown: the time zone of its times, the theme of its charts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.test_accessibility import check
from tests.e2e.test_layouts import LAYOUT, create, open_layout, stored
from tests.support import documents as doc
from tests.support.documents import run
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e

EXCHANGE = ZoneInfo("America/New_York")
VIEWER = "Europe/Berlin"
# Hours around the night in which New York puts its clocks back: 01:00 is there twice.
HOURS = [datetime(2024, 11, 3, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(12)]
READOUT = ".jp-QuantLab-Chart-readout time"
SAVED = f"{LAYOUT} .jp-QuantLab-SaveStatus > button"
# What the axis writes under the bars, and what is drawn into pictures, is on canvases only.
AXIS = """times => {
    const { surface } = [...window.jupyterapp.shell.currentWidget.content.charts.values()][0];
    const { tickMarkFormatter } = surface.chart.options().timeScale;
    return times.map(time => tickMarkFormatter(time, 3));
}"""
RECORD = """() => {
    window.written = [];
    const { fillText } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
        window.written.push(text);
        return fillText.call(this, text, ...rest);
    };
}"""
BACKGROUND = """() => [...window.jupyterapp.shell.currentWidget.content.charts.values()].map(
    ({ surface }) => surface.chart.options().layout.background.color)"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[doc.Lab]:
    """One JupyterLab with hourly bars of a New York night."""
    folder = tmp_path_factory.mktemp("files")
    rows = [f"{hour.isoformat()},{at},{at + 2},{at},{at + 1},5" for at, hour in enumerate(HOURS, 1)]
    (folder / "NIGHT_1h.csv").write_text("\n".join(["time,open,high,low,close,volume", *rows]))
    options = (
        f"--MarketSettings.files_folder={folder}",
        f"--MarketSettings.files_timezone={EXCHANGE.key}",
    )
    server = doc.Lab(tmp_path_factory.mktemp("lab"), args=options)
    server.start()
    yield server
    server.terminate()


@pytest.fixture
def viewer(browser: Browser) -> Iterator[Page]:
    """A page of somebody in Berlin."""
    with browser.new_context(timezone_id=VIEWER, locale="en-US") as context:
        yield context.new_page()


def night(api: httpx.Client, name: str, **more: Any) -> dict[str, Any]:
    """A layout of that night."""
    return create(api, name, {"id": "a", "symbol": "FILES:NIGHT", "timeframe": "1h"}, **more)


def expect_zone(page: Page, zone: ZoneInfo) -> None:
    """Read-out, axis, table, CSV and picture say the times of the data in a zone."""
    newest = HOURS[-1].astimezone(zone)
    expect(page.locator(READOUT)).to_contain_text(f"{newest:%H:%M}")
    expect(page.locator(READOUT)).to_have_attribute("title", zone.key)
    marks = page.evaluate(AXIS, [hour.timestamp() for hour in HOURS])
    assert marks == [f"{hour.astimezone(zone):%H:%M}" for hour in HOURS]
    cells = page.locator(".jp-QuantLab-Table tbody th")
    expect(cells).to_have_count(len(HOURS))
    expect(cells.first).to_contain_text(f"{newest:%H:%M}")
    for cell, hour in zip(cells.all_inner_texts(), reversed(HOURS), strict=True):
        local = hour.astimezone(zone)
        assert f"{local:%H:%M}" in cell, cell
        assert f"{local:%b} {local.day}, {local.year}" in cell, cell
    with page.expect_download() as csv:
        page.get_by_role("button", name="Export Bars as CSV").click()
    lines = Path(csv.value.path()).read_text().splitlines()[1:]
    times = [line.split(",")[0] for line in lines]
    assert [datetime.fromisoformat(time) for time in times] == HOURS
    assert [time[:19] for time in times] == [
        f"{h.astimezone(zone):%Y-%m-%dT%H:%M:%S}" for h in HOURS
    ]
    with page.expect_download():
        page.get_by_role("button", name="Save Chart as Picture").click()
    assert f"NIGHT · FILES:NIGHT · 1h · {zone.key}" in page.evaluate("window.written")


def test_times_are_said_in_the_chosen_zone(lab: doc.Lab, api: httpx.Client, viewer: Page) -> None:
    layout = night(api, "Night")
    open_layout(viewer, lab, layout)
    viewer.evaluate(RECORD)
    viewer.get_by_role("button", name="Table").click()
    zone = viewer.locator(LAYOUT).get_by_label("Time zone")
    expect(zone).to_have_value("exchange")
    expect_zone(viewer, EXCHANGE)
    # The hour that is there twice is told apart.
    hours = viewer.locator(".jp-QuantLab-Table tbody th").all_inner_texts()
    assert sum("01:00 EDT" in hour for hour in hours) == 1
    assert sum("01:00 EST" in hour for hour in hours) == 1
    zone.select_option("local")
    expect_zone(viewer, ZoneInfo(VIEWER))
    zone.select_option("UTC")
    expect_zone(viewer, ZoneInfo("UTC"))
    # It is saved with the layout, and comes back.
    viewer.locator(".jp-QuantLab-Chart-canvas").first.focus()
    viewer.keyboard.press("Control+s")
    expect(viewer.locator(SAVED)).to_have_text("Saved: version 2")
    assert stored(api, layout["id"])["document"]["timezone"] == "UTC"
    open_layout(viewer, lab, layout)
    expect(viewer.locator(LAYOUT).get_by_label("Time zone")).to_have_value("UTC")
    expect(viewer.locator(READOUT)).to_have_attribute("title", "UTC")


def test_the_profile_says_what_holds_where_a_layout_says_nothing(
    lab: doc.Lab, api: httpx.Client, viewer: Page
) -> None:
    layout, other = night(api, "Quiet"), night(api, "Tokyo", timezone="Asia/Tokyo")
    doc.open_lab(viewer, lab)
    run(viewer, "quantlab:account-open", section="preferences")
    account = viewer.locator(".jp-QuantLab-ChartSettings")
    account.get_by_label("Time zone").select_option("UTC")

    def kept() -> bool:
        profile = api.get("/auth/profile").raise_for_status().json()
        return bool(profile["preferences"]["timezone"] == "UTC")

    wait_until(kept, what="the preference to be kept")
    run(viewer, "quantlab:layout-open", id=layout["id"])
    expect(viewer.locator(READOUT)).to_have_attribute("title", "UTC", timeout=doc.START_MS)
    expect(viewer.locator(SAVED)).to_have_text("Saved: version 1")
    run(viewer, "quantlab:layout-open", id=other["id"])
    shown = viewer.locator(f"{LAYOUT} {READOUT}")
    expect(shown).to_have_attribute("title", "Asia/Tokyo", timeout=doc.START_MS)
    # A chart by itself has a choice of its own; days are days of the exchange.
    run(viewer, "quantlab:chart-open", symbol="FILES:NIGHT", timeframe="1h")
    chart = viewer.locator(".jp-QuantLab-Chart:not(.jp-QuantLab-Layout-cell):visible")
    expect(chart.locator(READOUT)).to_have_attribute("title", "UTC", timeout=doc.START_MS)
    chart.get_by_label("Time zone").select_option("local")
    expect(chart.locator(READOUT)).to_have_attribute("title", VIEWER)
    chart.get_by_label("Timeframe").select_option("1D")
    expect(chart.locator(READOUT)).to_have_attribute("title", EXCHANGE.key)


def test_charts_may_look_otherwise_than_the_page(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    layout = create(api, "Evening", {"symbol": "SAMPLE:AAPL"}, {"symbol": "SAMPLE:MSFT"})
    open_layout(page, lab, layout, 2)
    assert page.evaluate(BACKGROUND) == ["#ffffff"] * 2
    page.get_by_role("button", name="More about this layout").click()
    page.get_by_role("menuitemcheckbox", name="Charts Always Dark").or_(
        page.get_by_role("menuitem", name="Charts Always Dark")
    ).click()
    page.wait_for_function(f"({BACKGROUND})().every(one => one === '#212121')")
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "true")
    page.screenshot(path=lab.home / "always-dark.png")
    check(page, ".jp-QuantLab-Layout-grid")
    page.locator(".jp-QuantLab-Chart-canvas").first.focus()
    page.keyboard.press("Control+s")
    expect(page.locator(SAVED)).to_have_text("Saved: version 2")
    assert stored(api, layout["id"])["document"]["theme"] == "dark"
    open_layout(page, lab, layout, 2)
    page.wait_for_function(f"({BACKGROUND})().every(one => one === '#212121')")
    run(page, "quantlab:layout-theme", theme="light")
    run(page, "apputils:change-theme", theme="JupyterLab Dark")
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    page.wait_for_function(f"({BACKGROUND})().every(one => one === '#ffffff')")
    page.screenshot(path=lab.home / "always-light.png")
    run(page, "quantlab:layout-theme", theme="system")
    page.wait_for_function(f"({BACKGROUND})().every(one => one !== '#ffffff')")
    # A chart that goes while the theme changes goes without a word.
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.evaluate("""async () => {
        const { content } = window.jupyterapp.shell.currentWidget;
        content.setTheme('dark');
        content.dispose();
        await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    }""")
    assert problems == []


def test_a_picture_of_replayed_prices_says_so(lab: doc.Lab, page: Page) -> None:
    doc.open_lab(page, lab)
    page.evaluate(RECORD)
    run(page, "quantlab:chart-open", symbol="REPLAY:AAPL")
    note = page.locator(".jp-QuantLab-Chart-note")
    expect(note).to_contain_text("REPLAY of", timeout=doc.START_MS)
    with page.expect_download():
        page.get_by_role("button", name="Save Chart as Picture").click()
    written = [text for text in page.evaluate("window.written") if "REPLAY of" in text]
    assert written, "the picture does not say that its prices are past ones"
