"""Invitations in JupyterLab: made by an administrator, opened by link, accepted with an account that exists."""

from __future__ import annotations

import secrets

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_accessibility import check
from tests.support import documents as doc
from tests.support.documents import run

pytestmark = pytest.mark.e2e

PASSWORD = "correct horse battery staple 7"


def test_a_link_is_made_shown_once_and_joins_an_account(
    lab: doc.Lab, page: Page, api: httpx.Client
) -> None:
    name = f"p{secrets.token_hex(4)}"
    body = {"username": name, "email": f"{name}@example.org", "password": PASSWORD}
    assert api.post("auth/register", json=body).status_code == 201
    doc.open_lab(page, lab)
    run(page, "quantlab:admin-open", section="invitations")
    expect(page.get_by_role("heading", name="No invitations", exact=True)).to_be_visible()
    page.get_by_role("button", name="Make a link", exact=True).press("Enter")
    field = page.get_by_label("The link", exact=True)
    expect(field).to_be_focused()
    link = field.input_value()
    expect(page.get_by_text("Whoever has the link", exact=True)).to_be_visible()
    check(page, ".jp-QuantLab-Admin")
    page.goto("about:blank")
    page.goto(link)
    expect(page.get_by_role("heading", name="Create an account", exact=True)).to_be_visible(
        timeout=doc.START_MS
    )
    assert "invitation" not in page.url
    check(page, ".jp-QuantLab-Account")
    page.get_by_role("button", name="I have an account", exact=True).press("Enter")
    page.get_by_label("E-mail address or username", exact=True).fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password", exact=True).press("Enter")
    join = page.get_by_role("button", name="Join and move my account", exact=True)
    expect(join).to_be_visible()
    check(page, ".jp-QuantLab-Account")
    join.press("Enter")
    expect(page.get_by_text("Your items moved with you.")).to_be_visible()
