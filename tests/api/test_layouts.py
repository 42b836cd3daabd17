"""Chart layouts over HTTP: the second user of saved objects."""

from __future__ import annotations

import copy
import threading
import uuid
from typing import Any

import httpx
import pytest

from tests.api.test_workflows import error_of
from tests.support.layouts import LAYOUT, chart, layout, rich_layout

FIRST = {"If-None-Match": "*"}


def create(person: Any, name: str = "", **body: Any) -> dict[str, Any]:
    """A new layout, the smallest one unless the body has a document."""
    body.setdefault("document", LAYOUT)
    body["name"] = name or f"l-{uuid.uuid4().hex[:8]}"
    answer = person.post("/layouts", json=body)
    assert answer.status_code == 201, answer.text
    item: dict[str, Any] = answer.json()
    return item


def put(person: Any, item: dict[str, Any], version: int, **body: Any) -> httpx.Response:
    """Save from ``version``."""
    answer: httpx.Response = person.put(
        f"/layouts/{item['id']}", json=body, headers={"If-Match": f'"{version}"'}
    )
    return answer


def opened(person: Any, item: dict[str, Any]) -> dict[str, Any]:
    """The layout with its document."""
    answer = person.get(f"/layouts/{item['id']}")
    assert answer.status_code == 200, answer.text
    whole: dict[str, Any] = answer.json()
    return whole


def rsi(length: int) -> dict[str, Any]:
    """A document with one study."""
    return layout(chart(studies=[{"id": "ta.rsi", "inputs": {"length": length}}]))


