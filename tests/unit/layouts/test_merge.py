"""Three-way merges of layouts, member by member."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings

from quantlab_ext.schemas.saved import MergePlace
from quantlab_server.errors import Conflict
from quantlab_server.layouts.resource import LAYOUT as CODEC
from tests.support.layouts import chart, documents, layout, rich_layout


def whole(document: Any) -> Any:
    """Complete, as it is stored."""
    return CODEC.clean(copy.deepcopy(document), "document")


BASE = whole(rich_layout())


def edited(**changes: Any) -> Any:
    """The rich layout with members set: ``c1__timeframe="1h"``."""
    document = copy.deepcopy(BASE)
    for path, value in changes.items():
        *parents, member = path.split("__")
        target = document
        for parent in parents:
            if isinstance(target, list):
                target = next(i for i in target if parent in (i.get("id"), i.get("key")))
            elif parent in ("c1", "c2"):
                target = next(i for i in target["charts"] if i["id"] == parent)
            else:
                target = target[parent]
        target[member] = value
    return document


def test_different_charts_and_different_fields() -> None:
    local = edited(c1__timeframe="1h", c1__drawings=BASE["charts"][0]["drawings"][:2])
    remote = edited(c1__style="line", c2__symbol="SAMPLE:MSFT", theme="light")
    merged = CODEC.merge(BASE, local, remote)
    assert (merged.conflicts, merged.places) == (0, [])
    first, second = merged.value["charts"]
    assert (first["timeframe"], first["style"], len(first["drawings"])) == ("1h", "line", 2)
    assert (second["symbol"], merged.value["theme"]) == ("SAMPLE:MSFT", "light")


def test_different_inputs_of_one_study() -> None:
    local, remote = copy.deepcopy(BASE), copy.deepcopy(BASE)
    local["charts"][0]["studies"][1]["inputs"]["fast"] = 10
    remote["charts"][0]["studies"][1]["inputs"]["slow"] = 30
    merged = CODEC.merge(BASE, local, remote)
    inputs = merged.value["charts"][0]["studies"][1]["inputs"]
    assert (merged.conflicts, inputs["fast"], inputs["slow"]) == (0, 10, 30)


def test_the_same_field_on_both_sides_is_a_conflict() -> None:
    merged = CODEC.merge(BASE, edited(c1__timeframe="1h"), edited(c1__timeframe="1W"))
    assert merged.conflicts == 1
    [place] = [MergePlace.model_validate(dict(place)) for place in merged.places]
    assert (place.path, place.taken) == ("charts.c1.timeframe", "local")
    assert (place.base, place.local, place.remote) == ("1D", "1h", "1W")
    assert place.text == "timeframe of chart 1 (AAPL): 1h here, 1W there"
    assert merged.value["charts"][0]["timeframe"] == "1h"


def test_places_are_said_in_words() -> None:
    local, remote = edited(timezone="Asia/Tokyo"), edited(timezone="America/New_York")
    for side, fast in ((local, 10), (remote, 11)):
        side["charts"][0]["studies"][1]["inputs"]["fast"] = fast
    gone = whole({**BASE, "charts": BASE["charts"][:1], "grid": {}, "view": None})
    assert [place["text"] for place in CODEC.merge(BASE, local, remote).places] == [
        "fast of MACD on chart 1 (AAPL): 10 here, 11 there",
        "timezone: Asia/Tokyo here, America/New_York there",
    ]
    [place] = CODEC.merge(BASE, edited(c2__timeframe="1W"), gone).places
    assert place["text"].startswith("chart 2 (")
    assert place["text"].endswith("): changed here, removed there")


def test_the_same_change_on_both_sides_is_none() -> None:
    same = edited(c1__timeframe="1h")
    assert CODEC.merge(BASE, same, copy.deepcopy(same)).conflicts == 0


@pytest.mark.parametrize("side", ["local", "remote"])
def test_what_one_side_removed_and_the_other_changed_stays(side: str) -> None:
    gone = whole({**BASE, "charts": BASE["charts"][:1], "grid": {}, "view": None})
    kept = edited(c2__timeframe="1W")
    sides = (gone, kept) if side == "remote" else (kept, gone)
    merged = CODEC.merge(BASE, *sides)
    assert [one["id"] for one in merged.value["charts"]] == ["c1", "c2"]
    assert merged.value["charts"][1]["timeframe"] == "1W"
    assert [(place["path"], place["taken"]) for place in merged.places] == [("charts.c2", side)]


def test_what_one_side_removed_is_gone() -> None:
    gone = whole({**BASE, "charts": BASE["charts"][:1], "grid": {}})
    merged = CODEC.merge(BASE, edited(theme="light"), gone)
    assert (merged.conflicts, len(merged.value["charts"])) == (0, 1)
    assert merged.value["theme"] == "light"


def test_charts_that_both_added_are_both_kept() -> None:
    base = whole(layout(chart()))
    local = whole(layout(chart(), chart("L")))
    remote = whole(layout(chart(), chart("R"), chart("S")))
    merged = CODEC.merge(base, local, remote)
    assert merged.conflicts == 0
    charts = merged.value["charts"]
    assert sorted(one["symbol"] for one in charts) == ["L", "R", "S", "SAMPLE:AAPL"]
    assert len({one["id"] for one in charts}) == 4
    cells = merged.value["grid"]["cells"]
    assert len({(cell["row"], cell["column"]) for cell in cells}) == 4


def test_studies_and_drawings_that_both_added_are_both_kept() -> None:
    line = {"kind": "horizontal", "points": [{"price": 1}]}
    base = whole(layout(chart()))
    local = whole(layout(chart(studies=[{"id": "ta.sma", "inputs": {"length": 20}}])))
    remote = whole(
        layout(chart(studies=[{"id": "ta.sma", "inputs": {"length": 50}}], drawings=[line]))
    )
    merged = CODEC.merge(base, local, remote)
    [only] = merged.value["charts"]
    assert merged.conflicts == 0
    assert sorted(study["inputs"]["length"] for study in only["studies"]) == [20, 50]
    assert len(only["drawings"]) == 1


def test_each_removed_the_others_chart() -> None:
    base = whole(layout(chart("A", id="a"), chart("B", id="b")))
    merged = CODEC.merge(base, whole(layout(chart("A", id="a"))), whole(layout(chart("B", id="b"))))
    assert [one["id"] for one in merged.value["charts"]] == ["a"]
    assert merged.places[0]["path"] == "charts"


def test_limits_of_a_scale_that_do_not_fit() -> None:
    def limits(low: float, high: float) -> Any:
        pane = {"id": "main", "scale": {"auto": False, "low": low, "high": high}}
        return whole(layout(chart(panes=[pane])))

    merged = CODEC.merge(limits(10, 50), limits(40, 50), limits(10, 30))
    assert [place["path"] for place in merged.places] == ["charts.chart.panes.main.scale"]
    assert merged.value["charts"][0]["panes"][0]["scale"]["low"] == 40


def test_arrangements_that_differ() -> None:
    def arranged(columns: int) -> Any:
        return whole(layout(*[chart(id=f"c{i}") for i in range(4)], grid={"columns": columns}))

    merged = CODEC.merge(arranged(2), arranged(1), arranged(4))
    assert merged.conflicts >= 1
    assert all(place["path"].startswith("grid") for place in merged.places)
    assert merged.value["grid"]["columns"] == 1


def test_ids_that_look_like_members() -> None:
    base = whole(layout(chart(studies=[{"id": "x.scale"}, {"id": "x.charts"}])))
    local, remote = copy.deepcopy(base), copy.deepcopy(base)
    local["panels"] = {"scale": {"open": True, "area": "left", "size": None}}
    remote["panels"] = {"scale": {"open": False, "area": "right", "size": None}}
    for side, value in ((local, 1), (remote, 2)):
        for study in side["charts"][0]["studies"]:
            study["inputs"] = {"low": 3 * value, "high": value}
    assert CODEC.merge(base, local, remote).conflicts == 6


def test_the_visible_range_never_conflicts() -> None:
    def seen(year: int) -> Any:
        shown = {"start": f"{year}-01-01T00:00:00Z", "end": f"{year}-02-01T00:00:00Z"}
        return edited(view={"ranges": {"c1": shown}})

    merged = CODEC.merge(BASE, seen(2020), seen(2021))
    assert merged.conflicts == 0
    assert merged.value["view"]["ranges"]["c1"]["start"].startswith("2020")


def test_a_visible_range_is_one_value() -> None:
    def seen(first: int, last: int) -> Any:
        shown = {"start": f"2024-01-{first:02}T00:00:00Z", "end": f"2024-01-{last:02}T00:00:00Z"}
        return edited(view={"ranges": {"c1": shown}})

    merged = CODEC.merge(seen(1, 20), seen(1, 10), seen(15, 25))
    assert merged.value["view"] == seen(1, 10)["view"]
    merged = CODEC.merge(seen(1, 20), seen(1, 20), seen(15, 25))
    assert merged.value["view"] == seen(15, 25)["view"]
    # Who does not say what is visible leaves it to the other.
    merged = CODEC.merge(seen(1, 20), edited(view=None), seen(15, 25))
    assert merged.value["view"] is None
    merged = CODEC.merge(seen(1, 20), seen(1, 20), edited(view={"ranges": {}}))
    assert merged.value["view"] == {"ranges": {}}


def test_together_too_large() -> None:
    base = whole(layout(chart()))
    local = whole(layout(chart(), *[chart(f"L{i}") for i in range(20)]))
    remote = whole(layout(chart(), *[chart(f"R{i}") for i in range(20)]))
    with pytest.raises(Conflict, match="do not fit into one") as caught:
        CODEC.merge(base, local, remote)
    assert caught.value.code == "merge_too_large"


@settings(max_examples=80, deadline=None)
@given(documents, documents, documents)
def test_laws(one: Any, two: Any, three: Any) -> None:
    base, local, remote = whole(one), whole(two), whole(three)
    assert CODEC.merge(base, local, base).value == local
    assert CODEC.merge(base, base, remote).value == remote
    assert CODEC.merge(base, local, local).value == local
    before = copy.deepcopy((base, local, remote))
    merged = CODEC.merge(base, local, remote)
    assert (base, local, remote) == before
    assert CODEC.clean(merged.value, "document") == merged.value
    assert merged.conflicts == len(merged.places)
