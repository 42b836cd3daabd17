"""Coarser bars, against figures made by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from quantlab_server.market.aggregate import aggregate
from quantlab_server.market.bars import Bars
from quantlab_server.market.timeframes import Timeframe, available, base_of
from quantlab_server.market.zones import to_local, to_utc
from tests.support.providers import utc

NEW_YORK, BERLIN = "America/New_York", "Europe/Berlin"


def bars(*rows: tuple[str, float, float, float, float, float], zone: str = "UTC") -> Bars:
    times = np.array([utc(row[0], zone) for row in rows], dtype=np.int64)
    columns = [np.array([row[i] for row in rows], dtype=np.float64) for i in range(1, 6)]
    return Bars(times, *columns)


def flat(times: list[str], zone: str = "UTC") -> Bars:
    return bars(*((time, 1.0, 1.0, 1.0, 1.0, 1.0) for time in times), zone=zone)


def test_open_of_the_first_close_of_the_last_extremes_and_sum() -> None:
    minutes = bars(
        ("2024-01-02T09:30", 10, 11, 9, 10.5, 100),
        ("2024-01-02T09:31", 10.5, 14, 10, 13, 200),
        ("2024-01-02T09:34", 13, 13, 7, 8, math.nan),
        ("2024-01-02T09:35", 8, 9, 8, 9, math.nan),
    )
    five = aggregate(minutes, Timeframe.MINUTE, Timeframe.MINUTES_5, "UTC")
    assert five.time.tolist() == [utc("2024-01-02T09:30"), utc("2024-01-02T09:35")]
    assert five.open.tolist() == [10, 8]
    assert five.high.tolist() == [14, 9]
    assert five.low.tolist() == [7, 8]
    assert five.close.tolist() == [8, 9]
    assert five.volume[0] == 300
    assert math.isnan(five.volume[1])


def test_a_bar_of_minutes_begins_at_its_multiple_even_if_nothing_happened_there() -> None:
    minutes = flat(["2024-01-02T09:47", "2024-01-02T10:01"])
    for target, begins in (("15m", "09:45"), ("30m", "09:30"), ("1h", "09:00"), ("4h", "08:00")):
        made = aggregate(minutes, Timeframe.MINUTE, Timeframe(target), "UTC")
        assert made.time[0] == utc(f"2024-01-02T{begins}")


def test_weeks_begin_on_monday_of_the_exchange() -> None:
    # Sunday 23:00 and Monday 01:00 in New York are both Monday in UTC.
    hours = flat(["2024-01-07T23:00", "2024-01-08T01:00", "2024-01-12T16:00"], NEW_YORK)
    weeks = aggregate(hours, Timeframe.HOUR, Timeframe.WEEK, NEW_YORK)
    assert weeks.volume.tolist() == [1, 2]
    assert weeks.time.tolist() == [
        utc("2024-01-07T23:00", NEW_YORK),
        utc("2024-01-08T01:00", NEW_YORK),
    ]


def test_a_week_has_the_time_of_its_first_trading_day() -> None:
    # 2024-01-15 was a holiday (Martin Luther King, Jr. Day).
    days = flat(["2024-01-12T09:30", "2024-01-16T09:30", "2024-01-19T09:30"], NEW_YORK)
    weeks = aggregate(days, Timeframe.DAY, Timeframe.WEEK, NEW_YORK)
    assert weeks.time.tolist() == [
        utc("2024-01-12T09:30", NEW_YORK),
        utc("2024-01-16T09:30", NEW_YORK),
    ]


def test_months_are_calendar_months_of_the_exchange_also_before_1970() -> None:
    hours = flat(
        ["1969-12-31T23:30", "1970-01-01T00:30", "1970-01-31T23:30", "1970-02-01T00:00"], BERLIN
    )
    months = aggregate(hours, Timeframe.MINUTES_30, Timeframe.MONTH, BERLIN)
    assert months.volume.tolist() == [1, 2, 1]


def test_the_night_when_clocks_go_back() -> None:
    """New York, 2024-11-03: one o'clock comes twice."""
    halves = flat(
        [f"2024-11-03T{hour:02}:{half}:00Z" for hour in range(4, 12) for half in ("00", "30")]
    )
    hours = aggregate(halves, Timeframe.MINUTES_30, Timeframe.HOUR, NEW_YORK)
    assert hours.time.tolist() == [utc(f"2024-11-03T{hour:02}:00:00Z") for hour in range(4, 12)]
    four = aggregate(halves, Timeframe.MINUTES_30, Timeframe.HOURS_4, NEW_YORK)
    assert four.time.tolist() == [utc("2024-11-03T04:00Z"), utc("2024-11-03T09:00Z")]
    assert four.volume.tolist() == [10, 6]
    day = aggregate(halves, Timeframe.MINUTES_30, Timeframe.DAY, NEW_YORK)
    assert day.volume.tolist() == [16]


