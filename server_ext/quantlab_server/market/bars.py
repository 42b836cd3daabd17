"""Bars in memory: six columns of equal length, oldest first, with the hash of their content."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quantlab_server.market.provider import ProviderBars, ProviderError, RowProblem

Floats = NDArray[np.float64]
Int64 = NDArray[np.int64]

PRICES = ("open", "high", "low", "close")
VALUES = (*PRICES, "volume")
TIME = pa.timestamp("ms", tz="UTC")
SCHEMA = pa.schema([("time", TIME), *((name, pa.float64()) for name in VALUES)])

# Problems that are kept in words; of the rest only the number is.
MAX_PROBLEMS = 100


@dataclass(frozen=True)
class Bars:
    """Bars of one instrument and timeframe.

    Attributes:
        time: when each bar opens, milliseconds since 1970 UTC, strictly rising.
        open, high, low, close: finite prices. volume: NaN where it is not known. All of one length.
        problems: the first rows that the source had and that could not be used; ``problem_count`` counts all.
    """

    time: Int64
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    problems: tuple[RowProblem, ...] = ()
    problem_count: int = 0

    def __len__(self) -> int:
        return len(self.time)

    @property
    def nbytes(self) -> int:
        """Bytes that the columns take in memory."""
        return sum(column.nbytes for column in self.columns().values())

    @cached_property
    def snapshot(self) -> str:
        """SHA-256 of the content in hexadecimal: equal bars have equal snapshots, wherever they come from."""
        digest = hashlib.sha256(b"quantlab-bars-1")
        for column in self.columns().values():
            little_endian = column.astype(column.dtype.newbyteorder("<"), copy=False)
            digest.update(np.ascontiguousarray(little_endian).data)
        return digest.hexdigest()

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """The columns by name, ``time`` first."""
        return {"time": self.time, **{name: getattr(self, name) for name in VALUES}}

    def window(self, start: int | None, end: int | None, limit: int) -> slice:
        """Where the newest ``limit`` bars in ``[start, end)`` are."""
        low = 0 if start is None else int(np.searchsorted(self.time, start, side="left"))
        high = len(self) if end is None else int(np.searchsorted(self.time, end, side="left"))
        return slice(max(low, high - limit), max(low, high))

    def table(self, where: slice = slice(None)) -> pa.Table:
        """A part as an Arrow table of `SCHEMA`, without copying."""
        columns = [pa.array(self.time[where]).cast(TIME)]
        columns += [pa.array(getattr(self, name)[where]) for name in VALUES]
        return pa.table(columns, schema=SCHEMA)


def bars_of(answer: ProviderBars) -> Bars:
    """A provider's answer as `Bars`, whatever state it is in: sorted, the last of equal times, unusable rows left out.

    Raises:
        ProviderError: columns are missing or of a type that cannot be read as what they should be.
    """
    columns = _read(answer.table)
    problems: list[RowProblem] = list(answer.problems)
    time = columns.pop("time")
    good = np.all([np.isfinite(columns[name]) for name in PRICES], axis=0)
    problems += _rows(~good, "a price is missing or not a number")
    order = np.flatnonzero(good)
    order = order[np.argsort(time[order], kind="stable")]
    if order.size:
        sorted_time = time[order]
        last = np.append(sorted_time[1:] != sorted_time[:-1], True)
        problems += [
            RowProblem(int(row) + 1, "a later row has the same time") for row in order[~last]
        ]
        order = order[last]
    return Bars(
        time=np.ascontiguousarray(time[order]),
        **{name: np.ascontiguousarray(column[order]) for name, column in columns.items()},
        problems=tuple(problems[:MAX_PROBLEMS]),
        problem_count=len(problems),
    )


def _rows(bad: NDArray[np.bool_], message: str) -> Sequence[RowProblem]:
    return [RowProblem(int(row) + 1, message) for row in np.flatnonzero(bad)]


def _read(table: pa.Table) -> dict[str, NDArray[np.generic]]:
    missing = [name for name in SCHEMA.names if name not in table.column_names]
    if missing:
        raise ProviderError(f"The columns {', '.join(missing)} are missing.")
    try:
        time = table.column("time").cast(TIME)
        if time.null_count:
            raise ProviderError("A bar has no time.")
        result = {"time": time.cast(pa.int64()).to_numpy()}
        for name in VALUES:
            column = table.column(name).cast(pa.float64())
            result[name] = column.fill_null(np.nan).to_numpy()
    except pa.ArrowException:
        raise ProviderError("A column is not of the type that bars have.") from None
    return result
