"""The product's Python files as import lists: what the rules in this folder look at."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    "quantlab_ext": ROOT / "quantlab_ext",
    "quantlab_server": ROOT / "server_ext" / "quantlab_server",
}


@dataclass(frozen=True)
class Module:
    """One file of the product."""

    name: str
    path: Path

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.path.read_text(encoding="utf-8"), str(self.path))

    @property
    def lines(self) -> int:
        """How long it is."""
        return len(self.path.read_text(encoding="utf-8").splitlines())

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and full name of each import that happens when the program runs.

        Imports for annotations only (``if TYPE_CHECKING:``) are no dependency and are left out;
        those inside functions count.
        """
        package = self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]
        for node in _running(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield node.lineno, alias.name
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:
                    parents = package.split(".")
                    parents = parents[: len(parents) - node.level + 1]
                    base = ".".join([*parents, *([base] if base else [])])
                for alias in node.names:
                    yield node.lineno, f"{base}.{alias.name}"


def modules(package: str) -> list[Module]:
    """All files of one of our packages, built files left out."""
    folder = PACKAGES[package]
    found = []
    for path in sorted(folder.rglob("*.py")):
        parts = [package, *path.relative_to(folder).with_suffix("").parts]
        if parts[-1] == "__init__":
            parts.pop()
        if "node_modules" not in parts:
            found.append(Module(".".join(parts), path))
    return found


def is_below(name: str, *packages: str) -> bool:
    """Whether a dotted name is one of ``packages`` or inside one."""
    return any(name == package or name.startswith(package + ".") for package in packages)


def _running(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and _is_type_checking(child.test):
            for other in child.orelse:
                yield from (other, *_running(other))
            continue
        yield child
        yield from _running(child)


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )
