"""What a page costs to open: bytes over the network and requests, with a cold cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser


@dataclass
class Weight:
    """Requests that had begun, and the bytes they had brought, when the page was ready."""

    requests: dict[str, int] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """Bytes as transferred, headers included."""
        return sum(self.requests.values())

    def of(self, part: str) -> dict[str, int]:
        """Bytes of each request whose address contains ``part``."""
        return {url: size for url, size in self.requests.items() if part in url}


def weigh(browser: Browser, url: str, *, ready: str) -> Weight:
    """Open ``url`` in a fresh profile and weigh what came until ``ready`` (a CSS selector) shows."""
    context = browser.new_context()
    try:
        page = context.new_page()
        network = context.new_cdp_session(page)
        network.send("Network.enable")
        urls: dict[str, str] = {}
        sizes: dict[str, int] = {}

        def sent(event: Mapping[str, Any]) -> None:
            urls[event["requestId"]] = event["request"]["url"]

        def finished(event: Mapping[str, Any]) -> None:
            sizes[event["requestId"]] = int(event["encodedDataLength"])

        network.on("Network.requestWillBeSent", sent)
        network.on("Network.loadingFinished", finished)
        page.goto(url)
        # Looks at every frame, where an expectation looks once a second at the end.
        page.wait_for_selector(ready, timeout=90_000)
        return Weight({f"{address}#{key}": sizes.get(key, 0) for key, address in urls.items()})
    finally:
        context.close()
