"""Studies, against their formulas written out plainly."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from quantlab_ext.schemas.studies import StudyRequest
from quantlab_server.errors import Invalid
from quantlab_server.market.bars import Bars, bars_of
from quantlab_server.market.provider import ProviderBars
from quantlab_server.market.providers.sample import SampleProvider
from quantlab_server.market.timeframes import Timeframe
from quantlab_server.studies.catalogue import BY_ID, STUDIES
from quantlab_server.studies.functions import FUNCTIONS, evaluate
from quantlab_server.studies.service import checked, values
from tests.support.providers import made_table


@pytest.fixture(scope="module")
def aapl() -> Bars:
    return bars_of(SampleProvider().bars("AAPL", Timeframe.DAY, None, None))


def defaults(study: str) -> dict[str, Any]:
    return {each.name: each.default for each in BY_ID[study].inputs}


def mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)


def ema(values: list[float], length: int) -> list[float]:
    """From the first mean on; shorter than ``values`` by ``length - 1``."""
    result = [mean(values[:length])]
    for value in values[length:]:
        result.append(result[-1] + 2 / (length + 1) * (value - result[-1]))
    return result


def wilder(values: list[float], length: int) -> list[float]:
    result = [mean(values[:length])]
    for value in values[length:]:
        result.append((result[-1] * (length - 1) + value) / length)
    return result


def assert_ends_with(column: Any, expected: list[float]) -> None:
    """``column`` is ``expected``, and NaN before it."""
    known = column[len(column) - len(expected) :]
    assert known.tolist() == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert np.isnan(column[: len(column) - len(expected)]).all()


def test_moving_averages(aapl: Bars) -> None:
    close = aapl.close.tolist()
    windows = [mean(close[end - 20 : end]) for end in range(20, len(close) + 1)]
    assert_ends_with(evaluate("ta.sma", aapl, {"length": 20})["sma"], windows)
    assert_ends_with(evaluate("ta.ema", aapl, {"length": 20})["ema"], ema(close, 20))


def test_bollinger(aapl: Bars) -> None:
    close = aapl.close.tolist()
    plots = evaluate("ta.bollinger", aapl, {"length": 20, "deviations": 2.5})
    upper, lower = [], []
    for end in range(20, len(close) + 1):
        window = close[end - 20 : end]
        middle = mean(window)
        deviation = math.sqrt(mean([(each - middle) ** 2 for each in window]))
        upper.append(middle + 2.5 * deviation)
        lower.append(middle - 2.5 * deviation)
    np.testing.assert_allclose(plots["upper"][19:], upper, rtol=1e-6)
    np.testing.assert_allclose(plots["lower"][19:], lower, rtol=1e-6)


def test_rsi(aapl: Bars) -> None:
    steps = np.diff(aapl.close).tolist()
    gains = wilder([max(step, 0.0) for step in steps], 14)
    losses = wilder([max(-step, 0.0) for step in steps], 14)
    expected = [100 * gain / (gain + loss) for gain, loss in zip(gains, losses, strict=True)]
    assert_ends_with(evaluate("ta.rsi", aapl, {"length": 14})["rsi"], expected)


def test_macd(aapl: Bars) -> None:
    close = aapl.close.tolist()
    plots = evaluate("ta.macd", aapl, defaults("ta.macd"))
    # The fast average starts where the slow one does, as in TA-Lib: from the mean of its last `fast` closes.
    fast, slow = ema(close[26 - 12 :], 12), ema(close, 26)
    line = [a - b for a, b in zip(fast, slow, strict=True)]
    signal = ema(line, 9)
    assert_ends_with(plots["signal"], signal)
    assert_ends_with(plots["macd"], line[8:])
    assert_ends_with(plots["histogram"], [a - b for a, b in zip(line[8:], signal, strict=True)])


def test_atr(aapl: Bars) -> None:
    high, low, close = aapl.high.tolist(), aapl.low.tolist(), aapl.close.tolist()
    ranges = [max(high[i], close[i - 1]) - min(low[i], close[i - 1]) for i in range(1, len(close))]
    assert_ends_with(evaluate("ta.atr", aapl, {"length": 14})["atr"], wilder(ranges, 14))


def test_volume_average_recovers_from_a_volume_that_is_not_known(aapl: Bars) -> None:
    whole = evaluate("ta.volume_average", aapl, {"length": 3})["average"]
    assert whole[2:5].tolist() == pytest.approx(
        [mean(aapl.volume[i : i + 3].tolist()) for i in range(3)]
    )
    volume = aapl.volume.copy()
    volume[5] = np.nan
    prices = {name: getattr(aapl, name) for name in ("time", "open", "high", "low", "close")}
    holed = evaluate("ta.volume_average", Bars(**prices, volume=volume), {"length": 3})["average"]
    assert np.flatnonzero(np.isnan(holed)).tolist() == [0, 1, 5, 6, 7]
    np.testing.assert_allclose(holed[8:], whole[8:])


@pytest.mark.parametrize("study", sorted(FUNCTIONS))
def test_values_do_not_depend_on_the_range(aapl: Bars, study: str) -> None:
    inputs = defaults(study)
    whole = values(BY_ID[study], inputs, aapl, slice(0, len(aapl)))
    part = values(BY_ID[study], inputs, aapl, slice(500, 510))
    for name, column in part.items():
        assert not np.isnan(column).any()
        np.testing.assert_array_equal(column, whole[name][500:510])


@pytest.mark.parametrize("study", sorted(FUNCTIONS))
@pytest.mark.parametrize("count", [0, 1, 2, 10, 30])
def test_few_bars(study: str, count: int) -> None:
    bars = bars_of(ProviderBars(made_table(range(count))))
    for inputs in (defaults(study), {each.name: each.maximum for each in BY_ID[study].inputs}):
        plots = evaluate(study, bars, inputs)
        assert set(plots) == {plot.name for plot in BY_ID[study].plots}
        assert {len(column) for column in plots.values()} == {count}


@pytest.mark.parametrize("study", sorted(FUNCTIONS))
def test_the_smallest_inputs(aapl: Bars, study: str) -> None:
    for column in evaluate(study, aapl, {i.name: i.minimum for i in BY_ID[study].inputs}).values():
        assert np.isfinite(column[-1])


def test_the_catalogue_and_the_functions_are_the_same() -> None:
    assert set(BY_ID) == set(FUNCTIONS)
    assert len(BY_ID) == len(STUDIES)
    for study in STUDIES:
        for each in study.inputs:
            assert each.minimum <= each.default <= each.maximum


def test_refused_inputs_are_named() -> None:
    requests = [
        StudyRequest(study="ta.rsi"),
        StudyRequest(study="ta.nothing"),
        StudyRequest(study="ta.sma", inputs={"length": 1}),
        StudyRequest(study="ta.sma", inputs={"length": 20.5}),
        StudyRequest(study="ta.sma", inputs={"width": 20}),
        StudyRequest(study="ta.bollinger", inputs={"deviations": float("nan")}),
    ]
    with pytest.raises(Invalid) as caught:
        checked(requests)
    assert [(each["path"], each["code"]) for each in caught.value.fields or []] == [
        ("studies.1.study", "unknown_study"),
        ("studies.2.inputs.length", "out_of_range"),
        ("studies.3.inputs.length", "int_type"),
        ("studies.4.inputs.width", "unknown_field"),
        ("studies.5.inputs.deviations", "out_of_range"),
    ]
    [(study, inputs)] = checked([StudyRequest(study="ta.bollinger", inputs={"length": 5})])
    assert (study.id, inputs) == ("ta.bollinger", {"length": 5, "deviations": 2.0})
