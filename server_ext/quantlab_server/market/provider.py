"""What a source of market data has to offer. docs/developers/write-a-provider.md is the guide.

A provider is found by an entry point of the group ``quantlab.providers`` that names a callable: it is given the
`MarketSettings` and answers a `Provider`, several of them, or None when it is not configured. Its methods are called
from several threads at once, never on the event loop.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from quantlab_server.market.timeframes import Timeframe

if TYPE_CHECKING:
    import pyarrow as pa


class ProviderError(Exception):
    """The source cannot answer. The sentence is shown to people: no path, no address, no secret in it."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can do.

    Attributes:
        search: `Provider.search` finds by parts of names; else only exact tickers are known.
        native_timeframes: those that it has itself, over all instruments; coarser ones are made from them.
        live: `Provider.stream` has prices as they come.
    """

    search: bool
    native_timeframes: tuple[Timeframe, ...]
    live: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What a provider asks its callers to respect. ``bars_per_call``: the most that one call answers; None: all."""

    bars_per_call: int | None = None


@dataclass(frozen=True, slots=True)
class Alias:
    """A ticker that an instrument had. ``first``, ``last``: days on which it had it, both included; None: not known."""

    ticker: str
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """An instrument as its provider knows it.

    Attributes:
        ticker: its name at this provider, ``[A-Za-z0-9._=^-]``, at most 40 characters.
        timezone: IANA name of the exchange's zone: days, weeks and months are counted in it.
        tick_size: smallest step of the price in ``currency``; None: not known.
        calendar: session calendar (ISO 10383 code, as in exchange-calendars); None: always open or not known.
        native: timeframes that the provider has itself, in any order.
        adjusted: which corporate actions the prices are adjusted for, in words; empty: none.
        source, licence, note: who made the data, under which terms, and what one should know about them.
        first, last: dates of the first and last bar; None: only known once the bars have been read.
        aliases: tickers that it had before, oldest first. It is found by them, and keeps the id that it had.
        key: what its id is made from, and must never change; empty: its oldest ticker. Needed where that ticker was
            another instrument's before.
    """

    ticker: str
    name: str
    native: tuple[Timeframe, ...]
    kind: str = "other"
    currency: str | None = None
    timezone: str = "UTC"
    tick_size: float | None = None
    calendar: str | None = None
    adjusted: str = ""
    source: str = ""
    licence: str = ""
    note: str = ""
    first: date | None = None
    last: date | None = None
    aliases: tuple[Alias, ...] = ()
    key: str = ""

    @property
    def tickers(self) -> tuple[str, ...]:
        """The one that it has and those that it had."""
        return (self.ticker, *(each.ticker for each in self.aliases))

    def was(self, ticker: str) -> bool:
        """Whether it had this ticker once."""
        return any(each.ticker == ticker for each in self.aliases)


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that was left out: where (line of a text file, row of a table, from 1) and why."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class ProviderBars:
    """Bars as a provider answers them.

    Attributes:
        table: columns ``time`` (timestamp[ms, UTC]: when the bar opens), ``open``, ``high``, ``low``, ``close``,
            ``volume`` (float64, volume NaN where it is not known), oldest first, no two of the same time.
        problems: rows that could not be used.
    """

    table: pa.Table
    problems: Sequence[RowProblem] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Tick:
    """A price as it comes.

    Attributes:
        time: milliseconds since 1970 UTC.
        volume: traded at it; NaN: not known.
        bar_time: when the bar of the instrument's finest native timeframe that it belongs to opens; None: not known.
        note: what people must be told with the price, for example that it is a replay.
    """

    time: int
    price: float
    volume: float = float("nan")
    bar_time: int | None = None
    note: str = ""


# Instruments that are looked through for one that had a ticker once.
_SEARCHED = 1000


def _until(listing: Listing, ticker: str) -> date:
    """The last day on which an instrument had a ticker."""
    return max(each.last or date.min for each in listing.aliases if each.ticker == ticker)


class Provider(ABC):
    """One source of market data; ``source`` is what its symbols begin with, in capitals.

    With ``original`` false a bare ticker never means this source: it repeats another's prices. With ``remote`` true its
    bars come over a network: they are kept on disk (`final` says up to when), and only newer ones are asked for.
    """

    source: str
    label: str
    original: bool = True
    remote: bool = False
    limits: Limits = Limits()

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What this provider can do."""

    @abstractmethod
    def search(self, query: str, limit: int) -> Sequence[Listing]:
        """At most ``limit`` instruments that fit ``query``, best first; an empty query lists from the beginning.

        Old tickers are found as well.
        """

    @abstractmethod
    def instrument(self, ticker: str) -> Listing | None:
        """The instrument of exactly this ticker, or None."""

    def renamed(self, ticker: str) -> Listing | None:
        """The instrument that had this ticker once, the one that had it last; asked when none has it now."""
        found = [each for each in self.search(ticker, _SEARCHED) if each.was(ticker)]
        return max(found, key=lambda each: _until(each, ticker), default=None)

    @abstractmethod
    def bars(
        self, ticker: str, timeframe: Timeframe, start: int | None, end: int | None
    ) -> ProviderBars:
        """Bars whose time is in ``[start, end)`` (milliseconds since 1970 UTC; None: no bound).

        With `Limits.bars_per_call` the answer holds the oldest of them, at most so many.

        Args:
            timeframe: one of the instrument's native ones.

        Raises:
            ProviderError: the source cannot be read.
            KeyError: no such ticker or not a native timeframe.
        """

    def revision(self, ticker: str) -> str:
        """Changes whenever an earlier answer of `bars` may no longer be right; must be cheap."""
        return ""

    def final(self, timeframe: Timeframe) -> int:
        """Bars that open before this moment never change any more, nor do others come between them.

        Milliseconds since 1970 UTC. Asked of remote providers only; 0: every bar may change.
        """
        return 0

    def page(self, timeframe: Timeframe) -> int | None:
        """None: `bars` without a start answers everything that there is.

        Else it answers the newest bars, and older ones are asked for when somebody wants them, in pages of so many
        milliseconds: whole days, each page from a multiple of its length on. A page without a bar ends the history.
        """
        return None

    def stream(self, ticker: str) -> AsyncIterator[Sequence[Tick]] | None:
        """Prices as they come, those that come together at once; None: there are none of this instrument.

        One iterator serves all who listen to the instrument. It runs on an event loop that all live sources share and
        that serves no requests: it must not block. It ends when there will be no more prices; what it raises is
        logged, and it is asked for again after a pause.
        """
        return None

    def meet(self, providers: Mapping[str, Provider]) -> None:
        """Be told once, before anything else, which providers there are, by source."""
        return
