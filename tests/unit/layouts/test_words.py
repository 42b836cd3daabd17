"""Differences between layouts in words."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings

from quantlab_ext.schemas.saved import VersionDiff
from quantlab_server.layouts.resource import LAYOUT as CODEC
from quantlab_server.layouts.words import compare_documents, in_words, say
from tests.support.layouts import chart, documents, layout, rich_layout


def whole(document: Any) -> Any:
    """Complete, as it is stored."""
    return CODEC.clean(copy.deepcopy(document), "document")


def words(left: Any, right: Any) -> str:
    """What changed."""
    text: str = compare_documents(whole(left), whole(right))["words"]
    return text


def after(change: Callable[[Any], Any]) -> str:
    """What is said of a change to the rich layout."""
    left = whole(rich_layout())
    right = copy.deepcopy(left)
    change(right)
    return words(left, right)


def test_the_usual_sentence() -> None:
    rsi = {"id": "ta.rsi", "inputs": {"length": 14}}
    left = layout(chart(studies=[rsi]), chart())
    right = copy.deepcopy(left)
    right["charts"][0]["studies"][0]["inputs"]["length"] = 21
    right["charts"][0]["studies"].append({"id": "ta.macd"})
    right["charts"][1]["timeframe"] = "1h"
    assert words(left, right) == (
        "RSI 14 → 21 on chart 1; added MACD on chart 1; AAPL 1D → 1h on chart 2"
    )


def test_one_chart_needs_no_number() -> None:
    left = layout(chart(studies=[{"id": "ta.rsi", "inputs": {"length": 14}}]))
    right = layout(chart("SAMPLE:MSFT", studies=[{"id": "ta.rsi", "inputs": {"length": 21}}]))
    assert words(left, right) == "AAPL → MSFT; RSI 14 → 21"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d["charts"][0].update(style="line"), "style heikin-ashi → line on chart 1"),
        (lambda d: d["charts"][1].update(volume=True), "volume shown on chart 2"),
        (lambda d: d["charts"][1].update(group=None), "no longer linked on chart 2"),
        (lambda d: d["charts"][0]["studies"].pop(), "removed MACD on chart 1"),
        (
            lambda d: d["charts"][0]["studies"][1]["inputs"].update(fast=10),
            "MACD fast 12 → 10 on chart 1",
        ),
        (
            lambda d: d["charts"][0]["studies"][1]["inputs"].pop("fast"),
            "MACD fast 12 → default on chart 1",
        ),
        (lambda d: d["charts"][0]["studies"][0].update(visible=False), "RSI 14 hidden on chart 1"),
        (lambda d: d["charts"][0]["drawings"].pop(0), "removed horizontal line on chart 1"),
        (
            lambda d: d["charts"][0]["drawings"][1]["points"][0].update(price=1),
            "moved trend line on chart 1",
        ),
        (lambda d: d["charts"][0]["compare"].clear(), "removed comparison with MSFT on chart 1"),
        (
            lambda d: d["charts"][0]["panes"][0]["scale"].update(mode="percent"),
            "scale log → percent on chart 1",
        ),
        (lambda d: d["grid"].update(widths=[1, 1, 1]), "charts resized"),
        (lambda d: d["groups"][0].update(range=False), "group g: range on → off"),
        (lambda d: d["panels"]["account"].update(open=True), "opened panel account"),
        (lambda d: d["panels"]["library"].update(size=300), "panel library changed"),
        (lambda d: d.update(view=None), "visible range changed"),
        (lambda d: d.update(theme=None), "theme dark → none"),
        (lambda d: d.update(timezone="exchange"), "time zone Europe/Berlin → exchange"),
    ],
)
def test_in_words(change: Callable[[Any], Any], said: str) -> None:
    assert after(change) == said


def test_charts_come_go_and_change_places() -> None:
    one, two, three = (chart(symbol, id=symbol.lower()) for symbol in ("A", "B", "C"))
    assert words(layout(one), layout(one, two)).startswith("added chart B 1D; ")
    assert words(layout(one, two), layout(two)).startswith("removed chart A 1D; ")
    turned = words(layout(one, two, three), layout(three, one, two))
    assert "charts in another order" in turned


def test_what_repeats_is_counted_and_what_is_too_much_left_out() -> None:
    assert in_words(["added trend line"] * 3 + ["x"]) == "added trend line (3 times); x"
    assert in_words([str(number) for number in range(40)]).endswith("29; and 10 more")
    assert len(say("x" * 1000)) == 60
    assert say("a\nb") == "a b"


@settings(max_examples=60, deadline=None)
@given(documents, documents)
def test_data_and_words_of_anything(left: Any, right: Any) -> None:
    one, two = whole(left), whole(right)
    answer = compare_documents(one, two)
    diff = VersionDiff.model_validate({"from_version": 1, "to_version": 2, **answer})
    assert bool(diff.words) == bool(diff.changes) == (one != two)
    assert diff.added + diff.removed + diff.changed == len(diff.rows) == len(diff.changes)
    assert compare_documents(one, one)["words"] == ""
