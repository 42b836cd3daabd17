"""A remote provider with the store on disk in front of it: only what is not on disk is asked for."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from quantlab_server.market.bars import Bars, bars_of
from quantlab_server.market.loading import load_history
from quantlab_server.market.provider import Limits, Provider, ProviderBars
from quantlab_server.market.store import BarStore, Stored
from quantlab_server.market.timeframes import Timeframe
from quantlab_server.market.wrapped import WrappedProvider

# New final bars that are worth a new file; fewer are one request to the source.
_WORTH = 500

# Instruments that are read at the same time without waiting for each other.
_LOCKS = 16


class StoredProvider(WrappedProvider):
    """Another provider's instruments, bars and live prices, its final bars from disk.

    Args:
        inner: a provider that is ``remote``.
        store: where its bars are kept.
    """

    def __init__(self, inner: Provider, store: BarStore) -> None:
        super().__init__(inner)
        # It answers as much as there is on disk.
        self.limits = Limits()
        self._store = store
        self._locks = [threading.Lock() for _ in range(_LOCKS)]

    def bars(
        self, ticker: str, timeframe: Timeframe, start: int | None, end: int | None
    ) -> ProviderBars:
        with self._locks[hash((ticker, timeframe)) % _LOCKS]:
            page = self._inner.page(timeframe)
            if page is not None and start is not None and end == start + page and not start % page:
                return self._page(ticker, timeframe, start, end)
            stored = self._store.current(self.source, ticker, str(timeframe))
            if stored is None or self._is_apart(stored, timeframe, page, start):
                return self._all(ticker, timeframe, start, end)
            kept = self._store.read(stored, start, end)
            if kept is None:
                return self._all(ticker, timeframe, start, end)
            if end is not None and end <= stored.last:
                return ProviderBars(kept)
            return self._with_newer(ticker, timeframe, stored, kept, (start, end))

    def _is_apart(
        self, stored: Stored, timeframe: Timeframe, page: int | None, start: int | None
    ) -> bool:
        """Whether the bars on disk are not next to those that are asked for: older, or far newer ones."""
        if page is None:
            return False
        if start is None:
            return stored.last < self._inner.final(timeframe) - page
        return start < stored.first

    def _page(self, ticker: str, timeframe: Timeframe, start: int, end: int) -> ProviderBars:
        """A whole page of older bars, which is kept by itself."""
        name = f"{timeframe}@{start}"
        stored = self._store.current(self.source, ticker, name)
        kept = None if stored is None else self._store.read(stored, None, None)
        if kept is not None:
            return ProviderBars(kept)
        bars = load_history(self._inner, ticker, timeframe, start, end)
        if end <= self._inner.final(timeframe):
            self._store.put(self.source, ticker, name, bars)
        return ProviderBars(bars.table(), bars.problems)

    def _all(
        self, ticker: str, timeframe: Timeframe, start: int | None, end: int | None
    ) -> ProviderBars:
        """From the provider; the whole history is kept."""
        bars = load_history(self._inner, ticker, timeframe, start, end)
        if start is None and end is None:
            self._keep(ticker, timeframe, bars)
        return ProviderBars(bars.table(), bars.problems)

    def _with_newer(
        self,
        ticker: str,
        timeframe: Timeframe,
        stored: Stored,
        kept: pa.Table,
        asked: tuple[int | None, int | None],
    ) -> ProviderBars:
        start, end = asked
        since = stored.last + 1 if start is None else max(stored.last + 1, start)
        newer = load_history(self._inner, ticker, timeframe, since, end)
        table = pa.concat_tables([kept, newer.table()])
        if start is None and end is None and len(newer) >= _WORTH:
            self._keep(ticker, timeframe, bars_of(ProviderBars(table)))
        return ProviderBars(table, newer.problems)

    def _keep(self, ticker: str, timeframe: Timeframe, bars: Bars) -> None:
        """What is final of a whole history."""
        count = int(np.searchsorted(bars.time, self._inner.final(timeframe)))
        final = bars_of(ProviderBars(bars.table(slice(0, count))))
        self._store.put(self.source, ticker, str(timeframe), final)


def with_store(providers: Sequence[Provider], store: BarStore | None) -> list[Provider]:
    """The providers, the remote ones with the store in front of them."""
    if store is None:
        return list(providers)
    return [StoredProvider(each, store) if each.remote else each for each in providers]
