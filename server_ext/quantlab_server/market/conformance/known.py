"""What is known about a provider, and how a check says what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from quantlab_server.market.bars import Bars, bars_of
from quantlab_server.market.provider import Listing, Provider, ProviderBars, Tick
from quantlab_server.market.timeframes import Timeframe

# What one listener was told: lists of ticks as they came together, in the order in which they came.
Heard = Sequence[Sequence[Tick]]


@dataclass(frozen=True)
class Known:
    """A provider and what is known about one of its instruments.

    Attributes:
        timeframe: a native one; for a live provider the finest.
        times: of every bar there is, in milliseconds since 1970 UTC: at least three.
        hear: needed where the provider says that it is live. Makes the source send prices, until some bars are over,
            and answers what each of several listeners was told (see `listen`). The source should send some out of
            their order, some twice, and break a connection while somebody listens.
        empty: the ticker of an instrument without any bar, where the source can have one.
    """

    provider: Provider
    ticker: str
    timeframe: Timeframe
    times: Sequence[int]
    hear: Callable[[], Sequence[Heard]] | None = None
    empty: str = ""

    def ask(self, start: int | None = None, end: int | None = None) -> ProviderBars:
        """What one call answers."""
        return self.provider.bars(self.ticker, self.timeframe, start, end)

    def read(self, start: int | None = None, end: int | None = None) -> pa.Table:
        """The table of a range, as the provider answers it, in as many calls as its limit asks for.

        Raises:
            AssertionError: the answers do not move on.
        """
        most = self.provider.limits.bars_per_call
        parts = [self.ask(start, end).table]
        while most and parts[-1].num_rows >= most:
            last = times_of(parts[-1])[-1]
            demand(start is None or last >= start, "Bars from before the range are answered.")
            start = last + 1
            parts.append(self.ask(start, end).table)
        return pa.concat_tables(parts)

    def read_times(self, start: int | None = None, end: int | None = None) -> list[int]:
        """Times of the bars in a range."""
        return times_of(self.read(start, end))

    def whole(self) -> Bars:
        """The history as the service sees it."""
        return bars_of(ProviderBars(self.read()))

    @property
    def listing(self) -> Listing:
        """The instrument."""
        listing = self.provider.instrument(self.ticker)
        if listing is None:
            raise AssertionError(f"The provider does not know {self.ticker}.")
        return listing


def times_of(table: pa.Table) -> list[int]:
    """The times of a table of bars, in milliseconds since 1970 UTC."""
    return list(table.column("time").cast(pa.int64()).to_pylist())


def same(found: Sequence[object], expected: Sequence[object], what: str) -> None:
    """Two lists are equal, or ``what`` is said with the first difference.

    Raises:
        AssertionError: they are not.
    """
    found, expected = list(found), list(expected)
    if found != expected:
        place = next(
            (
                at
                for at, pair in enumerate(zip(found, expected, strict=False))
                if pair[0] != pair[1]
            ),
            min(len(found), len(expected)),
        )
        raise AssertionError(
            f"{what}: {len(found)} instead of {len(expected)}, the first difference at {place}: "
            f"{found[place : place + 1]} instead of {expected[place : place + 1]}."
        )


def demand(condition: bool, sentence: str) -> None:
    """What a provider has to keep to.

    Raises:
        AssertionError: with ``sentence``.
    """
    if not condition:
        raise AssertionError(sentence)
