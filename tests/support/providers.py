"""The checks that every provider of market data passes: derive `ProviderConformance` and give it known data.

And a provider over tables that a test makes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from quantlab_server.market.bars import SCHEMA, bars_of
from quantlab_server.market.provider import (
    Alias,
    Capabilities,
    Limits,
    Listing,
    Provider,
    ProviderBars,
)
from quantlab_server.market.timeframes import Timeframe, available


@dataclass(frozen=True)
class Known:
    """A provider and what is known about one of its instruments.

    Attributes:
        timeframe: a native one.
        times: of every bar there is, in milliseconds since 1970 UTC: at least three.
    """

    provider: Provider
    ticker: str
    timeframe: Timeframe
    times: Sequence[int]

    def read(self, start: int | None = None, end: int | None = None) -> Any:
        """The table of a range."""
        return self.provider.bars(self.ticker, self.timeframe, start, end).table

    def read_times(self, start: int | None = None, end: int | None = None) -> list[int]:
        """Times of the bars in a range."""
        return times_of(self.read(start, end))


def times_of(table: Any) -> list[int]:
    """The times of a table of bars, in milliseconds since 1970 UTC."""
    return list(table.column("time").cast(pa.int64()).to_pylist())


def utc(text: str, zone: str = "UTC") -> int:
    """A time of the wall clock as milliseconds since 1970 UTC."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return round(moment.timestamp() * 1000)


