"""The built-in studies: what they are called, what they take, what they draw.

Nothing here computes: the functions are in ``functions.py``, by the same ids.
"""

from __future__ import annotations

from quantlab_ext.schemas.studies import Study, StudyInput, StudyPlot

_LONGEST = 5_000


def _length(
    default: int, *, name: str = "length", label: str = "Length", low: int = 2
) -> StudyInput:
    return StudyInput(
        name=name, label=label, kind="integer", default=default, minimum=low, maximum=_LONGEST
    )


def _plot(name: str, label: str, kind: str = "line") -> StudyPlot:
    return StudyPlot(name=name, label=label, kind=kind)


STUDIES: tuple[Study, ...] = (
    Study(
        id="ta.sma",
        label="Simple moving average",
        pane="price",
        inputs=[_length(20)],
        plots=[_plot("sma", "SMA")],
        formula="Mean of the last `length` closes.",
    ),
    Study(
        id="ta.ema",
        label="Exponential moving average",
        pane="price",
        inputs=[_length(20)],
        plots=[_plot("ema", "EMA")],
        formula="Smoothing 2 / (length + 1), starting from the mean of the first `length` closes.",
    ),
    Study(
        id="ta.bollinger",
        label="Bollinger bands",
        pane="price",
        inputs=[
            _length(20),
            StudyInput(
                name="deviations",
                label="Standard deviations",
                kind="number",
                default=2.0,
                minimum=0.1,
                maximum=20.0,
            ),
        ],
        plots=[_plot("upper", "Upper"), _plot("middle", "Middle"), _plot("lower", "Lower")],
        formula="Mean of the last `length` closes, plus and minus their population standard deviation.",
    ),
    Study(
        id="ta.rsi",
        label="Relative strength index",
        pane="own",
        inputs=[_length(14)],
        plots=[_plot("rsi", "RSI")],
        levels=[30.0, 70.0],
        formula="J. W. Wilder, New Concepts in Technical Trading Systems, 1978: gains against losses, his smoothing.",
    ),
    Study(
        id="ta.macd",
        label="MACD",
        pane="own",
        inputs=[
            _length(12, name="fast", label="Fast length"),
            _length(26, name="slow", label="Slow length"),
            _length(9, name="signal", label="Signal length", low=1),
        ],
        plots=[
            _plot("macd", "MACD"),
            _plot("signal", "Signal"),
            _plot("histogram", "Histogram", "histogram"),
        ],
        levels=[0.0],
        formula="EMA(fast) - EMA(slow); signal: its EMA; histogram: their difference. The shorter one is the fast.",
    ),
    Study(
        id="ta.atr",
        label="Average true range",
        pane="own",
        inputs=[_length(14, low=1)],
        plots=[_plot("atr", "ATR")],
        formula="J. W. Wilder, 1978: the true range with his smoothing.",
    ),
    Study(
        id="ta.volume_average",
        label="Volume average",
        pane="volume",
        inputs=[_length(20)],
        plots=[_plot("average", "Average")],
        formula="Mean of the last `length` volumes; absent where one of them is not known.",
    ),
)

BY_ID = {study.id: study for study in STUDIES}
