"""The rules of market data: which bars a request means, where they come from, what is kept."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from quantlab_ext.schemas.market import Instrument, InstrumentSessions, MarketSession
from quantlab_server.errors import ApiError, Invalid, Unavailable
from quantlab_server.market.aggregate import aggregate
from quantlab_server.market.bars import Bars
from quantlab_server.market.cache import BarCache
from quantlab_server.market.calendars import calendar_of
from quantlab_server.market.instruments import Directory, Found
from quantlab_server.market.loading import load_history
from quantlab_server.market.older import Reach, reach
from quantlab_server.market.patience import with_patience
from quantlab_server.market.provider import Provider, ProviderError
from quantlab_server.market.registry import load_providers
from quantlab_server.market.store import BarStore
from quantlab_server.market.stored import with_store
from quantlab_server.market.timeframes import Timeframe, available, base_of
from quantlab_server.settings_market import MarketSettings

T = TypeVar("T")

log = logging.getLogger("quantlab.market")

# Instruments that load at the same time without waiting for each other.
_LOCKS = 32


class SourceFailed(Unavailable):
    """503: a provider did not answer, or answered with something that are no bars."""

    code = "source_failed"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which bars are wanted: the newest ``limit`` in ``[start, end)``, milliseconds since 1970 UTC."""

    symbol: str
    timeframe: str
    start: int | None
    end: int | None
    limit: int


@dataclass(frozen=True, slots=True)
class Selection:
    """Bars as asked for: ``where`` inside the whole history ``bars``.

    ``next_before`` is what ``to`` has to be for the bars before these; None when there are none in the asked range.
    ``snapshot`` is that of the history without what is read page by page; ``far`` says that the bars before these are.
    """

    found: Found
    timeframe: Timeframe
    bars: Bars
    where: slice
    next_before: int | None
    snapshot: str
    far: bool = False

    @property
    def warnings(self) -> list[str]:
        """What people should know about these bars, in sentences."""
        problems, count = self.bars.problems, self.bars.problem_count
        if not count:
            return []
        shown = "; ".join(f"line {each.line}: {each.message}" for each in problems[:10])
        more = f"; and {count - 10} more" if count > 10 else ""
        rows = "1 row" if count == 1 else f"{count} rows"
        return [f"Left out of the source: {rows} ({shown}{more})."]


