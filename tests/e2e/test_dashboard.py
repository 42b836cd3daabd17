"""The dashboard: what was saved as cards; search, projects, tags, pins; by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support import documents as doc
from tests.support.layouts import LAYOUT
from tests.support.outage import Outage
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e

PAGE = ".jp-QuantLab-Dashboard"
CARD = ".jp-QuantLab-Card-open"


@pytest.fixture(autouse=True)
def empty(api: httpx.Client) -> Iterator[None]:
    """Every test starts with nothing saved."""
    yield
    for resource in ("workflows", "layouts", "projects"):
        for item in api.get(f"/{resource}", params={"limit": 200}).json()["items"]:
            api.delete(f"/{resource}/{item['id']}").raise_for_status()


def create_layout(api: httpx.Client, name: str, **more: object) -> dict[str, object]:
    """Save a layout of one chart."""
    answer = api.post("/layouts", json={"name": name, "document": LAYOUT, **more})
    made: dict[str, object] = answer.raise_for_status().json()
    return made


def open_dashboard(page: Page, lab: doc.Lab) -> None:
    """Open it as the launcher does."""
    doc.open_lab(page, lab)
    page.locator(".jp-LauncherCard").get_by_text("Dashboard", exact=True).click()
    expect(page.locator(PAGE)).to_be_visible(timeout=doc.START_MS)
    expect(page.get_by_role("heading", name="QuantLab", exact=True)).to_be_visible()


def section(page: Page, title: str) -> Locator:
    """A section by its heading."""
    return page.locator(PAGE).get_by_role("region", name=title, exact=True)


def card(where: Page | Locator, name: str) -> Locator:
    """The card of one thing."""
    return where.locator(CARD).filter(has_text=name)


def test_an_empty_dashboard_teaches_and_starts(lab: doc.Lab, page: Page) -> None:
    open_dashboard(page, lab)
    first = section(page, "Nothing saved yet")
    for title in ("Open the example", "Make the first workflow", "Open a chart"):
        expect(card(first, title)).to_be_visible()
    card(first, "Open a chart").click()
    expect(page.locator(".jp-QuantLab-Chart")).to_be_visible(timeout=doc.START_MS)
    page.get_by_role("tab", name="QuantLab", exact=True).click()
    card(first, "Make the first workflow").click()
    page.get_by_label("Name", exact=True).fill("The first")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.locator(doc.STATUS)).to_be_visible(timeout=doc.START_MS)
    page.get_by_role("tab", name="QuantLab", exact=True).click()
    expect(card(section(page, "Recent"), "The first")).to_be_visible()


def test_what_another_device_saves_shows_at_once(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    doc.create(api, "There before", code="1")
    open_dashboard(page, lab)
    recent = section(page, "Recent")
    expect(recent.locator(CARD)).to_have_count(1)
    # Not a click, no library panel: the stream alone says so.
    create_layout(api, "From elsewhere")
    expect(card(recent, "From elsewhere")).to_be_visible(timeout=30_000)


def test_everything_saved_is_shown_and_found(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    project = api.post("/projects", json={"name": "Macro"}).raise_for_status().json()["id"]
    doc.create(api, "Carry", code="print(1)\n", tags=["fx"], project_id=project)
    doc.create(api, "Breadth", notebook=doc.notebook("1 + 1"))
    create_layout(api, "Morning", tags=["fx", "desk"])
    open_dashboard(page, lab)
    recent = section(page, "Recent")
    expect(recent.locator(CARD)).to_have_count(3)
    # Newest first, whatever it is.
    expect(recent.locator(".jp-QuantLab-Card-name")).to_have_text(["Morning", "Breadth", "Carry"])
    expect(card(recent, "Morning")).to_contain_text("Chart layout")
    expect(card(recent, "Carry")).to_contain_text("Python script · Macro")
    expect(card(section(page, "Projects"), "Macro")).to_contain_text("1 item")
    # A symbol of a layout is found as a name is.
    page.get_by_label("Search everything saved").fill("SAMPLE:AAPL")
    expect(page.locator(CARD)).to_have_count(1)
    expect(card(page, "Morning")).to_be_visible()
    page.get_by_label("Search everything saved").fill("nothing like it")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    page.get_by_role("button", name="Show everything").click()
    card(section(page, "Projects"), "Macro").click()
    expect(page.get_by_role("heading", name="Found in “Macro”")).to_be_focused()
    expect(page.locator(CARD)).to_have_count(1)
    page.get_by_role("button", name="Show everything").click()
    expect(page.get_by_label("Search everything saved")).to_be_focused()
    section(page, "Tags").get_by_role("button", name="fx").click()
    expect(page.locator(CARD)).to_have_count(2)


def test_a_click_opens_and_a_pin_keeps(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    made = doc.create(api, "Daily", code="x = 1\n")
    open_dashboard(page, lab)
    page.get_by_role("button", name="Pin Daily").click()
    pinned = section(page, "Pinned")
    expect(card(pinned, "Daily")).to_be_visible()
    assert doc.stored(api, made["id"])["pinned"]
    pinned.get_by_role("button", name="Pin Daily").click()
    expect(card(pinned, "Daily")).to_have_count(0)
    wait_until(lambda: not doc.stored(api, made["id"])["pinned"], what="it is not pinned")
    card(section(page, "Recent"), "Daily").click()
    expect(page.locator(".jp-FileEditor")).to_be_visible(timeout=doc.START_MS)
    # It is there again after a reload. JupyterLab keeps the page's state a moment after its last change.
    tab = page.get_by_role("tab", name="QuantLab", exact=True)
    with page.expect_response(
        lambda answer: (
            "/lab/api/workspaces/" in answer.url
            and answer.request.method == "PUT"
            and "quantlab-dashboard" in (answer.request.post_data or "")
        )
    ):
        tab.click()
    page.goto(lab.lab_url)
    expect(tab).to_be_visible(timeout=doc.START_MS)
    tab.click()
    expect(card(section(page, "Recent"), "Daily")).to_be_visible(timeout=doc.START_MS)


def test_the_keyboard_reaches_every_card(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    for name in ("Key one", "Key two", "Key three"):
        doc.create(api, name, code="")
    open_dashboard(page, lab)
    field = page.get_by_label("Search everything saved")
    expect(field).to_be_focused()
    expect(card(page, "Key one")).to_be_visible()
    field.press("ArrowDown")
    expect(card(page, "Key three")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(card(page, "Key two")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".jp-FileEditor")).to_be_visible(timeout=doc.START_MS)


def test_one_resource_down_hides_nothing_else(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    doc.create(api, "Script here", code="")
    create_layout(api, "Layout here")
    outage = Outage(page, "layouts")
    open_dashboard(page, lab)
    recent = section(page, "Recent")
    expect(card(recent, "Script here")).to_be_visible()
    expect(recent.get_by_role("alert")).to_contain_text("Layouts are missing here")
    outage.end_by_retry(recent, back=card(recent, "Layout here"))
    expect(page.locator(PAGE).get_by_role("alert")).to_have_count(0)


def test_the_service_down_is_said_and_tried_again(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    doc.create(api, "Back again", code="")
    doc.open_lab(page, lab)
    outage = Outage(page, "workflows", "layouts")
    page.evaluate("window.jupyterapp.commands.execute('quantlab:dashboard')")
    recent = section(page, "Recent")
    expect(recent.get_by_role("alert")).to_contain_text("cannot be reached", timeout=doc.START_MS)
    outage.end_by_retry(recent, back=card(recent, "Back again"))


def test_signed_out_it_asks_to_sign_in(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    doc.create(api, "Of the local user", code="")
    open_dashboard(page, lab)
    expect(card(page, "Of the local user")).to_be_visible()
    page.evaluate(
        "window.jupyterapp.commands.execute('quantlab:account-sign-out', {scope: 'this'})"
    )
    expect(page.get_by_role("heading", name="Sign in to see your library")).to_be_visible()
    expect(page.locator(CARD)).to_have_count(0)
    page.locator(PAGE).get_by_role("button", name="Continue as local user").click()
    expect(card(page, "Of the local user")).to_be_visible()
