"""Any history as a live feed: its last bars come one after the other, at a chosen speed, and always say that they are
a replay.

The prices inside a bar are made by rule (`bar_path`); its open, high, low, close and volume are the real ones.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from quantlab_server.market.bars import Bars
from quantlab_server.market.loading import load_history
from quantlab_server.market.provider import (
    Capabilities,
    Listing,
    Provider,
    ProviderBars,
    ProviderError,
    Tick,
)
from quantlab_server.market.providers.bar_path import bar_path
from quantlab_server.market.timeframes import HOUR, LENGTHS, Timeframe

if TYPE_CHECKING:
    from quantlab_server.settings_market import MarketSettings

# Prices that each bar is made of.
STEPS = 12

# Milliseconds over which the prices of a daily or longer bar are spread: the same day in the exchange's zone.
_DAY = 6 * HOUR


@dataclass(frozen=True, slots=True)
class _Run:
    """A replay that was begun: ``began`` by the clock, in seconds; ``number`` counts from 1."""

    began: float
    number: int


class ReplayProvider(Provider):
    """The finest timeframe of another source's instruments, under the same tickers.

    Until somebody listens to an instrument its history ends where the replay will begin. From then on it grows by a
    bar every ``bar_seconds``, for everybody, until it is whole; who listens after that begins it again.

    Args:
        base: source of the histories.
        bars: how many are replayed at most; never more than half of a history.
        clock: seconds that only go forward.
    """

    source = "REPLAY"
    label = "Replay"
    original = False

    def __init__(
        self,
        base: str,
        *,
        bars: int,
        bar_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = base
        self._most = bars
        self._bar_seconds = bar_seconds
        self._clock = clock
        self._base: Provider | None = None
        self._runs: dict[str, _Run] = {}
        self._histories: dict[str, tuple[str, Bars]] = {}
        self._lock = threading.Lock()

    def meet(self, providers: Mapping[str, Provider]) -> None:
        self._base = providers.get(self._source)

    @property
    def capabilities(self) -> Capabilities:
        native = () if self._base is None else self._base.capabilities.native_timeframes
        return Capabilities(search=True, native_timeframes=native, live=True)

    def search(self, query: str, limit: int) -> Sequence[Listing]:
        """By ticker, or all by (a part of) the word replay: who looks for a name means the original."""
        if self._base is None:
            return []
        wanted = query.casefold()
        if wanted in self.source.casefold():
            found = self._base.search("", limit)
        else:
            found = [
                each
                for each in self._base.search(query, limit)
                if any(wanted in known.casefold() for known in each.tickers)
            ]
        return [_listing(each) for each in found if each.native]

    def instrument(self, ticker: str) -> Listing | None:
        listing = None if self._base is None else self._base.instrument(ticker)
        return _listing(listing) if listing is not None and listing.native else None

    def bars(
        self, ticker: str, timeframe: Timeframe, start: int | None, end: int | None
    ) -> ProviderBars:
        listing = self._require(ticker)
        if timeframe not in listing.native:
            raise KeyError(timeframe)
        whole = self._history(ticker, timeframe)
        times = whole.time[: self._shown(ticker, len(whole))]
        low = 0 if start is None else int(np.searchsorted(times, start))
        high = len(times) if end is None else int(np.searchsorted(times, end))
        return ProviderBars(whole.table().slice(low, max(0, high - low)), whole.problems)

    def revision(self, ticker: str) -> str:
        if self._base is None:
            return ""
        below = self._base.revision(ticker)
        run = self._runs.get(ticker)
        if run is None:
            return below
        _, whole = self._histories[ticker]
        return f"{below}/{run.number}/{self._shown(ticker, len(whole))}"

    async def stream(self, ticker: str) -> AsyncIterator[Sequence[Tick]]:
        """The replay from where it is: first the bar that is not whole yet, from its open."""
        listing = await asyncio.to_thread(self._require, ticker)
        timeframe = listing.native[0]
        whole = await asyncio.to_thread(self._history, ticker, timeframe)
        run = self._begin(ticker, len(whole))
        first = self._first(len(whole))
        zone = ZoneInfo(listing.timezone)
        done = int(self._passed(run)) * STEPS
        last = (len(whole) - first) * STEPS
        while done < last:
            # The open of a bar is there when the bar begins.
            due = min(int(self._passed(run) * STEPS) + 1, last)
            if due > done:
                yield [
                    self._tick(ticker, timeframe, whole, zone, first, place)
                    for place in range(done, due)
                ]
                done = due
            await asyncio.sleep(max(0.0, done / STEPS - self._passed(run)) * self._bar_seconds)

    def _tick(
        self,
        ticker: str,
        timeframe: Timeframe,
        whole: Bars,
        zone: ZoneInfo,
        first: int,
        place: int,
    ) -> Tick:
        """The ``place``-th price of a replay whose first bar is the ``first`` of the history."""
        bar, step = first + place // STEPS, place % STEPS
        opens = int(whole.time[bar])
        seed = f"{self._source}:{ticker}:{timeframe}:{opens}"
        known = [float(column[bar]) for column in (whole.open, whole.high, whole.low, whole.close)]
        path = bar_path(seed, known[0], known[1], known[2], known[3], STEPS)
        length = LENGTHS.get(timeframe, _DAY)
        volume = float(whole.volume[bar])
        each = math.nan if math.isnan(volume) else math.floor(volume / STEPS)
        day = datetime.fromtimestamp(opens / 1000, zone).date()
        return Tick(
            time=opens + length * step // STEPS,
            price=path[step],
            volume=volume - each * (STEPS - 1) if step == STEPS - 1 else each,
            bar_time=opens,
            note=f"REPLAY of {day}",
        )

    def _passed(self, run: _Run) -> float:
        """Bars, and parts of one, since a replay began."""
        return (self._clock() - run.began) / self._bar_seconds

    def _first(self, length: int) -> int:
        return length - min(self._most, length // 2)

    def _shown(self, ticker: str, length: int) -> int:
        """Bars of the history that are over."""
        run = self._runs.get(ticker)
        passed = 0 if run is None else int(self._passed(run))
        return min(self._first(length) + passed, length)

    def _begin(self, ticker: str, length: int) -> _Run:
        with self._lock:
            run = self._runs.get(ticker)
            if run is None or self._shown(ticker, length) >= length:
                run = _Run(self._clock(), 1 if run is None else run.number + 1)
                self._runs[ticker] = run
            return run

    def _history(self, ticker: str, timeframe: Timeframe) -> Bars:
        """All of it. What is being replayed stays as it was when the replay began."""
        assert self._base is not None
        revision = self._base.revision(ticker)
        with self._lock:
            kept = self._histories.get(ticker)
            if kept is not None and (kept[0] == revision or ticker in self._runs):
                return kept[1]
            whole = load_history(self._base, ticker, timeframe)
            self._histories[ticker] = (revision, whole)
            return whole

    def _require(self, ticker: str) -> Listing:
        listing = self.instrument(ticker)
        if listing is None:
            raise KeyError(ticker)
        return listing


def _listing(base: Listing) -> Listing:
    """The instrument of the base, marked. When its history ends changes, so it is not said."""
    finest = min(base.native, key=lambda each: each.rank)
    return replace(
        base,
        name=f"REPLAY of {base.name}",
        native=(finest,),
        source=f"REPLAY of {base.source}",
        note="A replay of past prices, not a live market; prices inside a bar are made up. "
        + base.note,
        last=None,
    )


def replay(settings: MarketSettings) -> Provider | None:
    """The provider, for the entry point.

    Raises:
        ProviderError: it is set to replay itself.
    """
    if not settings.replay_source:
        return None
    if settings.replay_source == ReplayProvider.source:
        raise ProviderError("MarketSettings.replay_source names the replay itself.")
    return ReplayProvider(
        settings.replay_source,
        bars=settings.replay_bars,
        bar_seconds=settings.replay_bar_seconds,
    )
