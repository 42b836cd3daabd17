"""Where a chart in a cell has its bars and its studies from: the service, or a DataFrame of one's own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import pandas as pd

from quantlab_ext.errors import InvalidInput, Unavailable
from quantlab_ext.market import Market, When
from quantlab_ext.schemas.market import Instrument
from quantlab_ext.schemas.studies import Study, StudyEvaluation, StudyRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

# Bars of a chart for which nothing is said: enough to scroll in, 48 KB.
BARS = 1_000
# They travel to the page whole, 48 bytes each.
BARS_MAX = 50_000
PRICES = ("open", "high", "low", "close")
_ATTEMPTS = 3
_SPANS = {
    "1m": 60,
    "5m": 300,
    "15m": 900,
    "30m": 1_800,
    "1h": 3_600,
    "4h": 14_400,
    "1D": 86_400,
    "1W": 7 * 86_400,
    "1M": 28 * 86_400,
}


class Source(Protocol):
    """What a chart draws.

    Attributes:
        instrument: what has the prices.
        timeframe: of the bars.
        prices: open, high, low, close, volume (NaN: not known), indexed by time in UTC, oldest first.
        notes: sentences for people about the bars.
    """

    instrument: Instrument
    timeframe: str
    prices: pd.DataFrame
    notes: list[str]

    @property
    def has_older(self) -> bool:
        """Whether `older` would have bars before the first one."""

    def older(self) -> Source:
        """The same with bars before the first one, as many again as there are."""

    def catalogue(self) -> Sequence[Study]:
        """The studies that can be computed for these bars.

        Raises:
            InvalidInput: ``own_data``: none can.
        """

    def evaluate(self, requests: Sequence[StudyRequest]) -> StudyEvaluation:
        """Figures of ``requests`` for exactly the bars of ``prices``, which may have to be read again for that."""


class ServiceSource:
    """Bars and studies of the service, both of one state of the source.

    Raises:
        NotFound: ``unknown_symbol``.
        InvalidInput: ``unknown_timeframe``, ``reversed_range``, ``wrong_limit``.
    """

    def __init__(
        self,
        market: Market,
        symbol: str,
        timeframe: str,
        *,
        start: When | None = None,
        end: When | None = None,
        limit: int | None = None,
    ) -> None:
        self._market = market
        # Who says how many bars there are to be gets these and no others.
        self._is_open = limit is None
        most = checked_limit(limit) or BARS
        self._range: dict[str, Any] = {"start": start, "end": end, "limit": most}
        self._studies: list[Study] | None = None
        self.timeframe = timeframe
        self.instrument = market.instrument(symbol)
        self._read()

    @property
    def has_older(self) -> bool:
        """Whether there may be bars before the first one that the chart is to show."""
        most: int = self._range["limit"]
        return self._is_open and most < BARS_MAX and len(self.prices) == most

    def older(self) -> ServiceSource:
        """The same with twice as many bars, so that scrolling far back takes few answers.

        Raises:
            NotFound, Unavailable: the source has gone, or cannot be asked.
        """
        found = copy(self)
        found._range = {**self._range, "limit": min(2 * self._range["limit"], BARS_MAX)}
        found._read()
        return found

    def catalogue(self) -> Sequence[Study]:
        """Every study of the service."""
        if self._studies is None:
            self._studies = self._market.studies()
        return self._studies

    def evaluate(self, requests: Sequence[StudyRequest]) -> StudyEvaluation:
        """Figures for exactly the bars of ``prices``.

        Raises:
            InvalidInput: the service refuses an input; ``details["fields"]`` says which.
            Unavailable: the prices change faster than they can be read.
        """
        for _ in range(_ATTEMPTS):
            found = self._market.evaluate(
                self.instrument.symbol, self.timeframe, requests, **self._range
            )
            if found.snapshot == self.prices.attrs["snapshot"]:
                return found
            # The source has changed since the bars were read: figures belong to bars of one state.
            self._read()
        raise Unavailable("The prices change while they are read; try again.", status=0)

    def _read(self) -> None:
        self.prices = self._market.bars(self.instrument.symbol, self.timeframe, **self._range)
        self.notes = list(self.prices.attrs["warnings"])
        if self.prices.empty:
            self.notes.append("There are no bars in this range.")


class FrameSource:
    """Bars of one's own.

    Args:
        frame: columns open, high, low, close and perhaps volume, in any case; the time is the index, or a column
            ``time``, ``date`` or ``datetime``. Without a zone it is UTC.
        title: what the chart is called; default: the symbol in ``frame.attrs``.
        timeframe: default: guessed from the distance of the bars.
        limit: only the newest so many.

    Raises:
        InvalidInput: ``not_prices``: a column is missing or has no numbers in it, or there is no time.
    """

    def __init__(
        self,
        frame: Any,
        *,
        title: str | None = None,
        timeframe: str | None = None,
        limit: int | None = None,
    ) -> None:
        if not isinstance(frame, pd.DataFrame):
            raise _refused("Give a symbol or a pandas DataFrame.")
        said = frame.attrs
        self.notes = [str(each) for each in said.get("warnings", [])]
        prices, dropped = _tidy(frame)
        if dropped:
            rows = "1 row" if dropped == 1 else f"{dropped} rows"
            self.notes.append(
                f"{rows} without a time or a price, or of a time given twice, left out."
            )
        most = checked_limit(limit) or BARS_MAX
        if len(prices) > most:
            if limit is None:
                self.notes.append(f"The newest {most:,} of {len(prices):,} bars.")
            prices = prices.iloc[-most:]
        self.prices = prices
        self.timeframe = timeframe or str(said.get("timeframe") or _guess(prices.index))
        name = title or str(said.get("symbol") or "Own data")
        self.instrument = Instrument(
            id=UUID(int=0),
            symbol=name,
            source="",
            ticker=name,
            name=name,
            kind="other",
            timezone=_zone(said.get("timezone"), frame),
            tick_size=_step(prices["close"]),
            timeframes=[self.timeframe],
            native_timeframes=[self.timeframe],
            adjusted=str(said.get("adjusted") or ""),
            data_source=str(said.get("source") or ""),
        )

    @property
    def has_older(self) -> bool:
        """False: all bars that there are were given."""
        return False

    def older(self) -> FrameSource:
        """Itself."""
        return self

    def catalogue(self) -> Sequence[Study]:
        """None: the service computes studies for its own instruments.

        Raises:
            InvalidInput: always.
        """
        raise _own_data()

    def evaluate(self, requests: Sequence[StudyRequest]) -> StudyEvaluation:
        """None, as with `catalogue`.

        Raises:
            InvalidInput: always.
        """
        raise _own_data()


def checked_limit(limit: int | None) -> int | None:
    """A number of bars that a chart can take.

    Raises:
        InvalidInput: ``wrong_limit``.
    """
    if limit is not None and not 1 <= limit <= BARS_MAX:
        raise InvalidInput(f"limit is from 1 to {BARS_MAX:,} bars.", code="wrong_limit")
    return limit


def _own_data() -> InvalidInput:
    return InvalidInput(
        "Studies are computed for instruments of the service. Over data of your own, draw values that you "
        "computed: chart.add_series(values).",
        code="own_data",
    )


def _tidy(frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Prices in order and by the names we use, and how many rows could not be used."""
    named = {str(column).strip().lower(): column for column in frame.columns}
    missing = [name for name in PRICES if name not in named]
    if missing:
        raise _refused(f"There is no column {_listed(missing)}.")
    wanted = [*PRICES, *(["volume"] if "volume" in named else [])]
    try:
        prices = pd.DataFrame(
            {name: pd.to_numeric(frame[named[name]]).to_numpy(dtype=float) for name in wanted}
        )
        prices.index = _times(frame, named)
    except (TypeError, ValueError) as error:
        raise _refused(f"{error}.") from None
    if "volume" not in named:
        prices["volume"] = math.nan
    prices = prices.replace([math.inf, -math.inf], math.nan)
    good = prices[prices.index.notna() & prices[list(PRICES)].notna().all(axis=1)]
    good = good[~good.index.duplicated(keep="last")].sort_index()
    if good.empty:
        raise _refused("No row has a time and four prices.")
    return good, len(prices) - len(good)


