"""What a chart says where no picture can be drawn: in a terminal, on a page without widgets, to a screen reader."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from html import escape
from typing import Any

import pandas as pd

from quantlab_ext.schemas.market import Instrument

_CELL = "text-align:{align};padding:2px 12px 2px 0"


def decimals(instrument: Instrument) -> int:
    """Decimals of prices: those of the smallest step, two where that is not known."""
    step = instrument.tick_size
    if not step or not math.isfinite(step):
        return 2
    exponent = Decimal(str(step)).normalize().as_tuple().exponent
    return min(12, max(0, -int(exponent)))


def moment(time: pd.Timestamp, timeframe: str, zone: str) -> str:
    """A bar's time where the exchange is; the hour only where bars are shorter than a day."""
    there = time.tz_convert(zone)
    return str(there.strftime("%Y-%m-%d" if timeframe[-1:] in "DWM" else "%Y-%m-%d %H:%M %Z"))


def rows(
    instrument: Instrument, timeframe: str, prices: pd.DataFrame, figures: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """What there is to know about a chart, as pairs of a name and a text."""
    if prices.empty:
        return [("Bars", "none")]
    digits = decimals(instrument)
    first, last = (moment(prices.index[at], timeframe, instrument.timezone) for at in (0, -1))
    low, high = prices["low"].min(), prices["high"].max()
    found = [
        ("Bars", f"{len(prices):,}, {first} to {last}"),
        ("Close", f"{prices['close'].iloc[-1]:,.{digits}f}"),
        ("Lowest, highest", f"{low:,.{digits}f}, {high:,.{digits}f}"),
    ]
    for name, values in figures.items():
        newest = values[-1]
        found.append((name, "none" if math.isnan(newest) else f"{newest:,.{digits}f}"))
    return found


def heading(instrument: Instrument, timeframe: str) -> str:
    """Name, symbol and timeframe."""
    names = dict.fromkeys((instrument.name, instrument.symbol))
    return f"{', '.join(names)}, {timeframe}"


def as_text(title: str, pairs: Sequence[tuple[str, str]]) -> str:
    """One line."""
    return f"<chart {title}: {'; '.join(f'{name} {text}' for name, text in pairs)}>"


def as_html(title: str, pairs: Sequence[tuple[str, str]], notes: Sequence[str]) -> str:
    """A table; whatever was given is text and never markup."""
    cells = "".join(
        f'<tr><th style="{_CELL.format(align="left")}" scope="row">{escape(name)}</th>'
        f'<td style="{_CELL.format(align="right")}">{escape(text)}</td></tr>'
        for name, text in pairs
    )
    below = "".join(f"<p>{escape(note)}</p>" for note in notes)
    return f"<table><caption>{escape(title)}</caption><tbody>{cells}</tbody></table>{below}"