class TestSaving:
    def test_the_smallest_document(self, person: Any) -> None:
        item = create(person, "Swing")
        assert (item["kind"], item["version"], item["access"]) == ("layout", 1, "owner")
        assert "document" not in item
        whole = opened(person, item)
        assert whole["document"]["charts"][0]["symbol"] == "SAMPLE:AAPL"
        assert "trust" not in whole

    def test_every_member_comes_back_and_saves_unchanged(self, person: Any) -> None:
        item = create(person, document=rich_layout())
        whole = opened(person, item)
        again = put(person, item, 1, document=whole["document"])
        assert (again.status_code, again.headers["ETag"]) == (200, '"1"')
        # Sent as it was the first time, with defaults left out: the same too.
        assert put(person, item, 1, document=rich_layout()).headers["ETag"] == '"1"'

    @pytest.mark.parametrize(
        "name", ["سوينغ 🚀", "<img src=x onerror=alert(1)>", "שלום", "a" * 200]
    )
    def test_names_in_any_script(self, person: Any, name: str) -> None:
        item = create(person, name)
        assert opened(person, item)["name"] == name
        taken = person.post("/layouts", json={"name": name, "document": LAYOUT})
        assert (taken.status_code, error_of(taken)["code"]) == (409, "name_taken")
        # Workflows have names of their own.
        assert person.post("/workflows", json={"name": name, "code": "1"}).status_code == 201

    def test_a_save_that_changes_something_is_a_version(self, person: Any) -> None:
        item = create(person, document=rsi(14))
        assert put(person, item, 1, document=rsi(21)).headers["ETag"] == '"2"'
        assert person.put(f"/layouts/{item['id']}", json={"document": LAYOUT}).status_code == 428
        renamed = person.patch(f"/layouts/{item['id']}", json={"name": "New", "pinned": True})
        assert (renamed.json()["version"], renamed.json()["name"]) == (2, "New")

    def test_two_writers(self, person: Any) -> None:
        item = create(person, document=rsi(14))
        put(person, item, 1, document=rsi(21))
        stale = put(person, item, 1, document=rsi(30))
        assert stale.status_code == 412
        error = error_of(stale)
        assert error["code"] == "version_conflict"
        lengths = [
            error[side]["document"]["charts"][0]["studies"][0]["inputs"]["length"]
            for side in ("current", "base")
        ]
        assert lengths == [21, 14]
        assert put(person, item, 2, document=rsi(30), source="overwrite").headers["ETag"] == '"3"'
        history = person.get(f"/layouts/{item['id']}/versions").json()["items"]
        assert [one["source"] for one in history] == ["overwrite", "save", "create"]

    def test_of_many_writers_at_once_one_wins(self, person: Any) -> None:
        item = create(person, document=rsi(2))
        answers: list[int] = []
        ready = threading.Barrier(6)

        def write(length: int) -> None:
            ready.wait()
            answers.append(put(person, item, 1, document=rsi(length)).status_code)

        threads = [threading.Thread(target=write, args=(10 + n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [200, 412, 412, 412, 412, 412]
        assert opened(person, item)["version"] == 2

    def test_what_happened_is_recorded(self, person: Any) -> None:
        item = create(person)
        put(person, item, 1, document=rsi(3))
        person.delete(f"/layouts/{item['id']}", params={"permanent": "true"})
        events = person.get("/auth/audit").json()["items"]
        assert [event["tag"] for event in events[:3]] == [
            "library:layout:purged",
            "library:layout:saved",
            "library:layout:created",
        ]
        assert {event["subject_id"] for event in events[:3]} == {item["id"]}


class TestRefused:
    @pytest.mark.parametrize(
        ("document", "words"),
        [
            (
                layout(*[chart() for _ in range(500)]),
                "A layout holds at most 32 charts, and this one has 500. Split it into several layouts.",
            ),
            ({**LAYOUT, "schema_version": 99}, "Update QuantLab to use it."),
        ],
    )
    def test_the_message_says_what_to_do(self, person: Any, document: Any, words: str) -> None:
        error = error_of(person.post("/layouts", json={"name": "a", "document": document}))
        assert words in error["message"]
        assert words in error["fields"][0]["message"]

    @pytest.mark.parametrize(
        ("document", "path", "code"),
        [
            ({"charts": LAYOUT["charts"]}, "document.schema_version", "required"),
            ({**LAYOUT, "schema_version": 99}, "document.schema_version", "newer_schema_version"),
            (layout(*[chart() for _ in range(500)]), "document.charts", "too_long"),
            ({**LAYOUT, "charts": []}, "document.charts", "too_short"),
            ({**LAYOUT, "owner_id": "x"}, "document.owner_id", "unknown_field"),
            (layout(chart("<script>\u0000")), "document.charts.0.symbol", "invalid_character"),
            (layout(chart(timeframe="7m")), "document.charts.0.timeframe", "not_allowed"),
            ([], "document", "wrong_type"),
            ("x", "document", "wrong_type"),
            (None, "document", "wrong_type"),
        ],
    )
    def test_documents(self, person: Any, document: Any, path: str, code: str) -> None:
        answer = person.post("/layouts", json={"name": "a", "document": document})
        assert answer.status_code == 422, answer.text
        assert (path, code) in {(f["path"], f["code"]) for f in error_of(answer)["fields"]}

    def test_the_limit_is_named(self, person: Any) -> None:
        many = layout(*[chart() for _ in range(500)])
        answer = person.post("/layouts", json={"name": "a", "document": many})
        assert "32" in error_of(answer)["fields"][0]["message"]

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b'{"name": "a", "document": {"schema_version": 1, "charts": NaN}}', 400),
            (
                b'{"name": "a", "document": {"schema_version": 1, "charts": '
                + b'{"a":' * 500
                + b"1"
                + b"}" * 502,
                400,
            ),
            (b'{"name": "a", "document": {"schema_version": 1, "charts": [' + b"9" * 5000, 400),
            (b" " * (1024 * 1024 + 1), 413),
        ],
    )
    def test_bodies(self, person: Any, body: bytes, status: int) -> None:
        headers = {"Content-Type": "application/json"}
        answer = person.post("/layouts", content=body, headers=headers)
        assert answer.status_code == status, answer.text

    def test_what_grows_too_large_when_completed(self, person: Any) -> None:
        line = {"kind": "horizontal", "points": [{"price": 1}], "text": "x" * 100}
        heavy = layout(*[chart(drawings=[line] * 200) for _ in range(30)])
        answer = person.post("/layouts", json={"name": "a", "document": heavy})
        assert (answer.status_code, error_of(answer)["code"]) == (413, "too_large")


class TestDrafts:
    def test_autosave_to_version(self, person: Any) -> None:
        item = create(person, document=rsi(14))
        path = f"/layouts/{item['id']}"
        body = {"base_version": 1, "content": rsi(21)}
        first = person.put(f"{path}/draft", json=body, headers=FIRST)
        assert (first.status_code, first.headers["ETag"]) == (200, '"d1"')
        stale = person.put(f"{path}/draft", json={**body, "content": rsi(5)}, headers=FIRST)
        assert error_of(stale)["code"] == "draft_conflict"
        stored = error_of(stale)["current"]["content"]["charts"][0]["studies"][0]
        assert stored["inputs"] == {"length": 21}
        saved = person.post(
            f"{path}/versions",
            json={"from": "draft", "revision": 1},
            headers={"If-Match": '"1"'},
        )
        assert (saved.status_code, saved.headers["ETag"]) == (201, '"2"')
        assert person.get(f"{path}/draft").status_code == 404

    def test_a_draft_is_validated_too(self, person: Any) -> None:
        item = create(person)
        for content in ({"charts": []}, "text", 5, {**LAYOUT, "schema_version": 2}):
            answer = person.put(
                f"/layouts/{item['id']}/draft",
                json={"base_version": 1, "content": content},
                headers=FIRST,
            )
            assert answer.status_code == 422, answer.text
            assert all(f["path"].startswith("content") for f in error_of(answer)["fields"])

    def test_a_draft_on_an_old_version_is_refused(self, person: Any) -> None:
        item = create(person, document=rsi(14))
        put(person, item, 1, document=rsi(15))
        body = {"base_version": 1, "content": rsi(16)}
        stale = person.put(f"/layouts/{item['id']}/draft", json=body, headers=FIRST)
        assert (stale.status_code, error_of(stale)["code"]) == (412, "version_conflict")


