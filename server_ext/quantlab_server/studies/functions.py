"""The figures of the built-in studies, by TA-Lib (https://ta-lib.org).

Each function takes whole histories and the study's inputs, and answers one array per plot, as long as the history, NaN
where there are not enough bars yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import talib
from numpy.typing import NDArray

if TYPE_CHECKING:
    from quantlab_server.market.bars import Bars

Floats = NDArray[np.float64]
# The package re-exports it without saying so to type checkers.
_SIMPLE = talib.MA_Type.SMA  # type: ignore[attr-defined]

Plots = dict[str, Floats]
Inputs = Mapping[str, Any]


def sma(bars: Bars, inputs: Inputs) -> Plots:
    """Plot ``sma``, in the price's unit."""
    return {"sma": talib.SMA(bars.close, timeperiod=inputs["length"])}


def ema(bars: Bars, inputs: Inputs) -> Plots:
    """Plot ``ema``, in the price's unit."""
    return {"ema": talib.EMA(bars.close, timeperiod=inputs["length"])}


def bollinger(bars: Bars, inputs: Inputs) -> Plots:
    """Plots ``upper``, ``middle``, ``lower``, in the price's unit."""
    width = inputs["deviations"]
    upper, middle, lower = talib.BBANDS(
        bars.close,
        timeperiod=inputs["length"],
        nbdevup=width,
        nbdevdn=width,
        matype=_SIMPLE,
    )
    return {"upper": upper, "middle": middle, "lower": lower}


def rsi(bars: Bars, inputs: Inputs) -> Plots:
    """Plot ``rsi``, from 0 to 100."""
    return {"rsi": talib.RSI(bars.close, timeperiod=inputs["length"])}


def macd(bars: Bars, inputs: Inputs) -> Plots:
    """Plots ``macd``, ``signal``, ``histogram``, in the price's unit."""
    line, signal, histogram = talib.MACD(
        bars.close,
        fastperiod=inputs["fast"],
        slowperiod=inputs["slow"],
        signalperiod=inputs["signal"],
    )
    return {"macd": line, "signal": signal, "histogram": histogram}


def atr(bars: Bars, inputs: Inputs) -> Plots:
    """Plot ``atr``, in the price's unit."""
    return {"atr": talib.ATR(bars.high, bars.low, bars.close, timeperiod=inputs["length"])}


def volume_average(bars: Bars, inputs: Inputs) -> Plots:
    """Plot ``average``, in units of volume."""
    length = inputs["length"]
    unknown = ~np.isfinite(bars.volume)
    # TA-Lib's running sum never recovers from a volume that is not known; so it sums zeros, and windows that have
    # such a volume in them are left out.
    average = talib.SMA(np.where(unknown, 0.0, bars.volume), timeperiod=length)
    if unknown.any():
        count = np.concatenate(([0], np.cumsum(unknown)))
        average[length - 1 :][count[length:] != count[:-length]] = np.nan
    return {"average": average}


FUNCTIONS: dict[str, Callable[[Bars, Inputs], Plots]] = {
    "ta.sma": sma,
    "ta.ema": ema,
    "ta.bollinger": bollinger,
    "ta.rsi": rsi,
    "ta.macd": macd,
    "ta.atr": atr,
    "ta.volume_average": volume_average,
}


def evaluate(study: str, bars: Bars, inputs: Inputs) -> Plots:
    """The plots of a built-in study over all of ``bars``.

    Raises:
        KeyError: no such study.
    """
    function = FUNCTIONS[study]
    # TA-Lib takes neither nothing nor fewer bars than a length in every function.
    if len(bars) <= 1:
        return _nothing(study, len(bars))
    longest = max(int(value) for value in inputs.values())
    if len(bars) < longest:
        return _nothing(study, len(bars))
    return function(bars, inputs)


def _nothing(study: str, length: int) -> Plots:
    from quantlab_server.studies.catalogue import BY_ID

    return {plot.name: np.full(length, np.nan) for plot in BY_ID[study].plots}
