"""The library panel: find, rename, tag, delete with undo, restore; by mouse and by keyboard."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Locator, Page, Response, Route, expect

from tests.support import documents as doc
from tests.support.layouts import LAYOUT
from tests.support.outage import Outage
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e

ROW = ".jp-QuantLab-Row"


def open_panel(page: Page, lab: doc.Lab) -> None:
    """Open JupyterLab with the library panel in front."""
    doc.open_lab(page, lab)
    page.get_by_role("tab", name="Library").click()
    expect(page.get_by_role("region", name="Library")).to_be_visible()
    expect(page.locator(f".jp-QuantLab-Empty, {ROW}").first).to_be_visible(timeout=doc.START_MS)


def open_panel_at_rest(page: Page, lab: doc.Lab) -> None:
    """Open it, and wait for the second look: that of the moment from which the service tells what changes."""
    came: list[str] = []

    def on_frame(text: str | bytes) -> None:
        if '"subscribed"' in str(text):
            came.append("subscribed")

    def on_response(response: Response) -> None:
        if "/quantlab/api/workflows?" in response.url and "subscribed" in came:
            came.append("looked")

    page.on("websocket", lambda socket: socket.on("framereceived", on_frame))
    page.on("response", on_response)
    open_panel(page, lab)

    def has_looked() -> bool:
        # A look at the page lets its events come in.
        page.evaluate("1")
        return "looked" in came

    wait_until(has_looked, what="the panel looks again", timeout=60)


def row(page: Page, name: str) -> Locator:
    """The row of one workflow."""
    return page.locator(ROW).filter(has=page.get_by_text(name, exact=True))


def menu(page: Page, name: str, item: str) -> None:
    """Choose from the context menu of a row."""
    row(page, name).click(button="right")
    page.locator(".lm-Menu").get_by_text(item, exact=True).click()


def test_an_empty_library_teaches_and_offers_the_first_steps(lab: doc.Lab, page: Page) -> None:
    open_panel(page, lab)
    expect(page.get_by_text("Your library is empty")).to_be_visible()
    expect(page.get_by_role("button", name="Open the example")).to_be_visible()
    page.get_by_role("button", name="New workflow", exact=True).click()
    page.get_by_label("Name", exact=True).fill("Panel: first")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(row(page, "Panel: first")).to_be_visible()
    expect(page.locator(doc.STATUS)).to_be_visible(timeout=doc.START_MS)


def test_a_click_opens_and_the_search_finds(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    doc.create(api, "Momentum", code="print(1)\n", tags=["fx"], description="carry and trend")
    doc.create(api, "Pairs", code="print(2)\n")
    open_panel(page, lab)
    page.get_by_label("Search the library").fill("carry")
    expect(row(page, "Pairs")).to_have_count(0)
    row(page, "Momentum").click()
    expect(page.locator(".jp-FileEditor")).to_be_visible(timeout=doc.START_MS)
    page.get_by_label("Search the library").fill("nothing like it")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(row(page, "Pairs")).to_be_visible()
    page.get_by_label("Tag", exact=True).select_option("fx")
    expect(row(page, "Pairs")).to_have_count(0)
    expect(row(page, "Momentum")).to_be_visible()


def test_renaming_in_place_refuses_and_keeps_what_was_typed(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    doc.create(api, "Taken", code="")
    made = doc.create(api, "To rename", code="")
    open_panel(page, lab)
    menu(page, "To rename", "Rename")
    field = page.get_by_label("New name")
    field.fill("a/b")
    field.press("Enter")
    expect(page.get_by_text("Names may not contain")).to_be_visible()
    expect(field).to_have_value("a/b")
    field.fill("taken")
    field.press("Enter")
    expect(page.get_by_text("This name is taken")).to_be_visible()
    field.fill("<b>Renamed<b>")
    field.press("Enter")
    expect(row(page, "<b>Renamed<b>")).to_be_visible()
    assert doc.stored(api, made["id"])["name"] == "<b>Renamed<b>"
    # The keyboard goes on where it was.
    expect(row(page, "<b>Renamed<b>")).to_be_focused()


def test_the_keyboard_reaches_everything(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    for name in ("Keys one", "Keys two", "Keys three"):
        doc.create(api, name, code="")
    open_panel(page, lab)
    page.get_by_label("Search the library").fill("Keys")
    rows = page.locator(ROW)
    expect(rows).to_have_count(3)
    rows.first.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("Shift+ArrowDown")
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.keyboard.press("F2")
    expect(page.get_by_label("New name")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+a")
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.keyboard.press("Delete")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(3)


def test_a_deleted_workflow_comes_back_under_another_name(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    gone = doc.create(api, "Come back", code="x = 1\n")
    open_panel(page, lab)
    menu(page, "Come back", "Delete")
    expect(row(page, "Come back")).to_have_count(0)
    doc.create(api, "Come back", code="x = 2\n")
    page.get_by_role("button", name="Deleted", exact=True).click()
    menu(page, "Come back", "Restore")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("is taken by another workflow")).to_be_visible()
    dialog.get_by_label("New name").fill("Came back")
    dialog.get_by_role("button", name="Restore").click()
    expect(dialog).to_have_count(0)
    assert doc.stored(api, gone["id"])["name"] == "Came back"


def test_tags_projects_and_pins(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    made = doc.create(api, "Sorted", code="")
    open_panel(page, lab)
    menu(page, "Sorted", "Edit Tags…")
    page.get_by_role("combobox", name="Tags").fill("rates")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Save", exact=True).click()
    menu(page, "Sorted", "Move to Project…")
    page.get_by_label("Project", exact=True).last.select_option("new")
    page.get_by_label("Name of the new project").fill("Macro")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    menu(page, "Sorted", "Pin")
    wait_until(lambda: doc.stored(api, made["id"])["pinned"], what="it is pinned")
    stored = doc.stored(api, made["id"])
    assert stored["tags"] == ["rates"]
    assert stored["project_id"] is not None
    assert stored["version"] == 1
    page.get_by_role("button", name="Pinned", exact=True).click()
    expect(page.locator(ROW)).to_have_count(1)
    page.get_by_label("Project", exact=True).select_option(label="Macro")
    expect(row(page, "Sorted")).to_be_visible()


def test_many_workflows_are_paged_and_only_visible_rows_drawn(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    for number in range(120):
        doc.create(api, f"Many {number:03}", code="")
    open_panel_at_rest(page, lab)
    # The order is chosen while the words still wait to be sent: one list comes back, with both.
    page.get_by_label("Search the library").fill("Many")
    page.get_by_label("Order").select_option("name")
    row(page, "Many 000").focus()
    # Each End goes to the end of what is loaded, which brings the next page.
    asked: list[str] = []

    def only_the_second_fails(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 2:
            route.abort()
        else:
            route.continue_()

    page.route("**/quantlab/api/workflows*cursor*", only_the_second_fails)
    page.keyboard.press("End")
    expect(row(page, "Many 050")).to_be_visible()
    page.keyboard.press("End")
    expect(row(page, "Many 099")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    row(page, "Many 099").focus()
    page.keyboard.press("End")
    expect(row(page, "Many 119")).to_be_focused()
    assert page.locator(ROW).count() < 60


def create_layout(api: httpx.Client, name: str, **more: object) -> str:
    """Save a layout of one chart; its id."""
    answer = api.post("/layouts", json={"name": name, "document": LAYOUT, **more})
    made: str = answer.raise_for_status().json()["id"]
    return made


def test_layouts_lie_beside_workflows(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    doc.create(api, "Beside: script", code="")
    id = create_layout(api, "Beside: layout")
    doc.create(api, "Beside: notebook", notebook=doc.notebook("1 + 1"))
    open_panel(page, lab)
    page.get_by_label("Search the library").fill("Beside")
    names = page.locator(f"{ROW} .jp-QuantLab-Row-name")
    expect(names).to_have_text(["Beside: notebook", "Beside: layout", "Beside: script"])
    page.get_by_label("Order").select_option("name")
    expect(names).to_have_text(["Beside: layout", "Beside: notebook", "Beside: script"])
    for kind, name in (("Notebooks", "notebook"), ("Scripts", "script"), ("Layouts", "layout")):
        page.get_by_label("Kind", exact=True).select_option(label=kind)
        expect(names).to_have_text([f"Beside: {name}"])
    row(page, "Beside: layout").click(button="right")
    open_menu = page.locator(".lm-Menu")
    expect(open_menu.get_by_text("Duplicate", exact=True)).to_be_visible()
    expect(open_menu.get_by_text("Open Without Running", exact=True)).to_be_hidden()
    page.keyboard.press("Escape")
    menu(page, "Beside: layout", "Rename")
    page.get_by_label("New name").fill("Beside: renamed")
    page.get_by_label("New name").press("Enter")
    menu(page, "Beside: renamed", "Pin")
    wait_until(lambda: api.get(f"/layouts/{id}").json()["pinned"], what="the layout is pinned")
    menu(page, "Beside: renamed", "Duplicate")
    expect(page.locator(ROW)).to_have_count(2)
    menu(page, "Beside: renamed", "Delete")
    expect(row(page, "Beside: renamed")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "Beside: renamed")).to_be_visible()
    assert api.get(f"/layouts/{id}").json()["name"] == "Beside: renamed"
    with page.expect_download() as download:
        menu(page, "Beside: renamed", "Download")
    assert download.value.suggested_filename == "Beside_ renamed.layout.json"


def test_two_kinds_are_paged_as_one_list(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    # Runs of one kind, longer than a page: what comes next is not on the page that came first.
    for number in range(130):
        if number // 65:
            create_layout(api, f"Paged {number:03}")
        else:
            doc.create(api, f"Paged {number:03}", code="")
    create_layout(api, "Paged 000a")
    open_panel(page, lab)
    page.get_by_label("Search the library").fill("Paged")
    page.get_by_label("Order").select_option("name")
    expect(page.get_by_text("131 items", exact=True).last).to_be_visible()
    rows = page.locator(ROW)
    row(page, "Paged 000").focus()
    expect(rows.nth(1)).to_contain_text("Paged 000a")
    # Each End goes to the end of what is loaded, which brings the next page.
    for last, following in (("Paged 048", "Paged 049"), ("Paged 098", "Paged 099")):
        page.keyboard.press("End")
        expect(row(page, last)).to_be_focused()
        expect(row(page, following)).to_be_visible()
    page.keyboard.press("End")
    expect(row(page, "Paged 129")).to_be_focused()
    page.keyboard.press("PageUp")
    seen = page.locator(f"{ROW} .jp-QuantLab-Row-name").all_inner_texts()
    assert seen == sorted(seen)


def test_one_resource_down_does_not_hide_the_other(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    create_layout(api, "Alone: layout")
    doc.create(api, "Alone: script", code="")
    doc.open_lab(page, lab)
    outage = Outage(page, "workflows")
    page.get_by_role("tab", name="Library").click()
    alert = page.locator(".jp-QuantLab-Library").get_by_role("alert")
    expect(alert).to_contain_text("Notebooks and scripts are missing", timeout=doc.START_MS)
    page.get_by_label("Search the library").fill("Alone")
    expect(page.locator(ROW)).to_have_count(1)
    outage.end_by_retry(page.locator(".jp-QuantLab-Library"), back=row(page, "Alone: script"))
    expect(alert).to_have_count(0)


def test_an_unreachable_service_is_said_and_tried_again(lab: doc.Lab, page: Page) -> None:
    doc.open_lab(page, lab)
    outage = Outage(page, "workflows")
    page.get_by_role("tab", name="Library").click()
    expect(page.get_by_text("The QuantLab service cannot be reached")).to_be_visible(
        timeout=doc.START_MS
    )
    outage.end_by_retry(page.locator(".jp-QuantLab-Library"), back=page.locator(ROW))
