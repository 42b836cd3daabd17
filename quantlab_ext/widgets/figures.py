"""The figures on a chart: which studies are meant, their values, and series that people computed themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ValidationError

from quantlab_ext.errors import InvalidInput
from quantlab_ext.schemas.studies import Study, StudyPlot, StudyRequest, StudyResult

Pane = Literal["price", "volume", "own"]
Kind = Literal["line", "histogram"]


@dataclass
class Figures:
    """Figures on a chart.

    Attributes:
        study: what they are and where they are drawn.
        request: what is asked of the service; None: somebody's own series.
        inputs: all of them, defaults too.
        values: one array for each plot, as long as the bars; NaN: none.
    """

    study: Study
    request: StudyRequest | None
    inputs: dict[str, int | float] = field(default_factory=dict)
    values: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def take(self, result: StudyResult) -> None:
        """Values as the service computed them."""
        self.inputs = dict(result.inputs)
        # None becomes NaN.
        self.values = {name: np.array(each, dtype=float) for name, each in result.plots.items()}

    @property
    def columns(self) -> dict[str, NDArray[np.float64]]:
        """Values by headings that say the inputs too, such as ``RSI 14``."""
        tail = "".join(f" {value:g}" for value in self.inputs.values())
        return {f"{plot.label}{tail}": self.values[plot.name] for plot in self.study.plots}

    def wire(self) -> dict[str, Any]:
        """As the page takes them: values are float64, little-endian."""
        return {
            "study": self.study.model_dump(mode="json"),
            "inputs": self.inputs,
            "values": {name: packed(each) for name, each in self.values.items()},
        }


def packed(values: Any) -> bytes:
    """Numbers as float64, little-endian."""
    return np.ascontiguousarray(values, dtype="<f8").tobytes()


def find_study(catalogue: Sequence[Study], id: str) -> Study:
    """A study by its id.

    Raises:
        InvalidInput: ``unknown_study``, naming those there are.
    """
    for study in catalogue:
        if study.id == id:
            return study
    known = ", ".join(study.id for study in catalogue)
    raise InvalidInput(f"There is no study “{id}”; there are {known}.", code="unknown_study")


def request_of(study: Study, inputs: Sequence[Any], named: Mapping[str, Any]) -> StudyRequest:
    """What to ask of the service: inputs in the study's order, then by name.

    Raises:
        InvalidInput: ``too_many_inputs``, ``given_twice`` or ``not_a_number``.
    """
    names = [each.name for each in study.inputs]
    takes = f"{study.id} takes {', '.join(names)}"
    if len(inputs) > len(names):
        raise InvalidInput(f"{takes}; {len(inputs)} were given.", code="too_many_inputs")
    given = dict(zip(names, inputs, strict=False))
    twice = given.keys() & named.keys()
    if twice:
        raise InvalidInput(f"{takes}; “{twice.pop()}” is given twice.", code="given_twice")
    try:
        numbers = {name: _number(value) for name, value in {**given, **named}.items()}
        return StudyRequest(study=study.id, inputs=numbers)
    except (TypeError, ValidationError):
        raise InvalidInput(f"{takes}: numbers.", code="not_a_number") from None


def refused(study: str, error: InvalidInput) -> InvalidInput:
    """The service's refusal, in the words of the first member that it names."""
    fields = error.details.get("fields") or []
    if not fields:
        return error
    first = fields[0]
    where = str(first["path"]).rpartition(".")[2]
    return InvalidInput(
        f"{study}, {where}: {first['message']}",
        code=str(first["code"]),
        status=error.status,
        request_id=error.request_id,
        details=error.details,
    )


def own_series(
    values: Any, times: pd.DatetimeIndex, *, label: str | None, pane: Pane, kind: Kind
) -> Figures:
    """Somebody's own figures: a Series matched by time, or as many numbers as there are bars.

    Raises:
        InvalidInput: ``wrong_length``, ``not_a_number``, or a ``pane`` or ``kind`` that is none.
    """
    if pane not in ("price", "volume", "own") or kind not in ("line", "histogram"):
        raise InvalidInput(
            "pane is price, volume or own; kind is line or histogram.", code="unknown_place"
        )
    name = label or str(getattr(values, "name", None) or "Series")
    try:
        if isinstance(values, pd.Series) and isinstance(values.index, pd.DatetimeIndex):
            index = pd.DatetimeIndex(pd.to_datetime(values.index, utc=True)).as_unit("ms")
            matched = pd.Series(values.to_numpy(dtype=float), index=index)
            matched = matched[~matched.index.duplicated(keep="last")]
            numbers = matched.reindex(times).to_numpy()
        else:
            numbers = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise InvalidInput(
            f"“{name}” has values that are no numbers.", code="not_a_number"
        ) from None
    if numbers.shape != (len(times),):
        raise InvalidInput(
            f"“{name}” has another length than the chart, which has {len(times)} bars; give a Series "
            "indexed by time.",
            code="wrong_length",
        )
    plot = StudyPlot(name="value", label=name, kind=kind)
    study = Study(id="own", label=name, pane=pane, inputs=[], plots=[plot], formula="")
    # A canvas cannot draw infinity.
    return Figures(study, None, values={"value": np.where(np.isfinite(numbers), numbers, np.nan)})


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError
    return int(value) if isinstance(value, Integral) else float(value)
