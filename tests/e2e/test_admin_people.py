"""People of the tenant on the admin page: made, found, changed, deleted and had back; what goes wrong is said."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Dialog, Locator, Page, Route, expect

from tests.e2e.test_accessibility import check
from tests.support import documents as doc
from tests.support.documents import run

pytestmark = pytest.mark.e2e

PASSWORD = "correct horse battery staple 7"
ADMIN = ".jp-QuantLab-Admin"
HOSTILE = "<img src=x onerror=alert(1)>"
# Right-to-left override: what follows would be drawn backwards, over what stands beside it.
OVERRIDE = "\u202egnp.exe"


def make(api: httpx.Client, prefix: str = "p", **body: str) -> str:
    """Somebody of the tenant; the username."""
    name = f"{prefix}{secrets.token_hex(4)}"
    person = {"username": name, "email": f"{name}@example.org", "password": PASSWORD, **body}
    answer = api.post("/admin/users", json=person)
    assert answer.status_code == 201, answer.text
    return name


def people(page: Page) -> Locator:
    return page.get_by_role("region", name="People of the tenant", exact=True)


def row(page: Page, name: str) -> Locator:
    return people(page).get_by_role("row").filter(has=page.get_by_text(name, exact=True))


def find(page: Page, words: str) -> None:
    page.get_by_role("search").get_by_label("Search", exact=True).fill(words)


def names(page: Page) -> list[str]:
    return people(page).locator("tbody th bdi:not(.jp-QuantLab-muted *)").all_text_contents()


def act(page: Page, name: str, what: str) -> None:
    people(page).get_by_label(f"Actions for {name}", exact=True).select_option(what)


def open_people(page: Page, lab: doc.Lab) -> None:
    doc.open_lab(page, lab)
    run(page, "quantlab:admin-open", section="users")
    expect(people(page)).to_be_visible(timeout=doc.START_MS)


def test_an_account_is_made_and_refusals_are_said_at_the_field(
    lab: doc.Lab, page: Page, api: httpx.Client
) -> None:
    taken = make(api)
    name = f"new{secrets.token_hex(4)}"
    open_people(page, lab)
    page.get_by_text("Add a person", exact=True).click()
    user = page.get_by_label("Username", exact=True)
    mail = page.get_by_label("E-mail address", exact=True)
    password = page.get_by_label("First password (optional)", exact=True)
    button = page.get_by_role("button", name="Create account", exact=True)
    user.fill(name)
    mail.fill("nowhere")
    password.fill("short")
    button.click()
    expect(mail).to_have_attribute("aria-invalid", "true")
    expect(mail).to_be_focused()
    expect(page.get_by_text("Use at least 12 characters.")).to_be_visible()
    mail.fill(f"{taken}@example.org")
    password.fill("password1234")
    button.click()
    # Long enough, and still the first that anybody tries.
    expect(password).to_have_attribute("aria-invalid", "true")
    expect(password).to_be_focused()
    password.fill(PASSWORD)
    button.click()
    # Which of the two is taken is not said, here neither.
    expect(page.locator(ADMIN).get_by_role("alert")).to_contain_text(
        "with this username or address cannot be made"
    )
    expect(user).to_have_value(name)
    check(page, ADMIN)
    mail.fill(f"{name}@example.org")
    password.fill("")
    mail.press("Enter")
    # This server does not know its own address: no link can be made, and nothing typed is lost.
    expect(page.locator(ADMIN).get_by_role("alert")).to_contain_text("QUANTLAB_PUBLIC_URL")
    expect(user).to_have_value(name)

    def with_link(route: Route) -> None:
        if route.request.method != "POST":
            route.fallback()
            return
        sent = {**(route.request.post_data_json or {}), "password": PASSWORD}
        answer = route.fetch(post_data=sent)
        route.fulfill(response=answer, json={**answer.json(), "password_link": "https://a.b/c"})

    page.route("**/api/admin/users?*", with_link)
    mail.press("Enter")
    link = page.get_by_label("Link to choose a password", exact=True)
    expect(link).to_be_focused()
    text = link.input_value()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy", exact=True).press("Enter")
    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == text
    find(page, name)
    expect(row(page, name)).to_be_visible()
    check(page, ADMIN)


def test_people_are_found_sorted_and_filtered(lab: doc.Lab, page: Page, api: httpx.Client) -> None:
    mark = f"s{secrets.token_hex(3)}"
    first, second = make(api, f"{mark}a"), make(api, f"{mark}b")
    third = make(api, f"{mark}c", role="admin")
    open_people(page, lab)
    find(page, mark.upper())
    rows = people(page).get_by_role("row")
    expect(rows).to_have_count(4)
    assert names(page) == [first, second, third]
    page.get_by_label("Order", exact=True).select_option("-username")
    expect(rows.nth(1)).to_contain_text(third)
    assert names(page) == [third, second, first]
    page.get_by_label("Filter by role", exact=True).select_option("admin")
    expect(rows).to_have_count(2)
    assert names(page) == [third]
    page.get_by_label("Filter by role", exact=True).select_option("")
    page.get_by_label("Filter by state", exact=True).select_option("disabled")
    expect(page.get_by_role("heading", name="Nobody found", exact=True)).to_be_visible()
    page.get_by_label("Filter by state", exact=True).select_option("active")
    expect(rows).to_have_count(4)


def test_more_people_than_a_page_come_on_request_and_never_of_another_list(
    lab: doc.Lab, page: Page, api: httpx.Client
) -> None:
    mark = f"m{secrets.token_hex(3)}"
    made = sorted(make(api, mark) for _ in range(3))

    def short(route: Route) -> None:
        url = re.sub(r"([?&])limit=\d+", r"\1", route.request.url)
        route.continue_(url=f"{url}&limit=2")

    page.route("**/api/admin/users?*", short)
    open_people(page, lab)
    find(page, mark)
    rows = people(page).get_by_role("row")
    more = page.get_by_role("button", name="Show more", exact=True)
    expect(page.get_by_text("2 of 3 people shown", exact=True)).to_be_visible()
    more.press("Enter")
    expect(rows).to_have_count(4)
    assert names(page) == made
    # The button is gone; going on by keyboard begins where it was.
    expect(more).to_have_count(0)
    expect(page.get_by_text("3 people", exact=True)).to_be_focused()
    find(page, "")
    expect(more).to_be_visible()
    # The answer to the next question is held back: nothing of the old list is offered meanwhile.
    held: list[Route] = []
    page.route("**/api/admin/users?*role=admin*", lambda route: held.append(route))
    page.get_by_label("Filter by role", exact=True).select_option("admin")
    expect(more).to_have_count(0)
    expect(page.locator("[aria-busy=true]")).to_be_visible()
    held[0].continue_()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def test_somebody_gets_a_role_is_disabled_and_enabled_and_signed_out(
    lab: doc.Lab, page: Page, api: httpx.Client
) -> None:
    name = make(api)
    body = {"login": name, "password": PASSWORD, "transport": "body"}
    tokens = api.post("/auth/login", json=body).raise_for_status().json()
    other = {"Authorization": f"Bearer {tokens['access_token']}"}
    open_people(page, lab)
    find(page, name)
    one = row(page, name)
    role = people(page).get_by_label(f"Role of {name}", exact=True)
    role.select_option("admin")
    expect(role).to_contain_text("Administrator")
    expect(role.locator("option:checked")).to_have_text("Administrator")
    act(page, name, "end")
    expect(page.get_by_text(f"{name} is signed out")).to_be_visible()
    assert httpx.get(f"{lab.api_url}/auth/profile", headers=other).status_code == 401
    act(page, name, "disable")
    sure = page.get_by_role("dialog", name=f"Disable {name}?", exact=True)
    expect(sure.get_by_role("button", name="Cancel", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(sure).to_have_count(0)
    expect(one).to_contain_text("Active")
    act(page, name, "disable")
    sure.get_by_role("button", name="Disable", exact=True).press("Enter")
    expect(one).to_contain_text("Disabled")
    assert api.post("/auth/login", json=body).status_code == 401
    act(page, name, "enable")
    expect(one).to_contain_text("Active")
    api.post("/auth/login", json=body).raise_for_status()


def test_a_deletion_is_undone(lab: doc.Lab, page: Page, api: httpx.Client) -> None:
    name = make(api)
    open_people(page, lab)
    find(page, name)
    one = row(page, name)
    act(page, name, "delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).press("Enter")
    expect(one).to_contain_text("Deleted")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(one).to_contain_text("Active")
    act(page, name, "delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).press("Enter")
    expect(one).to_contain_text("Deleted")
    act(page, name, "undelete")
    expect(one).to_contain_text("Active")


def test_a_plan_is_given_until_a_day(lab: doc.Lab, page: Page, api: httpx.Client) -> None:
    name = make(api)
    day = datetime.now(UTC).astimezone().date() + timedelta(days=40)
    open_people(page, lab)
    find(page, name)
    act(page, name, "plan")
    dialog = page.get_by_role("dialog", name=f"Plan of {name}", exact=True)
    plan = dialog.get_by_label("Plan", exact=True)
    last = dialog.get_by_label(re.compile("^Last day"))
    expect(plan).to_be_focused()
    expect(plan).to_have_value("free")
    plan.fill("imaginary")
    last.fill("2001-01-01")
    plan.press("Enter")
    expect(dialog.get_by_text("Choose a day from today on, or none.")).to_be_visible()
    last.fill(day.isoformat())
    plan.press("Enter")
    expect(dialog.get_by_text("There is no such tier.")).to_be_visible()
    expect(plan).to_be_focused()
    check(page, ".jp-QuantLab-Modal")
    plan.fill("pro")
    plan.press("Enter")
    expect(dialog).to_have_count(0)
    expect(row(page, name)).to_contain_text("pro")
    expect(row(page, name)).to_contain_text(f"until {day:%B} {day.day}, {day.year}")
    person = api.get("/admin/users", params={"q": name}).json()["items"][0]
    assert person["tier"] == "pro"
    act(page, name, "plan")
    expect(last).to_have_value(day.isoformat())
    last.fill("")
    plan.press("Enter")
    expect(row(page, name)).not_to_contain_text("until")
    person = api.get("/admin/users", params={"q": name}).json()["items"][0]
    assert (person["tier"], person["tier_expires_at"]) == ("pro", None)


@pytest.mark.parametrize(
    ("status", "code", "headers", "words"),
    [
        (429, "too_many_requests", {"Retry-After": "30"}, "Try again in 30 seconds."),
        (503, "unavailable", {"Retry-After": "1"}, "The service is busy. Try again in 1 second."),
        (500, "internal_error", {}, "Something broke."),
    ],
)
def test_an_error_is_said_and_retry_asks_again(
    lab: doc.Lab, page: Page, status: int, code: str, headers: dict[str, str], words: str
) -> None:
    doc.open_lab(page, lab)
    body = {"error": {"code": code, "message": "Something broke.", "request_id": "r1"}}
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=status, json=body, headers=headers)

    page.route("**/api/admin/users?*", refuse)
    run(page, "quantlab:admin-open", section="users")
    problem = page.locator(ADMIN).get_by_role("alert")
    expect(problem).to_contain_text(words, timeout=doc.START_MS)
    check(page, ADMIN)
    problem.get_by_text("Details", exact=True).click()
    expect(problem).to_contain_text("request r1")
    page.unroute("**/api/admin/users?*")
    before = len(asked)
    problem.get_by_role("button", name="Retry", exact=True).press("Enter")
    expect(people(page)).to_be_visible()
    expect(problem).to_have_count(0)
    assert before == len(asked) >= 1


def test_an_act_that_is_refused_is_said_in_its_row(
    lab: doc.Lab, page: Page, api: httpx.Client
) -> None:
    name = make(api)
    open_people(page, lab)
    find(page, name)
    body = {"error": {"code": "too_many_requests", "message": "Slow down.", "request_id": "r2"}}
    page.route(
        "**/api/admin/users/*/end-sessions*",
        lambda route: route.fulfill(status=429, json=body, headers={"Retry-After": "120"}),
    )
    act(page, name, "end")
    expect(row(page, name).get_by_role("alert")).to_contain_text("Try again in 2 minutes.")
    page.unroute("**/api/admin/users/*/end-sessions*")
    act(page, name, "end")
    expect(page.get_by_text(f"{name} is signed out")).to_be_visible()
    expect(row(page, name).get_by_role("alert")).to_have_count(0)


def test_hostile_names_are_text(lab: doc.Lab, page: Page, api: httpx.Client) -> None:
    """What the service would never store is put into its answer: the page must not count on that."""
    name = make(api)
    opened: list[Dialog] = []

    def note(one: Dialog) -> None:
        opened.append(one)
        one.dismiss()

    page.on("dialog", note)
    long = "W" * 200

    def spoil(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        one = body["items"][0]
        body["items"] = [
            {**one, "id": str(number).zfill(36), "username": text, "email": f"{text}@example.org"}
            for number, text in enumerate((HOSTILE, OVERRIDE, long))
        ]
        route.fulfill(response=answer, json=body)

    page.route("**/api/admin/users?*", spoil)
    open_people(page, lab)
    find(page, name)
    for text in (HOSTILE, OVERRIDE, long):
        shown = people(page).get_by_text(text, exact=True)
        expect(shown).to_be_visible()
        # Directions end where the name ends.
        assert shown.evaluate("one => one.tagName") == "BDI"
    expect(page.locator(f"{ADMIN} img")).to_have_count(0)
    for width in (1366, 390):
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("window.jupyterapp.shell.collapseLeft()")
        fits(page, ADMIN)
    assert opened == []
    check(page, ADMIN)


def fits(page: Page, selector: str) -> None:
    """Nothing makes the page scroll sideways; a table may do so inside its own box."""
    expect(page.locator(selector)).to_be_visible()
    page.wait_for_function(
        "at => { const one = document.querySelector(at); return one.scrollWidth <= one.clientWidth; }",
        arg=selector,
    )


@pytest.mark.parametrize(
    ("page_of", "sections"),
    [
        ("admin", ["users", "invitations", "audit", "tenants", "installation", "kill-switch"]),
        (
            "account",
            ["profile", "preferences", "sessions", "api-tokens", "usage", "activity", "own-data"],
        ),
    ],
)
def test_sections_fit_a_phone(
    lab: doc.Lab, page: Page, api: httpx.Client, page_of: str, sections: list[str]
) -> None:
    make(api)
    page.set_viewport_size({"width": 390, "height": 800})
    doc.open_lab(page, lab)
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    view = f".jp-QuantLab-{page_of.capitalize()}"
    for section in sections:
        run(page, f"quantlab:{page_of}-open", section=section)
        chosen = page.locator(f"{view} .jp-QuantLab-Sections-narrow select")
        expect(chosen).to_have_value(section, timeout=doc.START_MS)
        expect(page.locator(f"{view} .jp-QuantLab-Skeleton")).to_have_count(0)
        fits(page, view)
        check(page, view)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_admin_page_by_keyboard_alone(lab: doc.Lab, page: Page, api: httpx.Client) -> None:
    name = make(api)
    open_people(page, lab)
    page.get_by_role("navigation", name="Administration", exact=True).get_by_role(
        "button", name="People", exact=True
    ).focus()
    # One stop for the list of sections, then the filters in the order in which they are seen.
    page.keyboard.press("Tab")
    expect(page.get_by_label("Search", exact=True)).to_be_focused()
    page.keyboard.type(name)
    expect(people(page).get_by_role("row")).to_have_count(2)
    for label in ("Filter by role", "Filter by state", "Order"):
        page.keyboard.press("Tab")
        expect(page.get_by_label(label, exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(people(page)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label(f"Role of {name}", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label(f"Actions for {name}", exact=True)).to_be_focused()
    # Passing by with arrows does nothing yet; Enter does it.
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    back = page.get_by_role("button", name="Back to the people", exact=True)
    expect(back).to_be_focused()
    page.keyboard.press("Enter")
    expect(people(page)).to_be_visible()
    expect(page.get_by_label(f"Actions for {name}", exact=True)).to_be_focused()


def test_the_audit_log_is_narrowed_to_a_person_and_to_days(
    lab: doc.Lab, page: Page, api: httpx.Client
) -> None:
    name = make(api, role="admin")
    local = api.get("/auth/profile").json()["username"]
    doc.open_lab(page, lab)
    run(page, "quantlab:admin-open", section="audit")
    events = page.get_by_role("list", name="Events of the tenant", exact=True)
    person = page.get_by_label(re.compile("^Person"))
    person.fill(name)
    expect(events.get_by_role("listitem")).to_have_count(1)
    expect(events).to_contain_text(f"Account made by an administrator {name}, by {local}")
    part = page.get_by_label("What the person has to do with it", exact=True)
    part.select_option("actor")
    expect(page.get_by_role("heading", name="No events", exact=True)).to_be_visible()
    part.select_option("user")
    expect(events.get_by_role("listitem")).to_have_count(1)
    first = page.get_by_label("From the day", exact=True)
    last = page.get_by_label("Up to the day", exact=True)
    today = datetime.now(UTC).astimezone().date()
    last.fill(today.isoformat())
    first.fill((today + timedelta(days=1)).isoformat())
    expect(page.get_by_text("This is before the first day.")).to_be_visible()
    expect(page.get_by_role("heading", name="No events", exact=True)).to_be_visible()
    first.fill((today - timedelta(days=1)).isoformat())
    expect(events.get_by_role("listitem")).to_have_count(1)
    check(page, ADMIN)
    person.fill("nobody-at-all")
    expect(page.get_by_text("There is nobody of that name or address here.")).to_be_visible()
    check(page, ADMIN)