class TestHistory:
    def test_differences_in_words(self, person: Any) -> None:
        item = create(person, document=rsi(14))
        changed = layout(
            chart(
                timeframe="1h",
                studies=[{"id": "ta.rsi", "inputs": {"length": 21}}, {"id": "ta.macd"}],
            )
        )
        put(person, item, 1, document=changed)
        diff = person.get(f"/layouts/{item['id']}/versions/1/diff").json()
        assert diff["words"] == "AAPL 1D → 1h; RSI 14 → 21; added MACD"
        assert (diff["format"], diff["added"], diff["changed"]) == ("layout", 1, 2)
        assert diff["changes"][1] == {
            "change": "changed",
            "path": "charts.chart.studies.ta.rsi.inputs.length",
            "text": "RSI 14 → 21",
            "left": 14,
            "right": 21,
        }

    def test_restoring_can_be_undone_and_is_found_again(self, person: Any) -> None:
        item = create(person, document=layout(chart("SAMPLE:TSLA")))
        put(person, item, 1, document=layout(chart("SAMPLE:NVDA")))
        back = person.post(f"/layouts/{item['id']}/versions/1/restore", headers={"If-Match": '"2"'})
        assert (back.status_code, back.headers["ETag"]) == (200, '"3"')
        assert back.json()["document"]["charts"][0]["symbol"] == "SAMPLE:TSLA"
        found = person.get("/layouts", params={"q": "tsla"}).json()["items"]
        assert [one["id"] for one in found] == [item["id"]]

    def test_merging_different_charts(self, person: Any) -> None:
        two = layout(chart("A", id="a"), chart("B", id="b"))
        item = create(person, document=two)
        theirs, mine = copy.deepcopy(two), copy.deepcopy(two)
        theirs["charts"][0]["timeframe"] = "1W"
        mine["charts"][1]["timeframe"] = "1h"
        put(person, item, 1, document=theirs)
        path = f"/layouts/{item['id']}/merge"
        merged = person.post(path, json={"base_version": 1, "content": mine}).json()
        assert (merged["conflicts"], merged["places"], merged["current_version"]) == (0, [], 2)
        frames = [one["timeframe"] for one in merged["content"]["charts"]]
        assert frames == ["1W", "1h"]
        saved = put(person, item, 2, document=merged["content"], source="merge")
        assert saved.headers["ETag"] == '"3"'

    def test_merging_one_field_changed_twice(self, person: Any) -> None:
        item = create(person, document=rsi(14))
        put(person, item, 1, document=rsi(21))
        path = f"/layouts/{item['id']}/merge"
        merged = person.post(path, json={"base_version": 1, "content": rsi(30)}).json()
        assert merged["conflicts"] == 1
        [place] = merged["places"]
        assert (place["base"], place["local"], place["remote"]) == (14, 30, 21)
        # What comes out can be saved.
        assert put(person, item, 2, document=merged["content"]).status_code == 200


