"""Charts of somebody's own DataFrames: whatever is in them, it is drawn in order or refused with a reason."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

import quantlab_ext as ql
from quantlab_ext import errors

DAYS = pd.date_range("2024-01-01", periods=5, freq="D")


def prices(index: Any = DAYS, **columns: Any) -> pd.DataFrame:
    count = len(index)
    base = {
        "Open": np.arange(count) + 10.0,
        "High": np.arange(count) + 12.0,
        "Low": np.arange(count) + 9.0,
        "Close": np.arange(count) + 11.0,
    }
    return pd.DataFrame({**base, **columns}, index=index)


def times(chart: Any) -> list[int]:
    return np.frombuffer(chart.columns["time"], dtype="<f8").astype(int).tolist()


def test_columns_in_any_case_and_a_time_without_a_zone() -> None:
    chart = ql.chart(prices(Volume=[1, 2, 3, 4, 5]), title="Mine")
    assert times(chart)[0] == 1704067200000
    assert chart.data["volume"].tolist() == [1, 2, 3, 4, 5]
    assert (chart.timeframe, chart.instrument["name"]) == ("1D", "Mine")
    assert chart.instrument["timezone"] == "UTC"
    assert chart.notes == []
    assert repr(chart).startswith("<chart Mine, 1D: Bars 5, 2024-01-01 to 2024-01-05; Close 15.00")


def test_a_zone_of_the_index_and_minutes() -> None:
    index = pd.date_range("2024-03-08 09:30", periods=4, freq="5min", tz="America/New_York")
    chart = ql.chart(prices(index))
    assert (chart.timeframe, chart.instrument["timezone"]) == ("5m", "America/New_York")
    assert "2024-03-08 09:30 EST" in repr(chart)
    assert np.isnan(chart.data["volume"]).all()


def test_time_as_a_column() -> None:
    chart = ql.chart(prices().rename_axis("Date").reset_index())
    assert times(chart) == [moment // 10**6 for moment in DAYS.as_unit("ns").asi8]


def test_reversed_doubled_and_missing_bars() -> None:
    frame = prices()
    frame.loc[DAYS[1], "High"] = np.nan
    frame.loc[DAYS[2], "Low"] = -np.inf
    mixed = pd.concat([frame.iloc[::-1], frame.iloc[[4]] * 2])
    chart = ql.chart(mixed)
    assert times(chart) == [DAYS[at].value // 10**6 for at in (0, 3, 4)]
    assert chart.data["close"].tolist() == [11, 14, 30]
    assert chart.notes == [
        "3 rows without a time or a price, or of a time given twice, left out.",
    ]


def test_only_the_newest_bars() -> None:
    many = pd.date_range("2000-01-01", periods=50_002, freq="min")
    chart = ql.chart(prices(many))
    assert len(chart.data) == 50_000
    assert chart.notes == ["The newest 50,000 of 50,002 bars."]
    few = ql.chart(prices(many), limit=10)
    assert (len(few.data), few.notes) == (10, [])


@pytest.mark.parametrize(
    ("close", "step"), [(250.0, 0.01), (1.08, 0.0001), (0.00002, 1e-9), (0.0, 0.01), (-37.6, 0.01)]
)
def test_decimals_follow_the_price(close: float, step: float) -> None:
    frame = prices(Close=[close] * 5)
    assert ql.chart(frame).instrument["tick_size"] == pytest.approx(step)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (prices().drop(columns="Low"), "no column “low”"),
        (prices(Close=["x"] * 5), "Unable to parse"),
        (prices(range(5)), "no time"),
        (prices().iloc[:0], "No row"),
        (prices(Close=[np.nan] * 5), "No row"),
        (prices(["soon"] * 5), "table of prices"),
        ([1, 2, 3], "Give a symbol or a pandas DataFrame"),
    ],
)
def test_what_are_no_prices(source: Any, why: str) -> None:
    with pytest.raises(errors.InvalidInput, match=why) as caught:
        ql.chart(source)
    assert caught.value.code == "not_prices"


def test_studies_are_for_instruments_of_the_service() -> None:
    chart = ql.chart(prices())
    with pytest.raises(errors.InvalidInput, match=r"chart.add_series") as caught:
        chart.add("ta.rsi")
    assert caught.value.code == "own_data"
    assert len(chart.add_series(chart.data["close"].diff()).figures) == 1


def test_what_is_given_is_text_and_never_markup() -> None:
    html = ql.chart(prices(), title="<img src=x onerror=alert(1)>").as_html()
    assert "<img" not in html
    assert "&lt;img" in html


def test_nothing_that_draws_is_imported_before_a_chart_is_made() -> None:
    code = (
        "import sys, quantlab_ext as ql; ql.chart; ql.layout;"
        "print([n for n in ('anywidget', 'ipywidgets', 'pandas', 'numpy') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
