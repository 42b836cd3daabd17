"""A crypto exchange as a provider, against an exchange's own protocol on this machine."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quantlab_server.market.bars import Bars, bars_of
from quantlab_server.market.conformance import Known
from quantlab_server.market.provider import ProviderError
from quantlab_server.market.providers.crypto.provider import CryptoProvider, exchanges
from quantlab_server.market.registry import load_providers
from quantlab_server.market.service import Asked, MarketService, SourceFailed
from quantlab_server.market.timeframes import DAY, HOUR, MINUTE, Timeframe
from quantlab_server.settings_market import MarketSettings
from tests.support.exchange import LocalExchange, local_exchange
from tests.support.providers import BarConformance, utc

# Half a minute into a minute of a night when clocks go back in New York; an exchange knows nothing of that.
NOW = utc("2024-11-03T06:10:30Z")


def row(time: int, close: float = 100.0) -> list[float]:
    return [time, close, close + 1, close - 1, close, 5.0]


@pytest.fixture
def exchange() -> Iterator[LocalExchange]:
    with local_exchange() as made:
        yield made


class Clock:
    """Goes when it is told to; seconds since 1970."""

    def __init__(self) -> None:
        self.now = NOW / 1000

    def __call__(self) -> float:
        return self.now


def crypto(
    exchange: LocalExchange, *, history: int = 5000, timeout: float = 10.0, clock: Any = None
) -> CryptoProvider:
    options = exchange.options
    return CryptoProvider(
        "binance", options, history=history, timeout=timeout, clock=clock or Clock()
    )


def read(
    provider: CryptoProvider,
    timeframe: Timeframe = Timeframe.MINUTE,
    start: int | None = None,
    end: int | None = None,
) -> Bars:
    return bars_of(provider.bars("BTC-USDT", timeframe, start, end))


def minutes(count: int, *, until: int = NOW) -> list[int]:
    """The last ``count`` minutes, the one in progress included."""
    last = until // MINUTE * MINUTE
    return [last - MINUTE * place for place in reversed(range(count))]


class TestMinutesOfSeveralPages(BarConformance):
    """More than one answer holds, with a gap, some twice, out of order, and one that is not over."""

    @pytest.fixture
    def known(self, exchange: LocalExchange) -> Known:
        times = [time for time in minutes(2500) if not NOW - 900 * MINUTE < time < NOW - HOUR]
        sent = [*times[::-1], times[3], times[3]]
        exchange.bars["1m"] = [row(time) for time in sent]
        return Known(crypto(exchange), "BTC-USDT", Timeframe.MINUTE, times[:-1])


class TestDays(BarConformance):
    """Days of UTC in a month when clocks change elsewhere; the day in progress is one of them."""

    @pytest.fixture
    def known(self, exchange: LocalExchange) -> Known:
        today = NOW // DAY * DAY
        times = [today - DAY * place for place in reversed(range(40))]
        exchange.bars["1d"] = [row(time) for time in times]
        return Known(crypto(exchange), "BTC-USDT", Timeframe.DAY, times, empty="ETH-USDT")


def test_a_market_is_an_instrument(exchange: LocalExchange) -> None:
    provider = crypto(exchange)
    listing = provider.instrument("BTC-USDT")
    assert listing is not None
    assert (listing.name, listing.kind, listing.currency) == (
        "BTC/USDT on Binance",
        "crypto",
        "USDT",
    )
    assert (listing.tick_size, listing.timezone, listing.calendar) == (0.01, "UTC", "24/7")
    assert [each.ticker for each in provider.search("ethusdt", 5)] == ["ETH-USDT"]
    assert [each.ticker for each in provider.search("ETH/BTC", 5)] == ["ETH-BTC"]
    assert provider.capabilities.live
    assert Timeframe.WEEK not in listing.native
    market = MarketService(MarketSettings(), [provider])
    assert market.find("binance:btc-usdt").symbol == "BINANCE:BTC-USDT"


def test_the_list_of_markets_is_read_once(exchange: LocalExchange) -> None:
    clock = Clock()
    provider = crypto(exchange, clock=clock)
    for _ in range(3):
        assert len(provider.search("", 50)) == 3
    assert exchange.count("exchangeInfo") == 1
    clock.now += 3601
    exchange.answers["exchangeInfo"] = (500, {}, "")
    assert len(provider.search("", 50)) == 3


def test_a_history_begins_with_a_day(exchange: LocalExchange) -> None:
    exchange.bars["1m"] = [row(time) for time in minutes(3000)]
    bars = read(crypto(exchange, history=1500))
    assert bars.time[0] == utc("2024-11-02")
    assert exchange.count("klines") == 2


class TestScrollingBack:
    """Minutes and hours of forty days, of which two days come at once."""

    COUNT = 40 * 1440

    @pytest.fixture
    def exchange(self, exchange: LocalExchange) -> LocalExchange:
        times = minutes(self.COUNT)
        gone = set(times[1000:1300]) | set(times[20_000:23_000])
        exchange.bars["1m"] = [
            row(time, 100 + at % 7) for at, time in enumerate(times) if time not in gone
        ]
        return exchange

    @staticmethod
    def market(exchange: LocalExchange, folder: Path | None = None) -> MarketService:
        return MarketService(MarketSettings(), [crypto(exchange, history=2880)], folder=folder)

    @staticmethod
    def pages(market: MarketService, timeframe: str, limit: int) -> list[list[int]]:
        """Times of each page, from the newest back."""
        found: list[list[int]] = []
        end: int | None = None
        while True:
            page = market.select(Asked("BINANCE:BTC-USDT", timeframe, None, end, limit))
            found.append(page.bars.time[page.where].tolist())
            if page.next_before is None:
                return found
            assert end is None or page.next_before < end
            end = page.next_before

    def test_every_bar_comes_once(self, exchange: LocalExchange) -> None:
        sent = [int(each[0]) for each in exchange.bars["1m"]][:-1]
        pages = self.pages(self.market(exchange), "1m", 5000)
        assert [time for page in reversed(pages) for time in page] == sent
        assert max(map(len, pages)) <= 5000

    def test_one_request_is_bounded(self, exchange: LocalExchange) -> None:
        market = self.market(exchange)
        market.select(Asked("BINANCE:BTC-USDT", "1m", None, None, 200_000))
        at_once = exchange.count("klines")
        assert at_once <= 5
        page = market.select(Asked("BINANCE:BTC-USDT", "1m", None, NOW, 200_000))
        assert exchange.count("klines") - at_once <= 4 * 4
        assert page.far
        assert page.next_before is not None

    def test_a_far_range_asks_for_no_more_than_it(self, exchange: LocalExchange) -> None:
        market = self.market(exchange)
        market.select(Asked("BINANCE:BTC-USDT", "1m", None, None, 100))
        before = exchange.count("klines")
        end = minutes(self.COUNT)[10_000]
        page = market.select(Asked("BINANCE:BTC-USDT", "1m", None, end, 500))
        assert page.bars.time[page.where].tolist() == minutes(self.COUNT)[9500:10_000]
        asked = exchange.count("klines") - before
        assert asked <= 8
        market.select(Asked("BINANCE:BTC-USDT", "1m", None, end, 500))
        assert exchange.count("klines") - before == asked

    def test_studies_have_begun_where_a_page_begins(self, exchange: LocalExchange) -> None:
        market = self.market(exchange)
        page = market.select(Asked("BINANCE:BTC-USDT", "1m", None, None, 2000))
        assert page.next_before is not None
        older = market.select(Asked("BINANCE:BTC-USDT", "1m", None, page.next_before, 900))
        assert older.where.start >= 1000

    def test_pages_are_kept_on_disk(self, exchange: LocalExchange, tmp_path: Path) -> None:
        first = self.pages(self.market(exchange, tmp_path), "1m", 5000)
        asked = exchange.count("klines")
        again = self.pages(self.market(exchange, tmp_path), "1m", 5000)
        assert again == first
        # What is not over yet, and what was there before the first page, are asked for again.
        assert exchange.count("klines") - asked <= 6

    def test_what_was_kept_long_ago_leaves_no_hole(
        self, exchange: LocalExchange, tmp_path: Path
    ) -> None:
        clock = Clock()
        clock.now -= 20 * 86400
        provider = crypto(exchange, history=2880, clock=clock)
        old = MarketService(MarketSettings(), [provider], folder=tmp_path)
        old.select(Asked("BINANCE:BTC-USDT", "1m", None, None, 100))
        sent = [int(each[0]) for each in exchange.bars["1m"]][:-1]
        pages = self.pages(self.market(exchange, tmp_path), "1m", 5000)
        assert [time for page in reversed(pages) for time in page] == sent

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            ((200, {}, "<html>"), "no prices"),
            ((500, {}, ""), "cannot be reached"),
            ((0, {}, ""), "in time"),
        ],
    )
    def test_a_page_that_fails_is_said_and_is_not_the_beginning(
        self, exchange: LocalExchange, answer: tuple[int, dict[str, str], str], words: str
    ) -> None:
        clock = Clock()
        provider = crypto(exchange, history=2880, timeout=5.0, clock=clock)
        market = MarketService(MarketSettings(), [provider])
        market.select(Asked("BINANCE:BTC-USDT", "1m", None, None, 100))
        exchange.answers["klines"] = answer
        older = Asked("BINANCE:BTC-USDT", "1m", None, NOW - 5 * DAY, 100)
        with pytest.raises(SourceFailed, match=words):
            market.select(older)
        del exchange.answers["klines"]
        clock.now += 60
        assert market.select(older).where.stop > 0


def test_only_the_finest_bars_leave_out_the_one_in_progress(exchange: LocalExchange) -> None:
    for name, length in (("1m", MINUTE), ("1h", HOUR)):
        now = NOW // length * length
        exchange.bars[name] = [row(now - length), row(now)]
    provider = crypto(exchange)
    assert read(provider).time.tolist() == [NOW // MINUTE * MINUTE - MINUTE]
    hours = read(provider, Timeframe.HOUR)
    assert hours.time[-1] == NOW // HOUR * HOUR
    assert provider.final(Timeframe.HOUR) == NOW // HOUR * HOUR


def test_a_bar_is_final_only_some_seconds_after_its_end(exchange: LocalExchange) -> None:
    clock = Clock()
    clock.now = (NOW // MINUTE * MINUTE) / 1000 + 2
    exchange.bars["1m"] = [row(time) for time in minutes(5)]
    provider = crypto(exchange, clock=clock)
    assert len(read(provider)) == 3
    clock.now += 4
    assert len(read(provider)) == 4


def test_rows_that_contradict_themselves_are_left_out(exchange: LocalExchange) -> None:
    times = minutes(5)
    exchange.bars["1m"] = [row(time) for time in times]
    exchange.bars["1m"][1][2] = 50.0
    exchange.bars["1m"][2][5] = -1.0
    bars = read(crypto(exchange))
    assert bars.time.tolist() == [times[0], times[3]]
    assert bars.problem_count == 2


@pytest.mark.parametrize(
    "body",
    [
        "<html>Please prove that you are human</html>",
        "",
        '[[1, "2"',
        "null",
        '"closed"',
        "42",
        '[["a", "b"]]',
        '[{"x": 1}]',
        "[[]]",
        "{}",
    ],
)
def test_garbage_is_said_and_is_no_empty_history(exchange: LocalExchange, body: str) -> None:
    exchange.bars["1m"] = [row(time) for time in minutes(5)]
    exchange.answers["klines"] = (200, {"Content-Type": "application/json"}, body)
    with pytest.raises(ProviderError) as caught:
        read(crypto(exchange))
    assert "127.0.0.1" not in str(caught.value)


def test_a_row_without_its_prices_is_left_out(exchange: LocalExchange) -> None:
    exchange.answers["klines"] = (200, {}, f"[[{minutes(3)[0]}, 1, 2]]")
    bars = read(crypto(exchange))
    assert (len(bars), bars.problem_count) == (0, 1)


@pytest.mark.parametrize("body", ["<html>", "{}", "[]", "null", '{"symbols": [{"symbol": 7}]}'])
def test_garbage_instead_of_markets(exchange: LocalExchange, body: str) -> None:
    exchange.answers["exchangeInfo"] = (200, {}, body)
    with pytest.raises(ProviderError, match="Binance"):
        crypto(exchange).instrument("BTC-USDT")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (500, "cannot be reached"),
        (429, "fewer requests"),
        (418, "fewer requests"),
        (403, "Binance"),
    ],
)
def test_refusals_are_said_without_an_address(
    exchange: LocalExchange, status: int, words: str
) -> None:
    provider = crypto(exchange)
    assert provider.instrument("BTC-USDT") is not None
    exchange.answers["klines"] = (status, {}, '{"code": -1003, "msg": "no"}')
    with pytest.raises(ProviderError, match=words) as caught:
        read(provider)
    assert "127.0.0.1" not in str(caught.value)


def test_who_is_asked_to_slow_down_does(exchange: LocalExchange) -> None:
    clock = Clock()
    provider = crypto(exchange, clock=clock)
    exchange.bars["1m"] = [row(time) for time in minutes(5)]
    exchange.answers["klines"] = (429, {"Retry-After": "30"}, '{"code": -1003, "msg": "Too many"}')
    for _ in range(5):
        with pytest.raises(ProviderError, match="fewer requests"):
            read(provider)
    assert exchange.count("klines") == 1
    del exchange.answers["klines"]
    clock.now += 29
    with pytest.raises(ProviderError, match="in 1 seconds"):
        read(provider)
    clock.now += 2
    assert len(read(provider)) == 4


def test_an_exchange_that_does_not_answer(exchange: LocalExchange) -> None:
    provider = crypto(exchange, timeout=0.3)
    exchange.answers["klines"] = (0, {}, "")
    market = MarketService(MarketSettings(), [provider])
    with pytest.raises(SourceFailed, match="does not answer in time"):
        market.select(Asked("BINANCE:BTC-USDT", "1m", None, None, 10))


def test_an_exchange_that_is_down_holds_up_no_search(exchange: LocalExchange) -> None:
    exchange.answers["exchangeInfo"] = (500, {}, "")
    provider = crypto(exchange)
    for _ in range(5):
        with pytest.raises(ProviderError):
            provider.search("BTC", 5)
    assert exchange.count("exchangeInfo") == 1


def test_without_a_setting_there_is_no_exchange() -> None:
    assert exchanges(MarketSettings()) == []


def test_exchanges_that_are_named(caplog: pytest.LogCaptureFixture) -> None:
    named = MarketSettings(ccxt_exchanges=["Kraken", "binance"], replay_source="")
    assert [each.source for each in load_providers(named)] == ["SAMPLE", "BINANCE", "KRAKEN"]
    for settings, words in (
        (MarketSettings(ccxt_exchanges=["no_such"]), "does not know"),
        (MarketSettings(ccxt_exchanges=["../../etc"]), "does not know"),
        (
            MarketSettings(
                ccxt_exchanges=["kraken"],
                ccxt_options={"kraken": {"secret": "hush", "apiKey": "a"}},
            ),
            "apiKey, secret for kraken",
        ),
    ):
        with pytest.raises(ProviderError, match=words):
            exchanges(settings)
        with caplog.at_level(logging.ERROR):
            assert "SAMPLE" in [each.source for each in load_providers(settings)]
    assert "hush" not in caplog.text
