"""The replay: a provider like any other, whose live prices make exactly the bars of the history."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlab_server.market.conformance import Heard, Known, listen
from quantlab_server.market.provider import Tick
from quantlab_server.market.providers.bar_path import FEWEST, bar_path
from quantlab_server.market.providers.replay import STEPS, ReplayProvider
from quantlab_server.market.service import MarketService
from quantlab_server.market.timeframes import DAY, HOUR, Timeframe
from quantlab_server.settings_market import MarketSettings
from tests.support.providers import MadeProvider, ProviderConformance, made_table, utc

DAYS = [utc("2024-03-04T14:30") + DAY * number for number in range(20)]

prices = st.floats(-1e9, 1e9, allow_nan=False)


@given(st.text(max_size=20), st.tuples(prices, prices, prices, prices), st.integers(FEWEST, 80))
def test_a_path_makes_the_bar_that_it_is_made_from(
    seed: str, four: tuple[float, float, float, float], steps: int
) -> None:
    low, *middle, high = sorted(four)
    path = bar_path(seed, middle[0], high, low, middle[1], steps)
    assert len(path) == steps
    assert (path[0], path[-1]) == (middle[0], middle[1])
    assert (max(path), min(path)) == (high, low)
    assert path == bar_path(seed, middle[0], high, low, middle[1], steps)


@given(st.floats(-1e9, 1e9), st.integers(FEWEST, 80))
def test_a_bar_without_a_range_has_one_price(price: float, steps: int) -> None:
    assert set(bar_path("x", price, price, price, price, steps)) == {price}


def test_paths_are_the_same_everywhere_and_differ_by_bar() -> None:
    """Numbers written down: another machine or Python must not replay something else."""
    path = bar_path("SAMPLE:AAPL:1D:0", 10.0, 12.0, 9.0, 11.0, 6)
    assert [round(price, 9) for price in path] == [10.0, 11.431114208, 12.0, 9.0, 10.02048156, 11.0]
    assert path != bar_path("SAMPLE:AAPL:1D:1", 10.0, 12.0, 9.0, 11.0, 6)


def test_too_few_steps_are_refused() -> None:
    with pytest.raises(ValueError, match="3"):
        bar_path("x", 1, 2, 0, 1, 3)


class Clock:
    """Goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def replaying(
    *,
    bars: int = 10,
    bar_seconds: float = 1.0,
    clock: Callable[[], float] | None = None,
    times: Sequence[int] = DAYS,
    timezone: str = "UTC",
) -> ReplayProvider:
    """A replay of made days, by default twenty; ten of them are replayed."""
    more: dict[str, Any] = {} if clock is None else {"clock": clock}
    provider = ReplayProvider("MADE", bars=bars, bar_seconds=bar_seconds, **more)
    base = MadeProvider({"XYZ": made_table(times)}, timezone=timezone)
    provider.meet({"MADE": base, "REPLAY": provider})
    return provider


def hearing(provider: ReplayProvider) -> Callable[[], Sequence[Heard]]:
    """One who listens to all of a replay, and one who comes while it is under way."""

    async def both() -> Sequence[Heard]:
        whole = asyncio.ensure_future(listen(provider, "XYZ", lambda _: False))
        await listen(provider, "XYZ", lambda ticks: len(ticks) > 2 * STEPS)
        late = await listen(provider, "XYZ", lambda _: False)
        return [await whole, late]

    return lambda: asyncio.run(both())


class TestReplay(ProviderConformance):
    """Before anybody listens."""

    @pytest.fixture
    def known(self) -> Known:
        provider = replaying(bar_seconds=0.02)
        return Known(provider, "XYZ", Timeframe.DAY, DAYS[:10], hearing(provider))


class TestReplayOfAWinterAndASummer(ProviderConformance):
    """Days of New York without week-ends, across the night when clocks change."""

    @pytest.fixture
    def known(self) -> Known:
        days = [date(2024, 3, 1) + timedelta(days=number) for number in range(30)]
        times = [utc(f"{day}T09:30", "America/New_York") for day in days if day.isoweekday() < 6]
        provider = replaying(times=times, timezone="America/New_York", bar_seconds=0.02)
        return Known(provider, "XYZ", Timeframe.DAY, times[:-10], hearing(provider))


