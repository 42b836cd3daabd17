"""What changed between two layouts, as data and in words: ``RSI 14 → 21; added MACD``.

Documents are complete, as they are stored. A path names a member; items of lists by their ids: ``charts.c1.timeframe``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

Json = Any
Changes = Iterator[dict[str, Any]]

# Members that identify items of a list.
KEYS = {
    "charts": "id",
    "panes": "id",
    "studies": "key",
    "compare": "symbol",
    "drawings": "id",
    "groups": "id",
    "cells": "chart",
}
_DRAWINGS = {
    "horizontal": "horizontal line",
    "trend": "trend line",
    "rectangle": "rectangle",
    "fibonacci": "Fibonacci retracement",
    "text": "text",
}
_WORDS_MAX = 30
_VALUE_MAX = 60


def compare_documents(left: Json, right: Json) -> dict[str, Any]:
    """The members of a ``VersionDiff`` between two documents."""
    changes = list(_document(left, right))
    count = Counter(change["change"] for change in changes)
    return {
        "format": "layout",
        "added": count["added"],
        "removed": count["removed"],
        "changed": count["changed"],
        "rows": [_row(change) for change in changes],
        "diff": None,
        "changes": changes,
        "words": in_words([change["text"] for change in changes]),
    }


def in_words(texts: list[str]) -> str:
    """One sentence; what repeats is counted, and what is too much is left out."""
    counted = Counter(texts)
    parts = [
        text if number == 1 else f"{text} ({number} times)" for text, number in counted.items()
    ]
    more = len(parts) - _WORDS_MAX
    if more > 0:
        parts = [*parts[:_WORDS_MAX], f"and {more} more"]
    return "; ".join(parts)


def say(value: Json) -> str:
    """A value for people, cut when it is long."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float) and value == int(value):
        value = int(value)
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    text = " ".join(text.split())
    return text if len(text) <= _VALUE_MAX else text[: _VALUE_MAX - 1] + "…"


def ticker(symbol: str) -> str:
    """A symbol without its source."""
    return symbol.partition(":")[2] or symbol


def study_name(study: Json) -> str:
    """``ta.rsi`` with one number as input is ``RSI 14``."""
    name: str = study["id"].rpartition(".")[2].upper()
    numbers = [v for v in study["inputs"].values() if _is_number(v)]
    return f"{name} {say(numbers[0])}" if len(numbers) == 1 else name


def item_name(member: str, number: int, item: Json) -> str:
    """What people call an item of one of the lists in `KEYS`; ``number`` counts from 1."""
    match member:
        case "charts":
            return f"chart {number} ({ticker(item['symbol'])})"
        case "studies":
            return study_name(item)
        case "drawings":
            return _DRAWINGS[item["kind"]]
        case "compare":
            return f"comparison with {ticker(item['symbol'])}"
        case "panes":
            return f"pane {item['id']}"
        case "groups":
            return f"group {item['id']}"
        case _:
            return f"place {number} of the grid"


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _change(
    kind: str, path: str, text: str, left: Json = None, right: Json = None
) -> dict[str, Any]:
    return {"change": kind, "path": path, "text": text, "left": left, "right": right}


def _row(change: Mapping[str, Any]) -> dict[str, Any]:
    kind, path = change["change"], change["path"]
    return {
        "change": kind,
        "cell_type": None,
        "left": None if kind == "added" else f"{path}: {say(change['left'])}",
        "right": None if kind == "removed" else f"{path}: {say(change['right'])}",
        "outputs_changed": False,
    }


def _document(left: Json, right: Json) -> Changes:
    several = max(len(left["charts"]), len(right["charts"])) > 1
    numbers = {chart["id"]: at for at, chart in enumerate(right["charts"], 1)}

    def inside(path: str, old: Json, new: Json) -> Changes:
        where = f" on chart {numbers[new['id']]}" if several else ""
        yield from _chart(path, old, new, where)

    def name(chart: Json) -> str:
        return f"chart {ticker(chart['symbol'])} {chart['timeframe']}"

    yield from _items("charts", left, right, "", "charts", name, inside)
    if left["grid"] != right["grid"]:
        yield _change("changed", "grid", _grid_text(left, right), left["grid"], right["grid"])
    yield from _items("groups", left, right, "", "groups", lambda g: f"group {g['id']}", _group)
    yield from _panels(left["panels"], right["panels"])
    yield from _parts(left, right)


def _items(
    member: str,
    left: Json,
    right: Json,
    where: str,
    path: str,
    name: Callable[[Json], str],
    inside: Callable[[str, Json, Json], Changes],
) -> Changes:
    """Items of a list that came, went, changed inside or changed places."""
    key = KEYS[member]
    old = {item[key]: item for item in left[member]}
    new = {item[key]: item for item in right[member]}
    for id, item in old.items():
        if id not in new:
            yield _change("removed", f"{path}.{id}", f"removed {name(item)}{where}", left=item)
    for id, item in new.items():
        if id not in old:
            yield _change("added", f"{path}.{id}", f"added {name(item)}{where}", right=item)
        elif old[id] != item:
            yield from inside(f"{path}.{id}", old[id], item)
    stayed, stay = [i for i in old if i in new], [i for i in new if i in old]
    if stayed != stay:
        yield _change("changed", path, f"{member} in another order{where}", stayed, stay)


