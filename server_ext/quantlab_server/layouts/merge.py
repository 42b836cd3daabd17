"""Three-way merge of layouts, member by member.

Items of lists (charts, studies, drawings, …) are the same item when they have the same id. What only one side changed
is taken; what both changed alike is taken once; where both changed one member, the caller's value stays and the place
is listed. What one side removed and the other changed stays. Where both put a list into another order, the caller's
stays and the list is named. The visible range is of the moment and never conflicts.
"""

from __future__ import annotations

from typing import Any

from quantlab_server.layouts.words import KEYS, item_name, say
from quantlab_server.versioning.content import Merged

Json = Any

# Stands for an item or member that a side does not have.
_ABSENT: Any = object()
# New items of these lists are different things although their ids, made from their places, are the same.
_RENAMED = frozenset({"charts", "studies", "drawings"})
# Lists whose order people see.
_ORDERED = _RENAMED | {"panes", "compare"}
_SHAPE = ("rows", "columns", "heights", "widths")


def merge_documents(base: Json, local: Json, remote: Json) -> Merged:
    """Put together what changed from ``base`` to ``local`` (the caller's) and to ``remote``.

    All three are complete documents; they are not changed. The result has still to be validated.
    """
    remote = _with_own_chart_ids(base, local, remote)
    merge = _Merge()
    names = ("schema_version", "charts", "groups", "panels", "theme", "timezone")
    merged = {name: merge.value(base[name], local[name], remote[name], name) for name in names}
    if not merged["charts"]:
        # Each side removed what the other one kept; a layout has at least one chart.
        merge.note("charts", base["charts"], local["charts"], remote["charts"])
        merged["charts"] = local["charts"]
    charts = [chart["id"] for chart in merged["charts"]]
    merged["grid"] = _grid(merge, base, local, remote, charts)
    merged["view"] = _view(base["view"], local["view"], remote["view"], charts)
    return Merged(merged, len(merge.places), merge.places)


class _Merge:
    """Collects the places that both sides changed."""

    def __init__(self) -> None:
        self.places: list[dict[str, Any]] = []
        # The items around what is being merged, outermost first: their paths, and what people call them.
        self._around: list[tuple[str, str]] = []

    def note(
        self,
        path: str,
        base: Json,
        local: Json,
        remote: Json,
        taken: str = "local",
        text: str | None = None,
    ) -> None:
        """List a place."""
        here, there = _side(local), _side(remote)
        self.places.append(
            {
                "path": path,
                "text": text or f"{self._called(path)}: {here} here, {there} there",
                "base": _plain(base),
                "local": _plain(local),
                "remote": _plain(remote),
                "taken": taken,
            }
        )

    def _called(self, path: str) -> str:
        """A place in words: ``timeframe of chart 1 (AAPL)``."""
        inner = self._around[-1][0] if self._around else ""
        member = (
            path.removeprefix(inner).removeprefix(".").removeprefix("inputs.").replace(".", " ")
        )
        items = " on ".join(name for _, name in reversed(self._around))
        return f"{member} of {items}" if member and items else member or items

    def value(self, base: Json, local: Json, remote: Json, path: str) -> Json:
        """The merged value of a member; ``_ABSENT`` where it goes."""
        if local == remote or remote == base:
            return local
        if local == base:
            return remote
        name = path.rpartition(".")[2]
        sides = (base, local, remote)
        if name in KEYS and all(isinstance(side, list) for side in sides):
            return self.items(base, local, remote, name, path)
        if isinstance(local, dict) and isinstance(remote, dict):
            merged = self.members(base if isinstance(base, dict) else {}, local, remote, path)
            limits = name == "scale" and {"low", "high"} <= merged.keys()
            return self._scale(merged, *sides, path) if limits else merged
        # What one side removed and the other one changed stays: nothing is lost.
        taken = "remote" if local is _ABSENT else "local"
        self.note(path, base, local, remote, taken)
        return remote if local is _ABSENT else local

    def members(self, base: Json, local: Json, remote: Json, path: str) -> dict[str, Any]:
        """Objects, member by member."""
        merged = {}
        for name in {**local, **remote}:
            value = self.value(
                base.get(name, _ABSENT),
                local.get(name, _ABSENT),
                remote.get(name, _ABSENT),
                f"{path}.{name}",
            )
            if value is not _ABSENT:
                merged[name] = value
        return merged

    def items(self, base: Json, local: Json, remote: Json, name: str, path: str) -> list[Json]:
        """Lists, item by item."""
        key = KEYS[name]
        if name in _RENAMED:
            remote = _with_own_ids(base, local, remote, key)
        b, l, r = ({item[key]: item for item in side} for side in (base, local, remote))  # noqa: E741  # one letter per side
        merged = {}
        for number, id in enumerate({**l, **r}, 1):
            inner = f"{path}.{id}"
            self._around.append((inner, item_name(name, number, l.get(id) or r[id])))
            value = self.value(b.get(id, _ABSENT), l.get(id, _ABSENT), r.get(id, _ABSENT), inner)
            self._around.pop()
            if value is not _ABSENT:
                merged[id] = value
        was, here, there = (
            [id for id in side if id in b and id in l and id in r] for side in (b, l, r)
        )
        if name in _ORDERED and here not in (was, there) and there != was:
            text = f"{self._called(path)}: one order here, another one there"
            self.note(path, was, here, there, text=text)
        return [merged[id] for id in _order(list(b), list(l), list(r)) if id in merged]

    def _scale(self, merged: Json, base: Json, local: Json, remote: Json, path: str) -> Json:
        """Limits that do not fit together are a conflict of the scale as a whole."""
        low, high = merged["low"], merged["high"]
        if low is None or high is None or low < high:
            return merged
        self.note(path, base, local, remote)
        return local


