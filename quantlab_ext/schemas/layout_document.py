"""The document of a chart layout: which charts, what is on them, and how they are arranged.

The smallest document is ``{"schema_version": 1, "charts": [{"symbol": "SAMPLE:AAPL", "timeframe": "1D"}]}``; every
other member has a default, and the stored form has them all, so that equal layouts are equal bytes. Nothing here asks
whether a symbol or a study exists: one that is missing later becomes a placeholder, never a layout that does not load.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from quantlab_ext.schemas.base import Time, Wire
from quantlab_ext.schemas.layout_values import (
    Colour,
    Id,
    Input,
    Label,
    Note,
    Number,
    Share,
    Symbol,
    Timeframe,
    Zone,
)

SCHEMA_VERSION = 1

CHARTS_MAX = 32
STUDIES_MAX = 50
DRAWINGS_MAX = 200
PANES_MAX = 20
COMPARE_MAX = 20
GROUPS_MAX = 16
PANELS_MAX = 32
GRID_MAX = 32
MAIN_PANE = "main"

ChartStyle = Literal["candles", "bars", "line", "area", "heikin-ashi"]
ScaleMode = Literal["linear", "log", "percent", "indexed"]
LineStyle = Literal["solid", "dashed", "dotted"]
DrawingKind = Literal["horizontal", "trend", "rectangle", "fibonacci", "text"]
# Points that each drawing is made of.
POINTS: dict[str, int] = {
    "horizontal": 1,
    "trend": 2,
    "rectangle": 2,
    "fibonacci": 2,
    "text": 1,
}


class Scale(Wire):
    """A price scale. ``low`` and ``high`` are what it shows when ``auto`` is off."""

    mode: ScaleMode = "linear"
    auto: bool = True
    inverted: bool = False
    low: Number | None = None
    high: Number | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Scale:
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise PydanticCustomError("out_of_order", "“low” must be less than “high”.")
        return self


class Pane(Wire):
    """A pane of a chart, from top to bottom; the one called ``main`` has the prices. Heights are shares."""

    id: Id
    height: Share = 1.0
    scale: Scale = Field(default_factory=Scale)


class ChartStudy(Wire):
    """A study on a chart.

    ``id`` says which one, such as ``ta.rsi``; ``key`` tells several of one chart apart. ``pane`` None: where the study
    itself belongs.
    """

    id: Id
    key: Id | None = None
    inputs: dict[Label, Input] = Field(default={}, max_length=50)
    pane: Id | None = None
    colours: dict[Label, Colour] = Field(default={}, max_length=50)
    visible: bool = True


class Comparison(Wire):
    """Another symbol drawn over a chart."""

    symbol: Symbol
    colour: Colour | None = None
    visible: bool = True


class Point(Wire):
    """A point of a drawing. Only a horizontal line can be without a time."""

    time: Time | None = None
    price: Number


class Drawing(Wire):
    """A drawing on a chart. ``levels`` are those of a Fibonacci retracement; None: the usual ones."""

    kind: DrawingKind
    id: Id | None = None
    points: Annotated[list[Point], Field(min_length=1, max_length=2)]
    pane: Id = MAIN_PANE
    colour: Colour | None = None
    width: Annotated[int, Field(ge=1, le=10)] = 1
    line: LineStyle = "solid"
    extend: Literal["none", "left", "right", "both"] = "none"
    text: Note = ""
    levels: Annotated[list[Number], Field(max_length=30)] | None = None
    locked: bool = False
    visible: bool = True

    @model_validator(mode="after")
    def _has_its_points(self) -> Drawing:
        count = POINTS[self.kind]
        if len(self.points) != count:
            raise PydanticCustomError(
                "wrong_points", "A drawing of this kind has {count} point(s).", {"count": count}
            )
        if self.kind != "horizontal" and any(point.time is None for point in self.points):
            raise PydanticCustomError("required", "Every point of this drawing needs a time.")
        return self


class Chart(Wire):
    """One chart. ``group`` names the linked group that it follows."""

    id: Id | None = None
    symbol: Symbol
    timeframe: Timeframe
    style: ChartStyle = "candles"
    volume: bool = True
    group: Id | None = None
    panes: Annotated[list[Pane], Field(max_length=PANES_MAX)] = []
    studies: Annotated[list[ChartStudy], Field(max_length=STUDIES_MAX)] = []
    compare: Annotated[list[Comparison], Field(max_length=COMPARE_MAX)] = []
    drawings: Annotated[list[Drawing], Field(max_length=DRAWINGS_MAX)] = []

    @model_validator(mode="after")
    def _complete(self) -> Chart:
        _unique("panes", (pane.id for pane in self.panes))
        _unique("compare", (other.symbol for other in self.compare))
        _name_all("studies", self.studies, "key", lambda study: str(study.id))
        _name_all("drawings", self.drawings, "id", lambda drawing: str(drawing.kind))
        there = {pane.id for pane in self.panes}
        if MAIN_PANE not in there:
            self.panes = [Pane(id=MAIN_PANE, height=3.0), *self.panes]
            there.add(MAIN_PANE)
        for pane in [s.pane for s in self.studies] + [d.pane for d in self.drawings]:
            if pane is not None and pane not in there:
                self.panes = [*self.panes, Pane(id=pane)]
                there.add(pane)
        if len(self.panes) > PANES_MAX:
            raise PydanticCustomError(
                "too_long", "A chart has at most {limit} panes.", {"limit": PANES_MAX}
            )
        return self


class Cell(Wire):
    """Where a chart lies in the grid; rows and columns count from 0."""

    chart: Id
    row: Annotated[int, Field(ge=0, lt=GRID_MAX)]
    column: Annotated[int, Field(ge=0, lt=GRID_MAX)]
    rows: Annotated[int, Field(ge=1, le=GRID_MAX)] = 1
    columns: Annotated[int, Field(ge=1, le=GRID_MAX)] = 1

    def places(self) -> set[tuple[int, int]]:
        """Rows and columns that it covers."""
        return {
            (row, column)
            for row in range(self.row, self.row + self.rows)
            for column in range(self.column, self.column + self.columns)
        }


class Grid(Wire):
    """How charts are arranged. Heights of rows and widths of columns are shares; without them all are alike.

    A chart without a cell gets the next free one.
    """

    rows: Annotated[int, Field(ge=1, le=GRID_MAX)] | None = None
    columns: Annotated[int, Field(ge=1, le=GRID_MAX)] | None = None
    heights: Annotated[list[Share], Field(max_length=GRID_MAX)] = []
    widths: Annotated[list[Share], Field(max_length=GRID_MAX)] = []
    cells: Annotated[list[Cell], Field(max_length=CHARTS_MAX)] = []

    def arrange(self, charts: list[str]) -> None:
        """Give every chart a cell, and every row and column a size.

        Raises:
            PydanticCustomError: a cell for no chart, outside the grid, or over another one.
        """
        if self.columns is None:
            self.columns = _extent(self.cells, "column") or math.ceil(math.sqrt(len(charts)))
        if self.rows is None:
            self.rows = _extent(self.cells, "row") or math.ceil(len(charts) / self.columns)
        taken = self._check(charts)
        order = {chart: at for at, chart in enumerate(charts)}
        placed = {cell.chart for cell in self.cells}
        row = column = 0
        for chart in charts:
            if chart in placed:
                continue
            while (row, column) in taken:
                row, column = (row, column + 1) if column + 1 < self.columns else (row + 1, 0)
            taken.add((row, column))
            self.rows = max(self.rows, row + 1)
            self.cells = [*self.cells, Cell.model_construct(chart=chart, row=row, column=column)]
        if self.rows > GRID_MAX:
            raise PydanticCustomError(
                "too_long", "A grid has at most {limit} rows.", {"limit": GRID_MAX}
            )
        self.cells = sorted(self.cells, key=lambda cell: order[cell.chart])
        self.heights = _sizes(self.heights, self.rows)
        self.widths = _sizes(self.widths, self.columns)

    def _check(self, charts: list[str]) -> set[tuple[int, int]]:
        _unique("cells", (cell.chart for cell in self.cells))
        taken: set[tuple[int, int]] = set()
        for cell in self.cells:
            if cell.chart not in charts:
                raise PydanticCustomError("unknown_chart", "A cell is for no chart of this layout.")
            if cell.row + cell.rows > (self.rows or 0) or cell.column + cell.columns > (
                self.columns or 0
            ):
                raise PydanticCustomError("out_of_range", "A cell lies outside the grid.")
            places = cell.places()
            if places & taken:
                raise PydanticCustomError("overlap", "Two cells of the grid overlap.")
            taken |= places
        return taken


class LinkGroup(Wire):
    """Charts that follow each other, and in what."""

    id: Id
    colour: Colour | None = None
    symbol: bool = True
    interval: bool = False
    crosshair: bool = True
    range: bool = False


class Panel(Wire):
    """Whether one of QuantLab's panels is open, where, and how large (in pixels)."""

    open: bool = True
    area: Literal["left", "right", "bottom", "main"] = "left"
    size: Annotated[int, Field(ge=0, le=20_000)] | None = None


