"""A part of the service that a page cannot reach for a while."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, Route

from tests.support.waiting import wait_until

PRESS = """place => {
    const shown = [...place.querySelectorAll('button')];
    shown.find(button => button.textContent === 'Retry')?.click();
}"""


class Outage:
    """From now until it is over, requests for ``resources`` (``"workflows"``) fail as with the network down."""

    def __init__(self, page: Page, *resources: str) -> None:
        self._page = page
        self._patterns = [f"**/quantlab/api/{resource}*" for resource in resources]
        self._refused = 0
        for pattern in self._patterns:
            page.route(pattern, self._refuse)

    def end_by_retry(self, place: Locator, back: Locator) -> None:
        """Press Retry in ``place`` while nothing answers, and again when it does, until ``back`` is seen.

        Pages look again by themselves too, and Retry goes with the error: once the service is
        back, nobody can count on meeting the button.
        """
        before = self._refused
        place.get_by_role("button", name="Retry").click()
        wait_until(lambda: self._asked_since(before), what="Retry asks the service")
        for pattern in self._patterns:
            self._page.unroute(pattern)

        def is_back() -> bool:
            if back.first.is_visible():
                return True
            place.evaluate(PRESS)
            return False

        wait_until(is_back, what="what was missing is shown", interval=0.5)

    def _asked_since(self, before: int) -> bool:
        # A look at the page lets its events come in.
        self._page.evaluate("1")
        return self._refused > before

    def _refuse(self, route: Route) -> None:
        self._refused += 1
        route.abort()
