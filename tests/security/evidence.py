"""Reads the pages that name tests as evidence."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
OPERATORS = ROOT / "docs/operators"
_TEST = re.compile(r"`(tests/[\w/]+\.py)((?:::\w+)+)`")


def named_in(text: str) -> list[tuple[str, str]]:
    """File and name (``test_x`` or ``Class::test_x``) of every test that a text names."""
    return [(file, name.removeprefix("::")) for file, name in _TEST.findall(text)]


@lru_cache
def defined_in(file: str) -> frozenset[str]:
    """Names of the tests in a file, those of classes as ``Class::test_x``."""
    found = set()
    for node in ast.parse((ROOT / file).read_text(encoding="utf-8")).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        for child in inside:
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
                found.add(prefix + child.name)
    return frozenset(name for name in found if name.rpartition("::")[2].startswith("test_"))


def without_test(text: str) -> list[str]:
    """The tests that a text names and that do not exist."""
    return [f"{file}::{name}" for file, name in named_in(text) if name not in defined_in(file)]


def anchors_of(page: Path) -> set[str]:
    """The headings of a page as they are linked to."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
