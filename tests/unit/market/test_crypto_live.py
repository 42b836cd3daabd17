"""Live prices of a crypto exchange over its WebSocket: from the open of the bar, once each, also after a cut."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

import pytest

from quantlab_server.market.conformance import Heard, Known, listen
from quantlab_server.market.provider import ProviderError, Tick
from quantlab_server.market.providers.crypto.provider import CryptoProvider
from quantlab_server.market.service import MarketService
from quantlab_server.market.timeframes import MINUTE, Timeframe
from quantlab_server.settings_market import MarketSettings
from quantlab_server.stream.feeds import Feeds
from tests.support.exchange import LocalExchange, local_exchange
from tests.support.providers import ProviderConformance, utc
from tests.support.waiting import wait_until

BAR = utc("2024-11-03T06:10:00Z")


@pytest.fixture(scope="module", autouse=True)
def _library() -> None:
    """Loading ccxt takes many seconds on a busy machine; waiting is for what comes after it."""
    import_module("ccxt.pro")


@pytest.fixture
def exchange() -> Iterator[LocalExchange]:
    with local_exchange() as made:
        made.bars["1m"] = [[BAR - MINUTE, 98, 99, 97, 98, 7], [BAR, 100, 104, 99, 101, 4]]
        yield made


def crypto(exchange: LocalExchange, clock: list[float]) -> CryptoProvider:
    options = exchange.options
    return CryptoProvider(
        "binance", options, history=100, timeout=10, clock=lambda: clock[0] / 1000
    )


async def subscribed(exchange: LocalExchange) -> None:
    """Return when the exchange has been asked for trades."""
    await asyncio.to_thread(
        wait_until, lambda: exchange.subscribed, what="somebody listens to the exchange"
    )


async def told(exchange: LocalExchange, *trades: tuple[int, int, float]) -> None:
    await subscribed(exchange)
    for number, time, price in trades:
        await asyncio.to_thread(exchange.trade, number, time, price)


async def until_price(stream: Any, price: float) -> list[Tick]:
    """Ticks up to the first of this price."""
    found: list[Tick] = []
    while not found or found[-1].price != price:
        found += await asyncio.wait_for(anext(stream), timeout=30)
    return found


def bar_of(ticks: Sequence[Tick], time: int) -> tuple[float, float, float, float, float]:
    mine = [tick for tick in ticks if tick.bar_time == time]
    prices = [tick.price for tick in mine]
    volume = sum(tick.volume for tick in mine if not math.isnan(tick.volume))
    return prices[0], max(prices), min(prices), prices[-1], volume


class Tape:
    """Trades of the exchange, and its bars, which are made of them in the order of their times."""

    def __init__(self, exchange: LocalExchange, clock: list[float]) -> None:
        self.exchange, self.clock = exchange, clock
        self.trades: list[tuple[int, float]] = []
        self.past = exchange.bars["1m"]
        self.heard: list[Tick] = []

    def trade(self, time: int, price: float, *, sent: bool = True) -> None:
        """One of a volume of 1; ``sent`` false: nobody is told. A late one does not turn the clock back."""
        self.trades.append((time, price))
        self.clock[0] = max(self.clock[0], float(time))
        made: dict[int, list[float]] = {}
        for at, each in sorted(self.trades):
            bar = made.setdefault(at // MINUTE * MINUTE, [at // MINUTE * MINUTE, *[each] * 4, 0])
            bar[2:6] = [max(bar[2], each), min(bar[3], each), each, bar[5] + 1]
        self.exchange.bars["1m"] = [*self.past, *made.values()]
        if sent:
            self.send(len(self.trades))

    def send(self, number: int) -> None:
        """The ``number``-th trade, perhaps again."""
        self.exchange.trade(number, *self.trades[number - 1])

    def until_heard(self, price: float) -> None:
        wait_until(lambda: any(each.price == price for each in self.heard), what=f"{price} comes")

    def play(self) -> None:
        """Late trades, some twice, minutes without any, and a cut in which two minutes begin."""
        exchange = self.exchange
        self.trade(BAR + 10_000, 100.0, sent=False)
        wait_until(lambda: exchange.subscribed, what="somebody listens")
        self.trade(BAR + 30_000, 103.0)
        self.until_heard(103.0)
        self.trade(BAR + 45_000, 101.0)
        self.until_heard(101.0)
        # Made before that one, and the bar's highest price.
        self.trade(BAR + 40_000, 106.0)
        self.send(3)
        self.send(4)
        self.until_heard(106.0)
        self.trade(BAR + 4 * MINUTE + 1, 110.0)
        self.until_heard(110.0)
        self.trade(BAR + 4 * MINUTE + 20_000, 90.0, sent=False)
        self.trade(BAR + 4 * MINUTE + 21_000, 95.0, sent=False)
        self.trade(BAR + 5 * MINUTE, 96.0, sent=False)
        self.trade(BAR + 7 * MINUTE, 97.0, sent=False)
        [before] = exchange.sockets
        exchange.drop()
        wait_until(
            lambda: exchange.subscribed and before not in exchange.sockets, what="it listens again"
        )
        self.send(5)
        self.trade(BAR + 7 * MINUTE + 1_000, 98.0)
        self.until_heard(98.0)
        self.trade(BAR + 8 * MINUTE, 99.0)
        self.until_heard(99.0)
        self.clock[0] = BAR + 9 * MINUTE + 30_000.0


class TestConformance(ProviderConformance):
    """Minutes with gaps in the night in which clocks go back in New York."""

    @pytest.fixture
    def known(self, exchange: LocalExchange) -> Known:
        times = [BAR + MINUTE * place for place in range(-30, 0) if place not in (-4, -5, -20)]
        exchange.bars["1m"] = [[time, 98, 99, 97, 98, 7] for time in times]
        clock = [BAR + 9_000.0]
        provider = crypto(exchange, clock)

        def hear() -> Sequence[Heard]:
            tape = Tape(exchange, clock)

            def enough(ticks: Sequence[Tick]) -> bool:
                tape.heard = list(ticks)
                return ticks[-1].price == 99.0

            async def both() -> list[Sequence[Tick]]:
                heard = asyncio.ensure_future(listen(provider, "BTC-USDT", enough))
                await asyncio.to_thread(tape.play)
                return await heard

            return [asyncio.run(both())]

        return Known(provider, "BTC-USDT", Timeframe.MINUTE, times, hear)


def test_the_bar_in_progress_is_told_from_its_open(exchange: LocalExchange) -> None:
    clock = [BAR + 30_000.0]

    async def listen() -> list[Tick]:
        stream = crypto(exchange, clock).stream("BTC-USDT")
        first = asyncio.ensure_future(until_price(stream, 103.0))
        await told(exchange, (1, BAR + 30_000, 103.0))
        ticks = await first
        more = asyncio.ensure_future(until_price(stream, 111.0))
        await told(exchange, (2, BAR + 40_000, 105.0), (3, BAR + MINUTE + 1, 111.0))
        ticks += await more
        await stream.aclose()
        return ticks

    ticks = asyncio.run(listen())
    # The first trade is in the bar that the exchange states: its volume is not counted twice.
    assert bar_of(ticks, BAR) == (100.0, 105.0, 99.0, 105.0, 5.0)
    assert bar_of(ticks, BAR + MINUTE) == (111.0, 111.0, 111.0, 111.0, 1.0)
    wait_until(lambda: not exchange.sockets, what="the connection is closed")


def test_trades_out_of_order_and_twice_come_once_and_in_order(exchange: LocalExchange) -> None:
    clock = [BAR + 30_000.0]

    async def listen() -> list[Tick]:
        stream = crypto(exchange, clock).stream("BTC-USDT")
        first = asyncio.ensure_future(until_price(stream, 103.0))
        await told(exchange, (1, BAR + 30_000, 103.0))
        await first
        more = asyncio.ensure_future(until_price(stream, 110.0))
        twice = [(3, BAR + 41_000, 106.0), (2, BAR + 40_000, 105.0)] * 2
        await told(exchange, *twice, (4, BAR + 50_000, 110.0))
        ticks = await more
        await stream.aclose()
        return ticks

    ticks = asyncio.run(listen())
    assert sorted(tick.price for tick in ticks) == [105.0, 106.0, 110.0]


def test_what_was_missed_while_the_connection_was_lost_is_caught_up(
    exchange: LocalExchange,
) -> None:
    clock = [BAR + 30_000.0]

    async def listen() -> tuple[list[Tick], list[Tick]]:
        provider = crypto(exchange, clock)
        stream = provider.stream("BTC-USDT")
        first = asyncio.ensure_future(until_price(stream, 103.0))
        await told(exchange, (1, BAR + 30_000, 103.0))
        before = await first
        lost = asyncio.ensure_future(anext(stream))
        await asyncio.to_thread(exchange.drop)
        with pytest.raises(ProviderError, match="connection to the exchange was lost"):
            await asyncio.wait_for(lost, timeout=30)
        # A trade of the old bar, and all of the next one, come while nobody is connected.
        exchange.bars["1m"][1] = [BAR, 100, 108, 99, 107, 6]
        exchange.bars["1m"] += [
            [BAR + MINUTE, 107, 109, 90, 95, 3],
            [BAR + 2 * MINUTE, 95, 96, 94, 96, 2],
        ]
        clock[0] += 2 * MINUTE
        again = provider.stream("BTC-USDT")
        second = asyncio.ensure_future(until_price(again, 96.0))
        await told(exchange, (1, BAR + 30_000, 103.0), (9, BAR + 2 * MINUTE + 1, 96.0))
        after = await second
        await again.aclose()
        return before, after

    before, after = asyncio.run(listen())
    assert bar_of([*before, *after], BAR) == (100.0, 108.0, 99.0, 107.0, 6.0)
    assert bar_of(after, BAR + MINUTE) == (107.0, 109.0, 90.0, 95.0, 3.0)
    assert bar_of(after, BAR + 2 * MINUTE)[:4] == (95.0, 96.0, 94.0, 96.0)


def test_an_exchange_that_refuses_the_connection(exchange: LocalExchange) -> None:
    exchange.refuse_sockets = True

    async def listen() -> None:
        with pytest.raises(ProviderError, match="lost"):
            await anext(crypto(exchange, [BAR + 30_000.0]).stream("BTC-USDT"))

    asyncio.run(listen())


@pytest.mark.parametrize(
    "garbage",
    [
        "<html>",
        "[1, 2",
        "null",
        '{"e": "trade", "s": "BTCUSDT"}',
        '{"e": "trade", "s": "BTCUSDT", "p": "x", "q": "y", "T": "z", "t": 5}',
        '{"e": "trade", "s": "NOSUCH", "p": "1", "q": "1", "T": 1, "t": 5}',
    ],
)
def test_garbage_between_trades(exchange: LocalExchange, garbage: str) -> None:
    """It is passed over, or ends the connection with a sentence; it never becomes a price."""

    async def listen() -> list[Tick]:
        stream = crypto(exchange, [BAR + 30_000.0]).stream("BTC-USDT")
        first = asyncio.ensure_future(until_price(stream, 103.0))
        await subscribed(exchange)
        await asyncio.to_thread(exchange.send, garbage)
        await asyncio.to_thread(exchange.trade, 1, BAR + 30_000, 103.0)
        try:
            return await first
        except ProviderError:
            return []
        finally:
            await stream.aclose()

    assert {tick.price for tick in asyncio.run(listen())} <= {100.0, 104.0, 99.0, 101.0, 103.0}


def test_two_instruments_share_what_is_needed_and_leave_it(exchange: LocalExchange) -> None:
    async def listen() -> None:
        provider = crypto(exchange, [BAR + 30_000.0])
        one, two = provider.stream("BTC-USDT"), provider.stream("ETH-USDT")
        first = asyncio.ensure_future(until_price(one, 103.0))
        second = asyncio.ensure_future(anext(two))
        await asyncio.to_thread(
            wait_until, lambda: len(exchange.subscribed) == 2, what="both are asked for"
        )
        await told(exchange, (1, BAR + 30_000, 103.0))
        await first
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        more = asyncio.ensure_future(until_price(one, 102.0))
        await told(exchange, (2, BAR + 31_000, 102.0))
        await more
        await one.aclose()

    asyncio.run(listen())
    wait_until(lambda: not exchange.sockets, what="the connections are closed")


def test_a_feed_goes_on_by_itself_after_a_cut(exchange: LocalExchange) -> None:
    """As the server uses it: the pause, the sentence to people and the next connection are the feed's."""
    clock = [BAR + 30_000.0]
    frames: list[dict[str, Any]] = []
    feeds = Feeds(lambda channel, frame: frames.append(json.loads(frame)))
    market = MarketService(MarketSettings(), [crypto(exchange, clock)])
    feeds.start("quotes:BINANCE:BTC-USDT", market.find("BINANCE:BTC-USDT"))

    def has_told(price: float) -> bool:
        quotes = [each for frame in frames for each in frame.get("quotes", [])]
        return any(each["price"] == price for each in quotes)

    try:
        wait_until(lambda: exchange.subscribed, what="the feed listens")
        exchange.trade(1, BAR + 30_000, 103.0)
        wait_until(lambda: has_told(103.0), what="a trade is told")
        exchange.drop()
        wait_until(lambda: any("error" in frame for frame in frames), what="people are told")
        wait_until(lambda: exchange.subscribed, what="the feed listens again")
        exchange.trade(2, BAR + 31_000, 102.5)
        wait_until(lambda: has_told(102.5), what="the next trade is told")
    finally:
        feeds.stop("quotes:BINANCE:BTC-USDT")
        feeds.close()
    assert "127.0.0.1" not in json.dumps(frames)
    assert frames[-1]["bars"][-1]["volume"] == 4.0
