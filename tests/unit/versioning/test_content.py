"""Content as it is stored: canonical, lossless, strict about what comes in."""

from __future__ import annotations

import json
import pickle
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantlab_ext.schemas.saved import DraftPut
from quantlab_ext.schemas.workflows import WorkflowCreate, WorkflowUpdate
from quantlab_server.errors import ApiError, Invalid, Malformed
from quantlab_server.versioning.content import (
    BodyDecoder,
    canonical_json,
    decode,
    encode,
    pack,
    parse_json,
    unpack,
)
from quantlab_server.workflows.resource import NOTEBOOK, PYTHON, decode_create, decode_draft
from tests.support.notebooks import code_cell, markdown_cell, notebook

_text = st.text(st.characters(exclude_categories=["Cs"]))
_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=2**62, max_value=2**200),
    st.floats(allow_nan=False, allow_infinity=False),
    _text,
)
_json = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_text, inner, max_size=4),
    max_leaves=20,
)


class TestJson:
    @given(_json)
    def test_nothing_is_lost(self, value: Any) -> None:
        sent = json.dumps(value).encode()
        assert parse_json(canonical_json(parse_json(sent))) == value

    @given(_json)
    def test_the_canonical_form_is_its_own(self, value: Any) -> None:
        once = canonical_json(value)
        assert canonical_json(parse_json(once)) == once

    @given(st.dictionaries(_text, _json, max_size=6))
    def test_order_and_white_space_do_not_matter(self, value: dict[str, Any]) -> None:
        turned = json.dumps(dict(reversed(value.items())), indent=3, ensure_ascii=True).encode()
        assert canonical_json(parse_json(turned)) == canonical_json(value)

    @given(st.binary(max_size=2000))
    def test_packing(self, data: bytes) -> None:
        assert unpack(pack(data)) == data

    @given(st.binary(max_size=200))
    def test_garbage_is_malformed_and_nothing_else(self, data: bytes) -> None:
        with suppress(Malformed):
            parse_json(data)

    @pytest.mark.parametrize(
        "data",
        [
            b"NaN",
            b"[Infinity]",
            b"1e400",
            b"[1e400, 1234567890123456789012345]",
            b'"\\ud800"',
            b'"\xed\xa0\x80"',
            b"{'a': 1}",
            b'{"a": 1} x',
            b"[" * 2000,
            b"",
        ],
    )
    def test_what_json_does_not_have(self, data: bytes) -> None:
        with pytest.raises(Malformed):
            parse_json(data)

    def test_large_integers_stay_exact(self) -> None:
        sent = b'{"a":123456789012345678901234567890,"b":-18446744073709551617,"c":1}'
        assert canonical_json(parse_json(sent)) == sent

    def test_too_deep_to_store_is_malformed(self) -> None:
        with pytest.raises(Malformed):
            canonical_json(parse_json(b"[" * 900 + b"]" * 900))


class TestBodies:
    def test_content_is_taken_out_and_the_rest_validated(self) -> None:
        body = {"name": " A ", "code": "print(1)", "tags": ["x"]}
        submitted = decode_create(json.dumps(body).encode())
        assert submitted.fields.name == "A"
        assert submitted.fields.code == ""
        assert submitted.content is not None
        assert submitted.content.kind == "python"
        assert decode(submitted.content.data) == "print(1)"
        assert submitted.content.size == 8

    def test_results_cross_processes(self) -> None:
        body = json.dumps({"name": "A", "notebook": notebook(code_cell("1"))}).encode()
        decoder: BodyDecoder[WorkflowCreate] = pickle.loads(pickle.dumps(decode_create))
        assert pickle.loads(pickle.dumps(decoder(body))) == decode_create(body)

    def test_drafts_take_either_kind(self) -> None:
        for content, kind in (("x", "python"), (notebook(), "notebook")):
            body = json.dumps({"base_version": 1, "content": content}).encode()
            encoded = decode_draft(body).require_content()
            assert encoded.kind == kind
        with pytest.raises(Exception, match="content"):
            decode_draft(b'{"base_version": 1, "content": 5}')

    def test_what_was_left_out_is_known(self) -> None:
        decoder = BodyDecoder(WorkflowUpdate, (NOTEBOOK, PYTHON))
        submitted = decoder(b'{"project_id": null}')
        assert submitted.content is None
        assert submitted.fields.model_fields_set == {"project_id"}

    def test_two_contents_are_refused(self) -> None:
        decoder = BodyDecoder(WorkflowUpdate, (NOTEBOOK, PYTHON))
        with pytest.raises(Invalid):
            decoder(json.dumps({"code": "1", "notebook": notebook()}).encode())

    def test_errors_name_the_member_that_was_sent(self) -> None:
        body = {"base_version": 1, "content": {"nbformat": 3, "nbformat_minor": 0}}
        decoder = BodyDecoder(DraftPut, (NOTEBOOK, PYTHON), by_type=True)
        with pytest.raises(Invalid) as caught:
            decoder(json.dumps(body).encode())
        assert caught.value.fields is not None
        assert caught.value.fields[0]["path"] == "content.nbformat"