class TestReplayUnderWay(ProviderConformance):
    """Three bars and a half after somebody began to listen."""

    @pytest.fixture
    def known(self) -> Known:
        clock = Clock()
        provider = replaying(clock=clock)
        asyncio.run(first_ticks(provider))
        clock.now += 3.5

        def going_on(_: Sequence[Tick]) -> bool:
            clock.now += 0.75
            return False

        def hear() -> Sequence[Heard]:
            return [asyncio.run(listen(provider, "XYZ", going_on))]

        return Known(provider, "XYZ", Timeframe.DAY, DAYS[:13], hear)


async def first_ticks(provider: ReplayProvider) -> list[Tick]:
    """What a new listener is given first."""
    async for ticks in provider.stream("XYZ"):
        return list(ticks)
    return []


def test_the_live_prices_make_the_bars_of_the_history() -> None:
    async def listen() -> list[Tick]:
        provider = replaying(bars=4, bar_seconds=0.02)
        return [tick async for ticks in provider.stream("XYZ") for tick in ticks]

    ticks = asyncio.run(listen())
    assert len(ticks) == 4 * STEPS
    assert [tick.time for tick in ticks] == sorted({tick.time for tick in ticks})
    for number, time in enumerate(DAYS[16:]):
        mine = [tick for tick in ticks if tick.bar_time == time]
        close = float(17 + number)
        assert len(mine) == STEPS
        assert (mine[0].price, mine[-1].price) == (close, close)
        assert max(tick.price for tick in mine) == close + 1
        assert min(tick.price for tick in mine) == close - 1
        assert sum(tick.volume for tick in mine) == 10.0
        assert all(time <= tick.time < time + 6 * HOUR for tick in mine)
        assert {tick.note for tick in mine} == {f"REPLAY of 2024-03-{20 + number}"}


def test_who_comes_later_gets_the_bar_that_is_not_whole_from_its_open() -> None:
    clock = Clock()
    provider = replaying(clock=clock)
    assert [tick.time for tick in asyncio.run(first_ticks(provider))] == [DAYS[10]]
    clock.now += 2.5
    ticks = asyncio.run(first_ticks(provider))
    assert {tick.bar_time for tick in ticks} == {DAYS[12]}
    assert len(ticks) == STEPS // 2 + 1


def test_the_history_grows_with_the_replay_and_begins_again() -> None:
    clock = Clock()
    provider = replaying(clock=clock)
    market = MarketService(MarketSettings(), [provider._base, provider])  # type: ignore[list-item]
    found = market.find("REPLAY:XYZ")
    assert len(market.history(found, Timeframe.DAY)) == 10
    asyncio.run(first_ticks(provider))
    seen = []
    for _ in range(12):
        clock.now += 1.0
        seen.append(len(market.history(found, Timeframe.DAY)))
    assert seen == [*range(11, 21), 20, 20]
    asyncio.run(first_ticks(provider))
    assert len(market.history(found, Timeframe.DAY)) == 10


def test_it_always_says_what_it_is() -> None:
    listing = replaying().instrument("XYZ")
    assert listing is not None
    assert listing.name == "REPLAY of Made XYZ"
    assert listing.source.startswith("REPLAY of ")
    assert "not a live market" in listing.note


def test_without_a_base_it_has_nothing() -> None:
    provider = ReplayProvider("GONE", bars=1, bar_seconds=1.0)
    provider.meet({"REPLAY": provider})
    assert provider.search("", 5) == []
    assert provider.instrument("XYZ") is None
    with pytest.raises(KeyError):
        provider.bars("XYZ", Timeframe.DAY, None, None)


def test_a_bare_ticker_is_the_original() -> None:
    market = MarketService(MarketSettings())
    assert market.find("AAPL").symbol == "SAMPLE:AAPL"
    other_order = MarketService(MarketSettings(provider_order=["REPLAY"]))
    assert other_order.find("AAPL").symbol == "SAMPLE:AAPL"
    assert market.find("REPLAY:AAPL").symbol == "REPLAY:AAPL"
    assert [each.symbol for each in market.search("replay", 50)][:1] == ["REPLAY:AAPL"]
