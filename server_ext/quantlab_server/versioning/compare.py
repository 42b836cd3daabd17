"""Diffs and three-way merges, by nbdime. Runs in a worker process; nbdime is imported on first use: that takes a while.

Time is bounded: a notebook of thousands of changed cells keeps nbdime busy for minutes. After ``DIFF_SECONDS``
cells are aligned by their ids or their exact text instead; a merge gives up.
"""

from __future__ import annotations

import difflib
import importlib
import signal
import sys
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import orjson

from quantlab_server.errors import Conflict

T = TypeVar("T")

DIFF_SECONDS = 4.0
MERGE_SECONDS = 10.0
# A larger machine-readable diff is left out of the answer; the rows say what changed.
DIFF_MAX_BYTES = 2 * 1024 * 1024
UNIFIED_CONTEXT = 3
_GRAMMAR = "rfc3987_syntax"

# Members of a cell that change by running it and say nothing about the work.
_TRANSIENT = frozenset({"execution_count", "id", "metadata"})


class _TookTooLong(Exception):
    """The deadline passed."""


@contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    """Raise inside the block when time is up. Only a process's main thread on POSIX can; elsewhere nothing happens."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(
        signal, "setitimer"
    ):
        yield
        return

    def stop(*_: object) -> None:
        raise _TookTooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _within(seconds: float, work: Callable[[], T], otherwise: Callable[[], T]) -> T:
    try:
        with _deadline(seconds):
            return work()
    except (_TookTooLong, RecursionError):
        return otherwise()


def _load_nbdime() -> None:
    """Import it before the clock starts: that takes seconds.

    More than half of them go into a grammar of internationalised addresses that jsonschema loads where it is
    installed, and that no notebook needs; it is left out unless somebody has loaded it already.
    """
    if "nbdime.merging.notebooks" in sys.modules:
        return
    hidden = "jsonschema" not in sys.modules and _GRAMMAR not in sys.modules
    if hidden:
        sys.modules[_GRAMMAR] = None  # type: ignore[assignment]  # how Python says "cannot be imported"
    try:
        importlib.import_module("nbdime.merging.notebooks")
    finally:
        if hidden:
            del sys.modules[_GRAMMAR]


def _summary(kind: str, rows: list[dict[str, Any]], diff: Any) -> dict[str, Any]:
    count = {"added": 0, "removed": 0, "changed": 0, "same": 0}
    for row in rows:
        count[row["change"]] += 1
    if diff is not None and len(orjson.dumps(diff)) > DIFF_MAX_BYTES:
        diff = None
    return {
        "format": kind,
        "added": count["added"],
        "removed": count["removed"],
        "changed": count["changed"],
        "rows": rows,
        "diff": diff,
    }


def _row(
    change: str,
    left: str | None,
    right: str | None,
    cell_type: str | None = None,
    outputs_changed: bool = False,
) -> dict[str, Any]:
    return {
        "change": change,
        "cell_type": cell_type,
        "left": left,
        "right": right,
        "outputs_changed": outputs_changed,
    }


# Text


def compare_texts(left: str, right: str) -> dict[str, Any]:
    """Rows of equal and different runs of lines, and a unified diff."""
    before, after = left.splitlines(keepends=True), right.splitlines(keepends=True)

    def careful() -> dict[str, Any]:
        matcher = difflib.SequenceMatcher(None, before, after, autojunk=len(before) > 5000)
        rows = [
            _text_row(tag, "".join(before[a:b]), "".join(after[c:d]))
            for tag, a, b, c, d in matcher.get_opcodes()
        ]
        lines = difflib.unified_diff(before, after, "before", "after", n=UNIFIED_CONTEXT)
        return _summary("unified", rows, "".join(_with_line_end(line) for line in lines))

    def coarse() -> dict[str, Any]:
        return _summary("unified", [_row("changed", left, right)], None)

    return _within(DIFF_SECONDS, careful, coarse)


def _with_line_end(line: str) -> str:
    return line if line.endswith("\n") else line + "\n\\ No newline at end of file\n"


def _text_row(tag: str, left: str, right: str) -> dict[str, Any]:
    if tag == "equal":
        return _row("same", left, right)
    if tag == "insert":
        return _row("added", None, right)
    if tag == "delete":
        return _row("removed", left, None)
    return _row("changed", left, right)


# Notebooks


def compare_notebooks(left: Any, right: Any) -> dict[str, Any]:
    """Cells aligned side by side, and nbdime's own diff."""
    _load_nbdime()
    before, after = _joined(left), _joined(right)

    def careful() -> dict[str, Any]:
        from nbdime.diffing.notebooks import diff_notebooks

        diff = diff_notebooks(_nodes(before), _nodes(after))
        rows = _rows_of_diff(before["cells"], after["cells"], diff)
        return _summary("nbdime", rows, diff)

    def coarse() -> dict[str, Any]:
        return _summary("nbdime", _rows_by_identity(before["cells"], after["cells"]), None)

    return _within(DIFF_SECONDS, careful, coarse)


def _rows_of_diff(before: list[Any], after: list[Any], diff: Any) -> list[dict[str, Any]]:
    entries: list[Any] = next((entry["diff"] for entry in diff if entry["key"] == "cells"), [])
    rows: list[dict[str, Any]] = []
    at = to = 0
    for entry in entries:
        while at < entry["key"]:
            rows.append(_pair(before[at], after[to], set()))
            at, to = at + 1, to + 1
        if entry["op"] == "addrange":
            for cell in after[to : to + len(entry["valuelist"])]:
                rows.append(_alone("added", cell))
            to += len(entry["valuelist"])
        elif entry["op"] == "removerange":
            rows += [_alone("removed", cell) for cell in before[at : at + entry["length"]]]
            at += entry["length"]
        else:
            rows.append(_pair(before[at], after[to], {inner["key"] for inner in entry["diff"]}))
            at, to = at + 1, to + 1
    rows += [_pair(a, b, set()) for a, b in zip(before[at:], after[to:], strict=True)]
    return rows