class TestListing:
    def test_a_search_finds_symbols(self, person: Any) -> None:
        def found(q: str, **params: str) -> list[str]:
            page = person.get("/layouts", params={"q": q, "sort": "name", **params}).json()
            return [one["name"] for one in page["items"]]

        one = create(person, "One", document=rich_layout(), tags=["swing"])
        two = create(person, "Two", document=layout(chart("تاسي:١١٢٠")))
        assert found("btc/usdt") == ["One"]
        assert found("msft") == ["One"]
        assert found("تاسي") == ["Two"]
        assert found("swing") == ["One"]
        # Through a rename, a save, deleting and bringing back.
        person.patch(f"/layouts/{two['id']}", json={"name": "Deux"})
        assert found("١١٢٠") == ["Deux"]
        put(person, two, 1, document=layout(chart("SAMPLE:IBM")), description="blue")
        assert (found("١١٢٠"), found("ibm"), found("blue")) == ([], ["Deux"], ["Deux"])
        put(person, two, 2, document=layout(chart("SAMPLE:KO")))
        assert (found("ibm"), found("sample:ko"), found("blue")) == ([], ["Deux"], ["Deux"])
        person.delete(f"/layouts/{two['id']}")
        assert found("sample:ko", deleted="true") == ["Deux"]
        person.post(f"/layouts/{two['id']}/undelete", json={"name": "Zwei"})
        assert found("sample:ko") == ["Zwei"]
        copied = person.post(f"/layouts/{one['id']}/duplicate", json={}).json()
        assert copied["name"] in found("msft")

    def test_leaving_a_project_keeps_symbols(self, person: Any) -> None:
        project = person.post("/projects", json={"name": "P"}).json()
        create(person, "In", document=layout(chart("SAMPLE:GME")), project_id=project["id"])
        [listed] = person.get("/projects").json()["items"]
        assert (listed["layouts"], listed["workflows"]) == (1, 0)
        assert person.delete(f"/projects/{project['id']}").status_code == 204
        found = person.get("/layouts", params={"q": "gme"}).json()["items"]
        assert [one["name"] for one in found] == ["In"]

    def test_layouts_and_workflows_are_apart(self, person: Any) -> None:
        item = create(person, "Both")
        assert person.get("/workflows").json()["items"] == []
        assert person.get("/layouts").json()["total"] == 1
        for verb, path in (("GET", ""), ("GET", "/versions"), ("DELETE", "")):
            answer = person.request(verb, f"/workflows/{item['id']}{path}")
            assert answer.status_code == 404
        quotas = person.get("/auth/profile").json()["quotas"]
        assert (quotas["layouts"]["used"], quotas["workflows"]["used"]) == (1, 0)
        assert quotas["layouts"]["limit"] >= 100


def test_another_persons_layout_is_as_absent_as_a_random_one(person: Any, other: Any) -> None:
    item = create(person, "secret", document=layout(chart("SAMPLE:SECRET")))

    def answer(id: str) -> list[Any]:
        calls = [
            other.get(f"/layouts/{id}"),
            other.get(f"/layouts/{id}/versions"),
            other.put(f"/layouts/{id}", json={"document": LAYOUT}, headers={"If-Match": '"1"'}),
            other.delete(f"/layouts/{id}"),
            other.put("/auth/profile", json={"default_layout_id": id}),
        ]
        found = [(one.status_code, one.json()["error"]) for one in calls]
        for _, error in found:
            error.pop("request_id")
        return found

    assert answer(item["id"]) == answer(str(uuid.uuid4()))
    assert other.get("/layouts", params={"q": "secret"}).json()["items"] == []
    assert opened(person, item)["version"] == 1


class TestProfile:
    def test_the_default_layout(self, person: Any) -> None:
        def default() -> Any:
            return person.get("/auth/profile").json()["default_layout_id"]

        item = create(person)
        body = {"default_layout_id": item["id"]}
        answer = person.put("/auth/profile", json=body)
        assert (answer.status_code, answer.json()["default_layout_id"]) == (200, item["id"])
        workflow = person.post("/workflows", json={"name": "w", "code": "1"}).json()
        refused = person.put("/auth/profile", json={"default_layout_id": workflow["id"]})
        assert refused.status_code == 422
        # Deleted for now it can come back, and is the default again.
        person.delete(f"/layouts/{item['id']}")
        assert default() == item["id"]
        # What the profile says may be sent back with a change of something else.
        sent = {**body, "preferences": {"theme": "dark"}}
        assert person.put("/auth/profile", json=sent).status_code == 200
        gone = create(person, name="another that is deleted")
        person.delete(f"/layouts/{gone['id']}")
        refused = person.put("/auth/profile", json={"default_layout_id": gone["id"]})
        assert refused.status_code == 422
        person.delete(f"/layouts/{item['id']}", params={"permanent": "true"})
        assert default() is None
        other = create(person)
        person.put("/auth/profile", json={"default_layout_id": other["id"]})
        assert person.put("/auth/profile", json={"default_layout_id": None}).status_code == 200
        assert default() is None

    def test_chart_defaults_are_typed(self, person: Any) -> None:
        wanted = {
            "timeframe": "1h",
            "style": "line",
            "scale": "log",
            "studies": [{"id": "ta.sma", "inputs": {"length": 20}}],
        }
        answer = person.put("/auth/profile", json={"preferences": {"chart_defaults": wanted}})
        assert answer.status_code == 200, answer.text
        kept = person.get("/auth/profile").json()["preferences"]["chart_defaults"]
        assert {name: kept[name] for name in ("timeframe", "style", "scale")} == {
            "timeframe": "1h",
            "style": "line",
            "scale": "log",
        }
        assert kept["studies"][0]["inputs"] == {"length": 20}
        for bad in ({"timeframe": "2h"}, {"zoom": 1}, {"studies": [{"id": "x"}] * 11}):
            body = {"preferences": {"chart_defaults": bad}}
            assert person.put("/auth/profile", json=body).status_code == 422
