"""Reads whole histories from providers, whatever one call of theirs answers at most."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from quantlab_server.market.bars import MAX_PROBLEMS, TIME, Bars, bars_of
from quantlab_server.market.provider import Provider, ProviderBars, ProviderError
from quantlab_server.market.timeframes import Timeframe


def load_history(
    provider: Provider,
    ticker: str,
    timeframe: Timeframe,
    start: int | None = None,
    end: int | None = None,
) -> Bars:
    """The whole history, or what is in ``[start, end)``, in as many calls as the provider's limit asks for.

    Raises:
        ProviderError: the source cannot be read, or answers what it was not asked.
        KeyError: no such ticker or not a native timeframe.
    """
    limit = provider.limits.bars_per_call
    if limit is None:
        return bars_of(provider.bars(ticker, timeframe, start, end))
    parts: list[Bars] = []
    while True:
        answer = provider.bars(ticker, timeframe, start, end)
        part = bars_of(answer)
        parts.append(part)
        rows = answer.table.num_rows
        if rows:
            first, last = _span(answer.table)
            if start is not None and first < start:
                raise ProviderError("The source answers with bars that were not asked for.")
            start = last + 1
        # Rows that cannot be used count: they are no sign that the history ends.
        if rows < limit:
            break
    problems = [problem for part in parts for problem in part.problems]
    table = pa.concat_tables([part.table() for part in parts])
    joined = bars_of(ProviderBars(table, problems[:MAX_PROBLEMS]))
    return replace(joined, problem_count=sum(part.problem_count for part in parts))


def _span(table: pa.Table) -> tuple[int, int]:
    """The first and the last time of a checked answer, milliseconds since 1970 UTC, whatever its order."""
    ends = pc.min_max(table["time"].cast(TIME).cast(pa.int64())).as_py()
    return ends["min"], ends["max"]
