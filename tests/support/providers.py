"""The checks that every provider of market data passes, as tests, and a provider over tables that a test makes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from quantlab_server.market.bars import SCHEMA
from quantlab_server.market.conformance import BAR_CHECKS, Check, Known, check_live, times_of
from quantlab_server.market.provider import (
    Alias,
    Capabilities,
    Limits,
    Listing,
    Provider,
    ProviderBars,
)
from quantlab_server.market.timeframes import Timeframe


def utc(text: str, zone: str = "UTC") -> int:
    """A time of the wall clock as milliseconds since 1970 UTC."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return round(moment.timestamp() * 1000)


class BarConformance:
    """Derive it, and define the fixture ``known``: all but live prices."""

    @pytest.mark.parametrize("check", BAR_CHECKS, ids=lambda check: check.__name__)
    def test_it_keeps_to(self, known: Known, check: Check) -> None:
        check(known)


class ProviderConformance(BarConformance):
    """Derive it, and define the fixture ``known``."""

    def test_its_live_prices(self, known: Known) -> None:
        check_live(known)


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
