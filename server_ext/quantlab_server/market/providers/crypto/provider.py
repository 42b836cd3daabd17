"""An exchange as a provider: its spot markets as instruments, whole histories in pages, trades as live prices."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from quantlab_server.market.bars import SCHEMA, TIME, bars_of
from quantlab_server.market.provider import (
    Capabilities,
    Listing,
    Provider,
    ProviderBars,
    ProviderError,
    RowProblem,
    Tick,
)
from quantlab_server.market.providers.crypto.client import Client, check_name
from quantlab_server.market.providers.crypto.live import Live
from quantlab_server.market.timeframes import DAY, LENGTHS, MINUTE, Timeframe

if TYPE_CHECKING:
    from quantlab_server.settings_market import MarketSettings

# What exchanges count alike. Their weeks begin on different days: weeks and months are made from days.
_LENGTHS = {**LENGTHS, Timeframe.DAY: DAY}
_NAMES = {each: str(each).lower() for each in _LENGTHS}

_TICKER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=^-]{0,39}")

# Days of a history at least: more than there are of any market.
_DAYS = 10_000

# Milliseconds after its end at which a bar is taken as final: clocks differ, and trades come late.
_SETTLE = 5_000
# Milliseconds after which an exchange is asked for newer bars.
_REFRESH = MINUTE


class CryptoProvider(Provider):
    """Spot markets of one exchange, ``BTC/USDT`` under the ticker ``BTC-USDT``. Days are those of UTC.

    Of the finest timeframe only bars that are over are answered: the one in progress is made from live prices. Coarser
    ones end with the bar in progress.

    Args:
        name: ccxt's id of the exchange.
        options: what ccxt's object is made with besides.
        history: bars of each timeframe before now at which a history begins; so many more are read when somebody
            scrolls back.
        timeout: seconds that one request may take.
        clock: seconds since 1970.
    """

    remote = True

    def __init__(
        self,
        name: str,
        options: Mapping[str, Any],
        *,
        history: int,
        timeout: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        check_name(name, options)
        self.source = name.upper()
        self.label = name.capitalize()
        self._history = history
        self._clock = clock
        self._client = Client(name, options, timeout=timeout, clock=clock)
        self._live = Live(name, options, timeout=timeout)
        self._markets: Mapping[str, Any] = {}
        self._listings: dict[str, tuple[str, Listing]] = {}

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(search=True, native_timeframes=self._native(), live=self._live.possible)

    def search(self, query: str, limit: int) -> Sequence[Listing]:
        wanted = query.casefold()
        bare = re.sub(r"[/\s-]", "", wanted)

        def fits(listing: Listing) -> bool:
            ticker = listing.ticker.casefold()
            return wanted in ticker or bare in ticker.replace("-", "")

        found = [listing for _, listing in self._known().values() if fits(listing)]
        found.sort(key=lambda each: (not each.ticker.casefold().startswith(wanted), each.ticker))
        return found[:limit]

    def instrument(self, ticker: str) -> Listing | None:
        known = self._known().get(ticker)
        return None if known is None else known[1]

    def bars(
        self, ticker: str, timeframe: Timeframe, start: int | None, end: int | None
    ) -> ProviderBars:
        symbol, listing = self._known()[ticker]
        if timeframe not in listing.native:
            raise KeyError(timeframe)
        now = int(self._clock() * 1000)
        until = self.final(timeframe) if timeframe is self._native()[0] else now + 1
        since = self._begins(timeframe, now) if start is None else max(0, start)
        rows = self._read(symbol, timeframe, since, until if end is None else min(until, end))
        return _table(rows)

    def final(self, timeframe: Timeframe) -> int:
        """The moment before which every bar that has begun is over for good: milliseconds since 1970 UTC."""
        length = _LENGTHS[timeframe]
        return (int(self._clock() * 1000) - _SETTLE) // length * length

    def page(self, timeframe: Timeframe) -> int | None:
        """As much as a history has without a start; days are all read at once."""
        if not timeframe.intraday:
            return None
        return max(1, self._history * _LENGTHS[timeframe] // DAY) * DAY

    def revision(self, ticker: str) -> str:
        return str(int(self._clock() * 1000) // _REFRESH)

    async def stream(self, ticker: str) -> AsyncIterator[Sequence[Tick]]:
        """Trades as they are made, and with the first of them the bar in progress from its open."""
        symbol, _ = (await asyncio.to_thread(self._known))[ticker]
        finest = (await asyncio.to_thread(self._native))[0]
        length = _LENGTHS[finest]

        def recent(since: int) -> list[Any]:
            return self._read(symbol, finest, since, int(self._clock() * 1000) + 1)

        async with aclosing(self._live.trades(symbol, length, recent)) as trades:
            async for ticks in trades:
                yield ticks

    def _begins(self, timeframe: Timeframe, now: int) -> int:
        """Where a history without a start begins: with a day, so that coarser bars are whole."""
        length = _LENGTHS[timeframe]
        count = self._history if timeframe.intraday else max(self._history, _DAYS)
        return max(0, (now - count * length) // DAY * DAY)

    def _native(self) -> tuple[Timeframe, ...]:
        """Finest first."""
        offered = self._client.exchange.timeframes or {}
        return tuple(each for each, name in _NAMES.items() if name in offered)

    def _known(self) -> dict[str, tuple[str, Listing]]:
        """ccxt's symbol and the listing, by ticker."""
        markets = self._client.markets()
        if markets.keys() != self._markets.keys():
            native = self._native()
            made: dict[str, tuple[str, Listing]] = {}
            for symbol, market in markets.items():
                ticker = symbol.replace("/", "-")
                if market.get("spot") and _TICKER.fullmatch(ticker):
                    made[ticker] = symbol, _listing(self._client.exchange, ticker, market, native)
            self._listings, self._markets = made, markets
        return self._listings

    def _read(self, symbol: str, timeframe: Timeframe, since: int, until: int) -> list[Any]:
        """Rows whose time is in ``[since, until)``, page after page; bounded, as each page moves on."""
        length, most = _LENGTHS[timeframe], self._client.most(symbol)
        found: list[Any] = []
        while since < until:
            rows = self._client.candles(symbol, _NAMES[timeframe], since, most)
            try:
                times = [int(row[0]) for row in rows]
            except (TypeError, ValueError, IndexError, OverflowError):
                raise ProviderError(
                    f"{self.label} answers with something that are no bars."
                ) from None
            inside = [row for row, at in zip(rows, times, strict=True) if since <= at < until]
            found += inside
            if inside:
                since = max(int(row[0]) for row in inside) + length
            elif any(at >= until for at in times):
                break
            else:
                # Nothing was traded in this time, or the market did not exist yet.
                since += most * length
        return found


