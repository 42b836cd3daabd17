"""Access switched off and on again in JupyterLab: by keyboard, said to whoever saves, and nothing is lost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_accessibility import check
from tests.support import documents as doc

pytestmark = pytest.mark.e2e

REASON = "New disks until 14:00."
# Where pictures for people go; empty: none are made.
PICTURES = os.environ.get("QUANTLAB_TEST_PICTURES", "")


@pytest.fixture
def switched_on_again(api: httpx.Client) -> Iterator[None]:
    """Whatever happens, the tests that follow are let in."""
    yield
    body = {"target": "access", "on": False}
    api.post("/admin/kill-switch", json=body).raise_for_status()
    api.patch("/admin/settings", json={"registration": None, "required_roles": None})


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"))


def test_access_is_switched_off_and_on_again(
    lab: doc.Lab, api: httpx.Client, page: Page, switched_on_again: None
) -> None:
    made = doc.create(api, "While disks are changed", code="1 + 1\n")
    doc.open_lab(page, lab)
    doc.run(page, "quantlab:admin-open", section="kill-switch")
    access = page.get_by_role("form", name="Access", exact=True)
    expect(access.get_by_text("Everybody has access.", exact=True)).to_be_visible(
        timeout=doc.START_MS
    )
    check(page, ".jp-QuantLab-Admin")
    reason = access.get_by_role("textbox", name="Reason", exact=True)
    reason.focus()
    page.keyboard.press("Enter")
    expect(access.get_by_text("Say why.", exact=True)).to_be_visible()
    page.keyboard.type(REASON)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Switch access off for everybody?")
    dialog.get_by_role("button", name="Switch access off", exact=True).press("Enter")
    off = access.get_by_text("Access is switched off.", exact=True)
    expect(off).to_be_visible(timeout=doc.START_MS)
    picture(page, "kill-switch-off")
    check(page, ".jp-QuantLab-Admin")

    # Not even the operator saves meanwhile; the page says why and keeps what is typed.
    doc.open_from_library(page, made["id"])
    doc.type_at_end(page, "kept = True")
    notice = page.get_by_text("Maintenance: " + REASON)
    expect(notice.first).to_be_visible(timeout=30_000)
    picture(page, "maintenance-notice")

    doc.run(page, "quantlab:admin-open", section="kill-switch")
    access.get_by_role("button", name="Let everybody in again", exact=True).press("Enter")
    on = access.get_by_text("Everybody has access.", exact=True)
    expect(on).to_be_visible(timeout=doc.START_MS)
    # By itself: the draft goes out, and the notice away.
    expect(notice).to_have_count(0, timeout=60_000)
    doc.wait_for_draft(api, made["id"], "kept = True", timeout=60)


def test_a_long_reason_can_be_read_to_its_end(
    lab: doc.Lab, api: httpx.Client, page: Page, switched_on_again: None
) -> None:
    made = doc.create(api, "While much is changed", code="1 + 1\n")
    doc.open_lab(page, lab)
    doc.open_from_library(page, made["id"])
    reason = "New disks. " + "They are large, so this takes a while. " * 6 + "Back at 14:00."
    off = {"target": "access", "on": True, "reason": reason}
    api.post("/admin/kill-switch", json=off).raise_for_status()
    doc.type_at_end(page, "kept = True")
    page.get_by_role("button", name="Read all", exact=True).click(timeout=30_000)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Back at 14:00.")
    expect(dialog).to_contain_text("What you have not saved is kept in this browser.")
    dialog.get_by_role("button", name="Close", exact=True).click()
    on = {"target": "access", "on": False}
    api.post("/admin/kill-switch", json=on).raise_for_status()
    doc.wait_for_draft(api, made["id"], "kept = True", timeout=60)


def test_settings_of_the_installation_are_changed(
    lab: doc.Lab, api: httpx.Client, page: Page, switched_on_again: None
) -> None:
    doc.open_lab(page, lab)
    doc.run(page, "quantlab:admin-open", section="installation")
    who = page.get_by_role("combobox", name="Who may sign up", exact=True)
    expect(who).to_be_visible(timeout=doc.START_MS)
    who.select_option("closed")
    expect(who).to_have_value("closed")
    admins = page.get_by_role("checkbox", name="Administrator", exact=True)
    admins.press("Space")
    expect(page.get_by_role("button", name="As configured", exact=True)).to_be_visible()
    settings = api.get("/admin/settings").json()
    assert settings["registration"]["value"] == "closed"
    assert settings["required_roles"]["value"] == ["admin"]
    check(page, ".jp-QuantLab-Admin")
    picture(page, "installation-dark")
    page.set_viewport_size({"width": 390, "height": 800})
    picture(page, "installation-narrow")
    check(page, ".jp-QuantLab-Admin")
