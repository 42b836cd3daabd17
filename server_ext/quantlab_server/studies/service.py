"""The rules of studies: which inputs are right, and that values do not depend on the range that is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantlab_ext.schemas.studies import Study, StudyInput, StudyRequest
from quantlab_server.errors import Field, Invalid
from quantlab_server.market.bars import Bars
from quantlab_server.studies.catalogue import BY_ID
from quantlab_server.studies.functions import evaluate

Inputs = dict[str, int | float]


def checked(requests: Sequence[StudyRequest]) -> list[tuple[Study, Inputs]]:
    """Each request's study with all its inputs, defaults filled in.

    Raises:
        Invalid: 422 naming every study that does not exist and every input that is refused.
    """
    problems: list[Field] = []
    result = []
    for place, request in enumerate(requests):
        study = BY_ID.get(request.study)
        if study is None:
            message = f"There is no such study; there are {', '.join(BY_ID)}."
            problems.append(_field(f"studies.{place}.study", "unknown_study", message))
            continue
        known = {each.name: each for each in study.inputs}
        inputs: Inputs = {each.name: each.default for each in study.inputs}
        for name, value in request.inputs.items():
            path = f"studies.{place}.inputs.{name}"
            problem = _problem(known.get(name), value)
            if problem is not None:
                problems.append(_field(path, *problem))
            else:
                inputs[name] = value
        result.append((study, inputs))
    if problems:
        raise Invalid(fields=problems)
    return result


def values(
    study: Study, inputs: Inputs, bars: Bars, where: slice
) -> dict[str, NDArray[np.float64]]:
    """The plots of a study in a part of ``bars``; NaN before there are enough bars.

    Computed from the first bar of the history on, whatever part is asked for: smoothed figures remember everything.
    """
    plots = evaluate(study.id, bars, inputs)
    return {name: column[where] for name, column in plots.items()}


def _problem(known: StudyInput | None, value: Any) -> tuple[str, str] | None:
    if known is None:
        return "unknown_field", "The study has no such input."
    if known.kind == "integer" and not isinstance(value, int):
        return "int_type", "Give a whole number."
    if not known.minimum <= value <= known.maximum:
        return "out_of_range", f"Give a number from {known.minimum:g} to {known.maximum:g}."
    return None


def _field(path: str, code: str, message: str) -> Field:
    return {"path": path, "code": code, "message": message}
