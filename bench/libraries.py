"""Two chart libraries with the same content: lightweight-charts, which we use, and klinecharts.

The same bars, volume in a pane of its own, one line of a study over the prices and one in a third pane, the same size,
the same 160 bars in sight. Figures of studies are given to both: ours come from the service. Neither has a
target.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import talib

from bench.browser import Cost, Meter, bare_page, chromium, close_bare, drag, open_bare, static
from bench.market import Columns, walk
from bench.measure import Effort
from bench.report import Row, compared
from bench.servers import folder

LIBRARIES = ("lightweight", "klinecharts")
SIZE = (1000.0, 700.0)
COUNTS = (1_000, 100_000)
UPDATES = 60
# Changes of the newest bar, one a frame, with a new bar each tenth time.
UPDATE = """async ([file, count]) => {
    const { columns } = await (await fetch(file)).json();
    const last = columns.time.length - 1;
    const at = Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[last]]));
    const bar = { ...at };
    const step = columns.time[last] - columns.time[last - 1];
    window.laid = window.laid ?? at.time;
    for (let change = 0; change < count; change++) {
        if (change % 10 === 0) {
            window.laid += step;
            Object.assign(bar, { time: window.laid, open: bar.close, high: bar.close, low: bar.close });
        }
        bar.time = window.laid;
        bar.close = Math.round((bar.close + (change % 3 - 1) * 0.01) * 100) / 100;
        bar.high = Math.max(bar.high, bar.close);
        bar.low = Math.min(bar.low, bar.close);
        charts[0].update(bar);
        await frame();
    }
}"""


def run(effort: Effort) -> list[Row]:
    """First paint, panning, live updates, memory; for few and for many bars."""
    rows: list[Row] = []
    with folder() as home, chromium() as browser, static(home) as url:
        for count in COUNTS:
            _save(walk(count, 1), home / "data" / f"{count}.json")
            costs: dict[str, dict[str, list[Cost]]] = {name: {} for name in LIBRARIES}
            heaps: dict[str, list[float]] = {name: [] for name in LIBRARIES}
            for number in range(effort.rounds):
                for name in LIBRARIES[:: -1 if number % 2 else 1]:
                    # A page of its own each time: what one leaves behind must not weigh on the other.
                    meter = bare_page(browser, url)
                    _measure(meter, name, f"{count}.json", costs[name], heaps[name])
                    meter.page.close()
            rows += _rows(count, costs, heaps)
    return rows


def _save(columns: Columns, file: Path) -> None:
    close = columns["close"]
    lines = [(talib.SMA(close, timeperiod=20), 0), (talib.RSI(close, timeperiod=14), 2)]
    content = {
        "columns": {name: values.tolist() for name, values in columns.items()},
        "volumePane": 1,
        "lines": [
            {"values": [None if np.isnan(each) else float(each) for each in values], "pane": pane}
            for values, pane in lines
        ],
    }
    file.write_text(json.dumps(content))


def _measure(
    meter: Meter, library: str, file: str, costs: dict[str, list[Cost]], heaps: list[float]
) -> None:
    """One library in one page; the first opening compiles its code and is not counted."""
    page = meter.page
    open_bare(page, [file], size=SIZE, library=library)
    close_bare(page)
    empty = meter.heap()
    acts = {
        "first paint": lambda: open_bare(page, [file], size=SIZE, library=library),
        "panned": lambda: drag(page, "#charts > div"),
        "live updates": lambda: page.evaluate(UPDATE, [f"/data/{file}", UPDATES]) or 0.0,
    }
    for name, act in acts.items():
        costs.setdefault(name, []).append(meter.cost(lambda _, act=act: act()))  # type: ignore[misc]  # bound at once
    heaps.append(meter.heap() - empty)


def _rows(
    count: int, costs: dict[str, dict[str, list[Cost]]], heaps: dict[str, list[float]]
) -> list[Row]:
    ours, theirs = LIBRARIES
    rows = [
        compared(
            f"{count} bars, {act}, {what}",
            [getattr(cost, member) for cost in costs[ours][act]],
            [getattr(cost, member) for cost in costs[theirs][act]],
        )
        for act in costs[ours]
        for what, member in (("scripting", "script"), ("CPU of the page", "task"))
    ]
    return [*rows, compared(f"{count} bars, memory", heaps[ours], heaps[theirs], unit="KiB")]
