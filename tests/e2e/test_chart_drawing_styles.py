"""What is selected on a chart is given another look, found in a list, and drawn in the panes of studies too."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from quantlab_ext.schemas.layout_document import Drawing
from tests.e2e.test_accessibility import set_theme
from tests.e2e.test_chart_drawings import (
    CANVAS,
    PIXELS,
    STATE,
    bar,
    draw_trend,
    drawings,
    expect_drawings,
    tool,
)
from tests.e2e.test_charts import open_chart
from tests.support import documents as doc

pytestmark = pytest.mark.e2e

BAR = ".jp-QuantLab-DrawStyle-bar"
# A place in a study's pane: over the bar so far from the end, at a value of the study's scale.
IN_STUDY = """([back, value]) => {
    const { model, surface } = window.jupyterapp.shell.currentWidget.content;
    const { chart } = surface;
    const pane = chart.panes()[1];
    const box = document.querySelector('.jp-QuantLab-Chart-canvas').getBoundingClientRect();
    const time = model.bars.time[model.bars.time.length - back];
    const x = box.left + chart.timeScale().timeToCoordinate(time / 1000);
    const y = pane.getSeries()[0].priceToCoordinate(value);
    return [x, pane.getHTMLElement().getBoundingClientRect().top + y];
}"""


def style_bar(page: Page) -> Locator:
    """The bar beside what is selected."""
    return page.locator(BAR)


def problems(page: Page, selector: str) -> list[str]:
    """What axe finds there."""
    found: dict[str, Any] = Axe().run(page, context=selector).response
    assert found["passes"]
    return [f"{rule['id']}: {rule['nodes'][0]['html']}" for rule in found["violations"]]


def expect_drawing(page: Page, **members: Any) -> dict[str, Any]:
    """Wait until the last drawing has these members; it is one that a layout takes."""
    page.wait_for_function(
        f"""members => {{
            const last = {STATE}.drawings.at(-1);
            return last && Object.entries(members).every(
                ([name, value]) => JSON.stringify(last[name]) === JSON.stringify(value)
            );
        }}""",
        arg=members,
    )
    last = drawings(page)[-1]
    Drawing.model_validate(last, strict=False)
    return last


def test_each_change_of_the_look_is_one_step(lab: doc.Lab, page: Page) -> None:
    chart = open_chart(page, lab)
    made = draw_trend(page, chart)
    style = style_bar(page)
    expect(style).to_be_visible()
    colour = style.get_by_label("Colour")
    # Seeking a colour shows each one; only what is found is kept.
    colour.evaluate(
        """node => {
            const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
            for (const value of ['#aa0000', '#00aa00']) {
                set.call(node, value);
                node.dispatchEvent(new Event('input', { bubbles: true }));
            }
        }"""
    )
    assert drawings(page) == [made]
    colour.evaluate("node => node.dispatchEvent(new Event('change', { bubbles: true }))")
    expect_drawing(page, colour="#00aa00")
    style.get_by_label("Width").select_option("4")
    style.get_by_label("Line").select_option("dashed")
    style.get_by_label("Extension").select_option("right")
    full = expect_drawing(page, width=4, line="dashed", extend="right", colour="#00aa00")
    page.screenshot(path=lab.home / "style-light.png")
    assert problems(page, BAR) == []
    set_theme(page, "JupyterLab Dark")
    page.screenshot(path=lab.home / "style-dark.png")
    # The bar's own keys: undo works there too, step by step.
    style.get_by_label("Extension").focus()
    for expected in ({"extend": "none"}, {"line": "solid"}, {"width": 1}, {"colour": None}):
        page.keyboard.press("Control+z")
        expect_drawing(page, **expected)
    for _ in range(4):
        page.keyboard.press("Control+Shift+z")
    assert expect_drawing(page, extend="right") == full


def test_the_bar_is_reached_left_and_acts_by_keyboard(lab: doc.Lab, page: Page) -> None:
    chart = open_chart(page, lab)
    made = draw_trend(page, chart)
    style = style_bar(page)
    chart.locator(CANVAS).focus()
    page.keyboard.press("Enter")
    expect(style.get_by_label("Colour")).to_be_focused()
    page.keyboard.press("Escape")
    expect(chart.locator(CANVAS)).to_be_focused()
    style.get_by_role("button", name="Duplicate").press("Enter")
    _, second = expect_drawings(page, 2)
    assert second["id"] != made["id"]
    assert second["points"] != made["points"]
    style.get_by_role("button", name="Lock").press("Enter")
    expect_drawing(page, locked=True)
    expect(style.get_by_role("button", name="Delete")).to_be_disabled()
    style.get_by_role("button", name="Lock").press("Enter")
    style.get_by_role("button", name="Delete").press("Enter")
    assert expect_drawings(page, 1) == [made]
    expect(chart.locator(CANVAS)).to_be_focused()
    expect(style).to_have_count(0)


def test_levels_and_words(lab: doc.Lab, page: Page) -> None:
    chart = open_chart(page, lab)
    tool(chart, "Fibonacci retracement")
    page.keyboard.press("Enter")
    expect_drawings(page, 1)
    levels = style_bar(page).get_by_label("Levels in percent")
    levels.fill("0, 50, 161.8")
    levels.press("Enter")
    expect_drawing(page, levels=[0, 0.5, 1.618])
    levels.fill("half")
    expect(levels).to_have_attribute("aria-invalid", "true")
    levels.press("Tab")
    expect(levels).to_have_value("0, 50, 161.8")
    tool(chart, "Horizontal line")
    page.keyboard.press("Enter")
    expect_drawings(page, 2)
    for words in ("<b>Stop</b>", ""):
        style_bar(page).get_by_role("button", name="Words").click()
        page.get_by_role("dialog").get_by_role("textbox").fill(words)
        page.get_by_role("dialog").get_by_role("button", name="Show").click()
        expect_drawing(page, text=words)


def test_the_list_shows_hides_locks_and_deletes(lab: doc.Lab, page: Page) -> None:
    chart = open_chart(page, lab)
    made = draw_trend(page, chart)
    tool(chart, "Horizontal line")
    page.keyboard.press("Enter")
    expect_drawings(page, 2)
    button = chart.get_by_role("button", name="List of drawings")
    button.click()
    found = chart.get_by_role("region", name="Drawings of this chart")
    expect(found.get_by_role("listitem")).to_have_count(2)
    # The foremost stands first.
    expect(found.get_by_role("listitem").first).to_contain_text("Horizontal line")
    trend = found.get_by_role("listitem").nth(1)
    trend.get_by_role("button", name="Hide").click()
    page.wait_for_function(f"{STATE}.drawings[0].visible === false")
    assert page.evaluate(PIXELS, made["id"]) == []
    trend.get_by_role("button", name="Hide").click()
    trend.get_by_role("button").first.click()
    expect(style_bar(page)).to_have_attribute("aria-label", "Selected: Trend line")
    page.screenshot(path=lab.home / "list-light.png")
    assert problems(page, ".jp-QuantLab-DrawList") == []
    trend.get_by_role("button", name="Lock").click()
    expect(trend.get_by_role("button", name="Delete")).to_be_disabled()
    found.get_by_role("listitem").first.get_by_role("button", name="Delete").click()
    expect_drawings(page, 1)
    expect(found).to_be_focused()
    page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    page.set_viewport_size({"width": 390, "height": 780})
    found.focus()
    page.screenshot(path=lab.home / "list-phone.png")
    page.keyboard.press("Escape")
    expect(found).to_have_count(0)
    expect(chart.locator(CANVAS)).to_be_focused()


def test_drawings_in_the_pane_of_a_study(lab: doc.Lab, page: Page) -> None:
    chart = open_chart(page, lab)
    chart.get_by_label("Add a study").select_option("ta.rsi")
    page.wait_for_function(
        "window.jupyterapp.shell.currentWidget.content.surface.chart.panes()[1]"
        "?.getSeries()[0]?.priceToCoordinate(50)"
    )
    tool(chart, "Trend line")
    start, end = (page.evaluate(IN_STUDY, at) for at in ([80, 40], [30, 60]))
    page.mouse.click(*start)
    page.mouse.move(end[0] - 20, end[1])
    # What is made shows its points; nothing else looks selected.
    page.mouse.click(*end)
    made = expect_drawing(page, kind="trend")
    (study,) = page.evaluate(f"{STATE}.studies")
    assert made["pane"] == study["id"]
    assert [round(point["price"]) for point in made["points"]] == [40, 60]
    there = page.evaluate(PIXELS, made["id"])
    assert all(
        abs(a - b) < 1
        for pixel, click in zip(there, (start, end), strict=True)
        for a, b in zip(pixel, click, strict=True)
    )
    page.screenshot(path=lab.home / "pane-light.png")
    # Dragged as a whole, it stays in its pane and keeps its distance.
    middle = [(start[0] + end[0]) / 2, (start[1] + end[1]) / 2]
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0], middle[1] - 8, steps=3)
    page.mouse.up()
    moved = drawings(page)[0]
    assert all(
        after["price"] > before["price"]
        for before, after in zip(made["points"], moved["points"], strict=True)
    )
    chart.get_by_role("button", name="List of drawings").click()
    item = chart.get_by_role("region", name="Drawings of this chart").get_by_role("listitem")
    expect(item).to_contain_text("Relative strength index")
    # It goes with its study.
    chart.get_by_role("button", name="Remove Relative strength index").click()
    expect_drawings(page, 0)


def test_a_release_that_nobody_saw_ends_the_drag(lab: doc.Lab, page: Page) -> None:
    chart = open_chart(page, lab)
    made = draw_trend(page, chart)
    x, y = page.evaluate(PIXELS, made["id"])[0]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y, steps=2)
    # Over somebody's frame the button goes up; back here it is up, and the drawing is no longer dragged.
    page.evaluate(
        """at => {
            const move = (buttons, x) => window.dispatchEvent(new PointerEvent('pointermove', {
                pointerId: 1, pointerType: 'mouse', isPrimary: true, buttons, clientX: x, clientY: at[1]
            }));
            move(0, at[0] + 40);
            move(0, at[0] + 300);
        }""",
        [x, y],
    )
    there = page.evaluate(PIXELS, made["id"])[0][0]
    assert abs(there - x) < 60
    page.mouse.up()


def test_nothing_is_made_where_there_are_no_bars(lab: doc.Lab, page: Page) -> None:
    chart = open_chart(page, lab)
    page.evaluate("window.jupyterapp.shell.currentWidget.content.model.set({ symbol: 'NO:SUCH' })")
    expect(chart.get_by_role("alert")).to_be_visible()
    page.evaluate("window.jupyterapp.shell.currentWidget.content.drawings.model.take('horizontal')")
    chart.locator(CANVAS).focus()
    page.keyboard.press("Enter")
    assert drawings(page) == []


def test_only_what_is_made_shows_its_points(lab: doc.Lab, page: Page) -> None:
    chart = open_chart(page, lab)
    draw_trend(page, chart)
    start = bar(page, 90, 0.5)
    tool(chart, "Rectangle")
    # A light picture between the two clicks: the trend line has no points on it.
    page.mouse.click(start["x"], start["y"])
    marked = page.evaluate(
        """() => {
            const { layer, model } = window.jupyterapp.shell.currentWidget.content.drawings;
            const [{ pane }] = layer._panes;
            return layer._placed(pane).filter(one => one.isSelected).map(one => one.drawing.kind);
        }"""
    )
    assert marked == ["rectangle"]
