"""Wire models of studies: figures computed from bars."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from quantlab_ext.schemas.base import Answer, Wire
from quantlab_ext.schemas.market import BarInfo


class StudyInput(Answer):
    """What a study takes, with its bounds (both included)."""

    name: str
    label: str
    kind: Literal["integer", "number"]
    default: int | float
    minimum: int | float
    maximum: int | float


class StudyPlot(Answer):
    """One line of figures that a study gives."""

    name: str
    label: str
    kind: Literal["line", "histogram"] = "line"


class Study(Answer):
    """A study that can be evaluated.

    Attributes:
        pane: where it is drawn: over the prices, over the volume, or in a pane of its own.
        levels: figures that are worth a line across its pane.
        formula: what is computed, in a sentence.
    """

    id: str
    label: str
    pane: Literal["price", "volume", "own"]
    inputs: list[StudyInput]
    plots: list[StudyPlot]
    levels: list[float] = []
    formula: str


class StudyList(Answer):
    """Every study that there is."""

    items: list[Study]


class StudyRequest(Wire):
    """A study with its inputs; those that are left out have their defaults."""

    study: Annotated[str, Field(max_length=100)]
    inputs: Annotated[dict[str, int | float], Field(max_length=20)] = {}


class StudyRange(Wire):
    """Studies over the newest ``limit`` bars in ``[from, to)``.

    ``from`` and ``to`` are ISO 8601 (without a zone: UTC) or milliseconds since 1970.
    """

    symbol: Annotated[str, Field(min_length=1, max_length=100)]
    timeframe: Annotated[str, Field(max_length=10)] = "1D"
    from_: Annotated[str | int | None, Field(alias="from")] = None
    to: str | int | None = None
    limit: Annotated[int, Field(ge=1, le=200_000)] = 5_000
    studies: Annotated[list[StudyRequest], Field(min_length=1, max_length=50)]


class StudyResult(Answer):
    """One study: its columns by plot, as long as ``time``; null before there are enough bars."""

    study: str
    inputs: dict[str, int | float]
    plots: dict[str, list[float | None]]


class StudyEvaluation(BarInfo):
    """Studies over a range; ``time`` in milliseconds since 1970 UTC is that of the bars."""

    time: list[int]
    results: list[StudyResult]