def _rows_by_identity(before: list[Any], after: list[Any]) -> list[dict[str, Any]]:
    left, right = [_identity(cell) for cell in before], [_identity(cell) for cell in after]
    rows: list[dict[str, Any]] = []
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            for old, new in zip(before[a:b], after[c:d], strict=True):
                members = {m for m in {*old, *new} if old.get(m) != new.get(m)}
                rows.append(_pair(old, new, members))
        else:
            rows += [_alone("removed", cell) for cell in before[a:b]]
            rows += [_alone("added", cell) for cell in after[c:d]]
    return rows


def _identity(cell: dict[str, Any]) -> str:
    return str(cell.get("id") or f"{cell['cell_type']}\n{cell['source']}")


def _pair(left: Any, right: Any, changed: set[str]) -> dict[str, Any]:
    return _row(
        "changed" if changed - _TRANSIENT else "same",
        left["source"],
        right["source"],
        right["cell_type"],
        "outputs" in changed,
    )


def _alone(change: str, cell: Any) -> dict[str, Any]:
    source = cell["source"]
    return _row(
        change,
        source if change == "removed" else None,
        source if change == "added" else None,
        cell["cell_type"],
        bool(cell.get("outputs")),
    )


def _joined(notebook: Any) -> Any:
    """With multi-line strings in one piece, as nbdime wants them: files hold them as lists of lines."""
    return {**notebook, "cells": [_joined_cell(cell) for cell in notebook["cells"]]}


def _joined_cell(cell: dict[str, Any]) -> dict[str, Any]:
    joined = {**cell, "source": _text(cell["source"])}
    if "outputs" in cell:
        joined["outputs"] = [_joined_output(output) for output in cell["outputs"]]
    return joined


def _joined_output(output: dict[str, Any]) -> dict[str, Any]:
    joined = dict(output)
    if "text" in joined:
        joined["text"] = _text(joined["text"])
    if isinstance(joined.get("data"), dict):
        joined["data"] = {
            kind: value if kind.endswith("json") else _text(value)
            for kind, value in joined["data"].items()
        }
    return joined


def _text(value: Any) -> Any:
    return "".join(value) if isinstance(value, list) else value


def _nodes(notebook: Any) -> Any:
    from nbformat import from_dict

    return from_dict(notebook)


# Merges


def merge_notebooks(base: Any, local: Any, remote: Any) -> tuple[Any, int]:
    """Cells merged one by one; both versions of a conflicting passage stay in its source, between marker lines.

    Outputs and metadata never conflict: those of ``local`` are kept.

    Returns:
        The merged notebook and the number of conflicts.

    Raises:
        Conflict: too large to merge in ``MERGE_SECONDS``.
    """
    _load_nbdime()
    return _within(MERGE_SECONDS, lambda: _merged(base, local, remote), _refuse_merge)


def merge_texts(base: str, local: str, remote: str) -> tuple[str, int]:
    """Lines merged as those of one cell are.

    Raises:
        Conflict: too large to merge in ``MERGE_SECONDS``.
    """
    # nbdime may ask git or diff3 to mark conflicts, and files on their way there lose carriage returns.
    crlf = "\n" in local and local.count("\r\n") == local.count("\n")
    texts = [text.replace("\r\n", "\n") if crlf else text for text in (base, local, remote)]
    merged, conflicts = merge_notebooks(*map(_wrapped, texts))
    source: str = merged["cells"][0]["source"]
    return source.replace("\n", "\r\n") if crlf else source, conflicts


def _wrapped(text: str) -> dict[str, Any]:
    cell = {"cell_type": "raw", "id": "text", "metadata": {}, "source": text}
    return {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def _merged(base: Any, local: Any, remote: Any) -> tuple[Any, int]:
    from nbdime.diffing.notebooks import diff_notebooks
    from nbdime.merging.decisions import apply_decisions
    from nbdime.merging.generic import decide_merge_with_diff
    from nbdime.merging.notebooks import notebook_merge_strategies

    strategies = notebook_merge_strategies(
        Namespace(
            merge_strategy="inline",
            input_strategy="inline",
            output_strategy="use-local",
            ignore_transients=True,
        )
    )
    for path in ("/metadata", "/cells/*/metadata", "/cells/*/outputs/*/metadata"):
        strategies[path] = "use-local"
    start, ours, theirs = (_nodes(_joined(notebook)) for notebook in (base, local, remote))
    decisions = decide_merge_with_diff(
        start,
        ours,
        theirs,
        diff_notebooks(start, ours),
        diff_notebooks(start, theirs),
        strategies,
    )
    conflicts = sum(1 for decision in decisions if decision.conflict)
    merged = apply_decisions(start, decisions)
    for cell in merged["cells"]:
        # Two cells merged into one keep both ids in an object: such a cell needs a new one.
        if not isinstance(cell.get("id", ""), str):
            del cell["id"]
    return merged, conflicts


def _refuse_merge() -> tuple[Any, int]:
    raise Conflict(
        "These versions are too large to merge. Save yours as a copy, or overwrite.",
        code="merge_too_large",
    )
