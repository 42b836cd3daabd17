"""Notebooks to save, of a given size, with the mix that research notebooks have."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

KB = 1024
MB = 1024 * KB

_CODE = """prices = load("AAPL").loc["{year}":]
fast = prices["close"].rolling({fast}).mean()
slow = prices["close"].rolling({slow}).mean()
signal = (fast > slow).astype(int).diff().fillna(0)
returns = prices["close"].pct_change() * signal.shift().fillna(0)
print(f"Sharpe {{returns.mean() / returns.std() * 252 ** 0.5:.2f}}")
"""


def notebook(size: int, *, pictures: float = 0.0) -> dict[str, Any]:
    """An nbformat 4.5 notebook whose compact JSON has ``size`` bytes (a few less at most).

    Args:
        pictures: share of the size that base64 of incompressible bytes takes, as PNG outputs do.
    """
    source = random.Random(size)
    cells: list[dict[str, Any]] = [_markdown("# Moving averages on daily prices", "intro")]
    document = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python", "version": "3.12.1"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    drawn = 0
    used = length(document)
    while True:
        picture = drawn < size * pictures
        cell = _code(source, len(cells), picture=picture)
        grown = length(cell) + 1
        if used + grown + 200 > size:
            break
        drawn += grown if picture else 0
        used += grown
        cells.append(cell)
    cells.append(_markdown("", "rest"))
    cells[-1]["source"] = _words(source, size - length(document))
    return document


def touch(document: dict[str, Any], number: int) -> None:
    """Change the notebook as an edit does: the size stays the same."""
    document["cells"][0]["source"] = f"# Moving averages on daily prices {number:012d}"


def length(document: Any) -> int:
    """Bytes of the compact JSON."""
    return len(json.dumps(document, separators=(",", ":")))


def _markdown(text: str, name: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": text}


def _code(source: random.Random, number: int, *, picture: bool) -> dict[str, Any]:
    outputs: list[dict[str, Any]]
    if picture:
        data = {
            "image/png": base64.b64encode(source.randbytes(60 * KB)).decode(),
            "text/plain": "<Figure size 1200x600 with 1 Axes>",
        }
        outputs = [{"output_type": "display_data", "data": data, "metadata": {}}]
    else:
        table = "\n".join(
            f"2024-{source.randint(1, 12):02d}-{source.randint(1, 28):02d}  "
            + "  ".join(f"{source.uniform(100, 250):8.2f}" for _ in range(5))
            for _ in range(5)
        )
        outputs = [{"output_type": "stream", "name": "stdout", "text": table + "\n"}]
    return {
        "cell_type": "code",
        "execution_count": number,
        "id": f"cell-{number}",
        "metadata": {},
        "outputs": outputs,
        "source": _CODE.format(
            year=source.randint(2010, 2024),
            fast=source.randint(5, 30),
            slow=source.randint(40, 250),
        ),
    }


def _words(source: random.Random, size: int) -> str:
    words = ("price", "trend", "volume", "drawdown", "signal", "regime", "spread", "hedge")
    text = " ".join(source.choice(words) for _ in range(size // 5 + 1))
    return text[: max(0, size)]
