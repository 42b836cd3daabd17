"""The bar in progress, made from live prices as they come."""

from __future__ import annotations

import math
from dataclasses import dataclass

from quantlab_server.market.provider import Tick


@dataclass(slots=True)
class LiveBar:
    """One bar, whatever the order of its ticks.

    Attributes:
        time: when it opens, milliseconds since 1970 UTC.
        volume: None: not known.
        first, last: times of the ticks that it opened and closed with so far, milliseconds since 1970 UTC.
    """

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float | None
    first: int
    last: int

    @classmethod
    def after(cls, bar: LiveBar | None, tick: Tick) -> LiveBar | None:
        """The bar that ``tick`` belongs to: ``bar``, changed, or the next one.

        None when it belongs to none: its bar is not known or over, or its price is no number.
        """
        if tick.bar_time is None or not math.isfinite(tick.price):
            return None
        volume = tick.volume if math.isfinite(tick.volume) else None
        if bar is None or tick.bar_time > bar.time:
            price = tick.price
            return cls(tick.bar_time, price, price, price, price, volume, tick.time, tick.time)
        if tick.bar_time < bar.time:
            return None
        bar._take(tick, volume)
        return bar

    def _take(self, tick: Tick, volume: float | None) -> None:
        self.high, self.low = max(self.high, tick.price), min(self.low, tick.price)
        # A late tick is a price of the bar, but neither its newest nor, unless it is older than all, its first.
        if tick.time >= self.last:
            self.close, self.last = tick.price, tick.time
        elif tick.time < self.first:
            self.open, self.first = tick.price, tick.time
        if volume is not None:
            self.volume = (self.volume or 0.0) + volume

    def wire(self) -> dict[str, float | int | None]:
        """As it is sent."""
        names = ("time", "open", "high", "low", "close", "volume")
        return {name: getattr(self, name) for name in names}
