"""Two devices edit one layout: whatever each of them did is in the merged one, or named."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantlab_server.layouts.resource import LAYOUT as CODEC
from quantlab_server.versioning.content import Merged
from tests.support.layouts import chart, layout

LINE = {"kind": "horizontal", "colour": "#ff0000"}


def line(id: str, price: float, **more: Any) -> dict[str, Any]:
    return {**LINE, "id": id, "points": [{"price": price}], **more}


def trend(id: str, first: float, second: float) -> dict[str, Any]:
    points = [
        {"time": "2024-01-02T14:30:00Z", "price": first},
        {"time": "2024-02-02T14:30:00Z", "price": second},
    ]
    return {"kind": "trend", "id": id, "points": points}


def whole(document: Any) -> Any:
    """Complete, as it is stored."""
    return CODEC.clean(copy.deepcopy(document), "document")


STUDIES = [
    {"key": "rsi", "id": "ta.rsi", "inputs": {"length": 14}},
    {"key": "macd", "id": "ta.macd", "inputs": {"fast": 12, "slow": 26, "signal": 9}},
]
BASE = whole(
    layout(
        chart(
            "A", id="a", drawings=[line("d1", 1), line("d2", 2), trend("d3", 3, 4)], studies=STUDIES
        ),
        chart("B", id="b", drawings=[line("e1", 1)]),
        chart("C", id="c"),
    )
)


def device(edit: Callable[[Any], object]) -> Any:
    """What a device makes of the layout; ``edit`` is given the charts by id, in a list's order."""
    document = copy.deepcopy(BASE)
    edit(document)
    return whole(document)


def of(document: Any, chart_id: str) -> Any:
    return next(each for each in document["charts"] if each["id"] == chart_id)


def drawings(merged: Merged, chart_id: str = "a") -> dict[str, Any]:
    return {each["id"]: each for each in of(merged.value, chart_id)["drawings"]}


def studies(merged: Merged) -> dict[str, Any]:
    return {each["key"]: each for each in of(merged.value, "a")["studies"]}


def conflicts(merged: Merged) -> list[tuple[str, str]]:
    assert merged.conflicts == len(merged.places)
    return [(place["path"], place["taken"]) for place in merged.places]


def adding(*made: dict[str, Any]) -> Any:
    return device(lambda document: of(document, "a")["drawings"].extend(made))


def without(*ids: str) -> Any:
    def remove(document: Any) -> None:
        one = of(document, "a")
        one["drawings"] = [each for each in one["drawings"] if each["id"] not in ids]
        one["studies"] = [each for each in one["studies"] if each["key"] not in ids]
        document["charts"] = [each for each in document["charts"] if each["id"] not in ids]
        cells = document["grid"]["cells"]
        document["grid"]["cells"] = [cell for cell in cells if cell["chart"] not in ids]

    return device(remove)


def changing(id: str, **members: Any) -> Any:
    """A drawing or study of the first chart with other members; of a study's ``inputs`` the others stay."""

    def change(document: Any) -> None:
        for each in [*of(document, "a")["drawings"], *of(document, "a")["studies"]]:
            if id in (each.get("key"), each["id"]):
                inputs = {**each.get("inputs", {}), **members.get("inputs", {})}
                each.update({**members, "inputs": inputs} if inputs else members)

    return device(change)


def in_order(*ids: str) -> Any:
    def sort(document: Any) -> None:
        document["charts"] = [of(document, id) for id in ids]

    return device(sort)


def test_drawings_added_on_both_sides_of_one_chart() -> None:
    merged = CODEC.merge(BASE, adding(line("l1", 5), line("l2", 6)), adding(line("r1", 7)))
    assert conflicts(merged) == []
    assert set(drawings(merged)) == {"d1", "d2", "d3", "l1", "l2", "r1"}


def test_drawings_that_both_made_under_one_id() -> None:
    merged = CODEC.merge(BASE, adding(line("new", 5)), adding(line("new", 7)))
    assert conflicts(merged) == []
    prices = sorted(each["points"][0]["price"] for each in drawings(merged).values())
    assert prices == [1, 2, 3, 5, 7]
    assert len(drawings(CODEC.merge(BASE, adding(line("new", 5)), adding(line("new", 5))))) == 4


