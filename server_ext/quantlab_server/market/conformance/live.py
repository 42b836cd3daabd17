"""Checks of live prices."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import cast

from quantlab_server.market.bars import Bars
from quantlab_server.market.conformance.known import Known, demand, same
from quantlab_server.market.live_bar import LiveBar
from quantlab_server.market.provider import Provider, ProviderError, Tick
from quantlab_server.market.timeframes import LENGTHS

# Times that a stream may fail without a price in between.
_FAILURES = 5


async def listen(
    provider: Provider, ticker: str, enough: Callable[[Sequence[Tick]], bool]
) -> list[Sequence[Tick]]:
    """What one listener is told until ``enough`` says so or there is no more, over failures of the source as well.

    As the server does it, but without a pause after a failure.

    Raises:
        AssertionError: the source fails again and again, or has no live prices of the instrument.
    """
    heard: list[Sequence[Tick]] = []
    failures = 0
    while failures < _FAILURES:
        stream = provider.stream(ticker)
        demand(stream is not None, f"The provider is live, but has no stream of {ticker}.")
        try:
            # Every provider of ours and nearly every other is a generator; closing it tells it that nobody listens.
            async with aclosing(cast("AsyncGenerator[Sequence[Tick], None]", stream)) as batches:
                async for ticks in batches:
                    failures = 0
                    heard.append(list(ticks))
                    if enough([tick for some in heard for tick in some]):
                        return heard
            return heard
        except ProviderError:
            failures += 1
    raise AssertionError(f"The live prices of {ticker} failed {_FAILURES} times in a row.")


def check_live(known: Known) -> None:
    """Live prices come in order, and make the bars of the history: none is missing, none counts twice."""
    if not known.provider.capabilities.live:
        return
    if known.hear is None:
        raise AssertionError("The provider says that it is live: give Known.hear.")
    listeners = known.hear()
    demand(bool(listeners), "Known.hear answers no listener.")
    history = known.whole()
    for heard in listeners:
        for ticks in heard:
            _check_ticks(known, ticks)
        _check_bars(history, [tick for ticks in heard for tick in ticks])


def _check_ticks(known: Known, ticks: Sequence[Tick]) -> None:
    """Ticks that came together."""
    demand(bool(ticks), "An empty list of ticks was told.")
    times = [tick.time for tick in ticks]
    demand(times == sorted(times), "Ticks that come together must be in order of their times.")
    length = LENGTHS.get(known.timeframe, math.inf)
    for tick in ticks:
        demand(math.isfinite(tick.price), f"The price of {tick} is no number.")
        demand(not tick.volume < 0, f"The volume of {tick} is negative.")
        if tick.bar_time is not None:
            demand(0 <= tick.time - tick.bar_time < length, f"{tick} is not in its bar.")


def _check_bars(history: Bars, ticks: Sequence[Tick]) -> None:
    """The bars that a listener makes of all that it was told."""
    told: dict[int, LiveBar] = {}
    bar: LiveBar | None = None
    for tick in ticks:
        bar = LiveBar.after(bar, tick) or bar
        if bar is not None:
            told[bar.time] = bar
    if not told:
        return  # Tick.bar_time is not known: no bar in progress is made.
    times = history.time.tolist()
    over = [time for time in told if time <= times[-1]]
    demand(bool(over), "No bar that was told is over: listen longer.")
    demand(len(told) - len(over) <= 1, "More than one bar is told that the history does not have.")
    expected = [time for time in times if time >= over[0]]
    same(over, [time for time in expected if time <= max(told)], "Live prices are of other bars")
    for time in over:
        _check_bar(history, times.index(time), told[time])


def _check_bar(history: Bars, at: int, told: LiveBar) -> None:
    for name in ("open", "high", "low", "close"):
        real = float(getattr(history, name)[at])
        made = getattr(told, name)
        demand(made == real, f"Live prices make {name} {made} of bar {told.time}; it is {real}.")
    real = float(history.volume[at])
    made = 0.0 if told.volume is None else told.volume
    right = math.isnan(real) or math.isclose(made, real, rel_tol=1e-9)
    demand(right, f"Live prices make volume {made} of bar {told.time}; it is {real}.")
