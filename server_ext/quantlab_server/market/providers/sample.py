"""Real daily prices that come with two packages: works without a network and without a key."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from quantlab_server.market.bars import PRICES, SCHEMA, TIME
from quantlab_server.market.provider import (
    Alias,
    Capabilities,
    Listing,
    Provider,
    ProviderBars,
    ProviderError,
)
from quantlab_server.market.timeframes import Timeframe

if TYPE_CHECKING:
    from quantlab_server.settings_market import MarketSettings

_ZONE = ZoneInfo("America/New_York")
# Both exchanges open at this time; a day's bar has it as its own, so that its date is the same from Hawaii to Japan.
_OPENING = time(9, 30)

_NOTE = "Sample data for trying things out, not for trading. Volume is as the exchange counted it, not adjusted."

# Of adjusted prices: hides the noise of the multiplication, so that a close at the high stays one.
_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class _Package:
    """A package with a file of daily prices, and under which terms they come."""

    name: str
    file: str
    licence: str


@dataclass(frozen=True, slots=True)
class _Dataset:
    """An instrument in such a file. ``row``: its name in the column ``ticker``, where there is one."""

    ticker: str
    name: str
    package: _Package
    row: str | None = None
    calendar: str = "XNAS"
    aliases: tuple[Alias, ...] = ()

    @property
    def tickers(self) -> tuple[str, ...]:
        """The one that it has and those that it had."""
        return (self.ticker, *(each.ticker for each in self.aliases))


_HOLOVIZ = _Package("hvsampledata", "apple_stocks.csv", "BSD-3-Clause (the package)")
_BOKEH = _Package(
    "bokeh_sampledata", "stocks.csv.gz", "public domain (Quandl WIKI Prices); package BSD-3-Clause"
)

_DATASETS = (
    _Dataset("AAPL", "Apple Inc.", _HOLOVIZ),
    _Dataset("AAPL-2000", "Apple Inc., 2000 to 2013", _BOKEH, "AAPL"),
    _Dataset(
        "META",
        "Meta Platforms, Inc. (then Facebook, Inc.), 2012 to 2013",
        _BOKEH,
        "FB",
        aliases=(Alias("FB", date(2012, 5, 18), date(2022, 6, 8)),),
    ),
    _Dataset("GOOG", "Google Inc., 2004 to 2013", _BOKEH, "GOOG"),
    _Dataset("IBM", "IBM, 2000 to 2013", _BOKEH, "IBM", calendar="XNYS"),
    _Dataset("MSFT", "Microsoft Corporation, 2000 to 2013", _BOKEH, "MSFT"),
)


class SampleProvider(Provider):
    """Daily prices of a few stocks, with the source named."""

    source = "SAMPLE"
    label = "Sample data"

    def __init__(self) -> None:
        self._datasets = {each.ticker: each for each in _DATASETS}

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(search=True, native_timeframes=(Timeframe.DAY,))

    def search(self, query: str, limit: int) -> Sequence[Listing]:
        wanted = query.casefold()
        found = [
            each
            for each in _DATASETS
            if any(wanted in text.casefold() for text in (each.name, *each.tickers))
        ]
        found.sort(key=lambda each: not each.ticker.casefold().startswith(wanted))
        return [_listing(each) for each in found[:limit]]

    def instrument(self, ticker: str) -> Listing | None:
        dataset = self._datasets.get(ticker)
        return _listing(dataset) if dataset is not None else None

    def bars(
        self, ticker: str, timeframe: Timeframe, start: int | None, end: int | None
    ) -> ProviderBars:
        if timeframe is not Timeframe.DAY:
            raise KeyError(timeframe)
        table = _read(self._datasets[ticker])
        moments = table.column("time").cast(pa.int64()).to_numpy()
        low = 0 if start is None else int(np.searchsorted(moments, start))
        high = len(moments) if end is None else int(np.searchsorted(moments, end))
        return ProviderBars(table.slice(low, max(0, high - low)))


@functools.cache
def _listing(dataset: _Dataset) -> Listing:
    table = _read(dataset)
    first, last = (table.column("time")[place].as_py().date() for place in (0, -1))
    package = dataset.package.name.replace("_", "-")
    return Listing(
        ticker=dataset.ticker,
        name=dataset.name,
        native=(Timeframe.DAY,),
        kind="stock",
        currency="USD",
        timezone=_ZONE.key,
        tick_size=0.01,
        calendar=dataset.calendar,
        aliases=dataset.aliases,
        adjusted="splits and dividends",
        source=f"{package} {version(package)}, {dataset.package.file}",
        licence=dataset.package.licence,
        note=_NOTE,
        first=first,
        last=last,
    )


# Six tables, one megabyte together: kept for as long as the process lives.
@functools.cache
def _read(dataset: _Dataset) -> pa.Table:
    """A data set, its prices multiplied with adjusted close / close (both files have both)."""
    try:
        raw = csv.read_csv(_path(dataset.package))
    except (OSError, pa.ArrowException):
        raise ProviderError(f"The package {dataset.package.name} is not complete.") from None
    raw = raw.rename_columns([name.lower().replace(" ", "_") for name in raw.column_names])
    if dataset.row is not None:
        raw = raw.filter(pc.equal(raw.column("ticker"), dataset.row))
    raw = raw.sort_by("date")
    columns = {name: raw.column(name).cast(pa.float64()).to_numpy() for name in (*PRICES, "volume")}
    factor = raw.column("adj_close").cast(pa.float64()).to_numpy() / columns["close"]
    for name in PRICES:
        columns[name] = np.round(columns[name] * factor, _DECIMALS)
    opens = pa.array([_opening(day.as_py()) for day in raw.column("date")], TIME)
    return pa.table([opens, *columns.values()], schema=SCHEMA)


def _opening(day: date) -> datetime:
    return datetime.combine(day, _OPENING, _ZONE)


def _path(package: _Package) -> Path:
    """The file, without importing the package: that would import what it draws with."""
    spec = find_spec(package.name)
    if spec is None or not spec.submodule_search_locations:
        raise ProviderError(f"The package {package.name} is not installed.")
    return Path(spec.submodule_search_locations[0]) / "_data" / package.file


def sample(settings: MarketSettings) -> Provider:
    """The provider, for the entry point."""
    return SampleProvider()
