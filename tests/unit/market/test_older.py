"""Sources that answer older bars page by page: what is made of them is what is made of the whole."""

from __future__ import annotations

import numpy as np
import pytest

from quantlab_server.market.provider import ProviderBars
from quantlab_server.market.service import Asked, MarketService, Selection
from quantlab_server.market.timeframes import DAY, MINUTE, Timeframe
from quantlab_server.settings_market import MarketSettings
from tests.support.providers import MadeProvider, made_table, utc

LAST = utc("2024-11-03T06:10")
# Forty days without some hours, and one whose first minutes are missing.
TIMES = [
    time
    for time in range(LAST - 40 * DAY, LAST, MINUTE)
    if not LAST - 900 * MINUTE < time < LAST - 800 * MINUTE and time % DAY > 7 * MINUTE
]


class Paged(MadeProvider):
    """Minutes, of which the days from ``begins`` on are answered at once."""

    def __init__(self, begins: int) -> None:
        super().__init__({"XYZ": made_table(TIMES)}, timeframe=Timeframe.MINUTE)
        self.begins = begins
        self.starts: list[int | None] = []

    def page(self, timeframe: Timeframe) -> int | None:
        return 3 * DAY

    def bars(
        self, ticker: str, timeframe: Timeframe, start: int | None, end: int | None
    ) -> ProviderBars:
        self.starts.append(start)
        return super().bars(ticker, timeframe, self.begins if start is None else start, end)


def back(market: MarketService, timeframe: str, limit: int) -> list[Selection]:
    """Each page, from the newest back."""
    found: list[Selection] = []
    end: int | None = None
    while not found or end is not None:
        found.append(market.select(Asked("XYZ", timeframe, None, end, limit)))
        end = found[-1].next_before
    return found


def times(pages: list[Selection]) -> list[int]:
    return [time for page in reversed(pages) for time in page.bars.time[page.where].tolist()]


@pytest.mark.parametrize("timeframe", ["1m", "15m", "1h", "4h"])
def test_bars_made_of_pages_are_those_made_of_the_whole(timeframe: str) -> None:
    whole = MarketService(
        MarketSettings(), [MadeProvider({"XYZ": made_table(TIMES)}, timeframe=Timeframe.MINUTE)]
    )
    [expected] = back(whole, timeframe, 100_000)
    pages = back(
        MarketService(MarketSettings(), [Paged(LAST // DAY * DAY - 2 * DAY)]), timeframe, 700
    )
    assert times(pages) == expected.bars.time.tolist()
    for name in ("open", "high", "low", "close", "volume"):
        parts = [getattr(page.bars, name)[page.where] for page in reversed(pages)]
        assert np.array_equal(np.concatenate(parts), getattr(expected.bars, name))
    assert len({page.snapshot for page in pages}) == 1


def test_a_range_from_a_moment_on_is_read_back_to_it() -> None:
    provider = Paged(LAST // DAY * DAY)
    market = MarketService(MarketSettings(), [provider])
    start = LAST - 5 * DAY
    page = market.select(Asked("XYZ", "1m", start, None, 100_000))
    assert page.bars.time[page.where].tolist() == [time for time in TIMES if time >= start]
    assert page.next_before is None
    # The newest ones, two pages, and what studies need before.
    assert len(provider.starts) == 4


def test_days_are_not_made_of_pages() -> None:
    """Half a week would be taken for one."""
    page = MarketService(MarketSettings(), [Paged(LAST // DAY * DAY)]).select(
        Asked("XYZ", "1W", None, LAST, 100)
    )
    assert (len(page.bars), page.next_before) == (1, None)


def test_a_history_that_is_not_there_any_more() -> None:
    """Nothing is traded of late: what there was is found all the same."""

    class Ended(Paged):
        remote = True

        def final(self, timeframe: Timeframe) -> int:
            return LAST + DAY

    market = MarketService(MarketSettings(), [Ended(LAST + DAY)])
    page = market.select(Asked("XYZ", "1m", None, None, 100))
    assert page.next_before == LAST + DAY
    older = market.select(Asked("XYZ", "1m", None, page.next_before, 100))
    assert older.bars.time[older.where].tolist() == TIMES[-100:]
