"""What a page is told: a change made elsewhere is in the library panel without being asked for."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, WebSocket, expect

from tests.support import documents as doc
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e

ROW = ".jp-QuantLab-Row"


def test_a_change_made_elsewhere_is_shown_and_the_start_opens_no_connection(
    lab: doc.Lab, api: httpx.Client, page: Page
) -> None:
    sockets: list[WebSocket] = []
    told: list[str] = []

    def opened(socket: WebSocket) -> None:
        if socket.url.endswith("/quantlab/api/stream"):
            sockets.append(socket)
            socket.on("framereceived", lambda text: told.append(str(text)))

    page.on("websocket", opened)
    doc.create(api, "There before", code="")
    doc.open_lab(page, lab)
    assert sockets == []
    page.get_by_role("tab", name="Library").click()
    expect(page.locator(ROW).filter(has_text="There before")).to_be_visible(timeout=doc.START_MS)

    def has(kind: str) -> bool:
        # A look at the page lets its events come in.
        page.evaluate("1")
        return any(f'"type":"{kind}"' in text for text in told)

    wait_until(lambda: has("subscribed"), what="the page listens", timeout=60)
    made: dict[str, Any] = doc.create(api, "From another device", code="")
    expect(page.locator(ROW).filter(has_text="From another device")).to_be_visible()
    assert has("event")
    assert any(made["id"] in text for text in told)
    assert len(sockets) == 1, "one connection"
