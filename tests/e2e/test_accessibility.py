"""axe finds nothing in what we add to JupyterLab, in both themes and at the width of a phone."""

from __future__ import annotations

import secrets
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support import documents as doc
from tests.support.documents import run
from tests.support.layouts import LAYOUT

pytestmark = pytest.mark.e2e

THEMES = ("JupyterLab Light", "JupyterLab Dark")


def set_theme(page: Page, theme: str) -> None:
    """Change JupyterLab's theme, and wait until its colours are there."""
    page.evaluate(
        "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme
    )
    expect(page.locator("body")).to_have_attribute("data-jp-theme-name", theme)
    # Colours fade over: axe must not see them half way.
    page.wait_for_function(
        "document.getAnimations().every(one => one.playState !== 'running'"
        " || one.effect.getTiming().iterations === Infinity)"
    )


def check(page: Page, selector: str) -> None:
    """axe's rules on what ``selector`` finds; JupyterLab's own parts are its own business."""
    expect(page.locator(selector).first).to_be_visible()
    for theme in THEMES:
        set_theme(page, theme)
        found: dict[str, Any] = Axe().run(page, context=selector).response
        problems = [
            f"{rule['id']}: {rule['help']}\n  "
            + "\n  ".join(
                f"{node['html'][:160]} {node['failureSummary']}" for node in rule["nodes"]
            )
            for rule in found["violations"]
        ]
        assert not problems, f"{theme}, {selector}:\n" + "\n".join(problems)
        assert found["passes"] or found["incomplete"], f"{selector}: nothing was looked at"


@pytest.fixture(params=[(1366, 850), (390, 800)], ids=["desk", "phone"])
def sized(request: pytest.FixtureRequest, page: Page) -> Page:
    """A page as wide as a desk's screen, and as a phone's."""
    width, height = request.param
    page.set_viewport_size({"width": width, "height": height})
    return page


def test_the_library(lab: doc.Lab, api: httpx.Client, sized: Page) -> None:
    doc.open_lab(sized, lab)
    run(sized, "quantlab:library-show")
    check(sized, ".jp-QuantLab-Library")
    name = f"Found {sized.viewport_size}"
    doc.create(api, name, code="", tags=["rates"], description="In the list")
    run(sized, "quantlab:library-refresh")
    expect(sized.get_by_text(name)).to_be_visible()
    check(sized, ".jp-QuantLab-Library")


def test_the_dashboard(lab: doc.Lab, api: httpx.Client, sized: Page) -> None:
    dashboard = ".jp-QuantLab-Dashboard"
    cards = sized.locator(".jp-QuantLab-Card-open")
    doc.open_lab(sized, lab)
    for kind in ("workflows", "layouts"):
        for item in api.get(f"/{kind}", params={"limit": 200}).json()["items"]:
            api.delete(f"/{kind}/{item['id']}").raise_for_status()
    run(sized, "quantlab:dashboard")
    expect(sized.get_by_text("Nothing saved yet")).to_be_visible(timeout=doc.START_MS)
    check(sized, dashboard)
    name = f"Card {sized.viewport_size}"
    doc.create(api, name, code="", tags=["rates"], description="On the page")
    api.post("/layouts", json={"name": name, "document": LAYOUT}).raise_for_status()
    sized.reload()
    expect(cards.filter(has_text=name)).to_have_count(2, timeout=doc.START_MS)
    check(sized, dashboard)
    sized.get_by_label("Search everything saved").fill("nothing like it")
    expect(sized.get_by_text("Nothing found")).to_be_visible()
    check(sized, dashboard)


def test_the_dialogs_that_save_and_open(lab: doc.Lab, api: httpx.Client, sized: Page) -> None:
    name = f"Dialogs {sized.viewport_size}"
    doc.create(api, name, code="print(1)\n")
    doc.open_lab(sized, lab)
    run(sized, "quantlab:workflow-open")
    expect(sized.get_by_role("option").first).to_be_visible()
    check(sized, ".jp-Dialog-content")
    sized.keyboard.press("Escape")
    doc.open_path(sized, lab, f"{name}.py")
    run(sized, "quantlab:workflow-save-as")
    expect(sized.get_by_label("Name", exact=True)).to_be_visible()
    check(sized, ".jp-Dialog-content")


