"""Bars to measure with: random walks as Parquet files, which the source FILES offers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

MINUTE = 60_000  # milliseconds
BEGIN = 1_577_836_800_000  # 2020-01-01, milliseconds since 1970 UTC

Columns = dict[str, NDArray[np.generic]]


def walk(count: int, seed: int) -> Columns:
    """``count`` bars of one minute each: prices in cents around 100, whole volumes."""
    source = np.random.default_rng(seed)
    close = np.round(100 * np.exp(np.cumsum(source.normal(0, 4e-4, count))), 2)
    open_ = np.concatenate(([100.0], close[:-1]))
    spread = np.round(source.exponential(0.03, (2, count)), 2)
    return {
        "time": BEGIN + np.arange(count, dtype=np.int64) * MINUTE,
        "open": open_,
        "high": np.round(np.maximum(open_, close) + spread[0], 2),
        "low": np.round(np.maximum(np.minimum(open_, close) - spread[1], 0.01), 2),
        "close": close,
        "volume": np.round(source.lognormal(8, 1, count)),
    }


def write(folder: Path, ticker: str, columns: Columns) -> None:
    """Have ``columns`` found in ``folder`` as ``FILES:<ticker>``, timeframe 1m."""
    folder.mkdir(parents=True, exist_ok=True)
    time = pa.array(columns["time"]).cast(pa.timestamp("ms", tz="UTC"))
    rest = {name: column for name, column in columns.items() if name != "time"}
    parquet.write_table(pa.table({"time": time, **rest}), folder / f"{ticker}_1m.parquet")
