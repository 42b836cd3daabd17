"""Checks of bars."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from quantlab_server.market.bars import SCHEMA
from quantlab_server.market.calendars import FIRST_SESSIONS, calendar_of
from quantlab_server.market.conformance.known import Known, demand, same, times_of
from quantlab_server.market.timeframes import DAY, Timeframe, available


def check_columns(known: Known) -> None:
    """The table has the columns and types of bars."""
    demand(_is_plain(known.ask().table), f"Bars must have the columns and types {SCHEMA}.")


def check_every_bar_once(known: Known) -> None:
    """Every bar is there once and in order, whatever the source does; nothing is filled in."""
    demand(len(known.times) >= 3, "Known.times must have at least three bars.")
    demand(bool(np.all(np.diff(np.array(known.times)) > 0)), "Known.times must rise.")
    same(known.read_times(), known.times, "The whole history has other bars than are known")


def check_nothing_left_to_repair(known: Known) -> None:
    """What the server checks again finds nothing: prices are finite, highs enclose, no volume is negative."""
    bars = known.whole()
    same(bars.time.tolist(), known.times, "Some bars cannot be used, or come twice")
    encloses = (bars.high >= np.maximum(bars.open, bars.close)) & (
        bars.low <= np.minimum(bars.open, bars.close)
    )
    demand(bool(np.all(encloses)), "A bar's high and low do not enclose its open and close.")
    demand(not np.any(bars.volume < 0), "A volume is negative.")


def check_ranges(known: Known) -> None:
    """A range has its beginning and not its end, and two ranges make the whole."""
    first, second, third = known.times[:3]
    what = "A range is [start, end); this one has other bars"
    same(known.read_times(first, third), [first, second], what)
    same(known.read_times(first + 1, third + 1), [second, third], what)
    same(known.read_times(second, second + 1), [second], what)
    middle = known.times[len(known.times) // 2]
    both = known.read_times(None, middle) + known.read_times(middle, None)
    same(both, known.times, "Two ranges do not make the whole")


def check_pages(known: Known) -> None:
    """Who scrolls back, page after page, sees every bar once."""
    size = max(1, len(known.times) // 3)
    found: list[int] = []
    end: int | None = None
    while len(found) < len(known.times):
        page = known.read_times(None, end)[-size:]
        if not page:
            break
        found, end = page + found, page[0]
    same(found, known.times, "Pages from the newest bar back do not make the whole")
    demand(not known.read_times(None, end), "There are bars before the first one.")


def check_limits(known: Known) -> None:
    """With a limit one call answers the oldest bars of its range, at most so many; without one, all."""
    most = known.provider.limits.bars_per_call
    demand(most is None or most > 0, "Limits.bars_per_call must be positive, or None.")
    what = "One call answers others than the oldest bars that Limits allows"
    same(times_of(known.ask().table), known.times[:most], what)
    page = known.provider.page(known.timeframe)
    whole = page is None or (page > 0 and page % DAY == 0)
    demand(whole, "page() must be a number of whole days in milliseconds.")
    if known.provider.remote:
        final = known.provider.final(known.timeframe)
        demand(0 <= final <= known.provider.final(known.timeframe), "final() must not go back.")


def check_empty_ranges(known: Known) -> None:
    """A range without bars is an empty table."""
    first, last = known.times[0], known.times[-1]
    for start, end in ((None, first), (last + 1, None), (first, first), (first + 1, first + 2)):
        table = known.read(start, end)
        demand(table.num_rows == 0, f"There is no bar in [{start}, {end}), but bars are answered.")
        demand(_is_plain(table), "A table without bars must have the columns of bars.")


def check_empty_history(known: Known) -> None:
    """An instrument without any bar is an instrument, and its history an empty table."""
    if not known.empty:
        return
    listing = known.provider.instrument(known.empty)
    if listing is None:
        raise AssertionError(f"The provider does not know {known.empty}.")
    for timeframe in listing.native:
        table = known.provider.bars(known.empty, timeframe, None, None).table
        demand(table.num_rows == 0, f"{known.empty} must have no bars.")
        demand(_is_plain(table), "A table without bars must have the columns of bars.")


def check_what_it_does_not_have(known: Known) -> None:
    """An unknown ticker is None as an instrument; of it, and in other timeframes, bars are a KeyError."""
    for ticker in ("NO-SUCH-TICKER", "", "../" + known.ticker, known.ticker + "\x00", "."):
        demand(known.provider.instrument(ticker) is None, f"There is no instrument {ticker!r}.")
        _refuses(known, ticker, known.timeframe)
    for timeframe in set(Timeframe) - set(known.listing.native):
        _refuses(known, known.ticker, timeframe)


def check_capabilities(known: Known) -> None:
    """The provider says what it can do, once, and its instruments can do no more."""
    offered = known.provider.capabilities.native_timeframes
    demand(bool(offered), "Capabilities.native_timeframes is empty.")
    demand(len(set(offered)) == len(offered), "Capabilities name a timeframe twice.")
    demand(set(known.listing.native) <= set(offered), "Capabilities lack one of the listing.")
    live = known.provider.capabilities.live
    stream = None if live else known.provider.stream(known.ticker)
    demand(stream is None, "There is a stream, but Capabilities.live is false.")


def check_listing(known: Known) -> None:
    """The listing says what it must, and says what the bars say."""
    listing = known.listing
    demand(listing.ticker == known.ticker, "The listing has another ticker than was asked for.")
    demand(known.timeframe in listing.native, "The timeframe is not one of Listing.native.")
    demand(known.timeframe in available(listing.native), "The timeframe is not offered.")
    for name in ("name", "source", "licence"):
        demand(bool(getattr(listing, name)), f"Listing.{name} is empty.")
    zone = ZoneInfo(listing.timezone)
    if listing.first is not None and listing.last is not None:
        ends = [datetime.fromtimestamp(known.times[at] / 1000, zone).date() for at in (0, -1)]
        same(ends, [listing.first, listing.last], "Listing.first and last are other days")


def check_days(known: Known) -> None:
    """Days are days of the exchange: in a night when clocks change none is lost and none comes twice."""
    if known.timeframe is not Timeframe.DAY:
        return
    zone = ZoneInfo(known.listing.timezone)
    moments = [datetime.fromtimestamp(time / 1000, zone) for time in known.times]
    demand(len({each.date() for each in moments}) == len(moments), "A day comes twice.")
    demand(
        len({each.time() for each in moments}) == 1,
        "Daily bars must open at one time of the exchange's clock, in summer and winter.",
    )


def check_calendar(known: Known) -> None:
    """Where the listing names a calendar that is known, every bar is of one of its sessions."""
    listing = known.listing
    calendar = calendar_of(listing.calendar, FIRST_SESSIONS)
    if calendar is None:
        return
    times = np.array(known.times, dtype=np.int64)
    times = times[(times >= calendar.opens[0]) & (times < calendar.closes[-1])]
    days = calendar.labels(times, ZoneInfo(listing.timezone))
    closed = times[~np.isin(days, calendar.days)]
    demand(not closed.size, f"{listing.calendar} has no session on the day of {closed[:1]}.")


def check_search(known: Known) -> None:
    """Searching finds by parts, in any case, at most as many as asked for."""
    provider = known.provider
    demand(provider.source == provider.source.upper(), "Provider.source must be in capitals.")
    if not provider.capabilities.search:
        return
    for query in (known.ticker, known.ticker.lower(), known.ticker[:2]):
        found = [each.ticker for each in provider.search(query, 50)]
        demand(known.ticker in found, f"Searching for {query!r} does not find {known.ticker}.")
    demand(len(provider.search("", 1)) == 1, "An empty query with limit 1 must list one.")
    nothing = provider.search("surely nothing has this name", 50)
    demand(not nothing, "Searching for what nothing is called finds something.")


def check_old_names(known: Known) -> None:
    """What was renamed is found by the names that it had, each with days that do not overlap."""
    provider = known.provider
    demand(provider.renamed("NO-SUCH-TICKER") is None, "Nothing was called NO-SUCH-TICKER.")
    for listing in provider.search("", 50):
        demand(not listing.was(listing.ticker), f"{listing.ticker} is its own old name.")
        days = [day for each in listing.aliases for day in (each.first, each.last) if day]
        demand(days == sorted(days), f"Aliases of {listing.ticker} overlap or are not in order.")
        for alias in listing.aliases:
            demand(alias.ticker != "", f"An alias of {listing.ticker} is empty.")
            tickers = [each.ticker for each in provider.search(alias.ticker, 50)]
            demand(listing.ticker in tickers, f"Searching does not find {alias.ticker}.")
            found = provider.renamed(alias.ticker)
            demand(found is not None and found.was(alias.ticker), f"{alias.ticker} is not found.")


def check_same_answer(known: Known) -> None:
    """The same question has the same answer."""
    demand(known.read().equals(known.read()), "The same range has other bars the second time.")
    revisions = {known.provider.revision(known.ticker) for _ in range(2)}
    demand(len(revisions) == 1, "revision() changes although nothing has changed.")


def _refuses(known: Known, ticker: str, timeframe: Timeframe) -> None:
    try:
        known.provider.bars(ticker, timeframe, None, None)
    except KeyError:
        return
    raise AssertionError(f"Bars of {ticker!r} in {timeframe} must be a KeyError.")


def _is_plain(table: pa.Table) -> bool:
    return bool(table.schema.equals(SCHEMA, check_metadata=False))