def _chart(path: str, old: Json, new: Json, where: str) -> Changes:
    name = ticker(new["symbol"])
    for member, text in (
        ("symbol", f"{ticker(old['symbol'])} → {name}"),
        ("timeframe", f"{name} {old['timeframe']} → {new['timeframe']}"),
        ("style", f"style {old['style']} → {new['style']}"),
        ("volume", "volume shown" if new["volume"] else "volume hidden"),
        ("group", f"linked to group {new['group']}" if new["group"] else "no longer linked"),
    ):
        if old[member] != new[member]:
            yield _change("changed", f"{path}.{member}", text + where, old[member], new[member])

    def study(inner: str, before: Json, after: Json) -> Changes:
        yield from _study(inner, before, after, where)

    def drawing(inner: str, before: Json, after: Json) -> Changes:
        yield from _drawing(inner, before, after, where)

    def pane(inner: str, before: Json, after: Json) -> Changes:
        yield from _pane(inner, before, after, where)

    def other(inner: str, before: Json, after: Json) -> Changes:
        text = f"changed comparison with {ticker(after['symbol'])}{where}"
        yield _change("changed", inner, text, before, after)

    def drawn(item: Json) -> str:
        return _DRAWINGS[item["kind"]]

    def compared(item: Json) -> str:
        return f"comparison with {ticker(item['symbol'])}"

    yield from _items("studies", old, new, where, f"{path}.studies", study_name, study)
    yield from _items("compare", old, new, where, f"{path}.compare", compared, other)
    yield from _items("panes", old, new, where, f"{path}.panes", lambda p: f"pane {p['id']}", pane)
    yield from _items("drawings", old, new, where, f"{path}.drawings", drawn, drawing)


def _study(path: str, old: Json, new: Json, where: str) -> Changes:
    plain = new["id"].rpartition(".")[2].upper()
    if old["id"] != new["id"]:
        text = f"{study_name(old)} → {study_name(new)}{where}"
        yield _change("changed", path, text, old, new)
        return
    before, after = old["inputs"], new["inputs"]
    alone = len(before.keys() | after.keys()) == 1
    for name in {**before, **after}:
        if before.get(name) != after.get(name):
            of = plain if alone else f"{plain} {name}"
            left, right = before.get(name), after.get(name)
            text = f"{of} {_given(left)} → {_given(right)}{where}"
            yield _change("changed", f"{path}.inputs.{name}", text, left, right)
    called = study_name(new)
    for member, text in (
        ("pane", f"{called} moved to pane {say(new['pane'])}"),
        ("colours", f"{called} in other colours"),
        ("visible", f"{called} shown" if new["visible"] else f"{called} hidden"),
    ):
        if old[member] != new[member]:
            yield _change("changed", f"{path}.{member}", text + where, old[member], new[member])


def _given(value: Json) -> str:
    return "default" if value is None else say(value)


def _drawing(path: str, old: Json, new: Json, where: str) -> Changes:
    name = _DRAWINGS[new["kind"]]
    for member in new:
        if old[member] == new[member]:
            continue
        if member == "points":
            text = f"moved {name}"
        elif member == "text":
            text = f"{name} “{say(old['text'])}” → “{say(new['text'])}”"
        else:
            text = f"{member} of {name} {say(old[member])} → {say(new[member])}"
        yield _change("changed", f"{path}.{member}", text + where, old[member], new[member])


def _pane(path: str, old: Json, new: Json, where: str) -> Changes:
    of = "" if new["id"] == "main" else f" of pane {new['id']}"
    if old["height"] != new["height"]:
        text = f"height{of or ' of the main pane'} changed{where}"
        yield _change("changed", f"{path}.height", text, old["height"], new["height"])
    before, after = old["scale"], new["scale"]
    for member in after:
        if before[member] != after[member]:
            left, right = say(before[member]), say(after[member])
            what = "scale" if member == "mode" else f"scale {member}"
            text = f"{what}{of} {left} → {right}{where}"
            yield _change("changed", f"{path}.scale.{member}", text, before[member], after[member])


def _grid_text(left: Json, right: Json) -> str:
    old, new = left["grid"], right["grid"]
    before, after = (f"{g['rows']} by {g['columns']}" for g in (old, new))
    if before != after:
        return f"grid {before} → {after}"
    return "charts arranged differently" if old["cells"] != new["cells"] else "charts resized"


def _group(path: str, old: Json, new: Json) -> Changes:
    for member in new:
        if old[member] != new[member]:
            text = f"group {new['id']}: {member} {say(old[member])} → {say(new[member])}"
            yield _change("changed", f"{path}.{member}", text, old[member], new[member])


def _panels(old: Json, new: Json) -> Changes:
    for id in {**old, **new}:
        before, after = old.get(id), new.get(id)
        if before == after:
            continue
        was, now = bool(before and before["open"]), bool(after and after["open"])
        text = (
            f"panel {id} changed" if was == now else f"{'opened' if now else 'closed'} panel {id}"
        )
        kind = "added" if before is None else "removed" if after is None else "changed"
        yield _change(kind, f"panels.{id}", text, before, after)


def _parts(left: Json, right: Json) -> Changes:
    if left["view"] != right["view"]:
        yield _change("changed", "view", "visible range changed", left["view"], right["view"])
    for member, what in (("theme", "theme"), ("timezone", "time zone")):
        if left[member] != right[member]:
            text = f"{what} {say(left[member])} → {say(right[member])}"
            yield _change("changed", member, text, left[member], right[member])
