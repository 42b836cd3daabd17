"""A layout that is open on two devices: each is told at once of what the other saves, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, WebSocket, expect

from tests.e2e.test_accessibility import check
from tests.e2e.test_charts import bars
from tests.e2e.test_layouts import (
    LAYOUT,
    STATE,
    create,
    draft,
    expect_charts,
    expect_state,
    open_layout,
    stored,
)
from tests.support import documents as doc
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e

BAR = ".jp-QuantLab-Banner[data-banner=elsewhere]:visible"
# Where the library draws the line of a chart, in the page's pixels.
LINE = """id => {
    const { surface } = window.jupyterapp.shell.currentWidget.content.charts.get(id);
    const box = surface.chart.chartElement().getBoundingClientRect();
    const [line] = window.jupyterapp.shell.currentWidget.content.charts.get(id).model.state.drawings;
    const y = surface.chart.panes()[0].getSeries()[0].priceToCoordinate(line.points[0].price);
    return [box.left + box.width / 3, box.top + y];
}"""
PRICE = """id => {
    const { model } = window.jupyterapp.shell.currentWidget.content.charts.get(id);
    return model.state.drawings[0].points[0].price;
}"""


@pytest.fixture
def other(browser: Browser) -> Iterator[Page]:
    """A page on another device."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def expect_told(page: Page, text: str) -> Locator:
    """Wait until the page says what was saved elsewhere."""
    bar = page.locator(BAR)
    expect(bar).to_contain_text(text, timeout=doc.START_MS)
    return bar


def open_on_both(
    page: Page, other: Page, lab: doc.Lab, layout: dict[str, Any], charts: int = 1
) -> None:
    """Open the layout on both devices, and wait until they listen."""
    shared: list[str] = []
    for one in (page, other):
        # Tabs of one browser share a connection.
        said = shared if page.context == other.context else []
        one.on("websocket", lambda socket, said=said: hear(socket, said))
        open_layout(one, lab, layout, charts)
        wait_until(
            lambda one=one, said=said: listens(one, said), what="the page listens", timeout=60
        )


def hear(socket: WebSocket, said: list[str]) -> None:
    """Note what the stream says."""
    if socket.url.endswith("/quantlab/api/stream"):
        socket.on("framereceived", lambda text: said.append(str(text)))


def listens(page: Page, said: list[str]) -> bool:
    """Whether the service has taken the page's subscription."""
    # A look at the page lets its events come in.
    page.evaluate("1")
    return any('"subscribed"' in text for text in said)


def style(page: Page) -> Locator:
    """The choice of style of the chart in front."""
    return page.get_by_label("Style", exact=True).locator("visible=true")


def save_style(page: Page, name: str, version: int) -> None:
    """Draw the chart in another style, and save."""
    style(page).select_option(name)
    page.get_by_role("button", name="Save layout").locator("visible=true").click()
    expect(page.locator(STATE)).to_have_text(f"Saved: version {version}")


def test_the_other_device_is_told_and_follows(
    lab: doc.Lab, api: httpx.Client, page: Page, other: Page
) -> None:
    layout = create(api, "Followed", {"symbol": "SAMPLE:AAPL"})
    open_on_both(page, other, lab, layout)
    save_style(page, "line", 2)
    bar = expect_told(other, "Saved elsewhere: version 2 (style candles → line).")
    expect(page.locator(BAR)).to_have_count(0)
    expect(style(other)).to_have_value("candles")
    expect(other.locator(STATE)).to_have_text("Saved: version 1")
    check(other, BAR.removesuffix(":visible"))
    other.screenshot(path=lab.home / "elsewhere-dark.png")
    bar.get_by_role("button", name="Follow").click()
    expect(bar).to_have_count(0)
    expect(style(other)).to_have_value("line")
    expect(other.locator(STATE)).to_have_text("Saved: version 2")
    # From now on by itself, and what was replaced can be had back.
    save_style(page, "area", 3)
    expect(style(other)).to_have_value("area")
    expect(other.locator(STATE)).to_have_text("Saved: version 3")
    said = other.locator(".Toastify__toast", has_text="“Followed”: version 3")
    said.get_by_role("button", name="Undo").click()
    expect(style(other)).to_have_value("line")
    expect_state(other, "unsaved")
    other.get_by_role("button", name="Save layout").click()
    expect(other.locator(STATE)).to_have_text("Saved: version 4")
    expect_told(page, "version 4 (style area → line)")
    other.evaluate("window.jupyterapp.commands.execute('quantlab:layout-follow')")


