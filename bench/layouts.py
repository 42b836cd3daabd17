"""A layout of nine charts against nine bare ones; what autosave sends."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Request

from bench.browser import Cost, Meter, bare_page, chromium, close_bare, open_bare, rounds, static
from bench.lab import close_front, lab, lab_page, open_charts, size_of
from bench.market import walk, write
from bench.measure import Effort
from bench.report import Row, bounded, compared
from bench.servers import folder
from tests.support.documents import Lab

NINE = 9
FIRST = 1_000
CELL = ".jp-QuantLab-Layout-cell:visible"
COMMAND = "quantlab:layout-open"
QUIET = 6_000  # milliseconds: three times what autosave waits for
# Changes of one chart, closer to each other than autosave waits.
CHANGE = """async last => {
    const { charts } = window.jupyterapp.shell.currentWidget.content;
    const [first] = charts.values();
    for (let at = 0; at < 20; at++) {
        await first.model.set({ style: at % 2 ? 'candles' : 'heikin-ashi' });
        await new Promise(done => setTimeout(done, 50));
    }
    await first.model.set({ style: last });
}"""
STYLES = ("line", "area", "bars")


def run(effort: Effort) -> list[Row]:
    """Restoring, autosave."""
    with folder() as home, chromium() as browser:
        files = home / "files"
        for number in range(NINE):
            write(files, f"B{number}", walk(5_000, number))
        with lab(home / "lab", files) as server, static(home) as url:
            with server.client() as api:
                for number in range(NINE):
                    query: dict[str, str | int] = {
                        "symbol": f"FILES:B{number}",
                        "timeframe": "1m",
                        "limit": FIRST,
                    }
                    answer = api.get("/bars", params=query).raise_for_status()
                    (home / "data" / f"{number}.json").write_bytes(answer.content)
            layout = {"id": _create(server)}
            ours, bare = lab_page(browser, server), bare_page(browser, url)
            rows = _restoring(effort, ours, bare, layout)
            rows += _autosave(effort, ours, layout)
    return rows


def _create(server: Lab) -> str:
    """Save a layout of nine charts, three by three."""
    charts = [
        {"id": f"c{number}", "symbol": f"FILES:B{number}", "timeframe": "1m"}
        for number in range(NINE)
    ]
    cells = [
        {"chart": f"c{number}", "row": number // 3, "column": number % 3} for number in range(NINE)
    ]
    document: dict[str, Any] = {
        "schema_version": 1,
        "charts": charts,
        "grid": {"rows": 3, "columns": 3, "cells": cells},
    }
    with server.client() as api:
        answer = api.post("/layouts", json={"name": "Nine", "document": document})
        return str(answer.raise_for_status().json()["id"])


def _restoring(effort: Effort, ours: Meter, bare: Meter, layout: dict[str, object]) -> list[Row]:
    open_charts(ours.page, COMMAND, layout, NINE)
    width, height = size_of(ours.page, CELL)
    close_front(ours.page)

    def restore() -> Cost:
        cost = ours.cost(lambda page: open_charts(page, COMMAND, layout, NINE))
        close_front(ours.page)
        return cost

    def open_floor() -> Cost:
        names = [f"{number}.json" for number in range(NINE)]
        size = (3 * width, 3 * height)
        cost = bare.cost(lambda page: open_bare(page, names, size=size, columns=3))
        close_bare(bare.page)
        return cost

    found = rounds({"ours": restore, "bare": open_floor}, effort)
    return [
        compared(
            f"nine charts restored, {what}",
            [getattr(cost, member) for cost in found["ours"]],
            [getattr(cost, member) for cost in found["bare"]],
            at_most=2.0,
        )
        for what, member in (("until their candles", "wall"), ("CPU of the page", "task"))
    ]


def _autosave(effort: Effort, ours: Meter, layout: dict[str, object]) -> list[Row]:
    """Requests that write, in a quiet period after many changes."""
    page = ours.page
    open_charts(page, COMMAND, layout, NINE)
    sent: list[str] = []

    def count(request: Request) -> None:
        if request.method != "GET" and "/layouts/" in request.url:
            sent.append(f"{request.method} {request.url}")

    page.on("request", count)
    periods = STYLES[: effort.at_most(1, 3)]
    for style in periods:
        page.evaluate(CHANGE, style)
        page.wait_for_timeout(QUIET)
    page.remove_listener("request", count)
    if not sent:
        raise RuntimeError("nothing was saved")
    return [
        bounded("autosave requests a quiet period", len(sent) / len(periods), at_most=1, unit="")
    ]