class Range(Wire):
    """What a chart shows, from ``start`` to before ``end``."""

    start: Time
    end: Time

    @model_validator(mode="after")
    def _in_order(self) -> Range:
        if self.start >= self.end:
            raise PydanticCustomError("out_of_order", "“start” must be before “end”.")
        return self


class View(Wire):
    """Visible ranges by the ids of charts: a part of its own, which loading may leave out."""

    ranges: dict[Id, Range] = Field(default={}, max_length=CHARTS_MAX)


class LayoutDocument(Wire):
    """A chart layout. ``view``, ``theme`` and ``timezone`` are parts that can be absent (null)."""

    schema_version: Literal[1]
    charts: Annotated[list[Chart], Field(min_length=1, max_length=CHARTS_MAX)]
    grid: Grid = Field(default_factory=Grid)
    groups: Annotated[list[LinkGroup], Field(max_length=GROUPS_MAX)] = []
    panels: dict[Id, Panel] = Field(default={}, max_length=PANELS_MAX)
    view: View | None = None
    theme: Literal["light", "dark", "system"] | None = None
    timezone: Zone | None = None

    @model_validator(mode="after")
    def _complete(self) -> LayoutDocument:
        _name_all("charts", self.charts, "id", lambda _: "chart")
        charts = [str(chart.id) for chart in self.charts]
        self.grid.arrange(charts)
        _unique("groups", (group.id for group in self.groups))
        there = {group.id for group in self.groups}
        for chart in self.charts:
            if chart.group is not None and chart.group not in there:
                self.groups = [*self.groups, LinkGroup(id=chart.group)]
                there.add(chart.group)
        if len(self.groups) > GROUPS_MAX:
            raise PydanticCustomError(
                "too_long", "A layout has at most {limit} groups.", {"limit": GROUPS_MAX}
            )
        if self.view is not None and not self.view.ranges.keys() <= set(charts):
            raise PydanticCustomError("unknown_chart", "A range is for no chart of this layout.")
        return self


def _unique(what: str, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for id in ids:
        if id in seen:
            raise PydanticCustomError(
                "not_unique", "Two items of “{what}” have one id.", {"what": what}
            )
        seen.add(id)


def _name_all(what: str, items: list[Any], member: str, stem: Callable[[Any], str]) -> None:
    """Give an id to each item that has none: derived from its place, so that equal documents stay equal."""
    _unique(what, (id for item in items if (id := getattr(item, member)) is not None))
    taken = {getattr(item, member) for item in items}
    for item in items:
        if getattr(item, member) is None:
            base, number = stem(item)[:56], 1
            while (made := base if number == 1 else f"{base}-{number}") in taken:
                number += 1
            taken.add(made)
            setattr(item, member, made)


def _extent(cells: list[Cell], axis: Literal["row", "column"]) -> int:
    if axis == "row":
        return max((cell.row + cell.rows for cell in cells), default=0)
    return max((cell.column + cell.columns for cell in cells), default=0)


def _sizes(given: list[float], count: int) -> list[float]:
    """As many sizes as there are rows or columns."""
    return [*given[:count], *([1.0] * (count - len(given)))]
