"""Layouts that name what is not here any more: they open, and each gap says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.test_accessibility import check
from tests.e2e.test_layouts import CELL, LAYOUT, create, expect_charts, stored
from tests.support import documents as doc
from tests.support.documents import run

pytestmark = pytest.mark.e2e

SAVED = f"{LAYOUT} .jp-QuantLab-SaveStatus > button"
ROWS = "2024-01-02,1,3,0.5,2,10\n2024-01-03,2,4,1,3,20\n"
GOOD = f"date,open,high,low,close,volume\n{ROWS}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of one's own: one that cannot be read, one that has weeks only."""
    home = tmp_path_factory.mktemp("files")
    (home / "BROKEN.csv").write_text(f"when,price\n{ROWS}")
    (home / "WEEKS_1W.csv").write_text(GOOD)
    return home


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[doc.Lab]:
    """One JupyterLab that reads these files."""
    option = f"--MarketSettings.files_folder={folder}"
    server = doc.Lab(tmp_path_factory.mktemp("lab"), args=(option,))
    server.start()
    yield server
    server.terminate()


def open_gaps(page: Page, lab: doc.Lab, layout: dict[str, Any], charts: int) -> Locator:
    """Open a layout without waiting for prices, which not all of its charts will have."""
    doc.open_lab(page, lab)
    run(page, "quantlab:layout-open", id=layout["id"])
    cells = page.locator(f"{LAYOUT} {CELL}")
    expect(cells).to_have_count(charts, timeout=doc.START_MS)
    return cells


