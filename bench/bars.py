"""Embedded: pages of bars and studies against reading, TA-Lib and encoding alone; how large bars travel.

Pages are asked for in the host of both sides: a Jupyter server, the same door, the same client. The floor of studies
has no transport at all: it is called in this process.
"""

from __future__ import annotations

import json
import os
from itertools import cycle
from pathlib import Path

import orjson
import talib

from bench.client import Client
from bench.market import BEGIN, MINUTE, Columns, walk, write
from bench.measure import Act, Contestant, Effort, cpu_per_request, median
from bench.report import Row, bounded, compared
from bench.servers import folder, jupyter, jupyter_client
from bench.serverside.bars import COUNT, SEED

MANY, HUGE = 100_000, 1_000_000
API = "/quantlab/api"
ARROW = "application/vnd.apache.arrow.stream"
LIMIT = 0.010  # seconds that the event loop may be kept
# Bars of one page when somebody scrolls back, and when a long range is shown at once.
PAGES = (1_000, 20_000)
# Three plots here, one there: 26 columns of 20 studies.
STUDIES = (
    [("ta.sma", {"length": length}) for length in range(10, 60, 10)]
    + [("ta.ema", {"length": length}) for length in range(10, 60, 10)]
    + [("ta.rsi", {"length": length}) for length in range(7, 28, 7)]
    + [("ta.atr", {"length": length}) for length in range(7, 35, 7)]
    + [("ta.bollinger", {"length": 20, "deviations": 2.0}), ("ta.bollinger", {"length": 50})]
    + [("ta.macd", {"fast": 12, "slow": 26, "signal": 9})]
)


def run(effort: Effort) -> list[Row]:
    """All of them."""
    rows: list[Row] = []
    with folder() as home:
        files = home / "files"
        columns = walk(MANY, SEED)
        write(files, "MANY", columns)
        write(files, "HUGE", walk(HUGE, SEED))
        option = (f"--MarketSettings.files_folder={files}",)
        with (
            jupyter(home / "ours", args=option, extensions=("bench.serverside.ticker",)) as ours,
            jupyter(
                home / "stock",
                stock=True,
                extensions=("bench.serverside.bars",),
                env={COUNT: str(MANY)},
            ) as stock,
        ):
            client, floor = jupyter_client(ours), jupyter_client(stock)
            rows += _reading(effort, client, files / "HUGE_1m.parquet")
            rows += _pages(effort, ours.pid, client, stock.pid, floor)
            rows += _studies(effort, ours.pid, client, columns)
            rows += _travel(effort, client)
            client.close()
            floor.close()
    return rows


def _pages(effort: Effort, pid: int, client: Client, floor_pid: int, floor: Client) -> list[Row]:
    rows = []
    for limit in PAGES:
        address = f"{API}/bars?symbol=FILES:MANY&timeframe=1m&limit={limit}&to="
        figures = cpu_per_request(
            {
                "ours": Contestant(pid, _scrolling(client, address, limit)),
                "floor": Contestant(
                    floor_pid, _scrolling(floor, f"/bench/bars?limit={limit}&to=", limit)
                ),
            },
            effort,
        )
        rows.append(
            compared(f"page of {limit} bars", figures["ours"], figures["floor"], at_most=2.0)
        )
    return rows


def _scrolling(client: Client, address: str, limit: int) -> Act:
    """A page further back each time, and from the newest again at the end."""
    ends = cycle([BEGIN + index * MINUTE for index in range(MANY, limit, -limit)])
    return lambda: client.send("GET", f"{address}{next(ends)}")


def _studies(effort: Effort, pid: int, client: Client, columns: Columns) -> list[Row]:
    body = json.dumps(
        {
            "symbol": "FILES:MANY",
            "timeframe": "1m",
            "limit": MANY,
            "studies": [{"study": study, "inputs": inputs} for study, inputs in STUDIES],
        }
    ).encode()
    figures = cpu_per_request(
        {
            "ours": Contestant(pid, lambda: client.send("POST", f"{API}/studies/evaluate", body)),
            "floor": Contestant(os.getpid(), lambda: _talib(columns)),
        },
        effort,
    )
    name = f"{len(STUDIES)} studies, {MANY} bars"
    return [compared(name, figures["ours"], figures["floor"], at_most=2.0)]


def _talib(columns: Columns) -> bytes:
    """The same figures by TA-Lib itself, as one JSON text."""
    close, high, low = (columns[name] for name in ("close", "high", "low"))
    calls = {
        "ta.sma": lambda length: talib.SMA(close, timeperiod=length),
        "ta.ema": lambda length: talib.EMA(close, timeperiod=length),
        "ta.rsi": lambda length: talib.RSI(close, timeperiod=length),
        "ta.atr": lambda length: talib.ATR(high, low, close, timeperiod=length),
        "ta.bollinger": lambda length, deviations=2.0: talib.BBANDS(
            close, timeperiod=length, nbdevup=deviations, nbdevdn=deviations
        ),
        "ta.macd": lambda fast, slow, signal: talib.MACD(
            close, fastperiod=fast, slowperiod=slow, signalperiod=signal
        ),
    }
    found = [calls[study](**inputs) for study, inputs in STUDIES]
    return orjson.dumps(
        {"time": columns["time"], "results": found}, option=orjson.OPT_SERIALIZE_NUMPY
    )


def _reading(effort: Effort, client: Client, file: Path) -> list[Row]:
    """A million bars that have to be read: the loop must not notice.

    Before them the numerical libraries are loaded, once in a process; the loader of the system does that with the
    interpreter lock held. Their row has no target: it is there so that nobody overlooks it.
    """
    _gap(client)
    client.send("GET", f"{API}/bars?symbol=FILES:MANY&timeframe=1m&limit=1")
    libraries = _gap(client)
    gaps = []
    for _ in range(effort.at_most(3, 9)):
        # Another time of change is another revision: what is kept in memory does not count any more.
        file.touch()
        _gap(client)
        client.send("GET", f"{API}/bars?symbol=FILES:HUGE&timeframe=1m&limit=1")
        gaps.append(_gap(client))
    return [
        Row("loop gap, libraries loaded", libraries, None, "ms", None, "", None),
        bounded(f"loop gap, {HUGE} bars read", median(gaps), at_most=LIMIT, unit="ms"),
    ]


def _travel(effort: Effort, client: Client) -> list[Row]:
    path = f"{API}/bars?symbol=FILES:HUGE&timeframe=1m&limit={HUGE}"
    gaps, size = [], 0
    for _ in range(effort.at_most(3, 9)):
        _gap(client)
        size = len(client.send("GET", path, Accept=ARROW).body)
        gaps.append(_gap(client))
    return [
        bounded("bytes a bar, Arrow", size / HUGE, at_most=50, unit=""),
        bounded(f"loop gap, {HUGE} bars as Arrow", median(gaps), at_most=LIMIT, unit="ms"),
    ]


def _gap(client: Client) -> float:
    """The longest gap of the event loop since the last look, in seconds."""
    return float(client.send("GET", "/bench/gap").json()["longest"])
