"""The list of requirements names tests that there are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_in_the_list_exists() -> None:
    listed = re.findall(
        r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs/operators/asvs.md").read_text()
    )
    assert len(listed) > 20
    for file, name in listed:
        tree = ast.parse((ROOT / file).read_text())
        assert name in {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}, (file, name)
