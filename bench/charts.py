"""Charts in JupyterLab against a bare page with the same library, the same bars and the same size.

Both pages run in one Chromium; the bare one gets the very bytes that our API answers, from a static file.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from bench.browser import (
    Cost,
    Meter,
    bare_page,
    chromium,
    close_bare,
    drag,
    open_bare,
    rounds,
    static,
)
from bench.lab import (
    CANVAS,
    close_front,
    lab,
    lab_page,
    mount_chart,
    open_charts,
    size_of,
    unmount_chart,
)
from bench.market import walk, write
from bench.measure import Effort
from bench.report import Row, compared
from bench.servers import folder
from tests.support.documents import Lab

MANY = 100_000
FIRST = 1_000
SYMBOL = "FILES:MANY"
CHART = {"symbol": SYMBOL, "timeframe": "1m"}
COMMAND = "quantlab:chart-open"
FRONT = "window.jupyterapp.shell.currentWidget.content"


def run(effort: Effort) -> list[Row]:
    """Opening, panning."""
    with folder() as home, chromium() as browser:
        files = home / "files"
        write(files, "MANY", walk(MANY, 1))
        with lab(home / "lab", files) as server, static(home) as url:
            save(server, home / "data")
            ours, bare = lab_page(browser, server), bare_page(browser, url)
            rows = _opening(effort, ours, bare)
            rows += _panning(effort, ours, bare)
    return rows


def save(server: Lab, data: Path) -> None:
    """What the API answers, as files."""
    with server.client() as api:
        for limit in (FIRST, MANY):
            answer = api.get("/bars", params={**CHART, "limit": limit}).raise_for_status()
            (data / f"{limit}.json").write_bytes(answer.content)


def _opening(effort: Effort, ours: Meter, bare: Meter) -> list[Row]:
    open_charts(ours.page, COMMAND, CHART)
    widget = size_of(ours.page, ".jp-QuantLab-Chart:visible")
    size = size_of(ours.page, CANVAS)

    def open_floor() -> Cost:
        cost = bare.cost(lambda page: open_bare(page, [f"{FIRST}.json"], size=size))
        close_bare(bare.page)
        return cost

    def mount() -> Cost:
        cost = ours.cost(lambda page: mount_chart(page, widget))
        unmount_chart(ours.page)
        return cost

    def open_tab() -> Cost:
        cost = ours.cost(lambda page: open_charts(page, COMMAND, CHART))
        close_front(ours.page)
        return cost

    found = rounds({"chart": mount, "bare": open_floor}, effort)
    # What a tab of JupyterLab costs, whatever is in it, is shown beside and has no target.
    tabs = rounds({"tab": open_tab, "bare": open_floor}, effort)
    close_front(ours.page)
    return [
        compared(
            f"{name}, {what}",
            [getattr(cost, member) for cost in costs[side]],
            [getattr(cost, member) for cost in costs["bare"]],
            at_most=target,
        )
        for name, side, costs, target in (
            ("chart opened", "chart", found, 1.5),
            ("chart opened in a tab", "tab", tabs, None),
        )
        for what, member in (("until its candles", "wall"), ("CPU of the page", "task"))
    ]


def _panning(effort: Effort, ours: Meter, bare: Meter) -> list[Row]:
    open_charts(ours.page, COMMAND, CHART)
    load_all(ours.page, FRONT)
    open_bare(bare.page, [f"{MANY}.json"], size=size_of(ours.page, CANVAS))
    found = rounds(
        {
            "ours": lambda: ours.cost(lambda page: drag(page, CANVAS)),
            "bare": lambda: bare.cost(lambda page: drag(page, "#charts > div")),
        },
        effort,
    )
    close_bare(bare.page)
    close_front(ours.page)
    return [
        compared(
            f"{MANY} bars panned, {what}",
            [getattr(cost, name) for cost in found["ours"]],
            [getattr(cost, name) for cost in found["bare"]],
            at_most=target,
        )
        for what, name, target in (
            ("scripting", "script", 1.3),
            ("CPU of the page", "task", None),
        )
    ]


def load_all(page: Page, chart: str) -> None:
    """Scroll a chart, an expression of the page, back to its first bar."""
    count = page.evaluate(
        f"""async () => {{
            const {{ model }} = {chart};
            await model.loadSince(null);
            return model.bars.time.length;
        }}"""
    )
    if count != MANY:
        raise RuntimeError(f"{count} bars are loaded, and not {MANY}")