def test_the_night_when_clocks_go_forward() -> None:
    """Berlin, 2024-03-31: from two o'clock to three in no time."""
    hours = flat(["2024-03-30T23:00Z", *(f"2024-03-31T{hour:02}:00Z" for hour in range(8))])
    four = aggregate(hours, Timeframe.HOUR, Timeframe.HOURS_4, BERLIN)
    assert four.time.tolist() == [utc(f"2024-03-{at}:00Z") for at in ("30T23", "31T02", "31T06")]
    assert four.volume.tolist() == [3, 4, 2]


def test_a_zone_that_is_not_whole_hours_from_utc() -> None:
    minutes = flat(["2024-01-02T09:15", "2024-01-02T09:59", "2024-01-02T10:00"], "Asia/Kolkata")
    hours = aggregate(minutes, Timeframe.MINUTE, Timeframe.HOUR, "Asia/Kolkata")
    assert hours.time.tolist() == [utc(f"2024-01-02T{h}:00", "Asia/Kolkata") for h in ("09", "10")]


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_and_one_bar(count: int) -> None:
    given = flat(["2024-01-02T09:30"][:count])
    for target in list(Timeframe)[1:]:
        assert len(aggregate(given, Timeframe.MINUTE, target, NEW_YORK)) == count


def test_what_cannot_be_made() -> None:
    assert base_of(Timeframe.MONTH, [Timeframe.WEEK]) is None
    assert base_of(Timeframe.HOUR, [Timeframe.DAY]) is None
    assert base_of(Timeframe.WEEK, [Timeframe.DAY, Timeframe.HOUR]) is Timeframe.DAY
    assert base_of(Timeframe.DAY, [Timeframe.DAY, Timeframe.HOUR]) is Timeframe.DAY
    assert available([Timeframe.DAY]) == (Timeframe.DAY, Timeframe.WEEK, Timeframe.MONTH)
    with pytest.raises(ValueError, match="1M cannot be made from 1W"):
        aggregate(flat([]), Timeframe.WEEK, Timeframe.MONTH, "UTC")


def test_times_that_the_clock_shows_twice_or_never() -> None:
    from zoneinfo import ZoneInfo

    for zone, twice, never in (
        (NEW_YORK, "2024-11-03T01:30", "2024-03-10T02:30"),
        (BERLIN, "2024-10-27T02:30", "2024-03-31T02:30"),
        ("Australia/Lord_Howe", "2024-04-07T01:45", "2024-10-06T02:15"),
    ):
        local = np.array([utc(twice), utc(never)], dtype=np.int64)
        made = to_utc(local, ZoneInfo(zone))
        # zoneinfo takes the first of two as well, and moves on what is skipped.
        assert made.tolist() == [utc(twice, zone), utc(never, zone)]
        assert to_local(made[:1], ZoneInfo(zone)).tolist() == [utc(twice)]


def test_offsets_agree_with_zoneinfo_over_years() -> None:
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    moments = np.arange(utc("2023-01-01"), utc("2025-01-01"), 3_456_789, dtype=np.int64)
    for name in (NEW_YORK, "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns"):
        zone = ZoneInfo(name)
        expected = []
        for moment in moments.tolist():
            offset = datetime.fromtimestamp(moment / 1000, UTC).astimezone(zone).utcoffset()
            assert offset is not None
            expected.append(moment + int(offset.total_seconds() * 1000))
        assert to_local(moments, zone).tolist() == expected