def test_the_other_device_keeps_its_side(
    lab: doc.Lab, api: httpx.Client, page: Page, other: Page
) -> None:
    layout = create(api, "Kept", {"symbol": "SAMPLE:AAPL"})
    open_on_both(page, other, lab, layout)
    save_style(page, "line", 2)
    bar = expect_told(other, "version 2")
    bar.get_by_role("button", name="Later").click()
    expect(bar).to_have_count(0)
    save_style(page, "area", 3)
    expect_told(other, "version 3").get_by_role("button", name="Overwrite when saving").click()
    expect(bar).to_have_count(0)
    expect_state(other, "unsaved")
    other.get_by_role("button", name="Save layout").click()
    expect(other.locator(STATE)).to_have_text("Saved: version 4")
    assert stored(api, layout["id"])["document"]["charts"][0]["style"] == "candles"
    # The first device goes on with its side, in a layout of its own.
    expect_told(page, "version 4").get_by_role("button", name="Keep mine as a copy").click()
    expect(page.get_by_role("tab", name="Kept copy")).to_be_visible()
    expect(page.locator(BAR)).to_have_count(0)
    expect(page.locator(STATE)).to_have_text("Saved: version 1")
    [copy] = api.get("/layouts", params={"name": "Kept copy"}).json()["items"]
    assert stored(api, copy["id"])["document"]["charts"][0]["style"] == "area"


def test_an_edit_is_kept_and_both_sides_merge(
    lab: doc.Lab, api: httpx.Client, page: Page, other: Page
) -> None:
    layout = create(
        api, "Both", {"id": "a", "symbol": "SAMPLE:AAPL"}, {"id": "b", "symbol": "SAMPLE:MSFT"}
    )
    open_on_both(page, other, lab, layout, 2)
    cells = expect_charts(other, 2)
    cells.nth(1).get_by_label("Timeframe").select_option("1W")
    wait_until(lambda: draft(api, layout["id"]) is not None, what="the edit is in the draft")
    api.put(
        f"/layouts/{layout['id']}",
        json={
            "document": {
                **stored(api, layout["id"])["document"],
                "theme": "dark",
            }
        },
        headers={"If-Match": '"1"'},
    ).raise_for_status()
    bar = expect_told(other, "Your change is kept.")
    expect_state(other, "conflict")
    bar.get_by_role("button", name="Compare and decide").click()
    other.get_by_role("dialog").get_by_role("button", name="Merge").click()
    expect(other.locator(STATE)).to_have_text("Saved: version 3")
    expect(bar).to_have_count(0)
    document = stored(api, layout["id"])["document"]
    assert (document["theme"], document["charts"][1]["timeframe"]) == ("dark", "1W")
    expect_told(page, "version 3")


def test_two_tabs_drag_at_once(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    symbols = {"a": "SAMPLE:AAPL", "b": "SAMPLE:MSFT"}
    # On the last close, so that it is in sight.
    prices = [bars(api, symbol, limit=1)["columns"]["close"][-1] for symbol in symbols.values()]
    drawn = [
        {
            "id": id,
            "symbol": symbol,
            "drawings": [{"id": "l", "kind": "horizontal", "points": [{"price": price}]}],
        }
        for (id, symbol), price in zip(symbols.items(), prices, strict=True)
    ]
    layout = create(api, "Dragged", *drawn)
    second = page.context.new_page()
    open_on_both(page, second, lab, layout, 2)
    hands = [(page, "a"), (second, "b")]
    places = [tab.evaluate(LINE, chart) for tab, chart in hands]
    for (tab, _), place in zip(hands, places, strict=True):
        tab.mouse.move(*place)
        tab.mouse.down()
    for step in range(1, 9):
        for (tab, _), (x, y) in zip(hands, places, strict=True):
            tab.mouse.move(x, y - 5 * step)
    for tab, _ in hands:
        tab.mouse.up()
    moved = [tab.evaluate(PRICE, chart) for tab, chart in hands]
    assert all(after > before for after, before in zip(moved, prices, strict=True))

    def settled() -> bool:
        states = [tab.locator(STATE).get_attribute("data-state") for tab, _ in hands]
        return sorted(map(str, states)) == ["conflict", "unsaved"]

    # One has the draft; the other is told, and has lost nothing.
    wait_until(settled, what="one tab has the draft, the other says so", timeout=30)
    assert [tab.evaluate(PRICE, chart) for tab, chart in hands] == moved
    states = [tab.locator(STATE).get_attribute("data-state") for tab, _ in hands]
    loser = hands[states.index("conflict")][0]
    loser.locator(STATE).click()
    loser.get_by_role("dialog").get_by_role("button", name="Merge").click()
    expect_state(loser, "saved")
    charts = stored(api, layout["id"])["document"]["charts"]
    assert [chart["drawings"][0]["points"][0]["price"] for chart in charts] == moved
    # The winner's draft became a version on the way, and it is told.
    winner = hands[states.index("unsaved")][0]
    expect(winner.locator(f"{LAYOUT}")).to_be_visible()
    expect_told(winner, "Saved elsewhere")
    second.close()
