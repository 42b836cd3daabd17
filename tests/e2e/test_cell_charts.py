"""Charts from a cell, in JupyterLab and in Notebook 7: the service's figures, drawn, in the page's theme."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

import quantlab_ext as ql
from tests.support import documents as doc
from tests.support.layouts import chart as chart_of
from tests.support.layouts import layout as layout_of
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e

CODE = 'import quantlab_ext as ql\nql.chart("AAPL", limit=300).add("ta.rsi", 14).add("ta.sma", 20)'
CHART = ".jp-QuantLab-CellChart"
# The traits that the page reads.
SENT = (
    *("instrument", "timeframe", "style", "scale", "volume", "height"),
    *("columns", "figures", "notes"),
)
# A host as bare as can be: what anywidget asks of one, and VS Code's names for two colours.
HOST = """async ({ code, css, state }) => {
    document.documentElement.style.setProperty('--vscode-editor-background', '#102030');
    document.documentElement.style.setProperty('--vscode-editor-foreground', '#f0f0f0');
    document.head.append(Object.assign(document.createElement('style'), { textContent: css }));
    for (const [name, values] of Object.entries(state.columns)) {
        state.columns[name] = new DataView(new Float64Array(values).buffer);
    }
    const el = document.body.appendChild(document.createElement('div'));
    const url = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
    const { default: widget } = await import(url);
    const model = { get: name => state[name], on: () => {}, off: () => {} };
    window.done = await widget.render({ model, el });
}"""


def newest(api: httpx.Client) -> dict[str, str]:
    """The last bar and its studies, as a read-out says them."""
    query = {"symbol": "SAMPLE:AAPL", "limit": 1}
    columns = api.get("/bars", params=query).raise_for_status().json()["columns"]
    body = {**query, "studies": [{"study": "ta.rsi"}, {"study": "ta.sma"}]}
    rsi, sma = api.post("/studies/evaluate", json=body).raise_for_status().json()["results"]
    return {
        "C": f"{columns['close'][0]:.2f}",
        "rsi": f"{rsi['plots']['rsi'][0]:.2f}",
        "sma": f"{sma['plots']['sma'][0]:.2f}",
    }


def expect_drawn(page: Page, api: httpx.Client) -> Locator:
    """The chart is there with the service's newest figures, and candles on it."""
    chart = page.locator(CHART).first
    expect(chart.locator("canvas").first).to_be_visible(timeout=doc.KERNEL_MS)
    figures = newest(api)
    expect(chart.locator(f"{CHART}-readout")).to_contain_text(f"C {figures['C']}")
    rsi, sma = chart.locator(f"{CHART}-study").all()
    expect(rsi).to_contain_text(f"14{figures['rsi']}")
    expect(sma).to_contain_text(f"20{figures['sma']}")
    canvas = chart.locator(f"{CHART}-canvas")
    # 160 bars are in sight when a chart is opened, to the newest one.
    words = rf"^SAMPLE:AAPL, 16\d bars from .* to {re.escape(figures['C'])}, lowest .*, highest"
    expect(canvas).to_have_attribute("aria-label", re.compile(words))
    wait_until(lambda: colours(page) > 3, what="candles are drawn")
    return chart


def colours(page: Page) -> int:
    """How many colours the largest canvas of the chart has: an empty one has few."""
    count: int = page.evaluate(
        """selector => {
            const all = [...document.querySelectorAll(selector + ' canvas')];
            const one = all.sort((a, b) => b.width * b.height - a.width * a.height)[0];
            const { data } = one.getContext('2d').getImageData(0, 0, one.width, one.height);
            const seen = new Set();
            for (let i = 0; i < data.length; i += 4) {
                seen.add(data.slice(i, i + 4).join());
            }
            return seen.size;
        }""",
        CHART,
    )
    return count


def background(page: Page) -> str:
    """Colour of the picture's corner, between candles."""
    found: str = page.evaluate(
        """selector => {
            const all = [...document.querySelectorAll(selector + ' canvas')];
            const one = all.sort((a, b) => b.width * b.height - a.width * a.height)[0];
            return [...one.getContext('2d').getImageData(1, 1, 1, 1).data].join();
        }""",
        CHART,
    )
    return found


def problems(page: Page) -> list[str]:
    """What axe finds in the chart."""
    found: dict[str, Any] = Axe().run(page, context=CHART).response
    assert found["passes"]
    return [f"{rule['id']}: {rule['nodes'][0]['html']}" for rule in found["violations"]]


