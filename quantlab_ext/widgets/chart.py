"""The chart that a cell shows: ``ql.chart("AAPL").add("ta.rsi", 14)``. Its page side is chart.ts, built to static/."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import anywidget
import pandas as pd
from traitlets import Bool, Dict, Enum, Int, List, TraitError, Unicode

from quantlab_ext.errors import InvalidInput, QuantLabError
from quantlab_ext.schemas.layout_document import ChartStyle, ScaleMode
from quantlab_ext.schemas.studies import StudyRequest
from quantlab_ext.widgets import words
from quantlab_ext.widgets.figures import (
    Figures,
    Kind,
    Pane,
    find_study,
    own_series,
    packed,
    refused,
    request_of,
)
from quantlab_ext.widgets.sources import Source

_HERE = Path(__file__).parent
_COLUMNS = ("open", "high", "low", "close", "volume")


class Chart(anywidget.AnyWidget):
    """Prices of one instrument, and studies over them.

    Args:
        source: where bars and studies are from.
        look: ``style``, ``scale``, ``volume``, ``height``; they can be changed while the chart is shown.

    Raises:
        InvalidInput: a ``look`` that is none.
    """

    _esm = Unicode((_HERE / "static" / "chart.js").read_text(encoding="utf-8")).tag(sync=True)
    _css = Unicode((_HERE / "chart.css").read_text(encoding="utf-8")).tag(sync=True)

    style = Enum(get_args(ChartStyle), "candles", help="How prices are drawn.").tag(sync=True)
    scale = Enum(get_args(ScaleMode), "linear", help="How the price scale counts.").tag(sync=True)
    volume = Bool(True, help="Whether volume is drawn below the prices.").tag(sync=True)
    height = Int(420, min=160, max=4000, help="Of the picture, in pixels.").tag(sync=True)

    instrument = Dict(help="What has the prices, as the service describes it.").tag(sync=True)
    timeframe = Unicode(help="Of the bars.").tag(sync=True)
    columns = Dict(
        help="Bars as float64 columns: time in milliseconds since 1970 UTC, open, high, low, close, volume."
    ).tag(sync=True)
    figures = List(Dict(), help="Studies with their inputs and values.").tag(sync=True)
    has_older = Bool(
        help="Whether bars before the first one can be asked for: the message {'kind': 'older'}."
    ).tag(sync=True)
    notes = List(Unicode(), help="Sentences for people about the bars.").tag(sync=True)

    def __init__(self, source: Source, **look: Any) -> None:
        self._source = source
        self._figures: list[Figures] = []
        unknown = look.keys() - {"style", "scale", "volume", "height"}
        if unknown:
            raise InvalidInput(f"A chart has no “{unknown.pop()}”.", code="unknown_field")
        try:
            super().__init__(**look, **self._bars())
        except TraitError as error:
            raise InvalidInput(str(error), code="wrong_value") from None
        self.on_msg(self._on_message)

    def add(self, study: str, /, *inputs: float, **named: float) -> Chart:
        """Draw a study of the service, and give the chart back.

        Args:
            study: its id, such as ``"ta.rsi"``.
            inputs: in the study's order; ``named``: by name. Those left out have their defaults.

        Raises:
            InvalidInput: ``unknown_study``, or an input that is refused; ``own_data`` where the bars are not the
                service's.
        """
        wanted = find_study(self._source.catalogue(), study)
        added = Figures(wanted, request_of(wanted, inputs, named))
        try:
            self._compute([*self._figures, added])
        except InvalidInput as error:
            raise refused(study, error) from None
        return self

    def add_series(
        self, values: Any, label: str | None = None, *, pane: Pane = "own", kind: Kind = "line"
    ) -> Chart:
        """Draw values of your own, and give the chart back.

        Args:
            values: a Series indexed by time, or as many numbers as the chart has bars; NaN is a gap.
            label: default: the name of the Series.
            pane: over the prices, over the volume, or a pane of its own.

        Raises:
            InvalidInput: ``wrong_length`` or ``not_a_number``.
        """
        times = self._source.prices.index
        added = own_series(values, times, label=label, pane=pane, kind=kind)
        self._figures = [*self._figures, added]
        self._show_figures()
        return self

    @property
    def data(self) -> pd.DataFrame:
        """What is drawn: prices, and a column for each plot, such as ``RSI 14``; indexed by time in UTC."""
        return self._source.prices.assign(**self._values())

    def __repr__(self) -> str:
        title, pairs = self._words()
        return words.as_text(title, pairs)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        shown = super()._repr_mimebundle_(**kwargs)
        if shown is None:
            return None
        data, metadata = shown
        return {**data, "text/html": self.as_html()}, metadata

    def as_html(self) -> str:
        """The chart in words and figures, for pages on which widgets do not run."""
        return words.as_html(*self._words(), self.notes)

    def _words(self) -> tuple[str, list[tuple[str, str]]]:
        source = self._source
        pairs = words.rows(source.instrument, source.timeframe, source.prices, self._values())
        return words.heading(source.instrument, source.timeframe), pairs

    def _values(self) -> dict[str, Any]:
        return {name: each for one in self._figures for name, each in one.columns.items()}

    def _compute(self, wanted: list[Figures], source: Source | None = None) -> None:
        """Take over ``wanted`` with values for the bars of ``source`` as they are now; None: those on the chart."""
        before = self._source.prices
        source = source or self._source
        asked = [one for one in wanted if one.request is not None]
        results = source.evaluate(_requests(asked)).results if asked else []
        for one, result in zip(asked, results, strict=True):
            one.take(result)
        self._figures = wanted
        self._source = source
        # One message: bars and figures of another length never meet on the page.
        with self.hold_sync():
            if source.prices is not before:
                self._realign(before.index)
                for name, value in self._bars().items():
                    self.set_trait(name, value)
            self._show_figures()

    def _on_message(self, _: Chart, content: Any, buffers: Any) -> None:
        """What the page asks for."""
        if content != {"kind": "older"} or not self._source.has_older:
            return
        try:
            self._compute(self._figures, self._source.older())
        except QuantLabError as error:
            # Nobody called who could be told: it stands below the chart, which is as it was.
            self.set_trait("notes", [*self._source.notes, str(error)])

    def _realign(self, before: pd.DatetimeIndex) -> None:
        """The bars were read again: somebody's own series go with their times."""
        for one in self._figures:
            if one.request is None:
                one.values = {
                    name: pd.Series(each, index=before)
                    .reindex(self._source.prices.index)
                    .to_numpy()
                    for name, each in one.values.items()
                }

    def _show_figures(self) -> None:
        self.set_trait("figures", [one.wire() for one in self._figures])

    def _bars(self) -> dict[str, Any]:
        source = self._source
        prices = source.prices
        columns = {name: packed(prices[name]) for name in _COLUMNS}
        return {
            "instrument": source.instrument.model_dump(mode="json"),
            "timeframe": source.timeframe,
            "columns": {"time": packed(prices.index.as_unit("ms").asi8), **columns},
            "has_older": source.has_older,
            "notes": source.notes,
        }


def _requests(figures: list[Figures]) -> list[StudyRequest]:
    return [one.request for one in figures if one.request is not None]
