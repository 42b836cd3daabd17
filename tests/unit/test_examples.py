"""The examples run in a real kernel, from the first cell to the last, and draw what they promise."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.kernels import RunningKernel

EXAMPLES = Path(__file__).parents[2] / "examples"
NOTEBOOK = EXAMPLES / "aapl_trend_and_drawdown.ipynb"
SCRIPT = EXAMPLES / "aapl_momentum.py"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def stored() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    return document


def source(cell: dict[str, Any]) -> str:
    text = cell["source"]
    return text if isinstance(text, str) else "".join(text)


def code_cells(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in document["cells"] if cell["cell_type"] == "code"]


def test_the_notebook_is_kept_as_it_ran(stored: dict[str, Any]) -> None:
    counts = [cell["execution_count"] for cell in code_cells(stored)]
    assert counts == list(range(1, len(counts) + 1))
    outputs = [output for cell in code_cells(stored) for output in cell["outputs"]]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 3
    assert NOTEBOOK.stat().st_size < 400_000


def test_the_notebook_runs(stored: dict[str, Any], tmp_path: Path) -> None:
    pictures = 0
    with RunningKernel(tmp_path) as kernel:
        for cell in code_cells(stored):
            output = kernel.run(source(cell), within=120)
            assert output.error == ""
            assert all(base64.b64decode(png).startswith(PNG) for png in output.pictures)
            pictures += len(output.pictures)
            tables = [data["text/plain"] for data in output.data if "text/html" in data]
            kept = [
                "".join(each["data"]["text/plain"])
                for each in cell["outputs"]
                if "text/html" in each.get("data", {})
            ]
            # The prices are fixed, so the figures in the tables are as well.
            assert tables == kept
    assert pictures == 3


def test_the_script_runs(tmp_path: Path) -> None:
    with RunningKernel(tmp_path) as kernel:
        output = kernel.run(SCRIPT.read_text(encoding="utf-8"), within=120)
    assert output.error == ""
    assert len(output.pictures) == 2
    assert "buy and hold" in output.text
