"""Administration in JupyterLab: people of the tenant and what happened, by keyboard and without what axe would find."""

from __future__ import annotations

import re
import secrets

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.test_accessibility import check
from tests.e2e.test_sharing import page_of
from tests.support import documents as doc
from tests.support.colleagues import make_colleague, make_tenant
from tests.support.documents import run

pytestmark = pytest.mark.e2e


def test_whoever_looks_after_the_tenant_sees_its_people_and_events(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    # Something that happened.
    doc.create(api, "Recorded", code="")
    doc.open_lab(page, lab)
    run(page, "quantlab:admin-open")
    people = page.get_by_role("region", name="People of the tenant", exact=True)
    expect(people.get_by_role("row")).to_have_count(2, timeout=doc.START_MS)
    check(page, ".jp-QuantLab-Admin")
    run(page, "quantlab:admin-open", section="audit")
    expect(page.get_by_label("Filter by kind", exact=True)).to_be_visible()
    # Whoever has the local account is an operator: the newest events are looked at, too.
    expect(
        page.get_by_text(re.compile(r"^(Signed|Nothing).* as (it|they) w(as|ere) sealed\.$"))
    ).to_be_visible()
    check(page, ".jp-QuantLab-Admin")


def test_an_operator_renames_a_tenant(lab: doc.Lab, page: Page) -> None:
    make_tenant(lab)
    doc.open_lab(page, lab)
    run(page, "quantlab:admin-open", section="tenants")
    search = page.get_by_label("Search tenants by name", exact=True)
    search.fill("Desk ")
    rename = page.get_by_role("button", name=re.compile("^Rename Desk ")).first
    rename.click()
    # Of no other test: the laboratory is everybody's.
    name = f"Equities {secrets.token_hex(4)}"
    field = page.get_by_label(re.compile("^New name of Desk "))
    expect(field).to_be_focused()
    field.fill(name)
    check(page, ".jp-QuantLab-Admin")
    page.get_by_role("button", name="Save name", exact=True).click()
    expect(field).to_have_count(0)
    search.fill(name.upper())
    expect(page.get_by_role("button", name=f"Rename {name}", exact=True)).to_be_visible()
    check(page, ".jp-QuantLab-Admin")


def test_an_admin_renames_the_own_tenant(browser: Browser, lab: doc.Lab) -> None:
    boss = make_colleague(lab, make_tenant(lab), "boss", role="admin")
    name = f"Equities {secrets.token_hex(4)}"
    with page_of(browser, lab, boss) as page:
        run(page, "quantlab:admin-open", section="tenant")
        field = page.get_by_label("Name", exact=True)
        expect(field).to_have_value(re.compile("^Desk "))
        check(page, ".jp-QuantLab-Admin")
        field.fill(" ")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Give the tenant a name.")).to_be_visible()
        expect(field).to_be_focused()
        field.fill(name)
        page.keyboard.press("Enter")
        expect(page.get_by_text("Saved. People see the new name")).to_be_visible()
        check(page, ".jp-QuantLab-Admin")
        run(page, "quantlab:admin-open", section="audit")
        expect(page.get_by_text("Settings of the tenant changed")).to_be_visible()
        run(page, "quantlab:admin-open", section="tenant")
        expect(field).to_have_value(name)


def test_a_tenant_of_one_person_says_why_it_has_no_name_of_its_own(
    lab: doc.Lab, page: Page
) -> None:
    doc.open_lab(page, lab)
    run(page, "quantlab:admin-open", section="tenant")
    expect(page.get_by_text("is called as its person is")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_count(0)
