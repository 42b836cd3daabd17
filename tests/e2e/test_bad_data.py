"""Bad data in a folder of files: each shows a right chart, or says in words what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from tests.support import documents as doc
from tests.support.documents import run

pytestmark = pytest.mark.e2e

HEADER = "date,open,high,low,close,volume"
CHART = ".jp-QuantLab-Chart:visible"
OVER = f"{CHART} .jp-QuantLab-Chart-over"
LEGEND = f"{CHART} .jp-QuantLab-Chart-legend"
# What is drawn, as the page and its library have it.
DRAWN = """() => {
    const { model, surface } = window.jupyterapp.shell.currentWidget.content;
    const points = surface.prices.data();
    return {
        time: model.bars.time,
        close: model.bars.close,
        points: points.length,
        last: points.at(-1),
        mode: surface.chart.priceScale('right').options().mode,
        inverted: surface.chart.priceScale('right').options().invertScale,
        range: surface.chart.priceScale('right').getVisibleRange(),
    };
}"""
LINEAR, LOG, PERCENT, INDEXED = range(4)


def rows(count: int, price: float = 100, volume: float = 1000) -> list[str]:
    """Daily rows of January 2024 that nothing is wrong with."""
    return [
        f"2024-01-{day:02},{price},{price + 2},{price - 1},{price + 1},{volume}"
        for day in range(1, count + 1)
    ]


FILES: dict[str, list[str]] = {
    "ONE": [HEADER, *rows(1)],
    "EMPTY": [HEADER],
    "NOTHING": [],
    "GAPS": [HEADER, *rows(3), *(f"2024-0{month}-20,100,102,99,101,5" for month in (3, 6, 9))],
    "ZERO": [HEADER, *rows(3), "2024-01-04,1,2,0,0,5", "2024-01-05,-3,1,-4,-2,5"],
    "NAN": [HEADER, *rows(3), "2024-01-04,NaN,102,99,101,5", "2024-01-05,100,102,99,,5"],
    "HUGE": [HEADER, *rows(5, volume=1e9)],
    "TWICE": [HEADER, *rows(4), "2024-01-02,100,103,99,102,7"],
    "BACKWARDS": [HEADER, *reversed(rows(6))],
    "ROWS": [
        HEADER,
        *rows(3),
        "2024-01-04,100",
        "not a day,1,2,0.5,1,1",
        "2024-01-05,100,1,99,101,5",
    ],
    "SEMICOLON": [row.replace(",", ";") for row in (HEADER, *rows(4))],
    "HASH": [row.replace(",", "#") for row in (HEADER, *rows(4))],
    "SPLIT": [HEADER, *rows(3, price=200), *(row.replace("-01-0", "-02-0") for row in rows(3))],
}
# What the service says where there is nothing to draw.
NO_CHART = {
    "EMPTY": "has no prices in this timeframe",
    "NOTHING": "“NOTHING.csv”",
    "HASH": "has no column",
}
# How many rows of each are left out, and why.
LEFT_OUT = {
    "NAN": ("2 rows", "line 5"),
    "TWICE": ("1 row", "a later row has the same time"),
    "ROWS": ("3 rows", "2 columns instead of 6"),
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[doc.Lab]:
    """One JupyterLab with a folder of such files."""
    folder: Path = tmp_path_factory.mktemp("files")
    for ticker, lines in FILES.items():
        (folder / f"{ticker}.csv").write_text("".join(f"{line}\n" for line in lines))
    option = f"--MarketSettings.files_folder={folder}"
    server = doc.Lab(tmp_path_factory.mktemp("lab"), args=(option,))
    server.start()
    yield server
    server.terminate()


class Faults:
    """What the page throws, or complains of as an error of its own. That a request was refused is no fault of it."""

    def __init__(self, page: Page) -> None:
        self.seen: list[str] = []
        page.on("pageerror", lambda error: self.seen.append(str(error)))
        page.on("console", self._note)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.seen.append(message.text)


def bars(api: httpx.Client, symbol: str) -> dict[str, Any]:
    """The bars as the service has them."""
    query: dict[str, str | int] = {"symbol": symbol, "timeframe": "1D", "limit": 1000}
    found: dict[str, Any] = api.get("/bars", params=query).raise_for_status().json()
    return found


def show(page: Page, ticker: str) -> None:
    """Show another file in the chart in front, and wait until its bars are there, or the reason why not."""
    page.evaluate(
        """async symbol => {
            const { model } = window.jupyterapp.shell.currentWidget.content;
            await model.set({ symbol });
        }""",
        f"FILES:{ticker}",
    )
    expect(page.locator(f"{CHART} .jp-QuantLab-Chart-symbol")).to_have_text(ticker)


def expect_chart(page: Page, api: httpx.Client, ticker: str) -> dict[str, Any]:
    """What is drawn and read out are the bars of the service."""
    expected = bars(api, f"FILES:{ticker}")
    columns = expected["columns"]
    drawn: dict[str, Any] = page.evaluate(DRAWN)
    assert drawn["time"] == columns["time"], ticker
    assert drawn["close"] == columns["close"], ticker
    assert drawn["points"] == len(columns["time"]), ticker
    assert drawn["last"]["close"] == columns["close"][-1], ticker
    expect(page.locator(OVER)).to_be_empty()
    readout = page.locator(f"{CHART} .jp-QuantLab-Chart-readout")
    for label, column in zip("OHLC", ("open", "high", "low", "close"), strict=True):
        expect(readout).to_contain_text(f"{label} {columns[column][-1]:.2f}")
    if drawn["range"]:
        assert drawn["range"]["from"] < drawn["range"]["to"], ticker
    warning = page.locator(f"{CHART} .jp-QuantLab-Chart-warnings")
    if ticker in LEFT_OUT:
        warning.locator("summary").click()
        for words in (*LEFT_OUT[ticker], *expected["warnings"]):
            expect(warning).to_contain_text(words)
        expect(warning).to_contain_text("Correct them in the source")
    else:
        assert expected["warnings"] == [], ticker
        expect(warning).to_have_count(0)
    return drawn


def test_bad_data_are_right_charts_or_words(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    faults = Faults(page)
    doc.open_lab(page, lab)
    run(page, "quantlab:chart-open", symbol="SAMPLE:AAPL", studies=[{"study": "ta.sma"}])
    expect(page.locator(f"{CHART} .jp-QuantLab-Chart-readout")).to_be_visible(timeout=doc.START_MS)
    for ticker in FILES:
        show(page, ticker)
        if ticker in NO_CHART:
            expect(page.locator(OVER)).to_contain_text(NO_CHART[ticker])
            another = page.locator(OVER).get_by_role("button", name="Choose another symbol")
            expect(another).to_be_visible()
        else:
            expect_chart(page, api, ticker)
        if ticker == "ROWS":
            page.screenshot(path=lab.home / "rows.png")
    show(page, "HUGE")
    expect(page.locator(f"{CHART} .jp-QuantLab-Chart-readout")).to_contain_text("Vol 1B")
    # The price after a split of two for one is drawn as the file has it, and is said to be as it is.
    show(page, "SPLIT")
    assert expect_chart(page, api, "SPLIT")["close"] == [201] * 3 + [101] * 3
    expect(page.locator(f"{CHART} .jp-QuantLab-Chart-name")).to_contain_text("not adjusted")
    assert faults.seen == []


def test_scales_that_cannot_count_what_is_there_say_so(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    faults = Faults(page)
    doc.open_lab(page, lab)
    run(
        page,
        "quantlab:chart-open",
        symbol="FILES:GAPS",
        scale="log",
        studies=[{"study": "ta.rsi"}],
    )
    readout = page.locator(f"{CHART} .jp-QuantLab-Chart-readout")
    expect(readout).to_be_visible(timeout=doc.START_MS)
    note = page.locator(LEGEND).get_by_text("There are prices at or below zero")
    assert expect_chart(page, api, "GAPS")["mode"] == LOG
    expect(note).to_have_count(0)
    show(page, "ZERO")
    expect(note).to_be_visible()
    assert expect_chart(page, api, "ZERO")["mode"] == LINEAR
    for scale in ("percent", "indexed"):
        page.locator(CHART).get_by_label("Scale", exact=True).select_option(scale)
        expect(note).to_be_visible()
        assert page.evaluate(DRAWN)["mode"] == LINEAR
    page.screenshot(path=lab.home / "zero.png")
    # The choice holds: where prices can be counted so, they are.
    show(page, "HUGE")
    expect(note).to_have_count(0)
    assert expect_chart(page, api, "HUGE")["mode"] == INDEXED
    # Inverted, and in the pane of a study.
    assert page.evaluate(DRAWN)["inverted"] is False
    page.locator(f"{CHART} .jp-QuantLab-Chart-toolbar").get_by_label("Inverted").check()
    page.wait_for_function(f"({DRAWN})().inverted")
    study = page.locator(f"{CHART} .jp-QuantLab-Chart-study")
    study.get_by_label("Axis of").select_option("log")
    study.get_by_role("button", name="Inverted").click()
    page.wait_for_function(
        """() => {
            const { surface } = window.jupyterapp.shell.currentWidget.content;
            const [, series] = [...surface.paneSeries.values()];
            const { mode, invertScale } = series.priceScale().options();
            return mode === 1 && invertScale;
        }"""
    )
    assert page.evaluate(DRAWN)["inverted"] is True
    assert faults.seen == []
