"""Documents of older schema versions are read in today's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quantlab_ext.schemas.layout_document import SCHEMA_VERSION
from quantlab_server.errors import Invalid
from quantlab_server.layouts.migrations import STEPS, migrate
from quantlab_server.layouts.resource import LAYOUT as CODEC
from quantlab_server.versioning.content import canonical_json, load, pack

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("layout-*.json"))


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.stem)
def test_what_was_ever_stored_can_be_read(file: Path) -> None:
    kept = file.read_bytes()
    document = load(CODEC, pack(canonical_json(json.loads(kept))))
    assert document["schema_version"] == SCHEMA_VERSION
    assert CODEC.clean(document, "document") == document


def test_the_newest_version_has_a_fixture_and_every_older_one_a_step() -> None:
    assert {int(file.stem.split("-")[1]) for file in FIXTURES} == set(range(1, SCHEMA_VERSION + 1))
    assert STEPS.keys() == set(range(1, SCHEMA_VERSION))


def test_todays_documents_are_not_touched() -> None:
    document = json.loads(FIXTURES[-1].read_bytes())
    assert migrate(document) is document


class TestChain:
    """The mechanism, on a chain of its own."""

    @staticmethod
    def rename(document: dict[str, Any]) -> dict[str, Any]:
        """Version 1 said ``interval``."""
        charts = [
            {"timeframe": one["interval"], "symbol": one["symbol"]} for one in document["charts"]
        ]
        return {**document, "charts": charts}

    @staticmethod
    def add(document: dict[str, Any]) -> dict[str, Any]:
        """Version 3 has a theme."""
        return {**document, "theme": "dark"}

    def test_each_step_once_in_order(self) -> None:
        steps = {1: self.rename, 2: self.add}
        first = {"schema_version": 1, "charts": [{"symbol": "X", "interval": "1D"}]}
        before = json.dumps(first)
        last = migrate(first, steps=steps, newest=3)
        assert last == {
            "schema_version": 3,
            "charts": [{"symbol": "X", "timeframe": "1D"}],
            "theme": "dark",
        }
        assert json.dumps(first) == before
        second = {"schema_version": 2, "charts": []}
        assert migrate(second, steps=steps, newest=3)["theme"] == "dark"
        assert migrate(last, steps=steps, newest=3) is last

    @pytest.mark.parametrize("version", [4, 0, -1, "1", 1.0, True, None])
    def test_what_it_does_not_know_is_refused(self, version: Any) -> None:
        with pytest.raises(Invalid) as caught:
            migrate({"schema_version": version}, steps={1: self.rename, 2: self.add}, newest=3)
        assert caught.value.fields is not None
        assert caught.value.fields[0]["path"] == "document.schema_version"