def _times(frame: pd.DataFrame, named: dict[str, Any]) -> pd.DatetimeIndex:
    for name in ("time", "datetime", "date", "timestamp"):
        if name in named:
            return _utc(frame[named[name]])
    if pd.api.types.is_numeric_dtype(frame.index):
        raise _refused("There is no time: give an index of dates, or a column “time”.")
    return _utc(frame.index)


def _utc(values: Any) -> pd.DatetimeIndex:
    """Times in UTC, to the millisecond.

    Raises:
        ValueError: they are none.
    """
    return pd.DatetimeIndex(pd.to_datetime(values, utc=True)).as_unit("ms").rename("time")


def _zone(said: Any, frame: pd.DataFrame) -> str:
    """A zone that a browser knows too: what is said, else that of the index, else UTC."""
    for name in (said, getattr(frame.index, "tz", None)):
        try:
            if name is not None:
                return str(ZoneInfo(str(name)).key)
        except (OSError, ValueError):
            # A fixed offset, or no zone at all.
            continue
    return "UTC"


def _guess(times: pd.DatetimeIndex) -> str:
    """The longest timeframe that fits between two bars as they mostly follow each other."""
    if len(times) < 2:
        return "1D"
    usual = pd.Series(times).diff().median().total_seconds()
    return max((name for name, span in _SPANS.items() if span <= usual), key=_rank, default="1m")


def _rank(timeframe: str) -> int:
    return _SPANS[timeframe]


def _step(closes: pd.Series) -> float:
    """The smallest step to show: two decimals from 10 on, more below."""
    usual = abs(float(closes.median()))
    if usual >= 10:
        return 0.01
    # Five digits that say something, and no more than a double has.
    return float(10.0 ** max(-12, math.floor(math.log10(usual)) - 4)) if usual > 0 else 0.01


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def _refused(why: str) -> InvalidInput:
    return InvalidInput(f"This is no table of prices. {why}", code="not_prices")
