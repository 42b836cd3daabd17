"""Charts in a cell: what is sent to the page is what the service says, embedded and central."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

import quantlab_ext as ql
from quantlab_ext import errors
from quantlab_ext.market import Market
from tests.support.api import Api, Person
from tests.support.layouts import chart as chart_of
from tests.support.layouts import layout as layout_of


@pytest.fixture(autouse=True)
def _signed_in(api: Api, person: Person) -> Iterator[None]:
    token = person.post("/auth/kernel-token", json={}).json()["token"]
    ql.connect(api.url, token)
    yield
    ql.logout()


def column(data: bytes) -> Any:
    return np.frombuffer(data, dtype="<f8")


def evaluated(person: Person, study: str, limit: int, **inputs: float) -> dict[str, list[Any]]:
    body = {"symbol": "AAPL", "limit": limit, "studies": [{"study": study, "inputs": inputs}]}
    answer = person.post("/studies/evaluate", json=body)
    found: dict[str, list[Any]] = answer.raise_for_status().json()["results"][0]["plots"]
    return found


def test_bars_and_studies_are_the_services(person: Person) -> None:
    chart = ql.chart("AAPL", limit=60).add("ta.rsi", 14).add("ta.macd", 12, 26, signal=5)
    bars = person.get("/bars", params={"symbol": "AAPL", "limit": 60}).json()["columns"]
    for name, values in bars.items():
        assert column(chart.columns[name]).tolist() == values, name
    rsi, macd = chart.figures
    assert rsi["inputs"] == {"length": 14}
    assert rsi["study"]["pane"] == "own"
    assert column(rsi["values"]["rsi"]).tolist() == evaluated(person, "ta.rsi", 60)["rsi"]
    asked = evaluated(person, "ta.macd", 60, fast=12, slow=26, signal=5)
    assert {name: column(each).tolist() for name, each in macd["values"].items()} == asked
    assert chart.instrument["symbol"] == "SAMPLE:AAPL"
    assert (chart.timeframe, chart.style, chart.scale, chart.volume) == (
        *("1D", "candles", "linear"),
        True,
    )


def test_older_bars_come_when_the_page_asks(person: Person) -> None:
    chart = ql.chart("AAPL").add("ta.rsi", 14)
    newest = chart.data["close"]
    chart.add_series(newest * 2, "twice")
    assert chart.has_older
    chart._handle_custom_msg({"kind": "older"}, [])
    count = len(chart.data)
    assert count == len(ql.bars("AAPL")) > 1000
    assert not chart.has_older
    asked = {"symbol": "AAPL", "limit": 2000}
    assert (
        column(chart.columns["close"]).tolist()
        == (person.get("/bars", params=asked).json()["columns"]["close"])
    )
    rsi, twice = (column(next(iter(each["values"].values()))) for each in chart.figures)
    asked_rsi = np.array(evaluated(person, "ta.rsi", 2000, length=14)["rsi"], dtype=float)
    np.testing.assert_array_equal(rsi, asked_rsi)
    # One's own values stay with their times.
    assert np.isnan(twice[: count - 1000]).all()
    assert twice[count - 1000 :].tolist() == (newest * 2).tolist()


def test_who_says_which_bars_gets_these(person: Person) -> None:
    chosen = ql.chart("AAPL", limit=50)
    own = ql.chart(ql.bars("AAPL", limit=50))
    for chart in (chosen, own):
        assert not chart.has_older
        chart._handle_custom_msg({"kind": "older"}, [])
        assert len(chart.data) == 50
    chart = ql.chart("AAPL")
    for message in ({"kind": "newer"}, {}, None, "older"):
        chart._handle_custom_msg(message, [])
    assert len(chart.data) == 1000
    # Signed out meanwhile: it is said below the chart, which stays as it was.
    person.post("/auth/logout", json={})
    chart._handle_custom_msg({"kind": "older"}, [])
    assert len(chart.data) == 1000
    assert len(chart.notes) == 1


def test_what_is_drawn_is_also_data() -> None:
    chart = ql.chart("AAPL", limit=60).add("ta.sma", length=5)
    closes = ql.bars("AAPL", limit=60)["close"]
    assert list(chart.data.columns) == ["open", "high", "low", "close", "volume", "SMA 5"]
    expected = closes.rolling(5).mean().iloc[4:]
    assert chart.data["SMA 5"].iloc[4:].tolist() == pytest.approx(expected.tolist())


def test_a_range_and_a_timeframe() -> None:
    chart = ql.chart("AAPL", "1W", start=dt.date(2020, 1, 1), end="2020-07-01", style="line")
    assert chart.data.equals(ql.bars("AAPL", "1W", start="2020-01-01", end="2020-07-01"))
    assert len(ql.chart("AAPL").data) == 1000
    assert len(chart.add("ta.atr").figures[0]["values"]["atr"]) == 8 * len(chart.data)


def test_without_widgets_it_says_what_there_is() -> None:
    chart = ql.chart("AAPL", limit=30).add("ta.rsi")
    data, _ = chart._repr_mimebundle_()
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == chart.model_id
    last = chart.data["close"].iloc[-1]
    for text in (data["text/plain"], data["text/html"]):
        assert "SAMPLE:AAPL" in text
        assert f"{last:,.2f}" in text
        assert "RSI 14" in text
    assert data["text/html"].startswith("<table><caption>Apple")


def test_what_does_not_exist() -> None:
    with pytest.raises(errors.NotFound, match="No source has"):
        ql.chart("NO-SUCH")
    with pytest.raises(errors.InvalidInput, match="1D, 1W, 1M"):
        ql.chart("AAPL", "1m")
    chart = ql.chart("AAPL", limit=30)
    with pytest.raises(errors.InvalidInput, match=r"no study “ta.no”; there are ta.sma") as caught:
        chart.add("ta.no")
    assert caught.value.code == "unknown_study"
    with pytest.raises(errors.InvalidInput, match="length: Give a number from 2") as caught:
        chart.add("ta.rsi", 1)
    assert caught.value.code == "out_of_range"
    with pytest.raises(errors.InvalidInput, match="takes length; 2 were given"):
        chart.add("ta.rsi", 14, 15)
    with pytest.raises(errors.InvalidInput, match="given twice"):
        chart.add("ta.rsi", 14, length=15)
    for wrong in ("14", True, None):
        with pytest.raises(errors.InvalidInput, match="numbers"):
            chart.add("ta.rsi", wrong)  # type: ignore[arg-type]  # that is the point
    with pytest.raises(errors.InvalidInput, match="no such input"):
        chart.add("ta.rsi", no=1)
    assert chart.figures == []
    for look in ({"style": "candle"}, {"scale": "lin"}, {"height": 1}, {"colour": "red"}):
        with pytest.raises(errors.InvalidInput):
            ql.chart("AAPL", **look)
    for limit in (0, 1_000_000):
        with pytest.raises(errors.InvalidInput, match=r"from 1 to 50,000"):
            ql.chart("AAPL", limit=limit)


@pytest.mark.parametrize(("symbol", "count"), [("EMPTY", 0), ("ONE", 1)])
def test_few_bars(symbol: str, count: int) -> None:
    chart = ql.chart(symbol).add("ta.rsi")
    assert len(chart.data) == count
    assert symbol in repr(chart)
    assert ("There are no bars in this range." in chart.notes) == (count == 0)


@pytest.mark.filterwarnings("ignore:FILES.FLAWED:UserWarning")
def test_what_is_wrong_with_the_source_stands_below_the_chart() -> None:
    [note] = ql.chart("FLAWED").notes
    assert "line 3: open is not a number" in note


def test_a_series_of_ones_own_goes_by_time() -> None:
    chart = ql.chart("AAPL", limit=20)
    closes = chart.data["close"]
    chart.add_series((closes * 2).iloc[5:].rename("twice"), pane="price")
    assert np.isnan(column(chart.figures[0]["values"]["value"])[:5]).all()
    assert chart.data["twice"].iloc[5:].tolist() == (closes * 2).iloc[5:].tolist()
    chart.add_series(range(20), "count", kind="histogram").add("ta.sma", 3)
    assert [one["study"]["label"] for one in chart.figures] == [
        *("twice", "count"),
        "Simple moving average",
    ]
    with pytest.raises(errors.InvalidInput, match="20 bars"):
        chart.add_series([1.0, 2.0])
    with pytest.raises(errors.InvalidInput, match="no numbers"):
        chart.add_series(["x"] * 20)


def test_a_frame_of_the_service_keeps_its_name() -> None:
    chart = ql.chart(ql.bars("AAPL", limit=10))
    assert chart.instrument["symbol"] == "SAMPLE:AAPL"
    assert chart.instrument["timezone"] == "America/New_York"
    assert chart.instrument["adjusted"] == "splits and dividends"


def test_a_layout_is_opened(person: Person) -> None:
    study = {"id": "ta.rsi", "inputs": {"length": 21}}
    panes = [{"id": "main", "scale": {"mode": "log"}}]
    drawing = {"kind": "horizontal", "points": [{"price": 200}]}
    document = layout_of(
        chart_of(studies=[study, {"id": "ta.gone"}], style="bars", panes=panes, volume=False),
        chart_of("NO:SUCH"),
        chart_of("SAMPLE:MSFT", "1W", drawings=[drawing]),
        chart_of("SAMPLE:MSFT", "1m"),
    )
    made = person.post("/layouts", json={"name": "Swing", "document": document})
    assert made.status_code == 201, made.text
    opened = ql.layout("Swing").open()
    first, second = opened.charts
    assert (first.instrument["symbol"], second.instrument["symbol"]) == (
        "SAMPLE:AAPL",
        "SAMPLE:MSFT",
    )
    assert (first.style, first.scale, first.volume, second.timeframe) == (
        "bars",
        "log",
        False,
        "1W",
    )
    assert [one["inputs"] for one in first.figures] == [{"length": 21}]
    unknown, missing, drawings, timeframe = opened.notes
    assert "ta.gone" in unknown
    assert missing.startswith("NO:SUCH 1D is not shown: No source has")
    assert drawings == "SAMPLE:MSFT 1W, not shown in a cell: 1 drawing."
    assert timeframe.startswith("SAMPLE:MSFT 1m is not shown")
    data = opened._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/html"].count("<table>") == 2
    assert "NO:SUCH" in data["text/plain"]
    with pytest.raises(errors.NotFound):
        ql.layout("No such layout")


def test_a_layout_is_opened_although_figures_cannot_be_had(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = layout_of(chart_of(studies=[{"id": "ta.rsi"}]))
    person.post("/layouts", json={"name": "Busy", "document": document}).raise_for_status()

    def busy(*_: Any, **__: Any) -> Any:
        raise errors.Unavailable("The service is busy.")

    monkeypatch.setattr(Market, "evaluate", busy)
    opened = ql.layout("Busy").open()
    assert [chart.instrument["symbol"] for chart in opened.charts] == ["SAMPLE:AAPL"]
    assert opened.notes == ["SAMPLE:AAPL 1D: The service is busy."]


def test_frames_are_not_cut_by_start() -> None:
    with pytest.raises(errors.InvalidInput, match="cut the DataFrame"):
        ql.chart(pd.DataFrame(), start="2024-01-01")