def find(page: Page, ticker: str) -> None:
    """Take an instrument in the dialog that asks for one."""
    page.get_by_role("combobox", name="Search symbols").fill(ticker)
    options = page.get_by_role("dialog").get_by_role("option")
    expect(options.first).to_contain_text(ticker)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_gaps_of_a_layout_are_placeholders(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    missing = {"id": "acme.magic", "key": "m", "inputs": {"length": 9}}
    line = {"kind": "horizontal", "id": "l", "points": [{"price": 200}]}
    layout = create(
        api,
        "With gaps",
        {
            "id": "a",
            "symbol": "SAMPLE:AAPL",
            "studies": [missing, {"id": "ta.rsi", "key": "r"}],
            "compare": [{"symbol": "ACME:XYZ", "colour": "#123456"}],
        },
        {"id": "b", "symbol": "SAMPLE:NOSUCH", "style": "line", "drawings": [line]},
        {"id": "c", "symbol": "ACME:XYZ"},
    )
    cells = open_gaps(page, lab, layout, 3)
    expect(cells.nth(1).get_by_role("alert")).to_contain_text("No source has “SAMPLE:NOSUCH”")
    expect(cells.nth(2).get_by_role("alert")).to_contain_text("No source has “ACME:XYZ”")
    expect(cells.nth(2).get_by_role("button", name="Try again")).to_have_count(0)
    studies = cells.nth(0).locator(".jp-QuantLab-Chart-study:not(.jp-QuantLab-Chart-compare)")
    expect(studies).to_have_count(2)
    expect(studies.nth(0)).to_contain_text("acme.magic")
    expect(studies.nth(0)).to_contain_text("This study is not available.")
    page.screenshot(path=lab.home / "gaps-light.png")
    # Looking changes nothing: what is missing here may be there on another device.
    charts = stored(api, layout["id"])["document"]["charts"]
    assert [study["id"] for study in charts[0]["studies"]] == ["acme.magic", "ta.rsi"]

    # A missing study goes and comes back; another one takes its place, before the one that stood after it.
    studies.nth(0).get_by_role("button", name="Remove").click()
    expect(studies).to_have_count(1)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(studies).to_have_count(2)
    expect(studies.nth(0)).to_contain_text("acme.magic")
    studies.nth(0).get_by_label("Choose another study").select_option("ta.sma")
    expect(studies.nth(0)).not_to_contain_text("not available")
    # So with what is compared.
    compared = cells.nth(0).locator(".jp-QuantLab-Chart-compare")
    compared.get_by_role("button", name="Choose another symbol").click()
    find(page, "GOOG")
    expect(compared.get_by_role("alert")).to_have_count(0)
    # A missing symbol, by keyboard: another one, or the chart goes and can be had back.
    cells.nth(1).get_by_role("button", name="Choose another symbol").focus()
    page.keyboard.press("Enter")
    find(page, "MSFT")
    expect(cells.nth(1).locator(".jp-QuantLab-Chart-name")).to_contain_text("SAMPLE:MSFT")
    cells.nth(2).get_by_role("button", name="Remove", exact=True).focus()
    page.keyboard.press("Enter")
    expect_charts(page, 2)
    expect(page.get_by_role("button", name="Undo", exact=True).last).to_be_visible()
    cells.nth(0).locator(".jp-QuantLab-Chart-canvas").focus()
    page.keyboard.press("Control+s")
    expect(page.locator(SAVED)).to_have_text("Saved: version 2")
    first, second = stored(api, layout["id"])["document"]["charts"]
    assert [study["id"] for study in first["studies"]] == ["ta.sma", "ta.rsi"]
    assert [(one["symbol"], one["colour"]) for one in first["compare"]] == [
        ("SAMPLE:GOOG", "#123456")
    ]
    # Everything else of the chart is as it was.
    assert (second["symbol"], second["style"]) == ("SAMPLE:MSFT", "line")
    assert [one["id"] for one in second["drawings"]] == ["l"]


def test_a_source_that_fails_and_a_timeframe_that_is_missing(
    lab: doc.Lab, api: httpx.Client, page: Page, folder: Path
) -> None:
    layout = create(
        api,
        "Out of order",
        {"id": "a", "symbol": "FILES:BROKEN"},
        {"id": "b", "symbol": "FILES:WEEKS", "style": "bars"},
        {"id": "c", "symbol": "SAMPLE:AAPL"},
    )
    cells = open_gaps(page, lab, layout, 3)
    expect(cells.nth(2).locator(".jp-QuantLab-Chart-readout")).to_be_visible(timeout=doc.START_MS)
    # The source says what is wrong; when that is put right, trying again is enough.
    expect(cells.nth(0).get_by_role("alert")).to_contain_text("“BROKEN.csv” has no column time")
    (folder / "BROKEN.csv").write_text(GOOD)
    cells.nth(0).get_by_role("button", name="Try again").click()
    # The button is gone, and the pointer would show the bar beneath it.
    page.mouse.move(0, 0)
    expect(cells.nth(0).locator(".jp-QuantLab-Chart-readout")).to_contain_text("Jan 3, 2024")
    # A timeframe that the instrument does not have: those that it has are offered.
    expect(cells.nth(1).get_by_role("alert")).to_contain_text("has the timeframes 1W")
    expect(cells.nth(1).get_by_role("button", name="Try again")).to_have_count(0)
    cells.nth(1).get_by_label("Choose another timeframe").select_option("1W")
    expect(cells.nth(1).locator(".jp-QuantLab-Chart-readout")).to_be_visible()
    expect(page.locator(SAVED)).not_to_have_text("Saved: version 1")


def test_an_unreachable_service_can_be_tried_again(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    layout = create(api, "Cut off", {"id": "a", "symbol": "SAMPLE:AAPL"}, {"symbol": "SAMPLE:MSFT"})
    page.route("**/bars?*AAPL*", lambda route: route.abort())
    cells = open_gaps(page, lab, layout, 2)
    expect(cells.nth(0).get_by_role("alert")).to_contain_text("cannot be reached")
    expect(cells.nth(1).locator(".jp-QuantLab-Chart-readout")).to_be_visible(timeout=doc.START_MS)
    page.unroute("**/bars?*AAPL*")
    cells.nth(0).get_by_role("button", name="Try again").click()
    expect_charts(page, 2)


def test_the_only_chart_of_a_layout_cannot_be_removed(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    layout = create(api, "One gap", {"symbol": "ACME:XYZ"})
    cell = open_gaps(page, lab, layout, 1)
    expect(cell.get_by_role("alert")).to_be_visible(timeout=doc.START_MS)
    expect(cell.get_by_role("button", name="Choose another symbol")).to_be_visible()
    expect(cell.get_by_role("button", name="Remove", exact=True)).to_have_count(0)


def test_placeholders_on_a_phone(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    layout = create(
        api,
        "Gaps on a phone",
        {"symbol": "SAMPLE:AAPL", "studies": [{"id": "acme.magic", "key": "m"}]},
        {"symbol": "ACME:XYZ"},
        {"symbol": "FILES:WEEKS"},
    )
    cells = open_gaps(page, lab, layout, 3)
    run(page, "application:toggle-left-area")
    expect(cells.nth(1).get_by_role("alert")).to_be_visible(timeout=doc.START_MS)
    page.screenshot(path=lab.home / "gaps-phone.png")
    for at in (1, 2):
        expect(cells.nth(at).get_by_role("alert")).to_be_visible(timeout=doc.START_MS)
        for name in ("Choose another symbol", "Remove"):
            button = (
                cells.nth(at).locator(".jp-QuantLab-Chart-over").get_by_role("button", name=name)
            )
            button.focus()
            expect(button).to_be_in_viewport(ratio=1)
    page.screenshot(path=lab.home / "gaps-phone.png")
    check(page, ".jp-QuantLab-Layout-grid")
