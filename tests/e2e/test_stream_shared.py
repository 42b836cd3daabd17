"""Tabs of one browser share a connection to the stream, for one person; it goes on when the tab that holds it goes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    WebSocket,
    WebSocketRoute,
    expect,
)

from tests.e2e.test_account_panel import ACCOUNT, choose, show_library, sign_up
from tests.support import documents as doc
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e

ROW = ".jp-QuantLab-Row"
LAYOUT = {
    "schema_version": 1,
    "charts": [{"symbol": "REPLAY:IBM", "timeframe": "1D"}],
}
# What the newest bar of the chart in front is.
NEWEST = """() => {
    const { model, charts } = window.jupyterapp.shell.currentWidget.content;
    const { bars } = charts.get(model.document.charts[0].id).model;
    return [bars.time.at(-1), bars.close.at(-1)];
}"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[doc.Lab]:
    """A JupyterLab whose replays outlast the test."""
    server = doc.Lab(
        tmp_path_factory.mktemp("lab"),
        args=("--MarketSettings.replay_bars=2000", "--MarketSettings.replay_bar_seconds=0.5"),
    )
    server.start()
    yield server
    server.terminate()


class Tabs:
    """Tabs of one browser, and their connections to the stream."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.sockets: list[tuple[Page, WebSocket]] = []
        self.told: list[str] = []
        self.said: list[str] = []

    def add(self) -> Page:
        """Another tab."""
        page = self.context.new_page()

        def opened(socket: WebSocket) -> None:
            if socket.url.endswith("/quantlab/api/stream"):
                self.sockets.append((page, socket))
                socket.on("framereceived", lambda text: self.told.append(str(text)))
                socket.on("framesent", lambda text: self.said.append(str(text)))

        page.on("websocket", opened)
        return page

    def holders(self) -> list[Page]:
        """The tab of each open connection."""
        for page in self.context.pages:
            # A look at a page lets its events come in.
            page.evaluate("1")
        return [
            page for page, socket in self.sockets if not page.is_closed() and not socket.is_closed()
        ]

    def wait_for_holder(self, not_these: Page | None = None) -> Page:
        """Wait until exactly one tab holds a connection over which the service tells of the library."""
        wait_until(
            lambda: (
                len(self.holders()) == 1
                and self.holders()[0] is not not_these
                and any('"subscribed"' in text and "library" in text for text in self.told)
            ),
            what="one connection",
            timeout=60,
        )
        return self.holders()[0]


def open_tab(tabs: Tabs, lab: doc.Lab, layout: str | None = None) -> Page:
    """A tab that shows the library, and a live chart."""
    page = tabs.add()
    doc.open_lab(page, lab)
    show_library(page)
    if layout is not None:
        page.evaluate(
            "id => void window.jupyterapp.commands.execute('quantlab:layout-open', {id})", layout
        )
        note = page.locator(".jp-QuantLab-Chart-note")
        expect(note).to_contain_text("REPLAY of ", timeout=doc.START_MS)
    return page


def expect_live(page: Page) -> None:
    """Wait until the chart's newest bar is another one."""
    before: Any = page.evaluate(NEWEST)
    wait_until(lambda: page.evaluate(NEWEST) != before, what="a live bar", timeout=60)


def expect_told(api: httpx.Client, name: str, *pages: Page) -> None:
    """A workflow that is made elsewhere is in the library of each page."""
    doc.create(api, name, code="")
    for page in pages:
        expect(page.locator(ROW).filter(has_text=name)).to_be_visible(timeout=60_000)


def test_tabs_share_one_connection_which_outlives_the_tab_that_holds_it(
    lab: doc.Lab, api: httpx.Client, browser: Browser
) -> None:
    made = api.post("/layouts", json={"name": "Live", "document": LAYOUT}).raise_for_status()
    tabs, others = Tabs(browser.new_context()), Tabs(browser.new_context())
    first = open_tab(tabs, lab)
    assert tabs.wait_for_holder() is first
    second, third = (open_tab(tabs, lab, made.json()["id"]) for _ in range(2))
    for page in (second, third):
        expect_live(page)
    expect_told(api, "With three", first, second, third)
    assert tabs.wait_for_holder() is first
    assert len(tabs.sockets) == 1

    # Another person in another browser has their own, and hears nothing of this.
    stranger = others.add()
    doc.open_lab(stranger, lab)
    sign_up(stranger, "grace")
    show_library(stranger)
    others.wait_for_holder()
    others.told.clear()

    tabs.told.clear()
    first.close()
    tabs.wait_for_holder(not_these=first)
    for page in (second, third):
        expect_live(page)
    expect_told(api, "With two", second, third)
    assert len(tabs.holders()) == 1
    # It went on where the first one was.
    assert sum('"resume":{"library":' in text for text in tabs.said) == 1
    others.holders()
    assert not any('"event"' in text for text in others.told)
    others.context.close()

    sign_out(tabs, second, third)
    tabs.context.close()


def sign_out(tabs: Tabs, second: Page, third: Page) -> None:
    """Whoever signs in or out in one tab does so in all, and no connection of the former person stays."""
    tabs.told.clear()
    sign_up(second, "mary")
    expect(third.locator(ACCOUNT)).to_have_text("mary")
    tabs.wait_for_holder()
    choose(third, "Sign Out")
    expect(second.locator(ACCOUNT)).to_have_text("Sign in")
    wait_until(lambda: tabs.holders() == [], what="no connection", timeout=60)


class Wire:
    """The browser's way to the stream, which can be cut for a while."""

    def __init__(self, context: BrowserContext) -> None:
        self.is_cut = False
        self._open: list[tuple[WebSocketRoute, WebSocketRoute]] = []
        context.route_web_socket("**/quantlab/api/stream", self._connect)

    def cut(self) -> None:
        """Lose every connection, and get no other."""
        self.is_cut = True
        for here, there in self._open:
            there.close()
            here.close()

    def _connect(self, here: WebSocketRoute) -> None:
        if self.is_cut:
            here.close()
        else:
            self._open.append((here, here.connect_to_server()))


def test_each_tab_says_that_the_connection_is_lost(
    lab: doc.Lab, api: httpx.Client, browser: Browser
) -> None:
    made = api.post("/layouts", json={"name": "Cut", "document": LAYOUT}).raise_for_status()
    tabs = Tabs(browser.new_context())
    wire = Wire(tabs.context)
    pages = [open_tab(tabs, lab, made.json()["id"]) for _ in range(2)]
    lost = [page.get_by_role("status").filter(has_text="no live prices") for page in pages]
    for page in pages:
        expect_live(page)
    wire.cut()
    for status in lost:
        expect(status).to_have_attribute("title", "The connection to the service is lost.")
    # Nobody tells the page of it.
    missed = doc.create(api, "Made meanwhile", code="")
    pages[1].screenshot(path=lab.home / "cut-off.png")
    wire.is_cut = False
    for page, status in zip(pages, lost, strict=True):
        expect(status).to_have_count(0, timeout=60_000)
        expect_live(page)
        expect(page.locator(ROW).filter(has_text=missed["name"])).to_be_visible(timeout=60_000)
    tabs.context.close()
