"""A layout's edit outlives a killed server and browser, and waits for no decision about an older one."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_layouts import STATE, create, draft, expect_charts, expect_state, open_layout
from tests.support import documents as doc
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e


def charts(api: httpx.Client, id: str) -> int:
    """How many charts the draft has; 0 without one."""
    found = draft(api, id)
    return len(found["content"]["charts"]) if found else 0


def test_a_server_killed_while_autosaving_loses_nothing(tmp_path: Path, page: Page) -> None:
    server = doc.Lab(tmp_path)
    server.start()
    try:
        with server.client() as api:
            layout = create(api, "Killed", {"symbol": "SAMPLE:AAPL"})
            open_layout(page, server, layout)
            page.get_by_label("Arrangement").select_option("side-by-side")
            expect_charts(page, 2)
            wait_until(lambda: charts(api, layout["id"]) == 2, what="the draft has two charts")
            server.kill()
            page.get_by_label("Timeframe").first.select_option("1W")
            expect_state(page, "offline-draft")
            # The browser goes as well, and both come back.
            page.close()
            server.start()
            again = page.context.new_page()
            open_layout(again, server, layout)
            bar = doc.banner(again, "recovery")
            expect(bar).to_contain_text("There are unsaved changes of", timeout=doc.START_MS)
            bar.get_by_role("button", name="Restore").click()
            expect_charts(again, 2)
            expect(again.get_by_label("Timeframe").first).to_have_value("1W")
            again.get_by_role("button", name="Save layout").click()
            expect(again.locator(STATE)).to_have_text("Saved: version 2")
            saved = api.get(f"/layouts/{layout['id']}").json()["document"]["charts"]
            assert [chart["timeframe"] for chart in saved] == ["1W", "1D"]
    finally:
        server.terminate()


def test_an_undecided_draft_holds_nothing_up(lab: doc.Lab, api: httpx.Client, page: Page) -> None:
    layout = create(api, "Undecided", {"symbol": "SAMPLE:AAPL"})
    two = [
        {"symbol": "SAMPLE:AAPL", "timeframe": "1D"},
        {"symbol": "SAMPLE:MSFT", "timeframe": "1D"},
    ]
    api.put(
        f"/layouts/{layout['id']}/draft",
        json={"base_version": 1, "content": {"schema_version": 1, "charts": two}},
        headers={"If-None-Match": "*"},
    ).raise_for_status()
    open_layout(page, lab, layout)
    bar = doc.banner(page, "recovery")
    expect(bar).to_be_visible()
    traffic = doc.Traffic(page)
    page.get_by_label("Arrangement").select_option("quad")
    wait_until(lambda: charts(api, layout["id"]) == 4, what="the new edit is in the draft")
    # Changes that come together are one request; a second one may fall into a slow page's longest wait.
    assert len(traffic.of("PUT", "/draft")) <= 2
    # What lay there stays on offer, and what it replaces is offered in its turn.
    bar.get_by_role("button", name="Restore").click()
    expect_charts(page, 2)
    wait_until(lambda: charts(api, layout["id"]) == 2, what="the restored edit is in the draft")
    bar.get_by_role("button", name="Restore").click()
    expect_charts(page, 4)
