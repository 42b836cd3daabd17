"""Small notebooks for tests."""

from __future__ import annotations

import itertools
from typing import Any

_ids = itertools.count()


def code_cell(source: Any, **members: Any) -> dict[str, Any]:
    """A code cell of format 4.5."""
    return {
        "cell_type": "code",
        "id": f"cell-{next(_ids)}",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
        **members,
    }


def markdown_cell(source: str) -> dict[str, Any]:
    """A Markdown cell of format 4.5."""
    return {
        "cell_type": "markdown",
        "id": f"cell-{next(_ids)}",
        "metadata": {},
        "source": source,
    }


def notebook(*cells: Any, **members: Any) -> dict[str, Any]:
    """A notebook of format 4.5."""
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **members}