def test_the_account(lab: doc.Lab, sized: Page) -> None:
    doc.open_lab(sized, lab)
    for section, shown in (
        ("profile", sized.get_by_text("Operator", exact=True)),
        ("preferences", sized.get_by_label("Theme", exact=True)),
        ("sessions", sized.get_by_role("list", name="Where you are signed in", exact=True)),
        ("api-tokens", sized.get_by_label("What it is for")),
        ("device", sized.get_by_label("Code", exact=True)),
        ("usage", sized.locator(".jp-QuantLab-Usage")),
        ("activity", sized.locator(".jp-QuantLab-Sections-content :is(li, h3)").first),
    ):
        run(sized, "quantlab:account-open", section=section)
        expect(shown).to_be_visible()
        check(sized, ".jp-QuantLab-Account")
    run(sized, "quantlab:account-sign-up")
    expect(sized.get_by_label("Username")).to_be_visible()
    check(sized, ".jp-QuantLab-Account")


def test_the_account_of_somebody_with_a_password(lab: doc.Lab, sized: Page) -> None:
    doc.open_lab(sized, lab)
    run(sized, "quantlab:account-sign-up")
    name = f"p{secrets.token_hex(4)}"
    sized.get_by_label("Username", exact=True).fill(name)
    sized.get_by_label("E-mail address", exact=True).fill(f"{name}@example.org")
    password = sized.get_by_label("Password", exact=True)
    password.fill("correct horse battery staple 7")
    password.press("Enter")
    expect(sized.locator(".jp-QuantLab-Account")).to_contain_text(f"{name}@example.org")
    for section, shown in (
        ("email", sized.get_by_label("New e-mail address", exact=True)),
        ("password", sized.get_by_label("Present password", exact=True)),
        ("two-step", sized.get_by_role("heading", name="App for codes", exact=True)),
        ("linked", sized.get_by_text("No other service is set up here.", exact=True)),
    ):
        run(sized, "quantlab:account-open", section=section)
        expect(shown).to_be_visible()
        check(sized, ".jp-QuantLab-Account")


def test_versions_and_conflicts(lab: doc.Lab, api: httpx.Client, sized: Page) -> None:
    name = f"Two sides {sized.viewport_size}"
    made = doc.create(api, name, code="a = 1\n")
    path = f"/workflows/{made['id']}"
    doc.open_path(sized, lab, f"{name}.py")
    doc.type_at_end(sized, "0")
    saved = api.put(path, json={"code": "a = 2\n"}, headers={"If-Match": '"1"'})
    saved.raise_for_status()
    doc.save(sized)
    expect(sized.locator(".jp-QuantLab-Conflict")).to_be_visible()
    check(sized, ".jp-QuantLab-Conflict")
    sized.keyboard.press("Escape")
    check(sized, doc.BANNER)
    run(sized, "quantlab:workflow-versions", id=made["id"])
    expect(sized.get_by_text("From version 1 to 2")).to_be_visible(timeout=30_000)
    check(sized, ".jp-QuantLab-Versions")


def test_charts(lab: doc.Lab, sized: Page) -> None:
    doc.open_lab(sized, lab)
    run(sized, "quantlab:chart-open", studies=[{"study": "ta.rsi"}])
    expect(sized.locator(".jp-QuantLab-Chart-study")).to_be_visible(timeout=doc.START_MS)
    check(sized, ".jp-QuantLab-Chart")
    run(sized, "quantlab:chart-search")
    expect(sized.get_by_role("dialog").get_by_role("option").first).to_be_visible()
    check(sized, ".jp-Dialog-content")


def test_chart_layouts(lab: doc.Lab, api: httpx.Client, sized: Page) -> None:
    charts = [{"symbol": symbol, "timeframe": "1D"} for symbol in ("SAMPLE:AAPL", "SAMPLE:NOSUCH")]
    body = {
        "name": f"Layout {sized.viewport_size}",
        "document": {"schema_version": 1, "charts": charts},
    }
    layout = api.post("/layouts", json=body).raise_for_status().json()
    doc.open_lab(sized, lab)
    run(sized, "quantlab:layout-open", id=layout["id"])
    expect(sized.locator(".jp-QuantLab-Chart-readout")).to_be_visible(timeout=doc.START_MS)
    expect(sized.locator(".jp-QuantLab-Layout").get_by_role("alert")).to_be_visible()
    check(sized, ".jp-QuantLab-Layout")
    sized.screenshot(path=lab.home / f"layout-{(sized.viewport_size or {}).get('width')}.png")
    run(sized, "quantlab:layout-load")
    expect(sized.get_by_text("2 charts: AAPL 1D, NOSUCH 1D")).to_be_visible()
    check(sized, ".jp-Dialog")
    sized.keyboard.press("Escape")
    run(sized, "quantlab:layout-save-as")
    check(sized, ".jp-Dialog")
