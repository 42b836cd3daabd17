"""A provider that does not keep to something is found out, and told so in a sentence."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from quantlab_server.market.conformance import Heard, Known, check_all
from quantlab_server.market.live_bar import LiveBar
from quantlab_server.market.provider import (
    Alias,
    Capabilities,
    Limits,
    Listing,
    ProviderBars,
    Tick,
)
from quantlab_server.market.timeframes import DAY, Timeframe
from tests.support.providers import MadeProvider, made_table, utc

NEW_YORK = "America/New_York"
# Three days before and three after a night when clocks change.
DAYS = ["2024-03-06", "2024-03-07", "2024-03-08", "2024-03-11", "2024-03-12", "2024-03-13"]
TIMES = [utc(f"{day}T09:30", NEW_YORK) for day in DAYS]


class Made(MadeProvider):
    """It keeps to everything; tests derive from it what does not."""

    def __init__(self, times: Sequence[int] = TIMES, **more: Any) -> None:
        super().__init__({"XYZ": made_table(times)}, timezone=NEW_YORK, **more)

    def bars(
        self, ticker: str, timeframe: Timeframe, start: int | None, end: int | None
    ) -> ProviderBars:
        return ProviderBars(self.answer(super().bars(ticker, timeframe, start, end).table))

    def answer(self, table: Any) -> Any:
        return table


def known(provider: MadeProvider, times: Sequence[int] = TIMES, **more: Any) -> Known:
    return Known(provider, "XYZ", Timeframe.DAY, times, **more)


class Reversed(Made):
    def answer(self, table: Any) -> Any:
        return table.take(list(range(table.num_rows))[::-1])


class Twice(Made):
    def answer(self, table: Any) -> Any:
        return table.take(sorted([*range(table.num_rows), 0])) if table.num_rows else table


class OtherTypes(Made):
    def answer(self, table: Any) -> Any:
        return table.set_column(5, "volume", table.column("volume").cast("int64"))


class NoPrice(Made):
    def answer(self, table: Any) -> Any:
        close = [math.nan] * table.num_rows
        return table.set_column(4, "close", [close])


class EndIncluded(Made):
    def bars(
        self, ticker: str, timeframe: Timeframe, start: int | None, end: int | None
    ) -> ProviderBars:
        return super().bars(ticker, timeframe, start, None if end is None else end + 1)


class AnswersMore(Made):
    """Whatever its limit says."""

    def bars(
        self, ticker: str, timeframe: Timeframe, start: int | None, end: int | None
    ) -> ProviderBars:
        said, self.limits = self.limits, Limits()
        answer = super().bars(ticker, timeframe, start, end)
        self.limits = said
        return answer


class StandsStill(Made):
    def bars(
        self, ticker: str, timeframe: Timeframe, start: int | None, end: int | None
    ) -> ProviderBars:
        return super().bars(ticker, timeframe, None, end)


class Listed(Made):
    """``other``: members of its listings."""

    def __init__(self, times: Sequence[int] = TIMES, **other: Any) -> None:
        super().__init__(times)
        self.other = other

    def instrument(self, ticker: str) -> Listing | None:
        found = super().instrument(ticker)
        return None if found is None else replace(found, **self.other)


class Anything(Made):
    def instrument(self, ticker: str) -> Listing | None:
        return super().instrument("XYZ")


class EmptyInsteadOfUnknown(Made):
    def bars(
        self, ticker: str, timeframe: Timeframe, start: int | None, end: int | None
    ) -> ProviderBars:
        if ticker not in self.tables:
            return ProviderBars(made_table([]))
        return super().bars(ticker, timeframe, start, end)


class FindsTooMuch(Made):
    def search(self, query: str, limit: int) -> list[Listing]:
        return super().search("", limit)


class OfTwoMinds(Made):
    def revision(self, ticker: str) -> str:
        self.calls += 1
        return str(self.calls)


class Claims(Made):
    def __init__(self, **claimed: Any) -> None:
        super().__init__()
        self.claimed = claimed

    @property
    def capabilities(self) -> Capabilities:
        return replace(super().capabilities, **self.claimed)


class Live(Claims):
    def __init__(self) -> None:
        super().__init__(live=True)

    async def stream(self, ticker: str) -> AsyncIterator[Sequence[Tick]]:
        yield []


MIDNIGHTS = [utc(f"{day}T14:30") for day in DAYS]
SUNDAY = [*TIMES[:3], utc("2024-03-10T09:30", NEW_YORK), *TIMES[3:]]

FAULTS: list[tuple[str, Callable[[], Known]]] = [
    ("has other bars than are known", lambda: known(Reversed())),
    ("has other bars than are known", lambda: known(Twice())),
    ("columns and types", lambda: known(OtherTypes())),
    ("cannot be used", lambda: known(NoPrice())),
    (r"\[start, end\)", lambda: known(EndIncluded())),
    ("oldest bars that Limits allows", lambda: known(AnswersMore(bars_per_call=2))),
    ("before the range", lambda: known(StandsStill(bars_per_call=4))),
    ("must be positive", lambda: known(AnswersMore(bars_per_call=0))),
    ("is not in it|summer and winter", lambda: known(Made(MIDNIGHTS), MIDNIGHTS)),
    ("XNYS has no session", lambda: known(Listed(SUNDAY, calendar="XNYS"), SUNDAY)),
    ("is empty", lambda: known(Listed(licence=""))),
    ("other days", lambda: known(Listed(first=date(2024, 3, 6), last=date(2024, 3, 14)))),
    ("There is no instrument", lambda: known(Anything())),
    ("must be a KeyError", lambda: known(EmptyInsteadOfUnknown())),
    ("finds something", lambda: known(FindsTooMuch())),
    ("is its own old name", lambda: known(Listed(aliases=(Alias("XYZ"),)))),
    ("nothing has changed", lambda: known(OfTwoMinds())),
    ("native_timeframes is empty", lambda: known(Claims(native_timeframes=()))),
    ("lack one", lambda: known(Claims(native_timeframes=(Timeframe.HOUR,)))),
    ("give Known.hear", lambda: known(Live())),
]


@pytest.mark.parametrize(("sentence", "make"), FAULTS)
def test_what_it_does_not_keep_to_is_said(sentence: str, make: Callable[[], Known]) -> None:
    with pytest.raises(AssertionError, match=sentence):
        check_all(make())


def test_one_that_keeps_to_everything_passes() -> None:
    check_all(known(Made()))
    check_all(known(Made(bars_per_call=2)))
    check_all(known(Listed(calendar="XNYS")))


def prices(place: int, *values: float) -> list[Tick]:
    """Ticks of the bar at a place of `TIMES`, a second apart, that make a bar of volume 10."""
    bar, size = TIMES[place], 10 / len(values)
    return [Tick(bar + 1000 * at, each, size, bar) for at, each in enumerate(values)]


# The bars of `made_table`: its close is the number of the bar, its high and low one more and less.
RIGHT = [prices(place, place + 1, place + 2, place, place + 1) for place in range(len(TIMES))]
NEXT = [Tick(TIMES[-1] + DAY, 4.0, 1.0, TIMES[-1] + DAY)]

LIVE_FAULTS: list[tuple[str, Heard]] = [
    ("empty list", [*RIGHT, []]),
    ("in order of their times", [RIGHT[0][::-1]]),
    ("is no number", [[replace(RIGHT[0][0], price=math.inf)]]),
    ("is negative", [[replace(RIGHT[0][0], volume=-1.0)]]),
    ("is not in its bar", [[replace(RIGHT[0][0], time=0)]]),
    ("of other bars", [RIGHT[0], RIGHT[2]]),
    ("make high 99", [[*RIGHT[0], Tick(TIMES[0] + 9000, 99, math.nan, TIMES[0])]]),
    ("make close 0", [RIGHT[0][:3]]),
    ("make volume 12.5", [RIGHT[0], [replace(RIGHT[0][-1], time=TIMES[0] + 9000)]]),
    ("listen longer", [NEXT]),
    ("of other bars", [*RIGHT[:4], NEXT]),
]


@pytest.mark.parametrize(("sentence", "heard"), LIVE_FAULTS)
def test_live_prices_that_are_not_those_of_the_history(sentence: str, heard: Heard) -> None:
    with pytest.raises(AssertionError, match=sentence):
        check_all(known(Live(), hear=lambda: [heard]))


def test_live_prices_may_come_late_and_twice_and_in_any_number() -> None:
    first, second = RIGHT[0][:2], RIGHT[0][2:]
    check_all(known(Live(), hear=lambda: [[second, first, *RIGHT[1:], NEXT], RIGHT[1:]]))


def test_a_late_price_is_neither_the_newest_nor_the_first() -> None:
    bar: LiveBar | None = None
    for time, price in ((10, 5.0), (20, 6.0), (15, 9.0), (5, 1.0), (20, 7.0)):
        bar = LiveBar.after(bar, Tick(time, price, 1.0, bar_time=5))
    assert bar is not None
    assert bar.wire() == {
        "time": 5,
        "open": 1.0,
        "high": 9.0,
        "low": 1.0,
        "close": 7.0,
        "volume": 5.0,
    }
    assert LiveBar.after(bar, Tick(30, 2.0, 1.0, bar_time=4)) is None
    assert LiveBar.after(bar, Tick(30, math.nan, 1.0, bar_time=5)) is None
