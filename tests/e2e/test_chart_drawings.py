"""Drawings on a chart: made and dragged with the mouse, they hold the points that the picture shows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from quantlab_ext.schemas.layout_document import Drawing
from tests.e2e.test_accessibility import set_theme
from tests.e2e.test_charts import CHART, open_chart
from tests.support import documents as doc

pytestmark = pytest.mark.e2e

CANVAS = ".jp-QuantLab-Chart-canvas"
STATE = "window.jupyterapp.shell.currentWidget.content.model.state"
# The library's own word on where a bar is: independent of the arithmetic of drawings.
BAR = """([bar, share]) => {
    const { model, surface } = window.jupyterapp.shell.currentWidget.content;
    const { chart } = surface;
    const scale = chart.timeScale();
    const at = model.bars.time.length - bar;
    const box = document.querySelector('.jp-QuantLab-Chart-canvas').getBoundingClientRect();
    const x = scale.timeToCoordinate(model.bars.time[at] / 1000);
    const y = chart.panes()[0].getHeight() * share;
    const price = chart.panes()[0].getSeries()[0].coordinateToPrice(y);
    return { time: model.bars.time[at], price, x: box.left + x, y: box.top + y };
}"""
PIXELS = """id => {
    const box = document.querySelector('.jp-QuantLab-Chart-canvas').getBoundingClientRect();
    const { drawings } = window.jupyterapp.shell.currentWidget.content;
    return drawings.layer.pixelsOf(id).map(({ x, y }) => [box.left + x, box.top + y]);
}"""
# Where the library puts a stored point.
LIBRARY = """({ time, price }) => {
    const { surface } = window.jupyterapp.shell.currentWidget.content;
    const { chart } = surface;
    const box = document.querySelector('.jp-QuantLab-Chart-canvas').getBoundingClientRect();
    const x = chart.timeScale().timeToCoordinate(Date.parse(time) / 1000);
    const y = chart.panes()[0].getSeries()[0].priceToCoordinate(price);
    return [box.left + x, box.top + y];
}"""


def drawings(page: Page) -> list[dict[str, Any]]:
    """The drawings of the chart in front, as it keeps them."""
    found: list[dict[str, Any]] = page.evaluate(f"{STATE}.drawings")
    return found


def bar(page: Page, back: int, share: float) -> dict[str, float]:
    """A place in the pane of prices: over the ``back``-th bar from the end, so far down; pixels, time (ms), price."""
    found: dict[str, float] = page.evaluate(BAR, [back, share])
    return found


def tool(chart: Locator, name: str) -> None:
    """Take a tool in hand."""
    chart.get_by_role("button", name=name).click()


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Press, move in steps as a hand does, release."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=3)
    page.mouse.move(*end, steps=3)
    page.mouse.up()


def expect_drawings(page: Page, count: int) -> list[dict[str, Any]]:
    """Wait until the chart has so many drawings."""
    page.wait_for_function(f"count => {STATE}.drawings.length === count", arg=count)
    return drawings(page)


def expect_at(point: dict[str, Any], place: dict[str, float], pixel: float) -> None:
    """A stored point is at a place; ``pixel`` is the height of one in units of price."""
    assert datetime.fromisoformat(point["time"]).timestamp() * 1000 == place["time"]
    assert abs(point["price"] - place["price"]) <= pixel


def pixel_price(page: Page) -> float:
    """What a pixel up or down is in price."""
    return abs(bar(page, 1, 0.5)["price"] - bar(page, 1, 0.6)["price"]) / (
        (bar(page, 1, 0.6)["y"] - bar(page, 1, 0.5)["y"]) or 1
    )


def draw_trend(page: Page, chart: Locator) -> dict[str, Any]:
    """A trend line by two clicks, checked against where they were."""
    start, end = bar(page, 100, 0.7), bar(page, 40, 0.35)
    tool(chart, "Trend line")
    page.mouse.click(start["x"], start["y"])
    page.mouse.move(end["x"] - 30, end["y"])
    page.mouse.click(end["x"], end["y"])
    (made,) = expect_drawings(page, 1)
    assert made["kind"] == "trend"
    expect_at(made["points"][0], start, pixel_price(page))
    expect_at(made["points"][1], end, pixel_price(page))
    return made


def test_a_trend_line_is_made_dragged_deleted_and_undone(lab: doc.Lab, page: Page) -> None:
    chart = open_chart(page, lab)
    made = draw_trend(page, chart)
    view = page.evaluate("window.jupyterapp.shell.currentWidget.content.surface.visible")
    # One point is dragged; the other stays to the digit.
    there = bar(page, 20, 0.5)
    drag(page, tuple(page.evaluate(PIXELS, made["id"])[1]), (there["x"], there["y"]))
    (pulled,) = drawings(page)
    assert pulled["points"][0] == made["points"][0]
    expect_at(pulled["points"][1], there, pixel_price(page))
    # The line is dragged as a whole: both points move by as many bars.
    (x1, y1), (x2, y2) = page.evaluate(PIXELS, made["id"])
    middle = ((x1 + x2) / 2, (y1 + y2) / 2)
    ten = bar(page, 50, 0.5)["x"] - bar(page, 60, 0.5)["x"]
    drag(page, middle, (middle[0] - ten, middle[1]))
    (moved,) = drawings(page)
    expected = [bar(page, 110, 0.5)["time"], bar(page, 30, 0.5)["time"]]
    assert [
        datetime.fromisoformat(one["time"]).timestamp() * 1000 for one in moved["points"]
    ] == expected
    # The chart stood still all the while.
    assert page.evaluate("window.jupyterapp.shell.currentWidget.content.surface.visible") == view
    page.keyboard.press("Delete")
    assert expect_drawings(page, 0) == []
    page.keyboard.press("Control+z")
    assert expect_drawings(page, 1) == [moved]
    page.keyboard.press("Control+z")
    assert drawings(page) == [pulled]
    page.keyboard.press("Control+Shift+z")
    assert drawings(page) == [moved]


def test_every_tool_makes_what_a_layout_takes(lab: doc.Lab, page: Page) -> None:
    chart = open_chart(page, lab)
    level = bar(page, 60, 0.6)
    tool(chart, "Horizontal line")
    page.mouse.click(level["x"], level["y"])
    expect_drawings(page, 1)
    for name, back, shares in (
        ("Rectangle", (120, 100), (0.3, 0.5)),
        ("Fibonacci retracement", (80, 30), (0.8, 0.3)),
    ):
        start, end = (bar(page, *at) for at in zip(back, shares, strict=True))
        tool(chart, name)
        # In one go: press, drag, release.
        drag(page, (start["x"], start["y"]), (end["x"], end["y"]))
        made = drawings(page)[-1]
        expect_at(made["points"][0], start, pixel_price(page))
        expect_at(made["points"][1], end, pixel_price(page))
    tool(chart, "Text")
    note = bar(page, 140, 0.75)
    page.mouse.click(note["x"], note["y"])
    page.get_by_role("dialog").get_by_role("textbox").fill("Earnings\nnext week")
    page.get_by_role("dialog").get_by_role("button", name="Show").click()
    made = expect_drawings(page, 4)
    assert [one["kind"] for one in made] == ["horizontal", "rectangle", "fibonacci", "text"]
    assert made[0]["points"][0]["time"] is None
    assert made[3]["text"] == "Earnings\nnext week"
    # Exactly what the document of a layout holds: nothing is added, nothing is missing.
    for one in made:
        kept = Drawing.model_validate(one, strict=False)
        assert kept.model_dump(mode="json").keys() == one.keys()
    page.screenshot(path=lab.home / "drawings-light.png")
    set_theme(page, "JupyterLab Dark")
    page.screenshot(path=lab.home / "drawings-dark.png")


def test_drawings_stick_to_time_and_price(lab: doc.Lab, page: Page) -> None:
    chart = open_chart(page, lab)
    made = draw_trend(page, chart)

    def expect_stuck() -> None:
        page.wait_for_function(
            f"""([id, points]) => {{
                const there = ({PIXELS})(id);
                const expected = points.map({LIBRARY});
                return there.length === 2 && there.flat().every(
                    (value, i) => Math.abs(value - expected.flat()[i]) < 1
                );
            }}""",
            arg=[made["id"], made["points"]],
        )

    expect_stuck()
    page.keyboard.press("Escape")
    for key in ("ArrowLeft", "-", "+", "Shift+ArrowLeft", "End"):
        page.keyboard.press(key)
        expect_stuck()
    for scale in ("log", "percent", "indexed", "linear"):
        chart.get_by_label("Scale").select_option(scale)
        expect_stuck()
    set_theme(page, "JupyterLab Dark")
    expect_stuck()
    chart.get_by_label("Style").select_option("line")
    expect_stuck()
    # Older bars come before the others, and nothing slips.
    chart.locator(CANVAS).focus()
    page.keyboard.press("Home")
    count = "window.jupyterapp.shell.currentWidget.content.model.bars.time.length"
    page.wait_for_function(f"{count} > 1000")
    page.keyboard.press("End")
    expect_stuck()
    assert drawings(page) == [made]


def test_points_lie_beyond_the_bars_and_come_back_after_a_reload(lab: doc.Lab, page: Page) -> None:
    chart = open_chart(page, lab)
    end = bar(page, 1, 0.5)
    start = bar(page, 50, 0.3)
    tool(chart, "Trend line")
    spacing = end["x"] - bar(page, 2, 0.5)["x"]
    page.mouse.click(start["x"], start["y"])
    page.mouse.click(end["x"] + 3 * spacing, end["y"])
    (made,) = expect_drawings(page, 1)
    assert datetime.fromisoformat(made["points"][1]["time"]).timestamp() * 1000 > end["time"]
    x, _ = page.evaluate(PIXELS, made["id"])[1]
    assert abs(x - (end["x"] + 3 * spacing)) < 1
    # Weeks: the days of the points lie between bars, the line stays.
    chart.get_by_label("Timeframe").select_option("1W")
    page.wait_for_function(
        "window.jupyterapp.shell.currentWidget.content.model.page?.timeframe === '1W'"
    )
    assert len(page.evaluate(PIXELS, made["id"])) == 2
    with page.expect_request("**/lab/api/workspaces/**"):
        page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    page.goto(f"{lab.url}lab?token={lab.token}")
    again = page.locator(CHART)
    expect(again.locator(".jp-QuantLab-Chart-readout")).to_be_visible(timeout=doc.START_MS)
    assert drawings(page) == [made]


def test_the_keyboard_draws_selects_moves_and_leaves(lab: doc.Lab, page: Page) -> None:
    chart = open_chart(page, lab)
    button = chart.get_by_role("button", name="Rectangle")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(chart.get_by_text("Rectangle: click two points")).to_be_visible()
    page.keyboard.press("Escape")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    page.keyboard.press("Enter")
    (made,) = expect_drawings(page, 1)
    expect(chart.get_by_text("Rectangle is selected.")).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    (moved,) = drawings(page)
    assert all(
        after["time"] > before["time"] and after["price"] > before["price"]
        for before, after in zip(made["points"], moved["points"], strict=True)
    )
    page.keyboard.press("Escape")
    expect(chart.get_by_text("Rectangle is selected.")).to_have_count(0)
    page.keyboard.press("d")
    page.keyboard.press("Delete")
    expect_drawings(page, 0)
    chart.get_by_role("button", name="Undo drawing").click()
    assert expect_drawings(page, 1) == [moved]


def test_escape_drops_what_is_under_way(lab: doc.Lab, page: Page) -> None:
    chart = open_chart(page, lab)
    made = draw_trend(page, chart)
    x, y = page.evaluate(PIXELS, made["id"])[0]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y - 60, steps=3)
    page.keyboard.press("Escape")
    page.mouse.move(x + 90, y - 90)
    page.mouse.up()
    assert drawings(page) == [made]
    assert page.evaluate(PIXELS, made["id"])[0] == [x, y]
