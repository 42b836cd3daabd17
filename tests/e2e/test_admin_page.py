"""Administration in JupyterLab: people of the tenant and what happened, by keyboard and without what axe would find."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_accessibility import check, run
from tests.support import documents as doc

pytestmark = pytest.mark.e2e


def test_whoever_looks_after_the_tenant_sees_its_people_and_events(
    lab: doc.Lab, page: Page
) -> None:
    doc.open_lab(page, lab)
    run(page, "quantlab:admin-open")
    people = page.get_by_role("region", name="People of the tenant", exact=True)
    expect(people.get_by_role("row")).to_have_count(2, timeout=doc.START_MS)
    check(page, ".jp-QuantLab-Admin")
    run(page, "quantlab:admin-open", section="audit")
    expect(page.get_by_label("Filter by kind", exact=True)).to_be_visible()
    check(page, ".jp-QuantLab-Admin")