def test_a_saved_workflow_draws_its_chart_when_it_is_opened(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    workflow = doc.create(api, "Chart in a cell", notebook=doc.notebook(CODE))
    doc.open_lab(page, lab)
    doc.open_from_library(page, workflow["id"])
    chart = expect_drawn(page, api)
    expect(page.locator(CHART)).to_have_count(1)
    light = background(page)
    assert problems(page) == []
    page.screenshot(path=lab.home / "cell-light.png")
    # The read-out follows the crosshair.
    readout = chart.locator(f"{CHART}-readout")
    said = readout.inner_text()
    canvas = chart.locator(f"{CHART}-canvas")
    canvas.hover(position={"x": 200, "y": 80})
    expect(readout).not_to_have_text(said)
    page.evaluate(
        "window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
    )
    wait_until(lambda: background(page) != light, what="the picture is dark")
    assert problems(page) == []
    page.screenshot(path=lab.home / "cell-dark.png")
    # As wide as the cell, also when that changes.
    width = chart.bounding_box()["width"]  # type: ignore[index]  # it is visible
    page.set_viewport_size({"width": 700, "height": 850})
    wait_until(
        lambda: chart.locator("table").first.bounding_box()["width"] < width - 50,  # type: ignore[index]  # as above
        what="the picture is narrower",
    )


def test_keys_move_the_chart_and_not_the_notebook(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    workflow = doc.create(api, "Keys", notebook=doc.notebook(CODE, "'below'"))
    doc.open_lab(page, lab)
    doc.open_from_library(page, workflow["id"])
    chart = expect_drawn(page, api)
    canvas = chart.locator(f"{CHART}-canvas")
    everything = re.compile("^SAMPLE:AAPL, 300 bars")
    canvas.focus()
    page.keyboard.press("Home")
    expect(canvas).to_have_attribute("aria-label", everything)
    page.keyboard.press("ArrowUp")
    expect(canvas).not_to_have_attribute("aria-label", everything)
    # In command mode these would cut or merge cells.
    page.keyboard.press("x")
    expect(page.locator(".jp-Notebook .jp-Cell")).to_have_count(2)


def test_scrolling_back_loads_older_bars_while_there_is_a_kernel(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    code = 'import quantlab_ext as ql\nql.chart("AAPL").add("ta.rsi", 14)'
    workflow = doc.create(api, "Far back", notebook=doc.notebook(code))
    doc.open_lab(page, lab)
    doc.open_from_library(page, workflow["id"])
    canvas = page.locator(f"{CHART}-canvas")
    expect(canvas.locator("canvas").first).to_be_visible(timeout=doc.KERNEL_MS)
    canvas.focus()
    page.keyboard.press("Home")
    # What is in sight stays where it is; the bars before it are there now.
    expect(canvas).to_have_attribute("aria-label", re.compile("^SAMPLE:AAPL, 1000 bars"))
    everything = re.compile("^SAMPLE:AAPL, 1509 bars from Wed, Jan 2, 2019")
    wait_until(
        lambda: (
            page.keyboard.press("Home")
            or everything.match(canvas.get_attribute("aria-label") or "") is not None
        ),
        what="all bars there are",
        timeout=30,
    )
    page.screenshot(path=lab.home / "cell-older.png")


def test_a_notebook_that_is_not_trusted_shows_the_stored_table(lab: doc.Lab, page: Page) -> None:
    view = {"version_major": 2, "version_minor": 0, "model_id": "gone"}
    output = {
        "output_type": "display_data",
        "metadata": {},
        "data": {
            "application/vnd.jupyter.widget-view+json": view,
            "text/html": "<table><caption>Apple Inc., 1D</caption></table>",
            "text/plain": "<chart Apple>",
        },
    }
    (lab.root / "stored.ipynb").write_text(json.dumps(doc.notebook(doc.code_cell("1", output))))
    page.goto(f"{lab.url}lab/tree/stored.ipynb?token={lab.token}")
    stored = page.locator(".jp-OutputArea caption")
    expect(stored).to_have_text("Apple Inc., 1D", timeout=doc.START_MS)


def test_notebook_7_shows_it_without_our_charts(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    (lab.root / "charts.ipynb").write_text(json.dumps(doc.notebook(CODE)))
    page.goto(f"{lab.url}notebooks/charts.ipynb?token={lab.token}")
    expect(page.locator(".jp-Notebook .cm-content").first).to_be_visible(timeout=doc.START_MS)
    doc.run_all(page)
    expect_drawn(page, api)
    page.screenshot(path=lab.home / "cell-notebook.png")


def test_a_layout_shows_its_charts_and_what_is_missing(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    document = layout_of(chart_of(), chart_of("NO:SUCH"), chart_of("SAMPLE:MSFT", "1W"))
    api.post("/layouts", json={"name": "Swing", "document": document}).raise_for_status()
    code = 'import quantlab_ext as ql\nql.layout("Swing").open()'
    workflow = doc.create(api, "Layout in a cell", notebook=doc.notebook(code))
    doc.open_lab(page, lab)
    doc.open_from_library(page, workflow["id"])
    names = page.locator(f"{CHART}-name")
    expect(names).to_have_count(2, timeout=doc.KERNEL_MS)
    expect(names.nth(0)).to_contain_text("SAMPLE:AAPL")
    expect(names.nth(1)).to_contain_text("SAMPLE:MSFT1W")
    expect(page.get_by_text("NO:SUCH 1D is not shown")).to_be_visible()
    page.screenshot(path=lab.home / "cell-layout.png")


def test_it_needs_nothing_of_jupyterlab(page: Page) -> None:
    days = pd.date_range("2024-01-01", periods=30, freq="D")
    closes = pd.Series(range(100, 130), index=days, dtype=float)
    frame = pd.DataFrame({"open": closes, "high": closes + 2, "low": closes - 2, "close": closes})
    chart = ql.chart(frame, title="<i>Mine</i>")
    state = {name: getattr(chart, name) for name in SENT}
    state["columns"] = {
        name: np.frombuffer(each, dtype="<f8").tolist() for name, each in chart.columns.items()
    }
    page.evaluate(HOST, {"code": chart._esm, "css": chart._css, "state": state})
    shown = page.locator(CHART)
    expect(shown.locator(f"{CHART}-name")).to_have_text("<i>Mine</i>1D")
    expect(shown.locator(f"{CHART}-readout")).to_contain_text("Tue, Jan 30, 2024")
    expect(shown.locator(f"{CHART}-readout")).to_contain_text("C 129.00")
    wait_until(lambda: background(page) == "16,32,48,255", what="VS Code's colour is behind it")
    page.evaluate(
        "document.documentElement.style.setProperty('--vscode-editor-background', '#fff')"
    )
    wait_until(lambda: background(page) == "255,255,255,255", what="the picture is light")
    page.evaluate("window.done()")
    expect(shown.locator("canvas")).to_have_count(0)
