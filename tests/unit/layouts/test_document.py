"""Layout documents: complete, canonical, and strict about what comes in."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from quantlab_ext.schemas.layouts import parse_document
from quantlab_server.errors import ApiError, Invalid
from quantlab_server.layouts.codec import symbols_of
from quantlab_server.layouts.resource import LAYOUT as CODEC
from quantlab_server.layouts.resource import decode_create, decode_draft
from quantlab_server.versioning.content import decode, encode, parse_json
from tests.support.layouts import LAYOUT, chart, documents, layout, rich_layout


def stored(document: Any) -> Any:
    """As it is stored."""
    return decode(encode(CODEC, copy.deepcopy(document)).data)


def refused(document: Any) -> set[tuple[str, str]]:
    """Paths and codes of what is refused."""
    with pytest.raises(Invalid) as caught:
        encode(CODEC, document)
    return {(field["path"], field["code"]) for field in caught.value.fields or []}


class TestCanonical:
    @settings(max_examples=60, deadline=None)
    @given(documents)
    def test_the_stored_form_is_its_own(self, document: Any) -> None:
        once = stored(document)
        assert encode(CODEC, once).hash == encode(CODEC, document).hash
        assert stored(once) == once
        assert CODEC.from_file(CODEC.to_file(once)) == once

    @settings(max_examples=60, deadline=None)
    @given(documents)
    def test_order_of_members_and_defaults_do_not_matter(self, document: Any) -> None:
        turned = json.loads(json.dumps(dict(reversed(document.items()))))
        for one in turned["charts"]:
            one.setdefault("volume", True)
            one["drawings"] = one.get("drawings", [])
        assert encode(CODEC, turned).hash == encode(CODEC, document).hash

    def test_equal_values_are_equal_bytes(self) -> None:
        def with_study(length: Any, price: Any, colour: str, time: str) -> Any:
            return layout(
                chart(
                    studies=[{"id": "ta.rsi", "inputs": {"length": length}}],
                    drawings=[
                        {
                            "kind": "text",
                            "points": [{"time": time, "price": price}],
                            "colour": colour,
                            "text": "e\u0301",
                        }
                    ],
                )
            )

        one = with_study(14, 0, "#ABCDEF", "2024-01-02T00:00:00Z")
        two = with_study(14.0, -0.0, "#abcdef", "2024-01-02T02:00:00+02:00")
        assert encode(CODEC, one).hash == encode(CODEC, two).hash

    def test_the_smallest_document_is_completed(self) -> None:
        whole = stored(LAYOUT)
        [only] = whole["charts"]
        assert (only["id"], only["style"], only["volume"]) == ("chart", "candles", True)
        assert [pane["id"] for pane in only["panes"]] == ["main"]
        assert whole["grid"]["cells"] == [
            {"chart": "chart", "row": 0, "column": 0, "rows": 1, "columns": 1}
        ]
        assert (whole["view"], whole["theme"], whole["timezone"]) == (None, None, None)

    def test_every_member_comes_back(self) -> None:
        whole = stored(rich_layout())
        first = whole["charts"][0]
        assert [s["key"] for s in first["studies"]] == ["ta.rsi", "ta.macd"]
        assert first["drawings"][4]["text"] == "ارتفاع 🚀\n<b>x</b>"
        assert first["drawings"][1]["points"][1]["time"] == "2024-02-29T22:00:00Z"
        assert first["drawings"][0]["colour"] == "#ff0000"
        assert whole["charts"][1]["symbol"] == "BINANCE:BTC/USDT"
        assert whole["grid"]["cells"][1]["columns"] == 2
        assert symbols_of(whole) == ["SAMPLE:AAPL", "SAMPLE:MSFT", "BINANCE:BTC/USDT"]
        assert parse_document(whole).charts[0].style == "heikin-ashi"

    def test_same_studies_get_keys_of_their_own(self) -> None:
        studies = [{"id": "ta.sma"}, {"id": "ta.sma"}, {"id": "ta.sma", "key": "ta.sma-2"}]
        [only] = stored(layout(chart(studies=studies)))["charts"]
        assert [s["key"] for s in only["studies"]] == ["ta.sma", "ta.sma-3", "ta.sma-2"]

    def test_what_is_named_but_not_listed_is_made(self) -> None:
        document = layout(chart(group="g", studies=[{"id": "ta.rsi", "pane": "lower"}]), chart())
        whole = stored(document)
        assert [pane["id"] for pane in whole["charts"][0]["panes"]] == ["main", "lower"]
        assert [group["id"] for group in whole["groups"]] == ["g"]
        cells = [(cell["chart"], cell["row"], cell["column"]) for cell in whole["grid"]["cells"]]
        assert cells == [("chart", 0, 0), ("chart-2", 0, 1)]


BAD: list[tuple[Any, str, str]] = [
    ([], "document", "wrong_type"),
    ({}, "document.schema_version", "required"),
    ({"schema_version": "1", "charts": []}, "document.schema_version", "wrong_type"),
    ({"schema_version": True, "charts": []}, "document.schema_version", "wrong_type"),
    ({"schema_version": 0, "charts": []}, "document.schema_version", "wrong_type"),
    ({"schema_version": 2, "charts": []}, "document.schema_version", "newer_schema_version"),
    ({"schema_version": 1}, "document.charts", "required"),
    ({"schema_version": 1, "charts": []}, "document.charts", "too_short"),
    ({**LAYOUT, "colour": 1}, "document.colour", "unknown_field"),
    (layout(chart(zoom=1)), "document.charts.0.zoom", "unknown_field"),
    (layout(chart("")), "document.charts.0.symbol", "too_short"),
    (layout(chart("x" * 101)), "document.charts.0.symbol", "too_long"),
    (layout(chart("a\u202eb")), "document.charts.0.symbol", "invalid_character"),
    (layout(chart("a\u0000b")), "document.charts.0.symbol", "invalid_character"),
    (layout(chart(5)), "document.charts.0.symbol", "wrong_type"),  # type: ignore[arg-type]
    (layout(chart(timeframe="2h")), "document.charts.0.timeframe", "not_allowed"),
    (layout(chart(style="renko")), "document.charts.0.style", "not_allowed"),
    (layout(chart(volume=1)), "document.charts.0.volume", "wrong_type"),
    (layout(chart(id="a b")), "document.charts.0.id", "invalid_id"),
    (layout(chart(id="a"), chart(id="a")), "document", "not_unique"),
    (layout(timezone="../../etc/passwd"), "document.timezone", "invalid_timezone"),
    (layout(theme="pink"), "document.theme", "not_allowed"),
    (layout(grid={"rows": 0}), "document.grid.rows", "too_small"),
    (layout(grid={"cells": [{"chart": "x", "row": 0, "column": 0}]}), "document", "unknown_chart"),
    (layout(view={"ranges": {"x": {}}}), "document.view.ranges.x.start", "required"),
]


class TestRefused:
    @pytest.mark.parametrize(("document", "path", "code"), BAD)
    def test_where_and_why(self, document: Any, path: str, code: str) -> None:
        assert (path, code) in refused(document)

    @pytest.mark.parametrize(
        ("study", "code"),
        [
            ({"id": ""}, "invalid_id"),
            ({"id": "ta.rsi", "inputs": {"a": []}}, "wrong_type"),
            ({"id": "ta.rsi", "inputs": {"a": None}}, "wrong_type"),
            ({"id": "ta.rsi", "inputs": {"a": 1e16}}, "too_large"),
            ({"id": "ta.rsi", "inputs": {"a": 10**400}}, "too_large"),
            ({"id": "ta.rsi", "inputs": {"a": "x" * 201}}, "too_long"),
            ({"id": "ta.rsi", "inputs": {" ": 1}}, "too_short"),
            ({"id": "ta.rsi", "inputs": {str(i): i for i in range(51)}}, "too_long"),
            ({"id": "ta.rsi", "colours": {"line": "red"}}, "invalid_colour"),
            ({"id": "ta.rsi", "colours": {"line": "url(x)"}}, "invalid_colour"),
        ],
    )
    def test_studies(self, study: Any, code: str) -> None:
        assert code in {found for _, found in refused(layout(chart(studies=[study])))}

    @pytest.mark.parametrize(
        ("drawing", "code"),
        [
            ({"kind": "trend", "points": [{"price": 1}]}, "wrong_points"),
            ({"kind": "text", "points": [{"price": 1}]}, "required"),
            ({"kind": "horizontal", "points": [{"price": 10**400}]}, "finite_number"),
            ({"kind": "horizontal", "points": [{"price": 1e300}]}, "too_large"),
            ({"kind": "horizontal", "points": [{"price": "1"}]}, "wrong_type"),
            ({"kind": "horizontal", "points": [{"price": 1}], "width": 11}, "too_large"),
            ({"kind": "horizontal", "points": [{"price": 1}], "text": "x" * 2001}, "too_long"),
            ({"kind": "circle", "points": [{"price": 1}]}, "not_allowed"),
        ],
    )
    def test_drawings(self, drawing: Any, code: str) -> None:
        assert code in {found for _, found in refused(layout(chart(drawings=[drawing])))}

    @pytest.mark.parametrize(
        "time", ["yesterday", 1704067200, "2024-01-01T00:00:00", "0001-01-01T00:00:00+14:00", ""]
    )
    def test_times(self, time: Any) -> None:
        drawing = {"kind": "text", "points": [{"price": 1, "time": time}]}
        assert refused(layout(chart(drawings=[drawing])))

    def test_too_many_charts_name_the_limit(self) -> None:
        with pytest.raises(Invalid) as caught:
            encode(CODEC, layout(*[chart() for _ in range(500)]))
        [field] = caught.value.fields or []
        assert (field["path"], field["code"]) == ("document.charts", "too_long")
        assert "32" in field["message"]
        assert len(stored(layout(*[chart() for _ in range(32)]))["charts"]) == 32

    def test_a_newer_schema_says_what_to_do(self) -> None:
        with pytest.raises(Invalid, match="newer QuantLab") as caught:
            encode(CODEC, {"schema_version": 7, "anything": 1})
        assert caught.value.fields is not None
        assert "version 7" in caught.value.fields[0]["message"]

    def test_cells_that_overlap_or_lie_outside(self) -> None:
        def cells(*places: tuple[int, int]) -> Any:
            made = [{"chart": f"c{i}", "row": r, "column": c} for i, (r, c) in enumerate(places)]
            charts = [chart(id=f"c{i}") for i in range(len(places))]
            return layout(*charts, grid={"rows": 2, "columns": 2, "cells": made})

        assert refused(cells((0, 0), (0, 0))) == {("document", "overlap")}
        assert refused(cells((0, 0), (0, 2))) == {("document", "out_of_range")}

    @pytest.mark.parametrize("text", ["NaN", "Infinity", "1e999"])
    def test_numbers_are_finite(self, text: str) -> None:
        body = f'{{"name": "a", "document": {{"schema_version": 1, "charts": [{text}]}}}}'
        with pytest.raises(ApiError):
            decode_create(body.encode())

    def test_bodies(self) -> None:
        submitted = decode_create(json.dumps({"name": " سوينغ 🚀 ", "document": LAYOUT}).encode())
        assert submitted.fields.name == "سوينغ 🚀"
        assert submitted.require_content().kind == "layout"
        draft = decode_draft(json.dumps({"base_version": 1, "content": LAYOUT}).encode())
        assert draft.require_content().hash == submitted.require_content().hash
        for missing in (b'{"name": "a"}', b'{"name": "a", "document": 5}'):
            with pytest.raises(Exception, match="document"):
                decode_create(missing)


_anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=2**62, max_value=2**1200)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every container of a document with every key in it."""
    found: list[tuple[Any, Any]] = []
    keys: Any = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        found.append((value, key))
        if isinstance(value[key], dict | list):
            found += _places(value[key])
    return found


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_stands_anywhere_is_kept_or_refused_and_nothing_else(data: Any) -> None:
    document = rich_layout()
    container, key = data.draw(st.sampled_from(_places(document)))
    container[key] = data.draw(_anything)
    body = json.dumps({"name": "a", "document": document}).encode()
    try:
        kept = decode_create(body).require_content()
    except (ApiError, ValidationError):
        return
    assert stored(decode(kept.data)) == decode(kept.data)


def test_parse_json_is_what_the_codec_reads() -> None:
    assert CODEC.from_file(b"\xef\xbb\xbf" + json.dumps(LAYOUT).encode()) == parse_json(
        json.dumps(LAYOUT).encode()
    )
