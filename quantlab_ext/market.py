"""Market data: ``client.market``. Bars travel as Arrow; pandas, polars and pyarrow are imported when they are used."""

from __future__ import annotations

import warnings
from datetime import UTC, date, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from quantlab_ext.errors import InvalidInput, Unavailable
from quantlab_ext.schemas.base import Page
from quantlab_ext.schemas.market import BarInfo, Instrument, InstrumentSessions
from quantlab_ext.schemas.studies import (
    Study,
    StudyEvaluation,
    StudyList,
    StudyRange,
    StudyRequest,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quantlab_ext.transport import Transport

Frame = Literal["pandas", "polars", "pyarrow"]
When = datetime | date | str

ARROW = "application/vnd.apache.arrow.stream"

# Bars of one answer; a longer history is read in several.
PAGE = 1_000_000
_ATTEMPTS = 3


class Market:
    """Calls on ``/instruments``, ``/bars`` and ``/studies``; ``page`` is how many bars are asked for at once."""

    def __init__(self, transport: Transport, *, page: int = PAGE) -> None:
        self._transport = transport
        self._page_size = page

    def instruments(self, q: str = "", *, limit: int = 50) -> list[Instrument]:
        """Instruments whose ticker or name has ``q`` in it; ``limit`` is at most 200."""
        answer = self._transport.request("GET", "/instruments", params={"q": q, "limit": limit})
        return Page[Instrument].model_validate_json(answer.content).items

    def instrument(self, symbol: str) -> Instrument:
        """One instrument by symbol, bare ticker or id, with the dates of its history.

        Raises:
            NotFound: ``unknown_symbol``.
        """
        path = f"/instruments/{quote(symbol, safe='')}"
        return Instrument.model_validate_json(self._transport.request("GET", path).content)

    def sessions(self, symbol: str, *, limit: int = 5) -> InstrumentSessions:
        """When the exchange of an instrument is open: the session in progress and the next ones, at most 100.

        Raises:
            NotFound: ``unknown_symbol``.
        """
        path = f"/instruments/{quote(symbol, safe='')}/sessions"
        answer = self._transport.request("GET", path, params={"limit": limit})
        return InstrumentSessions.model_validate_json(answer.content)

    def bars(
        self,
        symbol: str,
        timeframe: str = "1D",
        *,
        start: When | None = None,
        end: When | None = None,
        limit: int | None = None,
        frame: Frame = "pandas",
    ) -> Any:
        """Prices of an instrument, oldest first; see ``quantlab_ext.bars``.

        Raises:
            NotFound: ``unknown_symbol``.
            InvalidInput: ``unknown_timeframe``, ``reversed_range``, ``bad_limit``, or a ``frame`` that is none.
            ImportError: polars is asked for and not installed.
        """
        import pyarrow as pa

        if limit is not None and limit < 1:
            raise InvalidInput("limit is 1 or more; None means all there are.", code="bad_limit")
        if frame not in ("pandas", "polars", "pyarrow"):
            raise InvalidInput("frame is pandas, polars or pyarrow.", code="unknown_frame")
        query = {"symbol": symbol, "timeframe": timeframe, "from": _text(start), "to": _text(end)}
        for _ in range(_ATTEMPTS):
            parts = self._pages(dict(query), limit)
            # The source may have changed between two pages: then they do not belong together.
            if len({info.snapshot for _, info in parts}) == 1:
                break
        else:
            raise Unavailable("The prices change while they are read; try again.", status=0)
        about = parts[0][1]
        for warning in about.warnings:
            warnings.warn(f"{about.symbol}: {warning}", stacklevel=3)
        return _framed(pa.concat_tables([table for table, _ in reversed(parts)]), about, frame)

    def studies(self) -> list[Study]:
        """Every study that can be evaluated, with its inputs and plots."""
        answer = self._transport.request("GET", "/studies")
        return StudyList.model_validate_json(answer.content).items

    def evaluate(
        self,
        symbol: str,
        timeframe: str,
        studies: Sequence[StudyRequest],
        *,
        start: When | None = None,
        end: When | None = None,
        limit: int = 5_000,
    ) -> StudyEvaluation:
        """Figures of studies for the newest ``limit`` bars from ``start`` on and before ``end``, oldest first.

        Raises:
            NotFound: ``unknown_symbol``.
            InvalidInput: a study or an input is refused; ``details["fields"]`` says which.
        """
        body = StudyRange.model_validate(
            {
                "symbol": symbol,
                "timeframe": timeframe,
                "from": _text(start),
                "to": _text(end),
                "limit": limit,
                "studies": list(studies),
            }
        )
        answer = self._transport.request(
            "POST",
            "/studies/evaluate",
            body=body.model_dump(mode="json", by_alias=True),
            harmless=True,
        )
        return StudyEvaluation.model_validate_json(answer.content)

    def _pages(self, query: dict[str, str | None], limit: int | None) -> list[tuple[Any, BarInfo]]:
        """Answers from the newest bars to the oldest."""
        parts: list[tuple[Any, BarInfo]] = []
        left = limit
        while True:
            table, info = self._page(query, min(self._page_size, left or self._page_size))
            parts.append((table, info))
            left = None if left is None else left - table.num_rows
            # A whole exchange is not read because somebody did not say how much is wanted.
            enough = limit is None and query["from"] is None and info.older_on_request
            if info.next_before is None or left == 0 or enough:
                return parts
            query["to"] = str(info.next_before)

    def _page(self, query: dict[str, str | None], limit: int) -> tuple[Any, BarInfo]:
        import pyarrow as pa

        answer = self._transport.request(
            "GET", "/bars", params={**query, "limit": limit}, headers={"Accept": ARROW}
        )
        table = pa.ipc.open_stream(answer.content).read_all()
        return table, BarInfo.model_validate_json(table.schema.metadata[b"quantlab"])


def _text(when: When | None) -> str | None:
    if isinstance(when, datetime):
        aware = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat()
    return None if when is None else str(when)


def _framed(table: Any, info: BarInfo, frame: Frame) -> Any:
    if frame == "pyarrow":
        return table
    if frame == "polars":
        # An extra of this package: who does not use it need not install it.
        return import_module("polars").from_arrow(table)
    data = table.to_pandas().set_index("time")
    data.attrs = info.model_dump(mode="json", exclude={"next_before", "older_on_request"})
    return data