class ProviderConformance:
    """Derive it, and define the fixture ``known``."""

    def test_the_table_has_the_columns_and_types_of_bars(self, known: Known) -> None:
        assert known.read().schema.equals(SCHEMA, check_metadata=False)

    def test_every_bar_is_there_once_and_in_order(self, known: Known) -> None:
        """Also where the source has them out of order, twice, or not at all (nothing is filled in)."""
        assert known.read_times() == list(known.times)
        assert np.all(np.diff(np.array(known.times)) > 0)

    def test_nothing_is_left_for_the_second_look(self, known: Known) -> None:
        bars = bars_of(known.provider.bars(known.ticker, known.timeframe, None, None))
        assert len(bars) == len(known.times)
        assert np.all(bars.high >= np.maximum(bars.open, bars.close))
        assert np.all(bars.low <= np.minimum(bars.open, bars.close))
        assert not np.any(bars.volume < 0)

    def test_a_range_has_its_beginning_and_not_its_end(self, known: Known) -> None:
        first, second, third = known.times[:3]
        assert known.read_times(first, third) == [first, second]
        assert known.read_times(first + 1, third + 1) == [second, third]
        assert known.read_times(second, second + 1) == [second]

    def test_two_ranges_make_the_whole(self, known: Known) -> None:
        middle = known.times[len(known.times) // 2]
        assert known.read_times(None, middle) + known.read_times(middle, None) == list(known.times)

    def test_a_range_without_bars_is_empty(self, known: Known) -> None:
        first, last = known.times[0], known.times[-1]
        for start, end in ((None, first), (last + 1, None), (first, first), (first + 1, first + 2)):
            table = known.read(start, end)
            assert table.num_rows == 0
            assert table.schema.equals(SCHEMA, check_metadata=False)

    def test_what_it_does_not_have(self, known: Known) -> None:
        for ticker in ("NO-SUCH-TICKER", "", "../" + known.ticker, known.ticker + "\x00", "."):
            assert known.provider.instrument(ticker) is None
            with pytest.raises(KeyError):
                known.provider.bars(ticker, known.timeframe, None, None)
        listing = known.provider.instrument(known.ticker)
        assert listing is not None
        for timeframe in set(Timeframe) - set(listing.native):
            with pytest.raises(KeyError):
                known.provider.bars(known.ticker, timeframe, None, None)

    def test_the_listing(self, known: Known) -> None:
        listing = known.provider.instrument(known.ticker)
        assert listing is not None
        assert listing.ticker == known.ticker
        assert known.timeframe in listing.native
        assert set(listing.native) <= set(known.provider.capabilities.native_timeframes)
        assert known.timeframe in available(listing.native)
        assert ZoneInfo(listing.timezone)
        assert listing.name
        assert listing.source
        assert listing.licence
        zone = ZoneInfo(listing.timezone)
        if listing.first is not None and listing.last is not None:
            ends = [datetime.fromtimestamp(known.times[i] / 1000, zone).date() for i in (0, -1)]
            assert ends == [listing.first, listing.last]

    def test_days_are_days_of_the_exchange(self, known: Known) -> None:
        """In a night when clocks change no day is lost and none comes twice."""
        listing = known.provider.instrument(known.ticker)
        assert listing is not None
        if known.timeframe is not Timeframe.DAY:
            return
        zone = ZoneInfo(listing.timezone)
        moments = [datetime.fromtimestamp(time / 1000, zone) for time in known.times]
        assert len({moment.date() for moment in moments}) == len(moments)
        assert len({moment.time() for moment in moments}) == 1

    def test_searching(self, known: Known) -> None:
        provider = known.provider
        assert provider.source == provider.source.upper()
        if not provider.capabilities.search:
            return
        for query in (known.ticker, known.ticker.lower(), known.ticker[:2]):
            assert known.ticker in [each.ticker for each in provider.search(query, 50)]
        assert len(provider.search("", 1)) == 1
        assert provider.search("surely nothing has this name", 50) == []

    def test_old_names(self, known: Known) -> None:
        """What was renamed is found by the names that it had, each with days that do not overlap."""
        provider = known.provider
        assert provider.renamed("NO-SUCH-TICKER") is None
        for listing in provider.search("", 50):
            assert not listing.was(listing.ticker)
            days = [day for each in listing.aliases for day in (each.first, each.last) if day]
            assert days == sorted(days)
            for alias in listing.aliases:
                assert alias.ticker != ""
                assert listing.ticker in [each.ticker for each in provider.search(alias.ticker, 50)]
                found = provider.renamed(alias.ticker)
                assert found is not None
                assert found.was(alias.ticker)

    def test_the_same_question_has_the_same_answer(self, known: Known) -> None:
        assert known.read().equals(known.read())
        assert known.provider.revision(known.ticker) == known.provider.revision(known.ticker)


class MadeProvider(Provider):
    """A provider over tables made by a test; it counts its calls, and can be told to fail.

    Args:
        tables: by ticker, or by ticker and timeframe; a ticker alone has daily bars.
        bars_per_call: see `Limits`.
    """

    label = "Made"

    def __init__(
        self,
        tables: dict[str, Any],
        *,
        source: str = "MADE",
        timeframe: Timeframe = Timeframe.DAY,
        timezone: str = "UTC",
        bars_per_call: int | None = None,
    ) -> None:
        self.source = source
        self.tables = tables
        self.timeframe = timeframe
        self.timezone = timezone
        self.limits = Limits(bars_per_call)
        self.calls = 0
        self.version = "1"
        self.failure: Exception | None = None
        # Tickers that an instrument had, by the one that it has.
        self.aliases: dict[str, tuple[Alias, ...]] = {}

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(search=True, native_timeframes=(self.timeframe,))

    def search(self, query: str, limit: int) -> list[Listing]:
        wanted = query.casefold()
        found = [each for each in map(self.instrument, self.tables) if each is not None]
        names = {each.ticker: (each.ticker, *(a.ticker for a in each.aliases)) for each in found}
        fits = [e for e in found if any(wanted in name.casefold() for name in names[e.ticker])]
        return fits[:limit]

    def instrument(self, ticker: str) -> Listing | None:
        if self.failure is not None:
            raise self.failure
        if ticker not in self.tables:
            return None
        return Listing(
            ticker=ticker,
            name=f"Made {ticker}",
            native=(self.timeframe,),
            timezone=self.timezone,
            source="a test",
            licence="none",
            aliases=self.aliases.get(ticker, ()),
        )

    def bars(
        self, ticker: str, timeframe: Timeframe, start: int | None, end: int | None
    ) -> ProviderBars:
        if timeframe is not self.timeframe:
            raise KeyError(timeframe)
        table = self.tables[ticker]
        self.calls += 1
        if self.failure is not None:
            raise self.failure
        if "time" in table.column_names and (start is not None or end is not None):
            times = np.array(times_of(table))
            inside = np.ones(len(times), dtype=bool)
            if start is not None:
                inside &= times >= start
            if end is not None:
                inside &= times < end
            table = table.filter(pa.array(inside))
        return ProviderBars(table.slice(0, self.limits.bars_per_call))

    def revision(self, ticker: str) -> str:
        return self.version


def made_table(times: Sequence[int], closes: Sequence[float] | None = None) -> Any:
    """Bars with these times and closes (default: 1, 2, 3, ...); volume 10."""
    close = np.array(closes if closes is not None else range(1, len(times) + 1), dtype=np.float64)
    columns = [close, close + 1, close - 1, close, np.full(len(close), 10.0)]
    return pa.table([pa.array(times, SCHEMA.field("time").type), *columns], schema=SCHEMA)
