"""Live charts: after a replay, with the connection lost in its middle, they show what the service has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.support import documents as doc
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e

SYMBOL = "REPLAY:IBM"
# What the charts of the layout in front have, and what they gave to the library, in the order of the document.
CHARTS = """() => {
    const { model, charts } = window.jupyterapp.shell.currentWidget.content;
    return model.document.charts.map(({ id }) => {
        const { model, surface, isVisible } = charts.get(id);
        const panes = surface.chart.panes();
        return {
            isVisible,
            bars: model.bars,
            prices: panes[0].getSeries()[0].data(),
            studies: panes.slice(1).map(pane => pane.getSeries()[0].data().at(-1)),
            compared: model.comparisons.valuesOf("REPLAY:MSFT")?.at(-1),
            visible: surface.visible,
        };
    });
}"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[doc.Lab]:
    """A JupyterLab whose replays take some seconds."""
    server = doc.Lab(
        tmp_path_factory.mktemp("lab"),
        args=("--MarketSettings.replay_bars=40", "--MarketSettings.replay_bar_seconds=0.4"),
    )
    server.start()
    yield server
    server.terminate()


class Wire:
    """The page's connection to the stream, which can be cut."""

    def __init__(self, page: Page) -> None:
        self.open: list[tuple[WebSocketRoute, WebSocketRoute]] = []
        self.subscribed: list[str] = []
        page.route_web_socket("**/quantlab/api/stream", self._connect)

    def cut(self) -> None:
        """Lose the connection."""
        here, there = self.open.pop()
        there.close()
        here.close()

    def _connect(self, here: WebSocketRoute) -> None:
        there = here.connect_to_server()

        def send(text: str | bytes) -> None:
            message = json.loads(text)
            if message["type"] == "subscribe":
                self.subscribed += [one for one in message["topics"] if one.startswith("quotes:")]
            there.send(text)

        here.on_message(send)
        self.open.append((here, there))


def stored(api: httpx.Client, timeframe: str, count: int) -> dict[str, Any]:
    """The newest bars as the service has them."""
    query: dict[str, Any] = {"symbol": SYMBOL, "timeframe": timeframe, "limit": count}
    columns: dict[str, Any] = api.get("/bars", params=query).raise_for_status().json()["columns"]
    return columns


def last_time(api: httpx.Client, symbol: str) -> int:
    """When the newest bar begins."""
    query: dict[str, Any] = {"symbol": symbol, "timeframe": "1D", "limit": 1}
    return int(api.get("/bars", params=query).json()["columns"]["time"][-1])


def smoothed(bars: dict[str, Any]) -> list[float]:
    """Closes of Heikin Ashi bars."""
    rows = zip(bars["open"], bars["high"], bars["low"], bars["close"], strict=True)
    return [sum(row) / 4 for row in rows]


def test_live_charts_end_as_the_service_has_the_bars(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    wire = Wire(page)
    charts = [
        {"symbol": SYMBOL, "timeframe": "1D", "studies": [{"id": "ta.rsi"}]},
        {
            "symbol": SYMBOL,
            "timeframe": "1W",
            "style": "line",
            "compare": [{"symbol": "REPLAY:MSFT"}],
        },
        {"symbol": SYMBOL, "timeframe": "1D", "style": "heikin-ashi"},
        {"symbol": SYMBOL, "timeframe": "1M", "style": "area"},
    ]
    document = {"schema_version": 1, "charts": charts}
    made = api.post("/layouts", json={"name": "Live", "document": document}).raise_for_status()
    first = last_time(api, SYMBOL)
    whole = last_time(api, "SAMPLE:IBM")
    assert first < whole
    doc.open_lab(page, lab)
    page.evaluate(
        "id => void window.jupyterapp.commands.execute('quantlab:layout-open', {id})",
        made.json()["id"],
    )
    # Never passed off as today's.
    note = page.locator(".jp-QuantLab-Chart-note")
    expect(note).to_have_count(4, timeout=doc.START_MS)
    expect(note.first).to_contain_text("REPLAY of ")

    def newest() -> int:
        return int(page.evaluate(CHARTS)[0]["bars"]["time"][-1])

    wait_until(lambda: newest() > first, what="a live bar", timeout=60)
    # Charts of one symbol share what the page listens to.
    topics = ["quotes:REPLAY:IBM", "quotes:REPLAY:MSFT"]
    wait_until(
        lambda: newest() and sorted(wire.subscribed) == topics,
        what="it listens to both",
        timeout=60,
    )
    wire.cut()
    wait_until(lambda: newest() and len(wire.subscribed) == 4, what="it listens again", timeout=60)
    # Another tab in front: this one goes on, but does not paint.
    page.evaluate("void window.jupyterapp.commands.execute('quantlab:chart-open')")
    expect(page.locator(".jp-QuantLab-Layout")).to_be_hidden()
    wait_until(lambda: last_time(api, SYMBOL) == whole, what="the end of the replay", timeout=60)
    page.get_by_role("tab", name="Live").click()
    wait_until(lambda: newest() == whole, what="the last bar", timeout=60)
    page.wait_for_function(
        f"whole => ({CHARTS})()[0].prices.at(-1).time * 1000 === whole", arg=whole
    )
    found = page.evaluate(CHARTS)
    for chart, shown in zip(charts, found, strict=True):
        known = stored(api, chart["timeframe"], len(shown["bars"]["time"]))
        assert shown["bars"] == known, chart
        assert [point["time"] * 1000 for point in shown["prices"]] == known["time"]
        drawn = [point.get("close", point.get("value")) for point in shown["prices"]]
        is_smooth = chart.get("style") == "heikin-ashi"
        assert drawn == pytest.approx(smoothed(known) if is_smooth else known["close"])
    # The view went with the newest bar; each chart paints when its turn comes.
    wait_until(
        lambda: all(
            shown["visible"][1] == shown["bars"]["time"][-1] for shown in page.evaluate(CHARTS)
        ),
        what="each view at its newest bar",
        timeout=60,
    )
    # Its replay began a moment later, and ends so.
    end = {"symbol": "SAMPLE:MSFT", "timeframe": "1W", "limit": 1}
    other = api.get("/bars", params=end).json()["columns"]["close"][-1]
    wait_until(
        lambda: page.evaluate(CHARTS)[1]["compared"] == other, what="the other's end", timeout=60
    )
    close = found[0]["bars"]["close"][-1]
    readout = page.locator(".jp-QuantLab-Chart-readout").first
    expect(readout).to_contain_text(f"{close:.2f}")
    rsi = api.post(
        "/studies/evaluate",
        json={"symbol": SYMBOL, "timeframe": "1D", "limit": 1, "studies": [{"study": "ta.rsi"}]},
    ).json()["results"][0]["plots"]
    assert found[0]["studies"][0]["value"] == pytest.approx(next(iter(rsi.values()))[-1])
    page.screenshot(path=lab.home / "live.png")
