"""Chart layouts through the client, and as files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quantlab_ext import errors
from quantlab_ext.client import Client
from quantlab_ext.schemas.layouts import parse_document
from tests.api.test_layouts import create, opened, rsi
from tests.api.test_transfer import archive, bring, bytes_of, counts, export
from tests.support.api import Api, Person
from tests.support.layouts import LAYOUT, chart, layout, rich_layout


@pytest.fixture
def client(api: Api, person: Person) -> Iterator[Client]:
    door = api.door["Authorization"].removeprefix("token ") if api.embedded else None
    with Client(api.url, person.tokens["access_token"], jupyter_token=door) as made:
        yield made


class TestClient:
    def test_from_saving_to_bringing_back(self, client: Client, tmp_path: Path) -> None:
        saved = client.layouts.save("Swing", rsi(14), tags=["a"])
        assert repr(saved) == "<layout 'Swing', version 1>"
        loaded = client.layouts.get("swing")
        assert loaded.charts[0]["symbol"] == "SAMPLE:AAPL"
        document = loaded.parsed
        document.charts[0].timeframe = "1h"
        document.charts[0].studies[0].inputs["length"] = 21
        client.layouts.save("Swing", document)
        assert [one.version for one in client.layouts.history("Swing")] == [2, 1]
        diff = client.layouts.diff("Swing", 1, 2)
        assert diff.words == "AAPL 1D → 1h; RSI 14 → 21"
        assert repr(diff).splitlines()[1:] == ["AAPL 1D → 1h", "RSI 14 → 21"]
        assert "<li>RSI 14 → 21</li>" in diff._repr_html_()
        client.layouts.restore("Swing", 1)
        assert client.layouts.get("Swing").parsed == parse_document(loaded.document)
        path = loaded.write(tmp_path / "swing.layout.json")
        assert client.layouts.create("Copy", path).version == 1
        assert [item.name for item in client.layouts.list(q="aapl", sort="name")] == [
            "Copy",
            "Swing",
        ]

    def test_two_writers(self, client: Client, person: Person) -> None:
        item = client.layouts.create("L", rsi(14))
        theirs = {"document": layout(chart(timeframe="1W"))}
        person.put(f"/layouts/{item.id}", json=theirs, headers={"If-Match": '"1"'})
        with pytest.raises(errors.VersionConflict):
            client.layouts.save("L", rsi(21))
        merged = client.layouts.merge("L", rsi(21), base_version=1)
        assert isinstance(merged.content, dict)
        assert merged.content["charts"][0]["timeframe"] == "1W"
        assert [place.path for place in merged.places] == ["charts.chart.studies.ta.rsi"]
        assert client.layouts.save("L", rsi(21), overwrite=True).version == 3

    def test_drafts(self, client: Client) -> None:
        item = client.layouts.create("L", rsi(14))
        draft = client.layouts.put_draft(item, rsi(21), base_version=1)
        assert client.layouts.draft(item) is not None
        assert client.layouts.save_draft(item, revision=draft.revision, version=1).version == 2

    def test_what_is_no_layout(self, client: Client, tmp_path: Path) -> None:
        file = tmp_path / "x.json"
        file.write_text("{")
        for content in ({}, {"charts": 5}, file, tmp_path / "missing.json"):
            with pytest.raises(errors.InvalidInput):
                client.layouts.create("L", content)
        with pytest.raises(errors.InvalidInput) as caught:
            client.layouts.create("L", {"schema_version": 3, "charts": []})
        assert caught.value.details["fields"][0]["code"] == "newer_schema_version"


class TestFiles:
    def test_a_library_comes_back_as_it_was(self, person: Any, other: Any) -> None:
        project = person.post("/projects", json={"name": "Ideas: 2024?"}).json()
        create(person, "Rich", document=rich_layout(), tags=["x"], pinned=True)
        create(person, "نموذج 🚀", document=rsi(14), project_id=project["id"], description="d")
        person.post("/workflows", json={"name": "Rich", "code": "1"})
        made = export(person)
        assert "layouts/Rich.layout.json" in made.namelist()
        kept = json.loads(made.read("layouts/Rich.layout.json"))
        assert kept["charts"][0]["style"] == "heikin-ashi"
        report = bring(other, bytes_of(made))
        assert counts(report) == (3, 0, 0, 0), report

        def library(one: Any) -> list[Any]:
            items = one.get("/layouts", params={"sort": "name"}).json()["items"]
            members = ("name", "description", "tags", "pinned", "document")
            return [[opened(one, item)[m] for m in members] for item in items]

        assert library(other) == library(person)
        assert counts(bring(other, bytes_of(made))) == (0, 0, 3, 0)
        found = other.get("/layouts", params={"q": "btc/usdt"}).json()["items"]
        assert [item["name"] for item in found] == ["Rich"]

    def test_plain_files_are_reported_one_by_one(self, person: Any) -> None:
        report = bring(
            person,
            archive(
                {
                    "Good.layout.json": json.dumps(LAYOUT),
                    "layouts/P/Deep.layout.json": json.dumps(rsi(3)),
                    "Newer.layout.json": json.dumps({**LAYOUT, "schema_version": 9}),
                    "Broken.layout.json": "{",
                    "Empty.layout.json": json.dumps({"schema_version": 1, "charts": []}),
                    "other.json": "{}",
                }
            ),
        )
        assert counts(report) == (2, 0, 0, 4)
        why = {item["file"]: item["code"] for item in report["items"]}
        assert (why["Broken.layout.json"], why["other.json"]) == ("malformed", "unknown_type")
        [newer] = [item for item in report["items"] if item["file"] == "Newer.layout.json"]
        assert "newer QuantLab" in newer["message"]
        names = {item["name"] for item in person.get("/layouts").json()["items"]}
        assert names == {"Good", "Deep"}

    def test_with_versions(self, person: Any) -> None:
        item = create(person, "L", document=rsi(14))
        body = {"document": rsi(21)}
        person.put(f"/layouts/{item['id']}", json=body, headers={"If-Match": '"1"'})
        made = export(person, versions="true")
        old = json.loads(made.read("versions/layouts/L/1.layout.json"))
        assert old["charts"][0]["studies"][0]["inputs"] == {"length": 14}
