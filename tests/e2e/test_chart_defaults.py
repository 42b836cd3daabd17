"""What new charts begin with: taken from a chart, changed on the account page, the same on every device."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.test_account_panel import choose
from tests.e2e.test_charts import CHART, open_chart
from tests.support import documents as doc

pytestmark = pytest.mark.e2e

SECTION = "section[aria-labelledby='quantlab-new-charts']"
STATE = "() => window.jupyterapp.shell.currentWidget.content.model.state"


@pytest.fixture(autouse=True)
def _clean(api: httpx.Client) -> Any:
    """The service is shared with other tests."""
    yield
    body = {"preferences": {"chart_defaults": {}}, "default_layout_id": None}
    api.put("/auth/profile", json=body).raise_for_status()


def kept(api: httpx.Client) -> dict[str, Any]:
    """The profile as the service has it."""
    profile: dict[str, Any] = api.get("/auth/profile").raise_for_status().json()
    return profile


def open_preferences(page: Page) -> Locator:
    """The part about new charts on the account page."""
    choose(page, "Account")
    page.get_by_role("button", name="Preferences", exact=True).click()
    return page.locator(SECTION)


def test_a_chart_becomes_the_default_of_those_to_come_on_every_device(
    lab: doc.Lab, page: Page, browser: Browser
) -> None:
    open_chart(
        page,
        lab,
        symbol="SAMPLE:MSFT",
        timeframe="1W",
        style="area",
        volume=False,
        studies=[{"study": "ta.rsi", "inputs": {"length": 21}}],
    )
    with page.expect_response(lambda r: "/auth/profile" in r.url and r.request.method == "PUT"):
        page.evaluate("void window.jupyterapp.commands.execute('quantlab:chart-make-default')")
    context = browser.new_context()
    try:
        elsewhere = context.new_page()
        open_chart(elsewhere, lab)
        state = elsewhere.evaluate(STATE)
        assert (state["symbol"], state["timeframe"], state["style"], state["volume"]) == (
            "SAMPLE:MSFT",
            "1W",
            "area",
            False,
        )
        assert [(one["study"], one["inputs"]) for one in state["studies"]] == [
            ("ta.rsi", {"length": 21})
        ]
        # What is asked for by name wins.
        open_chart(elsewhere, lab, symbol="SAMPLE:IBM")
        assert elsewhere.evaluate(STATE)["symbol"] == "SAMPLE:IBM"
        # A new layout begins alike.
        elsewhere.evaluate("void window.jupyterapp.commands.execute('quantlab:layout-new')")
        cell = elsewhere.locator(f".jp-QuantLab-Layout:visible {CHART}")
        expect(cell.get_by_label("Timeframe")).to_have_value("1W", timeout=doc.START_MS)
    finally:
        context.close()


def test_the_account_page_changes_the_defaults_and_says_so(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    document = {"schema_version": 1, "charts": [{"symbol": "SAMPLE:AAPL", "timeframe": "1D"}]}
    layout = api.post("/layouts", json={"name": "At the start", "document": document}).json()
    doc.open_lab(page, lab)
    section = open_preferences(page)
    section.get_by_label("Style").select_option("line")
    section.get_by_label("Scale").select_option("log")
    section.get_by_label("Layout at the start").select_option(layout["id"])
    expect(section.get_by_role("status")).to_have_text("Saved.")
    section.get_by_label("Symbol").click()
    page.get_by_label("Search symbols").fill("IBM")
    found = page.get_by_role("listbox", name="Symbols").get_by_role("option")
    expect(found.first).to_contain_text("IBM")
    page.keyboard.press("Enter")
    expect(section.get_by_label("Symbol")).to_have_text("SAMPLE:IBM")
    expect(section.get_by_role("status")).to_have_text("Saved.")
    profile = kept(api)
    defaults = profile["preferences"]["chart_defaults"]
    assert (defaults["style"], defaults["scale"], defaults["symbol"]) == (
        "line",
        "log",
        "SAMPLE:IBM",
    )
    assert profile["default_layout_id"] == layout["id"]
    section.get_by_role("button", name="Reset chart defaults").click()
    expect(section.get_by_label("Style")).to_have_value("candles")
    expect(section.get_by_role("status")).to_have_text("Saved.")
    assert kept(api)["preferences"]["chart_defaults"]["style"] is None


def test_a_choice_that_was_not_kept_goes_back_and_says_why(lab: doc.Lab, page: Page) -> None:
    doc.open_lab(page, lab)
    section = open_preferences(page)
    expect(section.get_by_label("Style")).to_have_value("candles")
    page.context.set_offline(True)
    section.get_by_label("Style").select_option("line")
    expect(section.get_by_role("alert")).to_be_visible(timeout=doc.START_MS)
    expect(section.get_by_label("Style")).to_have_value("candles")
    page.context.set_offline(False)
