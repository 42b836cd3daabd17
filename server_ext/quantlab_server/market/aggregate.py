"""Coarser bars from finer ones.

A bar of minutes or hours begins at a multiple of its length on the exchange's clock. A day is a day of that clock, or
of the exchange's calendar where its sessions begin on the evening before; a week begins on Monday, a month is a
calendar month. Such a bar has the time of the first bar in it, which is when the market opened. Bars outside of
sessions are kept and count for the day that the clock shows.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from quantlab_server.market.bars import Bars, Int64
from quantlab_server.market.calendars import days_of
from quantlab_server.market.timeframes import HOUR, LENGTHS, Timeframe, can_be_made
from quantlab_server.market.zones import offsets_at, to_local, to_utc

# 1970-01-01 was a Thursday: counted from the Monday before, weeks are whole sevens of days.
_MONDAY = 3


def aggregate(
    bars: Bars, base: Timeframe, target: Timeframe, timezone: str, calendar: str | None = None
) -> Bars:
    """Bars of ``target`` made from ``bars`` of ``base``.

    Open of the first, close of the last, highest high, lowest low, sum of the known volumes (NaN if none is known).

    Args:
        timezone: IANA name of the exchange's zone.
        calendar: code of its session calendar; one that is not known counts for nothing.

    Raises:
        ValueError: ``target`` cannot be made from ``base``.
    """
    if not can_be_made(target, base):
        raise ValueError(f"{target} cannot be made from {base}")
    if len(bars) == 0:
        return bars
    zone = ZoneInfo(timezone)
    dates = None if target.intraday else days_of(bars.time, timezone, calendar)
    keys = _keys(bars.time, target, zone) if dates is None else _dates(dates, target)
    starts = np.append(0, np.flatnonzero(keys[1:] != keys[:-1]) + 1)
    ends = np.append(starts[1:], len(bars)) - 1
    known = np.isfinite(bars.volume)
    volume = np.add.reduceat(np.where(known, bars.volume, 0.0), starts)
    volume[np.add.reduceat(known.astype(np.int64), starts) == 0] = np.nan
    return Bars(
        time=_times(keys[starts], bars.time[starts], target, zone),
        open=bars.open[starts],
        high=np.maximum.reduceat(bars.high, starts),
        low=np.minimum.reduceat(bars.low, starts),
        close=bars.close[ends],
        volume=volume,
        problems=bars.problems,
        problem_count=bars.problem_count,
    )


def _keys(time: Int64, target: Timeframe, zone: ZoneInfo) -> Int64:
    """What bars of the same coarser bar of minutes or hours have in common; rising with time."""
    length = LENGTHS[target]
    if length <= HOUR:
        # Counted in UTC: in the night when clocks go back an hour comes twice, and both are bars.
        shift = offsets_at(time, zone) % length
        return (time + shift) // length * length - shift
    # The clock's own time, not UTC: twelve o'clock stays a boundary in summer and in winter. In the night when
    # clocks go back it steps back as well; the boundary does not.
    return np.maximum.accumulate(to_local(time, zone) // length * length)


def _dates(days: Int64, target: Timeframe) -> Int64:
    """The same for days, counted since 1970."""
    if target is Timeframe.DAY:
        return days
    if target is Timeframe.WEEK:
        return (days + _MONDAY) // 7
    return _months(days)


def _months(days: Int64) -> Int64:
    dates: NDArray[np.datetime64] = days.astype("datetime64[D]")
    return dates.astype("datetime64[M]").astype(np.int64)


def _times(keys: Int64, first: Int64, target: Timeframe, zone: ZoneInfo) -> Int64:
    if not target.intraday:
        return first
    return keys if LENGTHS[target] <= HOUR else to_utc(keys, zone)
