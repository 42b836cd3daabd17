"""When exchanges are open, by exchange-calendars, which is loaded when it is first needed: it takes seconds."""

from __future__ import annotations

import functools
import logging
import threading
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from quantlab_server.market.bars import Int64
from quantlab_server.market.libraries import load
from quantlab_server.market.timeframes import DAY
from quantlab_server.market.zones import to_local

log = logging.getLogger("quantlab.market")

# Calendars, and other names of them, whose sessions begin on the evening before the day that they count for. Of all
# others a session lies in its own day, and nothing has to be looked up.
OVERNIGHT = frozenset(
    ("CMES", "IEPA", "us_futures", "CME", "CBOT", "COMEX", "NYMEX", "ICE", "ICEUS", "NYFE")
)

# Sessions before this day are counted by the exchange's clock alone.
FIRST_SESSIONS = "1990-01-01"

_loading = threading.Lock()


@dataclass(frozen=True, slots=True)
class Session:
    """One day of an exchange: milliseconds since 1970 UTC; the break is None where there is none."""

    day: date
    opens: int
    closes: int
    break_begins: int | None = None
    break_ends: int | None = None


class Calendar:
    """Sessions of one exchange, oldest first; about a year ahead.

    Attributes:
        days: days that the sessions count for, since 1970. opens, closes: milliseconds since 1970 UTC.
    """

    def __init__(self, schedule: Any) -> None:
        self.days: Int64 = _millis(schedule.index) // DAY
        self.opens: Int64 = _millis(schedule["open"])
        self.closes: Int64 = _millis(schedule["close"])
        self._breaks = [_millis(schedule[name]) for name in ("break_start", "break_end")]
        self._has_break = schedule["break_start"].notna().to_numpy()

    def upcoming(self, now: int, count: int) -> list[Session]:
        """The session at ``now`` (milliseconds since 1970 UTC) and those after it, at most ``count``."""
        first = int(np.searchsorted(self.closes, now, side="right"))
        return [self._session(place) for place in range(first, min(first + count, len(self.days)))]

    def labels(self, time: Int64, zone: ZoneInfo) -> Int64:
        """The day that each moment counts for, since 1970: of its session, outside of any the exchange's date."""
        place = np.searchsorted(self.opens, time, side="right") - 1
        inside = (place >= 0) & (time < self.closes[place])
        return np.where(inside, self.days[place], to_local(time, zone) // DAY)

    def _session(self, place: int) -> Session:
        begins, ends = (
            int(each[place]) if self._has_break[place] else None for each in self._breaks
        )
        day = np.datetime64(int(self.days[place]), "D").astype(date)
        return Session(day, int(self.opens[place]), int(self.closes[place]), begins, ends)


def days_of(time: Int64, timezone: str, code: str | None) -> Int64:
    """The day of the exchange that each moment counts for, since 1970; never falling where ``time`` rises.

    Args:
        code: of its calendar; one that is not known counts for nothing.
    """
    zone = ZoneInfo(timezone)
    calendar = calendar_of(code, FIRST_SESSIONS) if code in OVERNIGHT else None
    if calendar is None:
        return to_local(time, zone) // DAY
    return np.maximum.accumulate(calendar.labels(time, zone))


def calendar_of(code: str | None, start: str | None = None) -> Calendar | None:
    """The calendar of a code, from ``start`` on (default: 20 years back); None for one that is not known."""
    if not code:
        return None
    with _loading:
        return _made(code, start)


@functools.lru_cache(maxsize=64)
def _made(code: str, start: str | None) -> Calendar | None:
    library = load("exchange_calendars")
    try:
        found = library.get_calendar(code, start=start)
    except (library.errors.InvalidCalendarName, library.errors.NoSessionsError, ValueError):
        log.warning("there is no session calendar %r", code[:40])
        return None
    return Calendar(found.schedule)


def _millis(moments: Any) -> Int64:
    values = moments.to_numpy(dtype="datetime64[ms]")
    return np.asarray(values, dtype=np.int64)