@pytest.mark.parametrize("side", ["local", "remote"])
def test_a_drawing_removed_here_and_edited_there_stays_and_is_named(side: str) -> None:
    sides = [changing("d2", colour="#0000ff"), without("d2")]
    merged = CODEC.merge(BASE, *(sides if side == "local" else reversed(sides)))
    assert conflicts(merged) == [("charts.a.drawings.d2", side)]
    assert drawings(merged)["d2"]["colour"] == "#0000ff"


def test_drawings_removed_on_one_side_or_both_are_gone() -> None:
    merged = CODEC.merge(BASE, without("d1", "d2"), without("d2", "d3"))
    assert (conflicts(merged), drawings(merged)) == ([], {})


def test_one_drawing_moved_here_and_coloured_there() -> None:
    moved = changing("d1", points=[{"price": 9, "time": None}])
    merged = CODEC.merge(BASE, moved, changing("d1", colour="#0000ff", width=3))
    assert conflicts(merged) == []
    one = drawings(merged)["d1"]
    assert (one["points"][0]["price"], one["colour"], one["width"]) == (9, "#0000ff", 3)


def test_one_drawing_moved_on_both_sides_is_named_as_one() -> None:
    """One end of this and one of that would be a line that nobody has drawn."""
    here, there = trend("d3", 3, 5)["points"], trend("d3", 1, 4)["points"]
    merged = CODEC.merge(BASE, changing("d3", points=here), changing("d3", points=there))
    assert conflicts(merged) == [("charts.a.drawings.d3.points", "local")]
    assert [point["price"] for point in drawings(merged)["d3"]["points"]] == [3, 5]


def test_a_chart_removed_here_in_which_there_something_was_drawn() -> None:
    merged = CODEC.merge(BASE, without("a"), adding(line("new", 5)))
    assert conflicts(merged) == [("charts.a", "remote")]
    assert "new" in drawings(merged)


def test_charts_put_in_another_order_and_edited_elsewhere() -> None:
    merged = CODEC.merge(BASE, in_order("c", "a", "b"), adding(line("new", 5)))
    assert conflicts(merged) == []
    assert [each["id"] for each in merged.value["charts"]] == ["c", "a", "b"]
    assert "new" in drawings(merged)
    merged = CODEC.merge(BASE, adding(line("new", 5)), in_order("c", "a", "b"))
    assert [each["id"] for each in merged.value["charts"]] == ["c", "a", "b"]


def test_charts_put_in_two_other_orders_are_named() -> None:
    merged = CODEC.merge(BASE, in_order("c", "a", "b"), in_order("b", "a", "c"))
    assert conflicts(merged) == [("charts", "local")]
    [place] = merged.places
    assert (place["local"], place["remote"]) == (["c", "a", "b"], ["b", "a", "c"])
    assert place["text"] == "charts: one order here, another one there"
    assert [each["id"] for each in merged.value["charts"]] == ["c", "a", "b"]
    assert conflicts(CODEC.merge(BASE, in_order("c", "b", "a"), in_order("c", "b", "a"))) == []


def test_a_chart_added_while_the_others_changed_places() -> None:
    def add(document: Any) -> None:
        document["charts"].insert(1, chart("N", id="n"))

    merged = CODEC.merge(BASE, in_order("c", "b", "a"), device(add))
    assert conflicts(merged) == []
    assert [each["id"] for each in merged.value["charts"]] == ["c", "b", "a", "n"]
    assert len(merged.value["grid"]["cells"]) == 4


def test_one_study_with_other_inputs_on_both_sides() -> None:
    merged = CODEC.merge(
        BASE, changing("macd", inputs={"fast": 10}), changing("macd", inputs={"slow": 30})
    )
    assert conflicts(merged) == []
    assert studies(merged)["macd"]["inputs"] == {"fast": 10, "slow": 30, "signal": 9}