class TestPython:
    @given(_text)
    def test_to_the_letter(self, code: str) -> None:
        if "\0" in code:
            with pytest.raises(Invalid):
                encode(PYTHON, code)
            return
        assert decode(encode(PYTHON, code).data) == code
        assert PYTHON.from_file(PYTHON.to_file(code)) == code

    def test_lookalikes_are_different_code(self) -> None:
        assert encode(PYTHON, "é").hash != encode(PYTHON, "e\u0301").hash

    def test_a_file_that_is_not_text(self) -> None:
        with pytest.raises(Malformed):
            PYTHON.from_file(b"\xff\xfe\x00")


_metadata = st.dictionaries(_text, _json, max_size=3)
_source = st.one_of(_text, st.lists(_text, max_size=3))
_bundle = st.dictionaries(st.sampled_from(["text/plain", "text/html", "image/png"]), _source)
_rich = st.fixed_dictionaries({"application/json": _json, "application/vnd.x+json": _json})
_outputs = st.one_of(
    st.builds(
        lambda data, metadata: {
            "output_type": "display_data",
            "data": data,
            "metadata": metadata,
        },
        _bundle | _rich,
        _metadata,
    ),
    st.builds(
        lambda text: {"output_type": "stream", "name": "stdout", "text": text},
        _source,
    ),
)
_cells = st.one_of(
    st.builds(
        lambda source, outputs, count: code_cell(source, outputs=outputs, execution_count=count),
        _source,
        st.lists(_outputs, max_size=2),
        st.none() | st.integers(min_value=0, max_value=1000),
    ),
    st.builds(markdown_cell, _text),
)


