"""Trades of one exchange over its WebSocket through ccxt, on the event loop of the live sources."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from quantlab_server.market.libraries import load
from quantlab_server.market.provider import ProviderError, Tick
from quantlab_server.market.providers.crypto.client import arguments

# Trades that are remembered to know which ones come again after a reconnect.
_REMEMBERED = 2_000
# Bars that are caught up after an interruption; older ones are in the history when it is read next.
_BARS = 300


def _guarded(base: Any) -> Any:
    """An exchange's class of ccxt that ends a connection on which garbage comes.

    ccxt would read nothing more from it, and wait for ever.
    """
    errors = load("ccxt")

    class Guarded(base):  # type: ignore[misc]  # known when it runs
        def client(self, url: str) -> Any:
            client = super().client(url)
            name = "handle_text_or_binary_message"
            if name not in vars(client):
                take = getattr(client, name)

                def guarded(data: Any) -> None:
                    try:
                        take(data)
                    except Exception as error:
                        # Whatever a parser of ccxt raises where it does not find what it expects.
                        client.on_error(errors.NetworkError(f"garbage: {error!r}"))

                setattr(client, name, guarded)
            return client

    return Guarded


class _Told:
    """What the listeners of one instrument have been told."""

    def __init__(self, length: int) -> None:
        self._length = length
        self.bar = -1
        self._volume = 0.0
        # Of the newest trade, milliseconds since 1970 UTC.
        self._newest = -1
        self._ids: dict[object, None] = {}

    def begin(self, trade: Mapping[str, Any]) -> int:
        """The bar from which on the exchange is asked what has happened, before ``trade`` and with it."""
        now = self._bar_of(trade)
        return max(self.bar, now - _BARS * self._length) if self.bar >= 0 else now

    def fresh(self, trades: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Usable trades that were not told yet, in the order in which they were made."""
        new = []
        for trade in trades:
            price, at = trade.get("price"), trade.get("timestamp")
            if not isinstance(price, (int, float)) or not isinstance(at, int):
                continue
            id = trade.get("id") or (at, price, trade.get("amount"))
            if id not in self._ids:
                self._ids[id] = None
                new.append(trade)
        if len(self._ids) > 2 * _REMEMBERED:
            self._ids = dict.fromkeys(list(self._ids)[-_REMEMBERED:])
        return sorted(new, key=lambda each: int(each["timestamp"]))

    def tick(self, trade: Mapping[str, Any], *, counted: bool = False) -> Tick:
        """A trade; ``counted``: its volume was told already."""
        bar = self._bar_of(trade)
        amount = trade.get("amount")
        volume = math.nan if counted or amount is None else float(amount)
        if bar > self.bar:
            self.bar, self._volume = bar, 0.0
        if bar == self.bar and not math.isnan(volume):
            self._volume += volume
        self._newest = max(self._newest, int(trade["timestamp"]))
        return Tick(int(trade["timestamp"]), float(trade["price"]), volume, bar)

    def caught_up(self, rows: Sequence[Any]) -> list[Tick]:
        """Ticks that make the bars in ``rows``, of which the first may have been told in part.

        Raises:
            ProviderError: they are no bars.
        """
        ticks: list[Tick] = []
        for row in sorted(rows, key=lambda each: int(each[0])):
            try:
                time = int(row[0])
                first, high, low, last, volume = map(float, row[1:6])
            except (TypeError, ValueError):
                raise ProviderError(
                    "The exchange answers with something that are no bars."
                ) from None
            if time < self.bar:
                continue
            more = volume - self._volume if time == self.bar else volume
            prices = (high, low) if time == self.bar else (first, high, low)
            self.bar, self._volume = time, volume
            # What was missed of a bar is newer than what was told of it.
            at = max(time, self._newest)
            ticks += [Tick(at, price, math.nan, time) for price in prices]
            ticks.append(Tick(at, last, max(0.0, more), time))
        return ticks

    def _bar_of(self, trade: Mapping[str, Any]) -> int:
        return int(trade["timestamp"]) // self._length * self._length


