"""Bars from a CSV or Parquet file of somebody else's making.

A row that cannot be used is reported by its line and left out; the others are read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv, parquet

from quantlab_server.market.bars import PRICES, SCHEMA, TIME, VALUES
from quantlab_server.market.provider import ProviderBars, ProviderError, RowProblem
from quantlab_server.market.timeframes import DAY
from quantlab_server.market.zones import to_utc

Mask = NDArray[np.bool_]

_TIME_NAMES = ("time", "date", "datetime", "timestamp", "open_time")
_USED = frozenset((*_TIME_NAMES, *VALUES))
# Rows of a Parquet file at most; as bars they are a gigabyte.
_MOST_ROWS = 20_000_000
_SEPARATORS = (",", ";", "\t", "|")
_NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
# As some write thousands and others three decimals: 1,234 or 12,345,678.
_THOUSANDS = r"^\s*[+-]?\d{1,3}(,\d{3})+\s*$"
# Outside of these years the time zone database has no answer, and nobody has prices.
_FIRST, _LAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1000) for year in (1700, 2200))
# Numbers from here on are milliseconds since 1970, smaller ones seconds (in seconds it is the year 5138).
_MILLISECONDS = 100_000_000_000


class _Rows:
    """The rows of a file: which line each is on, which are still good, and what is wrong with the others."""

    def __init__(self, lines: NDArray[np.int64]) -> None:
        self.lines = lines
        self.good: Mask = np.ones(len(lines), dtype=bool)
        self.problems: list[RowProblem] = []

    def refuse(self, bad: Mask, message: str) -> None:
        """Leave out the ``bad`` rows that are not left out already."""
        for row in np.flatnonzero(bad & self.good):
            self.problems.append(RowProblem(int(self.lines[row]), message))
        self.good &= ~bad


def read_csv(path: Path, zone: ZoneInfo, *, dates: bool = False) -> ProviderBars:
    """A text file with a header; the separator is the one of ``, ; tab |`` that the header has most of.

    Args:
        zone: of times that do not say theirs.
        dates: the times are days, weeks or months. Midnight in UTC is how many programs write a date; it is one here.

    Raises:
        ProviderError: not text, or columns are missing.
        OSError: the file cannot be opened.
    """
    separator = _separator(path)
    wrong: dict[int, str] = {}

    def skip(row: Any) -> str:
        if row.text.strip():
            message = f"{row.actual_columns} columns instead of {row.expected_columns}"
            wrong[row.number] = message
        else:
            wrong[row.number] = ""
        return "skip"

    names = _header(path, separator)
    try:
        table = csv.read_csv(
            path,
            # Lines can be counted by one thread only.
            read_options=csv.ReadOptions(use_threads=False),
            parse_options=csv.ParseOptions(
                delimiter=separator, ignore_empty_lines=False, invalid_row_handler=skip
            ),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowException:
        raise ProviderError(f"“{path.name}” is not a CSV file in UTF-8.") from None
    # The header is line 1.
    lines = np.arange(2, 2 + table.num_rows + len(wrong), dtype=np.int64)
    rows = _Rows(lines[~np.isin(lines, np.fromiter(wrong, dtype=np.int64, count=len(wrong)))])
    rows.problems += [RowProblem(line, text) for line, text in wrong.items() if text]
    # An empty line is read as a row without a value.
    nulls = [_mask(column.combine_chunks().is_null(), when_null=True) for column in table.columns]
    rows.good &= ~np.all(nulls, axis=0)
    comma = separator != "," and _has_decimal_commas(path, table)
    return _bars(path, table, rows, zone, dates=dates, decimal_comma=comma)


def read_parquet(path: Path, zone: ZoneInfo, *, dates: bool = False) -> ProviderBars:
    """A Parquet file; rows are counted from 1. The arguments are those of :func:`read_csv`.

    Raises:
        ProviderError: not Parquet, or columns are missing.
        OSError: the file cannot be opened.
    """
    try:
        # Not by its name: that could be taken for a data set of several files.
        with path.open("rb") as file, parquet.ParquetFile(file) as whole:
            # Equal values take next to nothing in such a file, and all of them in memory.
            if whole.metadata.num_rows > _MOST_ROWS:
                raise ProviderError(f"“{path.name}” has more than {_MOST_ROWS:,} rows. Split it.")
            used = [name for name in whole.schema_arrow.names if _plain(name) in _USED]
            table = whole.read(columns=used)
    except pa.ArrowException:
        raise ProviderError(f"“{path.name}” is not a Parquet file.") from None
    rows = _Rows(np.arange(1, 1 + table.num_rows, dtype=np.int64))
    return _bars(path, table, rows, zone, dates=dates, decimal_comma=False)


def _separator(path: Path) -> str:
    with path.open("rb") as file:
        header = file.readline(64 * 1024)
    if b"\x00" in header:
        raise ProviderError(f"“{path.name}” is not a CSV file in UTF-8.")
    return max(_SEPARATORS, key=lambda each: header.count(each.encode()))


def _header(path: Path, separator: str) -> list[str]:
    with path.open("rb") as file:
        line = file.readline(64 * 1024).decode("utf-8-sig", "replace")
    return [name.strip("\r\n").strip('"') for name in line.rstrip("\r\n").split(separator)]


def _plain(name: str) -> str:
    return re.sub(r"[\s_]+", "_", name.strip().lower())


def _columns(path: Path, table: pa.Table) -> Mapping[str, pa.ChunkedArray]:
    """The columns under our names, whatever their case.

    Raises:
        ProviderError: some are missing.
    """
    plain = [_plain(name) for name in table.column_names]
    places = {name: plain.index(name) for name in VALUES if name in plain}
    time = next((name for name in _TIME_NAMES if name in plain), None)
    if time is not None:
        places["time"] = plain.index(time)
    missing = [name for name in ("time", *PRICES) if name not in places]
    if missing:
        raise ProviderError(
            f"“{path.name}” has no column {', '.join(missing)}. Its first line has to name time (or date), open, high, "
            "low, close and, if there is one, volume."
        )
    return {name: table.column(place).combine_chunks() for name, place in places.items()}


def _bars(
    path: Path,
    table: pa.Table,
    rows: _Rows,
    zone: ZoneInfo,
    *,
    dates: bool,
    decimal_comma: bool,
) -> ProviderBars:
    columns = _columns(path, table)
    time = _times(columns["time"], rows, zone, dates=dates)
    values: dict[str, NDArray[np.float64]] = {}
    for name in VALUES:
        if name in columns:
            values[name] = _numbers(columns[name], name, rows, decimal_comma=decimal_comma)
        else:
            values[name] = np.full(len(time), np.nan)
    for name in PRICES:
        rows.refuse(~np.isfinite(values[name]), f"{name} is empty or not a finite number")
    # Comparisons with NaN are false: those rows are out already.
    rows.refuse(np.isinf(values["volume"]) | (values["volume"] < 0), "volume is below zero")
    body_high = np.maximum(values["open"], values["close"])
    body_low = np.minimum(values["open"], values["close"])
    rows.refuse(values["high"] < np.maximum(body_high, values["low"]), "high is not the highest")
    rows.refuse(values["low"] > body_low, "low is not the lowest")
    order = np.flatnonzero(rows.good)
    order = order[np.argsort(time[order], kind="stable")]
    again = np.zeros(len(time), dtype=bool)
    again[order[:-1][time[order[1:]] == time[order[:-1]]]] = True
    rows.refuse(again, "a later row has the same time")
    order = order[~again[order]]
    arrays = [pa.array(time[order]).cast(TIME), *(pa.array(values[n][order]) for n in VALUES)]
    problems = tuple(sorted(rows.problems, key=lambda problem: problem.line))
    return ProviderBars(pa.table(arrays, schema=SCHEMA), problems)


def _has_decimal_commas(path: Path, table: pa.Table) -> bool:
    """Whether commas in the numbers of a file stand before decimals.

    Raises:
        ProviderError: they may as well stand between thousands.
    """
    columns = _columns(path, table)
    texts = pa.chunked_array(columns[name] for name in VALUES if name in columns)
    if not pa.types.is_string(texts.type):
        return False
    with_comma = texts.filter(pc.fill_null(pc.match_substring(texts, ","), False))
    if len(with_comma) == 0 or pc.any(pc.match_substring(texts, ".")).as_py():
        return False
    if pc.all(pc.match_substring_regex(with_comma, _THOUSANDS)).as_py():
        raise ProviderError(
            f"“{path.name}” has numbers such as {with_comma[0].as_py().strip()}, which may mean thousands or decimals. "
            "Write them without separators of thousands, and with a point before decimals."
        )
    return True


def _numbers(
    column: pa.Array, name: str, rows: _Rows, *, decimal_comma: bool
) -> NDArray[np.float64]:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        if decimal_comma:
            column = pc.replace_substring(column, ",", ".")
        fits = pc.match_substring_regex(column, _NUMBER)
        rows.refuse(~_mask(fits, when_null=True), f"{name} is not a number")
        column = pc.utf8_trim_whitespace(pc.if_else(fits, column, None))
    try:
        cast = column.cast(pa.float64(), safe=False)
    except pa.ArrowException:
        raise ProviderError(f"The column {name} has no numbers.") from None
    return np.array(cast.fill_null(np.nan).to_numpy(zero_copy_only=False), dtype=np.float64)


def _mask(array: pa.Array, *, when_null: bool) -> Mask:
    filled = pc.fill_null(array, when_null)
    return np.array(filled.to_numpy(zero_copy_only=False), dtype=bool)


def _times(column: pa.Array, rows: _Rows, zone: ZoneInfo, *, dates: bool) -> NDArray[np.int64]:
    """Milliseconds since 1970 UTC; rows without a time that is understood are refused."""
    moments, of_zone = _stated(column, rows, zone)
    strange = (moments < _FIRST) | (moments >= _LAST)
    rows.refuse(strange, "the time is not between the years 1700 and 2200")
    moments = np.where(strange, 0, moments)
    if of_zone or (dates and not np.any(moments % DAY)):
        return to_utc(moments, zone)
    return moments


def _stated(column: pa.Array, rows: _Rows, zone: ZoneInfo) -> tuple[NDArray[np.int64], bool]:
    """What the column says, milliseconds since 1970, and whether that is the clock of ``zone`` (else UTC)."""
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        local = column.cast(pa.timestamp("ms", getattr(kind, "tz", None)), safe=False)
        moments = np.array(local.cast(pa.int64()).fill_null(0), dtype=np.int64)
        rows.refuse(_mask(column.is_null(), when_null=True), "the time is missing")
        return moments, getattr(kind, "tz", None) is None
    if pa.types.is_integer(kind):
        column = column.cast(pa.string())
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        raise ProviderError("The column of times has no times.")
    try:
        # All of them in one notation without a zone: the usual file, read at once.
        local = pc.utf8_trim_whitespace(column).cast(pa.timestamp("ms"))
        if local.null_count == 0:
            return np.array(local.cast(pa.int64()), dtype=np.int64), True
    except pa.ArrowException:
        pass
    read = [_moment(text, zone) for text in column.to_pylist()]
    rows.refuse(
        np.array([each is None for each in read], dtype=bool),
        "the time is missing or not understood (use 2024-01-31 or 2024-01-31T09:30:00+00:00)",
    )
    return np.array([each or 0 for each in read], dtype=np.int64), False


def _moment(text: str | None, zone: ZoneInfo) -> int | None:
    """A time in ISO 8601, or seconds or milliseconds since 1970, as milliseconds since 1970 UTC."""
    text = (text or "").strip()
    if re.fullmatch(r"-?\d{9,15}", text):
        number = int(text)
        return number if abs(number) >= _MILLISECONDS else number * 1000
    try:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
        return round(aware.astimezone(UTC).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
