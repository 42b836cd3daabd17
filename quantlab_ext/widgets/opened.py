"""A saved layout in a cell: its charts, one under the other."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets

from quantlab_ext.errors import InvalidInput, NotFound, Unavailable
from quantlab_ext.schemas import layout_document
from quantlab_ext.widgets.chart import Chart
from quantlab_ext.widgets.sources import ServiceSource

if TYPE_CHECKING:
    from quantlab_ext.layouts import LoadedLayout
    from quantlab_ext.market import Market


class OpenedLayout:
    """The charts of a layout; shows itself.

    Attributes:
        name: the layout's.
        charts: those that could be drawn, in the layout's order.
        notes: what could not be, in sentences.
    """

    def __init__(self, layout: LoadedLayout, market: Market) -> None:
        self.name = layout.name
        self.charts: list[Chart] = []
        self.notes: list[str] = []
        self._parts: list[Chart | str] = []
        for document in layout.parsed.charts:
            self._open(document, market)

    def __repr__(self) -> str:
        return "\n".join([f"<layout {self.name!r}>", *(str(part) for part in self._parts)])

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        box = ipywidgets.VBox([_shown(part) for part in self._parts])
        data = dict(box._repr_mimebundle_(**kwargs))
        data["text/plain"] = repr(self)
        data["text/html"] = "".join(
            f"<p>{escape(part)}</p>" if isinstance(part, str) else part.as_html()
            for part in self._parts
        )
        return data

    def _open(self, document: layout_document.Chart, market: Market) -> None:
        name = f"{document.symbol} {document.timeframe}"
        try:
            source = ServiceSource(market, document.symbol, document.timeframe)
        except (InvalidInput, NotFound, Unavailable) as error:
            if error.status == 0:
                # No service, and so no chart at all: that is no note.
                raise
            self._note(f"{name} is not shown: {error.message}")
            return
        scale = next(
            pane.scale.mode for pane in document.panes if pane.id == layout_document.MAIN_PANE
        )
        chart = Chart(source, style=document.style, volume=document.volume, scale=scale)
        self.charts.append(chart)
        self._parts.append(chart)
        for study in document.studies:
            if study.visible:
                self._add(chart, name, str(study.id), dict(study.inputs))
        left_out = [
            f"{len(items)} {what}{'s' if len(items) > 1 else ''}"
            for items, what in ((document.drawings, "drawing"), (document.compare, "comparison"))
            if items
        ]
        if left_out:
            self._note(f"{name}, not shown in a cell: {' and '.join(left_out)}.")

    def _add(self, chart: Chart, name: str, study: str, inputs: dict[str, Any]) -> None:
        try:
            chart.add(study, **inputs)
        except (InvalidInput, NotFound, Unavailable) as error:
            # The bars are there: one study less is no reason to show none of the charts.
            self._note(f"{name}: {error.message}")

    def _note(self, text: str) -> None:
        self.notes.append(text)
        self._parts.append(text)


def _shown(part: Chart | str) -> Any:
    # Text that is as long as a line of the page wraps, and is never markup.
    return ipywidgets.HTML(f"<p>{escape(part)}</p>") if isinstance(part, str) else part