def test_one_input_of_a_study_on_both_sides_is_named() -> None:
    merged = CODEC.merge(
        BASE, changing("rsi", inputs={"length": 21}), changing("rsi", inputs={"length": 7})
    )
    assert conflicts(merged) == [("charts.a.studies.rsi.inputs.length", "local")]
    assert merged.places[0]["text"] == "length of RSI 21 on chart 1 (A): 21 here, 7 there"


@pytest.mark.parametrize("side", ["local", "remote"])
def test_a_study_removed_here_and_changed_there_stays_and_is_named(side: str) -> None:
    sides = [changing("rsi", inputs={"length": 21}), without("rsi")]
    merged = CODEC.merge(BASE, *(sides if side == "local" else reversed(sides)))
    assert conflicts(merged) == [("charts.a.studies.rsi", side)]
    assert studies(merged)["rsi"]["inputs"] == {"length": 21}


def test_a_study_added_to_a_pane_that_the_other_side_removed() -> None:
    def paned(*keys: str, panes: tuple[str, ...]) -> Any:
        made = [{"key": key, "id": "ta.rsi", "pane": "lower"} for key in keys]
        return whole(layout(chart("A", studies=made, panes=[{"id": pane} for pane in panes])))

    base = paned("one", panes=("main", "lower"))
    merged = CODEC.merge(base, paned(panes=("main",)), paned("one", "two", panes=("main", "lower")))
    assert conflicts(merged) == []
    [study] = merged.value["charts"][0]["studies"]
    assert (study["key"], study["pane"]) == ("two", "lower")
    assert CODEC.clean(merged.value, "document") == merged.value


def edits(who: str) -> st.SearchStrategy[Any]:
    """Documents of a device that removed, changed, sorted and added whatever it liked."""

    def make(gone: set[str], coloured: dict[str, str], order: list[str], new: int) -> Any:
        def edit(document: Any) -> None:
            one = of(document, "a")
            kept = [each for each in one["drawings"] if each["id"] not in gone]
            for each in kept:
                each["colour"] = coloured.get(each["id"], each["colour"])
            # Half of the new ones have ids that the other device uses too.
            made = [line(f"{who if at % 2 else 'new'}{at}", 10 + at) for at in range(new)]
            one["drawings"] = [*kept, *made]
            document["charts"] = [of(document, id) for id in order]

        return device(edit)

    names = st.sampled_from(["d1", "d2", "d3"])
    colours = st.sampled_from(["#00000a", "#00000b"])
    orders = st.permutations(["a", "b", "c"])
    return st.builds(
        make, st.sets(names), st.dictionaries(names, colours), orders, st.integers(0, 3)
    )


@settings(max_examples=150, deadline=None)
@given(edits("local"), edits("remote"))
def test_nothing_is_lost_that_is_not_named(local: Any, remote: Any) -> None:
    merged = CODEC.merge(BASE, local, remote)
    named = dict(conflicts(merged))
    was, here, there = (
        {each["id"]: each for each in of(side, "a")["drawings"]} for side in (BASE, local, remote)
    )
    found = drawings(merged)
    for id in was:
        mine, theirs = here.get(id), there.get(id)
        path = f"charts.a.drawings.{id}"
        if mine == theirs or theirs == was[id]:
            assert found.get(id) == mine
        elif mine == was[id]:
            assert found.get(id) == theirs
        elif mine is None or theirs is None:
            assert named[path] == ("local" if theirs is None else "remote")
            assert found[id] == (mine or theirs)
        else:
            assert named[f"{path}.colour"] == "local"
            assert found[id] == mine
    contents = [{**each, "id": ""} for each in found.values()]
    for made in [*here.values(), *there.values()]:
        if made["id"] not in was:
            assert {**made, "id": ""} in contents
    orders = [[each["id"] for each in side["charts"]] for side in (BASE, local, remote)]
    if orders[0] not in orders[1:] and orders[1] != orders[2]:
        assert "charts" in named
    assert CODEC.clean(merged.value, "document") == merged.value