class Live:
    """The live prices of one exchange: one object of ccxt for all instruments that somebody listens to.

    Args:
        name: ccxt's id of the exchange.
        options: what an operator set for it.
        timeout: seconds that connecting may take.
    """

    def __init__(self, name: str, options: Mapping[str, Any], *, timeout: float) -> None:
        self._name = name
        self._arguments = arguments(timeout, options)
        self._exchange: Any = None
        self._users = 0
        self._told: dict[str, _Told] = {}

    @property
    def possible(self) -> bool:
        """Whether ccxt knows the exchange's WebSocket."""
        spec = find_spec("ccxt")
        places = (spec.submodule_search_locations if spec is not None else None) or []
        return any((Path(place) / "pro" / f"{self._name}.py").is_file() for place in places)

    async def trades(
        self, symbol: str, length: int, recent: Callable[[int], list[Any]]
    ) -> AsyncGenerator[list[Tick], None]:
        """Prices of an instrument, from the open of the bar in progress; after a failure from where it ended.

        Args:
            symbol: in ccxt's names.
            length: milliseconds of the bars that the ticks are of.
            recent: reads the bars from a moment on; it may block.

        Raises:
            ProviderError: the connection cannot be made, or ended. Ask again after a pause.
        """
        told = self._told.setdefault(symbol, _Told(length))
        exchange = await self._enter()
        caught_up = False
        try:
            while True:
                # ccxt wakes nobody for what came since it woke us last; it is in its cache.
                fresh = told.fresh(_cached(exchange, symbol)) if caught_up else []
                while not fresh:
                    await self._asked(exchange.watch_trades(symbol))
                    fresh = told.fresh(_cached(exchange, symbol))
                ticks: list[Tick] = []
                if not caught_up:
                    # Asked for after the first trade: what it answers has that trade in it.
                    rows = await asyncio.to_thread(recent, told.begin(fresh[-1]))
                    ticks = told.caught_up(rows)
                done = told.bar if not caught_up else -1
                caught_up = True
                for trade in fresh:
                    at = int(trade["timestamp"])
                    in_rows = at < done + length and done >= 0
                    # The newest is told as well if it is one of the newest row's.
                    if not in_rows or (trade is fresh[-1] and at >= done):
                        ticks.append(told.tick(trade, counted=in_rows))
                yield ticks
        except (asyncio.CancelledError, GeneratorExit):
            # Nobody listens any more: who comes next is told everything.
            self._told.pop(symbol, None)
            raise
        finally:
            await self._leave(exchange, symbol)

    async def _enter(self) -> Any:
        """The object of ccxt with its markets loaded."""
        module = await asyncio.to_thread(load, "ccxt.pro")
        self._users += 1
        if self._exchange is None:
            self._exchange = _guarded(getattr(module, self._name))(self._arguments)
        exchange = self._exchange
        try:
            await self._asked(exchange.load_markets())
        except BaseException:
            await self._leave(exchange, "")
            raise
        return exchange

    async def _asked(self, answer: Any) -> Any:
        errors = load("ccxt")
        try:
            return await answer
        except errors.NetworkError:
            raise ProviderError("The live connection to the exchange was lost.") from None
        except errors.BaseError:
            raise ProviderError("The exchange refuses its live prices.") from None

    async def _leave(self, exchange: Any, symbol: str) -> None:
        self._users -= 1
        if self._users == 0:
            self._exchange = None
            await exchange.close()
        elif symbol and exchange.has.get("unWatchTrades"):
            # Else the exchange goes on sending what nobody reads. If it cannot be told, the connection has ended.
            with contextlib.suppress(Exception):
                await asyncio.wait_for(exchange.un_watch_trades(symbol), timeout=5)


def _cached(exchange: Any, symbol: str) -> list[Mapping[str, Any]]:
    """The newest trades of an instrument that ccxt keeps."""
    return [each for each in exchange.trades.get(symbol) or () if isinstance(each, Mapping)]