class MarketService:
    """Instruments and bars of all providers. For several threads, never for the event loop.

    Args:
        settings: bounds and order of providers.
        providers: default: the installed ones.
        folder: where bars of remote ones are kept on disk; None: nowhere.
    """

    def __init__(
        self,
        settings: MarketSettings,
        providers: Sequence[Provider] | None = None,
        *,
        folder: Path | None = None,
    ) -> None:
        store = BarStore(folder, settings.store_bytes) if folder and settings.store_bytes else None
        found = load_providers(settings) if providers is None else providers
        have = with_store(with_patience(found, settings.provider_seconds), store)
        for provider in have:
            provider.meet({each.source: each for each in have})
        self.directory = Directory(have)
        self.cache = BarCache(settings.cache_bytes)
        self._locks = [threading.RLock() for _ in range(_LOCKS)]

    def search(self, query: str, limit: int) -> list[Instrument]:
        """Instruments whose ticker or name fits ``query``.

        Raises:
            SourceFailed: a provider cannot be searched.
        """
        return [found.wire() for found in _guarded(lambda: self.directory.search(query, limit))]

    def instrument(self, symbol: str) -> Instrument:
        """One instrument with the dates of its history.

        Raises:
            UnknownSymbol: 404.
            SourceFailed: its provider does not answer.
        """
        found = self.find(symbol)
        listing = found.listing
        if listing.native and (listing.first is None or listing.last is None):
            # The longest history is that of the coarsest bars.
            coarsest = max(listing.native, key=lambda each: each.rank)
            bars = self.history(found, coarsest)
            if len(bars):
                ends = (int(bars.time[place]) for place in (0, -1))
                first, last = (_date(moment, listing.timezone) for moment in ends)
                found = replace(found, listing=replace(listing, first=first, last=last))
        return found.wire()

    def sessions(self, symbol: str, limit: int, now: int | None = None) -> InstrumentSessions:
        """The session at ``now`` (default: now; milliseconds since 1970 UTC) and the next ones of an instrument.

        Raises:
            UnknownSymbol: 404.
            SourceFailed: its provider does not answer.
        """
        listing = self.find(symbol).listing
        calendar = calendar_of(listing.calendar)
        moment = int(time.time() * 1000) if now is None else now
        coming = calendar.upcoming(moment, limit) if calendar else []
        return InstrumentSessions(
            calendar=listing.calendar,
            known=calendar is not None,
            timezone=listing.timezone,
            open=bool(coming) and coming[0].opens <= moment if calendar else None,
            sessions=[MarketSession(**asdict(each)) for each in coming],
        )

    def find(self, symbol: str) -> Found:
        """The instrument of a symbol, bare ticker or id.

        Raises:
            UnknownSymbol: 404.
            SourceFailed: 503.
        """
        return _guarded(lambda: self.directory.find(symbol))

    def select(self, asked: Asked) -> Selection:
        """The bars that are asked for.

        Raises:
            Invalid: 422: a range that ends before it begins, or ``unknown_timeframe``.
            UnknownSymbol: 404.
            SourceFailed: 503.
        """
        if asked.start is not None and asked.end is not None and asked.start > asked.end:
            raise _invalid("from", "reversed_range", "The range ends before it begins.")
        found = self.find(asked.symbol)
        timeframe = _timeframe(asked.timeframe, found)
        newest = self.history(found, timeframe)
        reached = self._reach(found, timeframe, newest, asked)
        bars = reached.bars
        where = bars.window(asked.start, asked.end, asked.limit)
        first = 0 if asked.start is None else int(np.searchsorted(bars.time, asked.start))
        next_before = None
        if where.start > first and where.start < where.stop:
            next_before = int(bars.time[where.start])
        elif not reached.complete and (asked.start is None or asked.start < reached.since):
            next_before = reached.since
        far = next_before is not None and next_before <= reached.begins
        return Selection(found, timeframe, bars, where, next_before, newest.snapshot, far)

    def history(self, found: Found, timeframe: Timeframe) -> Bars:
        """Everything that there is of an instrument in one of its timeframes, from the cache if it is there.

        Raises:
            SourceFailed: 503.
        """
        provider, ticker = found.provider, found.listing.ticker
        key = (provider.source, ticker, str(timeframe))
        revision = _guarded(lambda: provider.revision(ticker))
        kept = self.cache.get(key, revision)
        if kept is not None:
            return kept
        # One thread loads an instrument, others wait for it; the lock is the same for all its timeframes.
        with self._locks[hash(key[:2]) % _LOCKS]:
            kept = self.cache.get(key, revision)
            if kept is not None:
                return kept
            base = base_of(timeframe, found.listing.native)
            assert base is not None
            if base is timeframe:
                bars = _guarded(lambda: load_history(provider, ticker, timeframe))
            else:
                listing = found.listing
                bars = aggregate(
                    self.history(found, base), base, timeframe, listing.timezone, listing.calendar
                )
            self.cache.put(key, revision, bars)
            return bars

    def _reach(self, found: Found, timeframe: Timeframe, newest: Bars, asked: Asked) -> Reach:
        """The bars that a request needs: ``newest``, where the source answers older ones in pages with those."""
        provider = found.provider
        base = base_of(timeframe, found.listing.native)
        assert base is not None
        length = _guarded(lambda: provider.page(base)) if timeframe.intraday else None
        if length is None:
            return Reach(newest, 0, complete=True)
        begins = int(newest.time[0]) if len(newest) else _guarded(lambda: provider.final(base))

        if asked.start is None and asked.end is None:
            return Reach(newest, begins, complete=False, begins=begins)

        def read(start: int, end: int) -> Bars:
            return self._page(found, base, timeframe, start, end)

        return reach(newest, begins, (asked.start, asked.end, asked.limit), length, read)

    def _page(
        self, found: Found, base: Timeframe, timeframe: Timeframe, start: int, end: int
    ) -> Bars:
        """Bars in ``[start, end)``, which are final."""
        provider, listing = found.provider, found.listing
        key = (provider.source, listing.ticker, f"{timeframe}@{start}-{end}")
        with self._locks[hash(key[:2]) % _LOCKS]:
            kept = self.cache.get(key, "")
            if kept is None:
                kept = _guarded(lambda: load_history(provider, listing.ticker, base, start, end))
                if base is not timeframe:
                    kept = aggregate(kept, base, timeframe, listing.timezone, listing.calendar)
                self.cache.put(key, "", kept)
            return kept


def _guarded(function: Callable[[], T]) -> T:
    """Run what calls a provider; whatever it raises becomes an answer that says what to do."""
    try:
        return function()
    except ApiError:
        raise
    except ProviderError as error:
        raise SourceFailed(f"The source of these data cannot be used: {error}") from None
    except Exception as error:
        # A provider is foreign code: nothing that it raises is known, and its text is not for people.
        log.exception("a provider failed")
        raise SourceFailed(
            "The source of these data does not work at the moment. Try again, or choose another source."
        ) from error


def _timeframe(text: str, found: Found) -> Timeframe:
    names = [str(each) for each in available(found.listing.native)]
    if text not in names:
        raise _invalid(
            "timeframe",
            "unknown_timeframe",
            f"{found.symbol} has the timeframes {', '.join(names)}.",
            available=names,
        )
    return Timeframe(text)


def _invalid(path: str, code: str, message: str, **extra: Any) -> Invalid:
    fields = [{"path": path, "code": code, "message": message}]
    return Invalid(message, code=code, fields=fields, **extra)


def _date(moment: int, timezone: str) -> date:
    return datetime.fromtimestamp(moment / 1000, ZoneInfo(timezone)).date()
