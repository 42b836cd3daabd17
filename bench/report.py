"""Results as one table, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from bench.measure import median, ratio

_UNITS = {"ms": 1e3, "µs": 1e6, "KiB": 1 / 1024, "": 1.0}


@dataclass(frozen=True, slots=True)
class Row:
    """One measured figure.

    Attributes:
        ours, floor: in the base unit (seconds, bytes, counts); ``floor`` None where a figure stands alone.
        unit: how to print them: ms, µs, KiB or nothing.
        ratio: ours to floor; None where the target is a number and not a ratio.
        target: in words; empty for a figure that is only shown.
        ok: whether the target is met; None without one.
    """

    name: str
    ours: float
    floor: float | None
    unit: str
    ratio: float | None
    target: str
    ok: bool | None


def compared(
    name: str,
    ours: Sequence[float],
    floor: Sequence[float],
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    unit: str = "ms",
) -> Row:
    """A row of rounds of ours against rounds of a floor; without bounds it is only shown."""
    value = ratio(ours, floor)
    target = ""
    ok: bool | None = None
    if at_most is not None:
        target = f"≤ {at_most:.2f}x" if at_least is None else f"{at_least:.2f}x to {at_most:.2f}x"
        ok = value <= at_most and (at_least is None or value >= at_least)
    return Row(name, median(ours), median(floor), unit, value, target, ok)


def bounded(
    name: str, ours: float, *, at_most: float, unit: str, floor: float | None = None
) -> Row:
    """A row whose target is a number in the unit's base (seconds, bytes, counts)."""
    shown = at_most * _UNITS[unit]
    return Row(name, ours, floor, unit, None, f"≤ {shown:g} {unit}".rstrip(), ours <= at_most)


def render(rows: Iterable[Row]) -> str:
    """The table."""
    lines = [("name", "ours", "floor", "ratio", "target", "")]
    for row in rows:
        lines.append(
            (
                row.name,
                _figure(row.ours, row.unit),
                "-" if row.floor is None else _figure(row.floor, row.unit),
                "-" if row.ratio is None else f"{row.ratio:.2f}x",
                row.target or "-",
                {True: "ok", False: "over", None: ""}[row.ok],
            )
        )
    widths = [max(len(line[column]) for line in lines) for column in range(6)]
    aligned = (
        "  ".join(
            cell.rjust(width) if column in (1, 2, 3) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
    return "\n".join(aligned)


def as_json(rows: Iterable[Row], facts: dict[str, object]) -> str:
    """The rows and what is known of the machine and the run."""
    return json.dumps(
        {**facts, "rows": [asdict(row) for row in rows]}, indent=1, ensure_ascii=False
    )


def _figure(value: float, unit: str) -> str:
    scaled = value * _UNITS[unit]
    digits = 0 if unit in ("", "KiB") and scaled >= 10 else 3 if scaled < 1 else 2
    if unit == "" and scaled == int(scaled):
        digits = 0
    return f"{scaled:.{digits}f} {unit}".rstrip()