def _side(value: Json) -> str:
    if value is _ABSENT:
        return "removed"
    return "changed" if isinstance(value, dict | list) else say(value)


def _plain(value: Json) -> Json:
    return None if value is _ABSENT else value


def _order(base: list[str], local: list[str], remote: list[str]) -> list[str]:
    """The order of that side which changed it; what only the other side has comes after its neighbour there."""
    moved = [id for id in local if id in base] != [id for id in base if id in local]
    first, second = (local, remote) if moved else (remote, local)
    order = list(first)
    for at, id in enumerate(second):
        if id not in order:
            order.insert(order.index(second[at - 1]) + 1 if at else 0, id)
    return order


def _with_own_ids(base: list[Json], local: list[Json], remote: list[Json], key: str) -> list[Json]:
    """``remote``, where items that both sides added under one id but that differ get another id."""
    old = {item[key] for item in base}
    here = {item[key]: item for item in local}
    taken = old | here.keys() | {item[key] for item in remote}
    result = []
    for item in remote:
        id = item[key]
        if id not in old and id in here and here[id] != item:
            fresh = _fresh(id, taken)
            taken.add(fresh)
            item = {**item, key: fresh}
        result.append(item)
    return result


def _with_own_chart_ids(base: Json, local: Json, remote: Json) -> Json:
    """The same for charts, whose ids the grid and the visible ranges name too."""
    charts = _with_own_ids(base["charts"], local["charts"], remote["charts"], "id")
    fresh = {
        old["id"]: new["id"]
        for old, new in zip(remote["charts"], charts, strict=True)
        if old != new
    }
    if not fresh:
        return remote
    cells = [
        {**cell, "chart": fresh.get(cell["chart"], cell["chart"])}
        for cell in remote["grid"]["cells"]
    ]
    view = remote["view"]
    if view is not None:
        ranges = {fresh.get(id, id): shown for id, shown in view["ranges"].items()}
        view = {**view, "ranges": ranges}
    grid = {**remote["grid"], "cells": cells}
    return {**remote, "charts": charts, "grid": grid, "view": view}


def _fresh(id: str, taken: set[str]) -> str:
    number = 2
    while (made := f"{id[:58]}-{number}") in taken:
        number += 1
    return made


def _grid(merge: _Merge, base: Json, local: Json, remote: Json, charts: list[str]) -> Json:
    """The arrangement. A grid that differs only because charts came or went is no conflict."""
    b, l, r = base["grid"], local["grid"], remote["grid"]  # noqa: E741  # one letter per side
    if l == r or r == b:
        grid = l
    elif l == b:
        grid = r
    else:
        ids = [{chart["id"] for chart in side["charts"]} for side in (base, local, remote)]
        if ids[0] == ids[1] == ids[2]:
            old, ours, theirs = ({name: side[name] for name in _SHAPE} for side in (b, l, r))
            shape = merge.members(old, ours, theirs, "grid")
            cells = merge.items(b["cells"], l["cells"], r["cells"], "cells", "grid.cells")
        else:
            shape = {name: l[name] for name in _SHAPE}
            cells = [*l["cells"], *r["cells"]]
        grid = {**shape, "cells": cells}
    return {**grid, "cells": _fitting(grid, charts)}


def _fitting(grid: Json, charts: list[str]) -> list[Json]:
    """Cells that fit; charts without one are given the next free one when the document is completed."""
    kept: list[Json] = []
    taken: set[tuple[int, int]] = set()
    placed: set[str] = set()
    for cell in grid["cells"]:
        bottom, right = cell["row"] + cell["rows"], cell["column"] + cell["columns"]
        places = {
            (row, column)
            for row in range(cell["row"], bottom)
            for column in range(cell["column"], right)
        }
        fits = bottom <= grid["rows"] and right <= grid["columns"] and not places & taken
        if fits and cell["chart"] in charts and cell["chart"] not in placed:
            kept.append(cell)
            taken |= places
            placed.add(cell["chart"])
    return kept


def _view(base: Json, local: Json, remote: Json, charts: list[str]) -> Json:
    """A range is one value: the start of one side and the end of the other may be the wrong way round."""
    if local is None or remote is None:
        return remote if local == base else local
    was, mine, theirs = (side["ranges"] if side else {} for side in (base, local, remote))
    ranges = {}
    for id in {**mine, **theirs}:
        shown = theirs.get(id) if mine.get(id) == was.get(id) else mine.get(id)
        if shown is not None and id in charts:
            ranges[id] = shown
    return {"ranges": ranges}