def _listing(
    exchange: Any, ticker: str, market: Mapping[str, Any], native: tuple[Timeframe, ...]
) -> Listing:
    return Listing(
        ticker=ticker,
        name=f"{market['base']}/{market['quote']} on {exchange.name}",
        native=native,
        kind="crypto",
        currency=str(market["quote"])[:10],
        tick_size=_tick(exchange, market),
        calendar="24/7",
        source=f"{exchange.name}, public market data",
        licence="the terms of the exchange",
        note="Trades of this exchange alone; volume is counted in the base currency.",
    )


def _tick(exchange: Any, market: Mapping[str, Any]) -> float | None:
    """The smallest step of the price; ccxt writes it as a step or as a number of decimals."""
    precision = (market.get("precision") or {}).get("price")
    decimals, steps = 2, 4
    if not isinstance(precision, (int, float)) or exchange.precisionMode not in (decimals, steps):
        return None
    tick = float(precision) if exchange.precisionMode == steps else 10.0 ** -float(precision)
    return tick if tick > 0 else None


def _table(rows: Sequence[Any]) -> ProviderBars:
    """Rows of an exchange as bars; those that contradict themselves are left out and named.

    Raises:
        ProviderError: they are no rows of six numbers.
    """
    try:
        numbers = np.array([list(row[:6]) for row in rows], dtype=np.float64).reshape(len(rows), 6)
    except (TypeError, ValueError):
        raise ProviderError("The exchange answers with something that are no bars.") from None
    _, opens, high, low, close, volume = numbers.T
    # Comparisons with NaN are false: bars_of names those.
    wrong = (high < np.maximum(opens, close)) | (low > np.minimum(opens, close)) | (volume < 0)
    problems = [
        RowProblem(int(row) + 1, "high, low or volume cannot be right")
        for row in np.flatnonzero(wrong)
    ]
    kept = numbers[~wrong]
    times = pa.array(kept[:, 0].astype(np.int64)).cast(TIME)
    table = pa.table([times, *(pa.array(column) for column in kept.T[1:])], schema=SCHEMA)
    bars = bars_of(ProviderBars(table, problems))
    return ProviderBars(bars.table(), bars.problems)


def exchanges(settings: MarketSettings) -> Sequence[Provider]:
    """One provider per exchange that is named in the settings, for the entry point.

    Raises:
        ProviderError: an exchange cannot be used.
    """
    return [
        CryptoProvider(
            name,
            settings.ccxt_options.get(name, {}),
            history=settings.ccxt_history_bars,
            timeout=settings.ccxt_timeout_seconds,
        )
        for name in dict.fromkeys(each.lower() for each in settings.ccxt_exchanges)
    ]