class TestNotebooks:
    @settings(max_examples=60)
    @given(st.lists(_cells, max_size=4))
    def test_nothing_is_lost(self, cells: list[Any]) -> None:
        given_notebook = notebook(*cells)
        sent = json.dumps(given_notebook).encode()
        encoded = encode(NOTEBOOK, parse_json(sent))
        stored = decode(encoded.data)
        if "trusted" not in sent.decode():
            assert stored == given_notebook
        assert encode(NOTEBOOK, stored).hash == encoded.hash
        again = NOTEBOOK.from_file(NOTEBOOK.to_file(stored))
        assert encode(NOTEBOOK, again).hash == encoded.hash

    def test_marks_of_trust_go(self) -> None:
        output = {
            "output_type": "display_data",
            "data": {"text/html": "<script>1</script>"},
            "metadata": {"trusted": True, "isolated": True},
        }
        given_notebook = notebook(
            code_cell("1", metadata={"trusted": True, "collapsed": False}, outputs=[output]),
            {**markdown_cell("x"), "metadata": {"trusted": "yes"}},
            metadata={"trusted": True, "signature": "x", "title": "t"},
        )
        stored = decode(encode(NOTEBOOK, given_notebook).data)
        assert "trusted" not in json.dumps(stored)
        assert stored["metadata"] == {"title": "t"}
        assert stored["cells"][0]["metadata"] == {"collapsed": False}
        assert stored["cells"][0]["outputs"][0]["metadata"] == {"isolated": True}

    @pytest.mark.parametrize("minor", [0, 1, 2, 3, 4])
    def test_older_minor_formats_stay_as_they_are(self, minor: int) -> None:
        cell = code_cell("1")
        del cell["id"]
        old = notebook(cell, nbformat_minor=minor)
        assert decode(encode(NOTEBOOK, json.loads(json.dumps(old))).data) == old

    def test_notebooks_from_the_future_keep_what_we_do_not_know(self) -> None:
        future = notebook(code_cell("1", novelty=[1]), nbformat_minor=9, more={"a": 1})
        assert decode(encode(NOTEBOOK, json.loads(json.dumps(future))).data) == future

    def test_missing_and_repeated_ids_are_made_the_same_each_time(self) -> None:
        first, second, third = code_cell("1"), code_cell("2"), markdown_cell("3")
        del first["id"]
        third["id"] = second["id"]

        def stored() -> Any:
            copied = json.loads(json.dumps(notebook(first, second, third)))
            return decode(encode(NOTEBOOK, copied).data)

        ids = [cell["id"] for cell in stored()["cells"]]
        assert len(set(ids)) == 3
        assert ids[1] == second["id"]
        assert stored() == stored()

    @pytest.mark.parametrize(
        ("broken", "path"),
        [
            ({}, "notebook.nbformat"),
            (notebook(nbformat="4"), "notebook.nbformat"),
            (notebook(nbformat=True), "notebook.nbformat"),
            (notebook(nbformat=5), "notebook.nbformat"),
            (notebook(nbformat_minor=-1), "notebook.nbformat_minor"),
            (notebook(nbformat_minor="5"), "notebook.nbformat_minor"),
            ({**notebook(), "cells": 5}, "notebook.cells"),
            ({**notebook(), "metadata": []}, "notebook.metadata"),
            (notebook(extra=1), "notebook"),
            (notebook("x"), "notebook.cells.0.cell_type"),
            (notebook({"cell_type": ["code"]}), "notebook.cells.0.cell_type"),
            (notebook(code_cell(None)), "notebook.cells.0.source"),
            (notebook(code_cell([1])), "notebook.cells.0.source.0"),
            (notebook(code_cell("", outputs={})), "notebook.cells.0.outputs"),
            (notebook(code_cell("", outputs=[1])), "notebook.cells.0.outputs.0.output_type"),
            (notebook(code_cell("", id=5)), "notebook.cells.0.id"),
            (notebook(code_cell("", id="a b")), "notebook.cells.0.id"),
            (notebook(code_cell("", execution_count=-1)), "notebook.cells.0.execution_count"),
            (notebook({**markdown_cell("x"), "outputs": []}), "notebook.cells.0"),
        ],
    )
    def test_what_is_no_notebook_says_where(self, broken: dict[str, Any], path: str) -> None:
        with pytest.raises(Invalid) as caught:
            encode(NOTEBOOK, broken)
        assert caught.value.fields is not None
        assert [field["path"] for field in caught.value.fields] == [path]

    def test_the_schemas_agree_with_nbformat(self) -> None:
        """The same verdict as nbformat's own validator, on notebooks with one thing changed."""
        import nbformat

        whole = notebook(
            code_cell("1", outputs=[{"output_type": "stream", "name": "stdout", "text": "x"}]),
            markdown_cell("y"),
        )
        for change in ("cell_type", "source", "metadata", "outputs", "execution_count", "id"):
            for value in (None, 5, "x", [], {}, ["x"], "code"):
                changed = json.loads(json.dumps(whole))
                changed["cells"][0][change] = value
                errors = list(nbformat.validator.get_validator(4, 5).iter_errors(changed))
                try:
                    encode(NOTEBOOK, changed)
                    accepted = True
                except ApiError:
                    accepted = False
                # A missing id is the one thing that is mended and not refused.
                expected = not errors or (change == "id" and value is None)
                assert accepted == expected, (change, value)
