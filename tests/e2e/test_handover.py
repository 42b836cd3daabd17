"""An admin hands over what a member saved, chosen and then everything, and both libraries say so."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.test_accessibility import check
from tests.e2e.test_sharing import client, page_of
from tests.support import documents as doc
from tests.support.colleagues import make_colleague, make_tenant, quantlab
from tests.support.documents import run

pytestmark = pytest.mark.e2e

ADMIN = ".jp-QuantLab-Admin"


def names(http: Any) -> list[str]:
    """What somebody has, by name."""
    found = http.get("/workflows", params={"sort": "name"}).json()["items"]
    return [item["name"] for item in found]


def test_what_somebody_saved_gets_a_new_owner(browser: Browser, lab: doc.Lab) -> None:
    tenant_id = make_tenant(lab)
    boss = make_colleague(lab, tenant_id, "boss", role="admin")
    giver, receiver = (make_colleague(lab, tenant_id, name) for name in ("giver", "receiver"))
    quantlab(lab, "user", "tier", boss, "team")
    with (
        client(lab, giver) as giving,
        client(lab, receiver) as getting,
        page_of(browser, lab, boss) as page,
    ):
        for name in ("Carry", "Momentum", "Value"):
            giving.post("/workflows", json={"name": name, "code": "x = 1"}).raise_for_status()
        taken = {"name": "Momentum", "code": "x = 2"}
        getting.post("/workflows", json=taken).raise_for_status()

        run(page, "quantlab:admin-open")
        people = page.get_by_role("region", name="People of the tenant", exact=True)
        people.get_by_label(f"Actions for {giver}", exact=True).select_option("items")
        page.get_by_text("Hand over to another person", exact=True).click()
        owner = page.get_by_label("New owner", exact=True)
        act = page.get_by_role("button", name="Hand over", exact=True)
        owner.fill("nobody")
        act.click()
        expect(
            page.get_by_text("There is nobody else of that name or address here.")
        ).to_be_visible()

        owner.fill(receiver)
        page.get_by_label("What", exact=True).select_option(label="Only what I choose")
        page.get_by_role("group", name="Items", exact=True).get_by_label("Value").check()
        check(page, ADMIN)
        act.click()
        # Nothing happens unasked: unsaved edits would be lost.
        asked = page.get_by_role("dialog", name=f"Hand 1 item over to {receiver}?", exact=True)
        asked.get_by_role("button", name="Cancel", exact=True).press("Enter")
        expect(asked).to_have_count(0)
        expect(act).to_be_enabled()
        assert names(getting) == ["Momentum"]
        act.click()
        check(page, ".jp-QuantLab-Modal")
        asked.get_by_role("button", name="Hand over", exact=True).press("Enter")
        expect(
            page.get_by_role("status").filter(has_text=f"1 item went to {receiver}.")
        ).to_be_visible()
        expect(page.get_by_role("button", name="Delete Value", exact=True)).to_have_count(0)
        assert names(getting) == ["Momentum", "Value"]

        page.get_by_label("What", exact=True).select_option(label="Everything")
        act.click()
        everything = f"Hand everything over to {receiver}?"
        asked = page.get_by_role("dialog", name=everything, exact=True)
        asked.get_by_role("button", name="Hand over", exact=True).press("Enter")
        expect(page.get_by_text(f"“Momentum” is now “Momentum ({giver})”")).to_be_visible()
        expect(page.get_by_text("No workflows saved", exact=True)).to_be_visible()
        check(page, ADMIN)
        assert names(giving) == []
        assert names(getting) == ["Carry", "Momentum", f"Momentum ({giver})", "Value"]
