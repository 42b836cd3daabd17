"""Between UTC and the wall clock of a time zone, for arrays of milliseconds since 1970.

numpy knows no zones; ``zoneinfo`` knows one moment at a time. Most days have one offset from UTC, so the zone is asked
for the days, and for quarters of an hour only on days when clocks change (every change in the tz database since
1970 happens on a quarter of an hour).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from quantlab_server.market.timeframes import DAY

Int64 = NDArray[np.int64]

_QUARTER = 15 * 60_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _offset(moment: int, zone: ZoneInfo) -> int:
    offset = (_EPOCH + timedelta(milliseconds=moment)).astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds() * 1000)


def _asked(moments: Int64, step: int, zone: ZoneInfo) -> Int64:
    """Offsets at the beginning of the ``step`` that each moment lies in."""
    units = moments // step
    # Neighbours are mostly of the same day, so the zone is asked once for each run of them.
    starts = np.append(0, np.flatnonzero(units[1:] != units[:-1]) + 1)
    runs = units[starts].tolist()
    known = {unit: _offset(unit * step, zone) for unit in set(runs)}
    offsets = np.array([known[unit] for unit in runs], dtype=np.int64)
    return np.repeat(offsets, np.diff(np.append(starts, len(units))))


def offsets_at(moments: Int64, zone: ZoneInfo) -> Int64:
    """Milliseconds that the zone's wall clock is ahead of UTC at each moment."""
    if zone.key == "UTC" or moments.size == 0:
        return np.zeros(moments.shape, dtype=np.int64)
    result = _asked(moments, DAY, zone)
    changing = result != _asked(moments + DAY, DAY, zone)
    if changing.any():
        result[changing] = _asked(moments[changing], _QUARTER, zone)
    return result


def to_local(moments: Int64, zone: ZoneInfo) -> Int64:
    """What the wall clock shows, as milliseconds since 1970 on that clock."""
    return moments + offsets_at(moments, zone)


def to_utc(local: Int64, zone: ZoneInfo) -> Int64:
    """The moments at which the wall clock shows ``local``.

    A time that the clock shows twice is taken as the first; one that it skips is moved on by the skipped time.
    """
    before = offsets_at(local - DAY, zone)
    after = offsets_at(local + DAY, zone)
    first, second = local - before, local - after
    fits_first = offsets_at(first, zone) == before
    fits_second = offsets_at(second, zone) == after
    return np.where(fits_first | ~fits_second, first, second)
