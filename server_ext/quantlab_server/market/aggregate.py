"""Coarser bars from finer ones.

A bar of minutes or hours begins at a multiple of its length on the exchange's clock. A day is a day of that clock, a
week begins on Monday, a month is a calendar month; such a bar has the time of the first bar in it, which is when the
market opened.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from quantlab_server.market.bars import Bars, Int64
from quantlab_server.market.timeframes import DAY, HOUR, LENGTHS, Timeframe, can_be_made
from quantlab_server.market.zones import offsets_at, to_local, to_utc

# 1970-01-01 was a Thursday: counted from the Monday before, weeks are whole sevens of days.
_MONDAY = 3


def aggregate(bars: Bars, base: Timeframe, target: Timeframe, timezone: str) -> Bars:
    """Bars of ``target`` made from ``bars`` of ``base``.

    Open of the first, close of the last, highest high, lowest low, sum of the known volumes (NaN if none is known).

    Args:
        timezone: IANA name of the exchange's zone.

    Raises:
        ValueError: ``target`` cannot be made from ``base``.
    """
    if not can_be_made(target, base):
        raise ValueError(f"{target} cannot be made from {base}")
    if len(bars) == 0:
        return bars
    zone = ZoneInfo(timezone)
    keys = _keys(bars.time, target, zone)
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
    """What bars of the same coarser bar have in common; rising with time."""
    length = LENGTHS.get(target)
    if length is not None and length <= HOUR:
        # Counted in UTC: in the night when clocks go back an hour comes twice, and both are bars.
        shift = offsets_at(time, zone) % length
        return (time + shift) // length * length - shift
    local = to_local(time, zone)
    if length is not None:
        # The clock's own time, not UTC: twelve o'clock stays a boundary in summer and in winter. In the night when
        # clocks go back it steps back as well; the boundary does not.
        return np.maximum.accumulate(local // length * length)
    days = local // DAY
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
