"""Timeframes: their names on the wire, their order, and which can be made from which."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Timeframe(StrEnum):
    """How much time a bar covers, from the finest to the coarsest."""

    MINUTE = "1m"
    MINUTES_5 = "5m"
    MINUTES_15 = "15m"
    MINUTES_30 = "30m"
    HOUR = "1h"
    HOURS_4 = "4h"
    DAY = "1D"
    WEEK = "1W"
    MONTH = "1M"

    @property
    def rank(self) -> int:
        """Its place in the order: 0 is the finest."""
        return _ORDER.index(self)

    @property
    def intraday(self) -> bool:
        """Shorter than a day."""
        return self.rank < Timeframe.DAY.rank


_ORDER = tuple(Timeframe)

# Milliseconds of the timeframes that are lengths of time; days, weeks and months are the calendar's.
LENGTHS: dict[Timeframe, int] = {
    Timeframe.MINUTE: MINUTE,
    Timeframe.MINUTES_5: 5 * MINUTE,
    Timeframe.MINUTES_15: 15 * MINUTE,
    Timeframe.MINUTES_30: 30 * MINUTE,
    Timeframe.HOUR: HOUR,
    Timeframe.HOURS_4: 4 * HOUR,
}


def can_be_made(target: Timeframe, base: Timeframe) -> bool:
    """Whether bars of ``target`` are sums of bars of ``base``. A week may lie in two months."""
    if base is Timeframe.WEEK:
        return False
    return target.rank > base.rank


def base_of(target: Timeframe, native: Iterable[Timeframe]) -> Timeframe | None:
    """What ``target`` is read or made from: itself, else the coarsest that it can be made from, else None.

    Sources have short histories of fine bars and long ones of coarse bars; and fewer bars are read sooner.
    """
    have = sorted(native, key=lambda each: each.rank)
    if target in have:
        return target
    return next((base for base in reversed(have) if can_be_made(target, base)), None)


def available(native: Iterable[Timeframe]) -> tuple[Timeframe, ...]:
    """Every timeframe that a source with the ``native`` ones can answer, finest first."""
    have = tuple(native)
    return tuple(each for each in _ORDER if base_of(each, have) is not None)
