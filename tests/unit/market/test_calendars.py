"""Days of exchanges: sessions that begin on the evening before, holidays, nights when clocks change."""

from __future__ import annotations

import logging
from importlib import import_module

import numpy as np
import pandas as pd
import pytest

from quantlab_server.market.aggregate import aggregate
from quantlab_server.market.bars import Bars, bars_of
from quantlab_server.market.calendars import OVERNIGHT, calendar_of
from quantlab_server.market.provider import ProviderBars
from quantlab_server.market.providers.sample import SampleProvider
from quantlab_server.market.service import MarketService
from quantlab_server.market.timeframes import Timeframe
from quantlab_server.settings_market import MarketSettings
from tests.support.providers import MadeProvider, made_table, utc

CHICAGO, NEW_YORK = "America/Chicago", "America/New_York"


def hours(first: str, last: str, zone: str) -> Bars:
    times = np.arange(utc(first, zone), utc(last, zone), 3_600_000).tolist()
    return bars_of(ProviderBars(made_table(times)))


def days(bars: Bars, zone: str, calendar: str | None, target: str = "1D") -> list[tuple[str, int]]:
    """When each coarser bar begins, in the exchange's time, and of how many hours it is."""
    made = aggregate(bars, Timeframe.HOUR, Timeframe(target), zone, calendar)
    begins = np.array(made.time, dtype="datetime64[ms]")
    local = pd.DatetimeIndex(begins).tz_localize("UTC").tz_convert(zone)
    volumes = (made.volume / 10).astype(int).tolist()
    return list(zip(local.strftime("%a %d %H:%M"), volumes, strict=True))


def test_a_session_that_begins_in_the_evening_counts_for_the_next_day() -> None:
    """Thursday afternoon to Monday afternoon at the futures exchange in Chicago."""
    trading = hours("2024-01-18T12:00", "2024-01-23T12:00", CHICAGO)
    assert days(trading, CHICAGO, "CMES") == [
        ("Thu 18 12:00", 5),
        # The session ends at 17:00; what is outside of sessions is kept, under its date.
        ("Thu 18 17:00", 24 + 7),
        ("Sat 20 00:00", 24),
        ("Sun 21 00:00", 17),
        ("Sun 21 17:00", 24),
        ("Mon 22 17:00", 19),
    ]
    weeks = days(trading, CHICAGO, "CMES", "1W")
    assert weeks[-1][0] == "Sun 21 17:00"
    assert days(trading, CHICAGO, None, "1W")[-1][0] == "Mon 22 00:00"


def test_the_evening_of_the_last_day_of_a_month_is_the_next_month() -> None:
    trading = hours("2024-01-31T12:00", "2024-02-01T12:00", CHICAGO)
    assert days(trading, CHICAGO, "CMES", "1M") == [("Wed 31 12:00", 5), ("Wed 31 17:00", 19)]


@pytest.mark.parametrize(("night", "length"), [("2024-11-03", 25), ("2024-03-10", 23)])
def test_the_night_when_clocks_change(night: str, length: int) -> None:
    """A day of a stock exchange has the hours of its date; the futures session after it begins at the same hour."""
    whole = hours(f"{night}T00:00", f"{night}T23:00", NEW_YORK)
    [(_, count)] = days(whole, NEW_YORK, "XNYS")
    assert count == length - 1
    evening = hours(f"{night}T12:00", f"{night}T23:00", CHICAGO)
    assert days(evening, CHICAGO, "CMES")[-1] == (f"Sun {night[-2:]} 17:00", 6)


def test_a_calendar_that_is_not_known_counts_for_nothing(caplog: pytest.LogCaptureFixture) -> None:
    trading = hours("2024-01-18T12:00", "2024-01-20T12:00", CHICAGO)
    assert days(trading, CHICAGO, "NO-SUCH") == days(trading, CHICAGO, None)
    with caplog.at_level(logging.WARNING):
        assert calendar_of("NO-SUCH") is None


def test_bars_from_before_all_sessions() -> None:
    trading = hours("1970-01-01T12:00", "1970-01-02T12:00", CHICAGO)
    assert days(trading, CHICAGO, "CMES") == days(trading, CHICAGO, None)


def test_which_calendars_begin_on_the_evening_before() -> None:
    library = import_module("exchange_calendars.calendar_utils")
    early = {
        name
        for name, made in library._default_calendar_factories.items()
        if made.__new__(made).open_offset < 0
    }
    other = {name for name, real in library._default_calendar_aliases.items() if real in early}
    assert early | other == OVERNIGHT


def test_holidays_short_days_and_breaks() -> None:
    market = MarketService(MarketSettings(), [SampleProvider()])
    # The evening before Thanksgiving 2025; the day after it is short.
    evening = utc("2025-11-26T18:00", NEW_YORK)
    told = market.sessions("SAMPLE:IBM", 2, evening)
    assert (told.calendar, told.known, told.open) == ("XNYS", True, False)
    friday, monday = told.sessions
    assert (str(friday.day), str(monday.day)) == ("2025-11-28", "2025-12-01")
    assert (friday.opens, friday.closes) == tuple(
        utc(f"2025-11-28T{at}", NEW_YORK) for at in ("09:30", "13:00")
    )
    assert friday.break_begins is None
    assert market.sessions("SAMPLE:IBM", 1, friday.opens).open
    assert not market.sessions("SAMPLE:IBM", 1, friday.closes).open
    hong_kong = calendar_of("XHKG")
    assert hong_kong is not None
    [session] = hong_kong.upcoming(utc("2025-11-26T00:00", "Asia/Hong_Kong"), 1)
    assert session.break_begins == utc("2025-11-26T12:00", "Asia/Hong_Kong")
    assert session.break_ends == utc("2025-11-26T13:00", "Asia/Hong_Kong")


def test_an_instrument_without_a_calendar() -> None:
    told = MarketService(MarketSettings(), [MadeProvider({"X": made_table([0])})]).sessions("X", 5)
    assert (told.calendar, told.known, told.open, told.sessions) == (None, False, None, [])
