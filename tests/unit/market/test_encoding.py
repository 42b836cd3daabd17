"""Bars as bytes."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import orjson
import pyarrow as pa
import pytest

from quantlab_ext.schemas.market import BarInfo, BarSeries
from quantlab_server.market.encoding import as_arrow, as_json
from quantlab_server.market.service import Asked, MarketService, Selection
from quantlab_server.market.timeframes import Timeframe
from quantlab_server.settings_market import MarketSettings
from tests.support.providers import MadeProvider, made_table


def selected(count: int) -> Selection:
    times = [60_000 * place for place in range(count)]
    provider = MadeProvider({"MADE": made_table(times)}, timeframe=Timeframe.MINUTE)
    market = MarketService(MarketSettings(), [provider])
    return market.select(Asked("MADE", "1m", None, None, max(1, count)))


@pytest.mark.parametrize("count", [0, 1, 16_384, 16_385, 50_001])
def test_both_forms_have_the_same_bars(count: int) -> None:
    selection = selected(count)
    table = pa.ipc.open_stream(b"".join(as_arrow(selection))).read_all()
    assert table.num_rows == count
    series = BarSeries.model_validate_json(b"".join(as_json(selection)))
    assert series.columns.time == table.column("time").cast(pa.int64()).to_pylist()
    assert series.columns.close == table.column("close").to_pylist()
    about = BarInfo.model_validate_json(table.schema.metadata[b"quantlab"])
    assert about == BarInfo.model_validate(series.model_dump())


def test_a_bar_is_at_most_fifty_bytes() -> None:
    assert sum(map(len, as_arrow(selected(100_000)))) <= 50 * 100_000


def test_no_piece_is_so_large_that_copying_it_holds_others_up() -> None:
    selection = selected(100_000)
    assert max(map(len, [*as_arrow(selection), *as_json(selection)])) < 1024 * 1024


def test_a_volume_that_is_not_known_is_null() -> None:
    selection = selected(3)
    selection.bars.volume[1] = np.nan
    columns = orjson.loads(b"".join(as_json(selection)))["columns"]
    assert columns["volume"] == [10.0, None, 10.0]


def test_starting_the_server_loads_no_numerical_library() -> None:
    """They take most of a second, and opening JupyterLab must not wait for them."""
    code = (
        "import sys; import quantlab_server.extension, quantlab_server.service; "
        "from quantlab_server.routes import build_table; build_table(); "
        "print(sorted({'ccxt', 'exchange_calendars', 'numpy', 'pandas', 'pyarrow', 'talib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
