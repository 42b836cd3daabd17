"""Chart layouts for tests."""

from __future__ import annotations

import struct
import zlib
from typing import Any

from hypothesis import strategies as st

# The smallest valid document.
LAYOUT: dict[str, Any] = {
    "schema_version": 1,
    "charts": [{"symbol": "SAMPLE:AAPL", "timeframe": "1D"}],
}


def png(width: int = 2, height: int = 1, *, grey: int = 0) -> bytes:
    """A picture of one shade."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        sum_ = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + sum_

    rows = (b"\0" + bytes([grey]) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


PICTURE = png()


def chart(symbol: str = "SAMPLE:AAPL", timeframe: str = "1D", **more: Any) -> dict[str, Any]:
    """A chart."""
    return {"symbol": symbol, "timeframe": timeframe, **more}


def layout(*charts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A document with these charts, or with one."""
    return {"schema_version": 1, "charts": list(charts) or [chart()], **more}


def rich_layout() -> dict[str, Any]:
    """A document that uses every member."""
    point = {"time": "2024-01-02T14:30:00Z", "price": 185.25}
    later = {"time": "2024-03-01T00:00:00+02:00", "price": 180}
    drawings = [
        {"kind": "horizontal", "points": [{"price": 200}], "colour": "#FF0000", "width": 2},
        {"kind": "trend", "points": [point, later], "extend": "right", "line": "dashed"},
        {"kind": "rectangle", "points": [point, later], "locked": True},
        {"kind": "fibonacci", "points": [point, later], "levels": [0, 0.382, 0.618, 1]},
        {"kind": "text", "points": [point], "text": "ارتفاع 🚀\n<b>x</b>", "visible": False},
    ]
    studies = [
        {"id": "ta.rsi", "inputs": {"length": 14}, "pane": "lower", "colours": {"line": "#abcdef"}},
        {"id": "ta.macd", "inputs": {"fast": 12, "slow": 26.0, "signal": 9, "source": "close"}},
    ]
    panes = [
        {"id": "main", "height": 3, "scale": {"mode": "log"}},
        {"id": "lower", "height": 1, "scale": {"auto": False, "low": 0, "high": 100}},
    ]
    first = chart(
        id="c1",
        style="heikin-ashi",
        group="g",
        panes=panes,
        studies=studies,
        drawings=drawings,
        compare=[{"symbol": "SAMPLE:MSFT", "colour": "#00ff0080"}],
    )
    return layout(
        first,
        chart("BINANCE:BTC/USDT", "1h", id="c2", volume=False, group="g"),
        grid={
            "rows": 1,
            "columns": 3,
            "widths": [2, 1, 1],
            "cells": [
                {"chart": "c1", "row": 0, "column": 0},
                {"chart": "c2", "row": 0, "column": 1, "columns": 2},
            ],
        },
        groups=[{"id": "g", "interval": True, "range": True}],
        panels={"library": {"area": "left", "size": 280}, "account": {"open": False}},
        view={"ranges": {"c1": {"start": "2023-01-01T00:00:00Z", "end": "2024-01-01T00:00:00Z"}}},
        theme="dark",
        timezone="Europe/Berlin",
    )


_symbols = st.sampled_from(["SAMPLE:AAPL", "SAMPLE:MSFT", "BTC/USDT", "تاسي", "X"])
_prices = st.floats(-1e6, 1e6, allow_nan=False)
_points = st.builds(
    lambda price, day: {"price": price, "time": f"2024-01-{day:02}T00:00:00Z"},
    _prices,
    st.integers(1, 28),
)
_studies = st.builds(
    lambda id, length, pane: {"id": id, "inputs": {"length": length}, "pane": pane},
    st.sampled_from(["ta.rsi", "ta.sma", "ta.macd"]),
    st.integers(2, 200) | st.floats(2, 200),
    st.sampled_from([None, "main", "lower"]),
)
_drawings = st.one_of(
    st.builds(lambda p: {"kind": "horizontal", "points": [{"price": p}]}, _prices),
    st.builds(
        lambda kind, a, b: {"kind": kind, "points": [a, b]},
        st.sampled_from(["trend", "rectangle", "fibonacci"]),
        _points,
        _points,
    ),
)
_charts = st.builds(
    chart,
    _symbols,
    st.sampled_from(["1m", "1h", "1D", "1M"]),
    style=st.sampled_from(["candles", "line", "area"]),
    volume=st.booleans(),
    group=st.sampled_from([None, "a", "b"]),
    studies=st.lists(_studies, max_size=3),
    drawings=st.lists(_drawings, max_size=2),
    compare=st.lists(st.builds(dict, symbol=_symbols), max_size=2, unique_by=lambda c: c["symbol"]),
)
documents = st.builds(
    lambda charts, columns, theme, zone: layout(
        *charts, grid={"columns": columns}, theme=theme, timezone=zone
    ),
    st.lists(_charts, min_size=1, max_size=4),
    st.none() | st.integers(1, 4),
    st.sampled_from([None, "dark", "light"]),
    st.sampled_from([None, "exchange", "America/New_York"]),
)
