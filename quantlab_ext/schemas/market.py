"""Wire models of market data: instruments and bars."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from quantlab_ext.schemas.base import Answer


class InstrumentAlias(Answer):
    """A symbol that an instrument had; ``first`` and ``last`` are days on which it had it, null: not known."""

    symbol: str
    first: date | None = None
    last: date | None = None


class Instrument(Answer):
    """Something that has prices.

    Attributes:
        id: its own id, which stays when the ticker changes.
        symbol: ``SOURCE:TICKER``.
        kind: stock, index, crypto, ... or other.
        timezone: IANA name; days, weeks and months are counted in it.
        tick_size: smallest step of the price; None: not known.
        calendar: session calendar (ISO 10383 code); None: always open or not known.
        timeframes: what bars can be asked for; ``native_timeframes`` are not made from others.
        first, last: dates of the history; None in search results of sources that would have to read it for that.
        adjusted: which corporate actions the prices are adjusted for; empty: none.
        data_source, licence, note: who made the data, under which terms, what one should know.
        aliases: symbols that it had before, oldest first; it is still found by them.
        live: its prices come over the stream, topic ``quotes:<symbol>``.
    """

    id: UUID
    symbol: str
    source: str
    ticker: str
    name: str
    kind: str
    currency: str | None = None
    timezone: str
    tick_size: float | None = None
    calendar: str | None = None
    timeframes: list[str]
    native_timeframes: list[str]
    first: date | None = None
    last: date | None = None
    adjusted: str = ""
    data_source: str = ""
    licence: str = ""
    note: str = ""
    aliases: list[InstrumentAlias] = []
    live: bool = False


class MarketSession(Answer):
    """A day of an exchange; times are milliseconds since 1970 UTC, those of a break null where there is none.

    ``day`` is what the session counts for: some begin on the evening before.
    """

    day: date
    opens: int
    closes: int
    break_begins: int | None = None
    break_ends: int | None = None


class InstrumentSessions(Answer):
    """When the exchange of an instrument is open.

    Attributes:
        calendar: its code; null: the source names none.
        known: whether there is such a calendar; without one nothing is said of sessions.
        timezone: the exchange's, for display.
        open: whether a session is in progress; null: not known.
        sessions: the one in progress, if any, and the next ones.
    """

    calendar: str | None
    known: bool
    timezone: str
    open: bool | None
    sessions: list[MarketSession]


class BarColumns(Answer):
    """Bars as columns of equal length, oldest first.

    Attributes:
        time: when each bar opens, milliseconds since 1970 UTC.
        volume: null where it is not known.
    """

    time: list[int]
    open: list[float]
    high: list[float]
    low: list[float]
    close: list[float]
    volume: list[float | None]


class BarInfo(Answer):
    """What is said about bars, beside the bars.

    Attributes:
        instrument_id, symbol: of the instrument, the symbol resolved to ``SOURCE:TICKER``.
        timezone: the exchange's, for display.
        source, adjusted: who made the data; what they are adjusted for.
        snapshot: SHA-256 of the whole history that these bars are part of; equal data have equal snapshots. Of a source
            that is asked for older bars page by page, only of what it answers at once.
        next_before: pass it as ``to`` for the bars before these; null: there are none in the asked range.
        older_on_request: the bars before these are asked of their source only when somebody wants them, page by page.
        warnings: sentences for people, for example about rows that could not be used.
    """

    instrument_id: UUID
    symbol: str
    timeframe: str
    timezone: str
    source: str
    adjusted: str
    snapshot: str
    next_before: int | None = None
    older_on_request: bool = False
    warnings: list[str] = []


class BarSeries(BarInfo):
    """Bars of one instrument and timeframe."""

    columns: BarColumns
