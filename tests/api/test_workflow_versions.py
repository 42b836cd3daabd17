"""Versions over HTTP: history, diff, restore, merge, and what may run by itself."""

from __future__ import annotations

import copy
from typing import Any

import httpx

from tests.api.test_workflows import create, error_of, put
from tests.support.notebooks import code_cell, markdown_cell, notebook


def restore(person: Any, item: dict[str, Any], version: int, base: int) -> httpx.Response:
    """Bring a version back."""
    answer: httpx.Response = person.post(
        f"/workflows/{item['id']}/versions/{version}/restore",
        headers={"If-Match": f'"{base}"'},
    )
    return answer


def trust_of(person: Any, item: dict[str, Any]) -> dict[str, Any]:
    """What may happen by itself."""
    trust: dict[str, Any] = person.get(f"/workflows/{item['id']}").json()["trust"]
    return trust


class TestHistory:
    def test_newest_first_in_pages(self, person: Any) -> None:
        item = create(person, code="1")
        for version in range(1, 5):
            put(person, item, version, code=str(version + 1))
        path = f"/workflows/{item['id']}/versions"
        first = person.get(path, params={"limit": 3, "count": "true"}).json()
        assert [one["version"] for one in first["items"]] == [5, 4, 3]
        assert [one["current"] for one in first["items"]] == [True, False, False]
        assert first["total"] == 5
        assert first["items"][0]["author_name"] == person.username
        rest = person.get(path, params={"limit": 3, "cursor": first["next_cursor"]}).json()
        assert [one["version"] for one in rest["items"]] == [2, 1]
        assert rest["next_cursor"] is None
        assert person.get(path, params={"cursor": "WyJ4Il0"}).status_code == 422

    def test_every_version_can_be_read(self, person: Any) -> None:
        item = create(person, name="a", code="one")
        put(person, item, 1, code="two", name="b")
        old = person.get(f"/workflows/{item['id']}/versions/1")
        assert old.headers["ETag"] == '"1"'
        assert (old.json()["code"], old.json()["version"], old.json()["name"]) == ("one", 1, "b")
        for missing in ("3", "0", "-1", "x", "99999999999"):
            assert person.get(f"/workflows/{item['id']}/versions/{missing}").status_code == 404


class TestDiff:
    def test_of_notebooks(self, person: Any) -> None:
        kept, edited, gone = code_cell("a = 1"), code_cell("b = 1\nc = 2"), code_cell("gone")
        item = create(person, notebook=notebook(kept, edited, gone))
        after = copy.deepcopy(edited)
        after["source"] = "b = 1\nc = 3"
        shown = copy.deepcopy(kept)
        shown["execution_count"] = 7
        put(person, item, 1, notebook=notebook(shown, after, markdown_cell("# new")))
        diff = person.get(f"/workflows/{item['id']}/versions/1/diff", params={"to": 2}).json()
        assert (diff["from_version"], diff["to_version"], diff["format"]) == (1, 2, "nbdime")
        assert (diff["added"], diff["removed"], diff["changed"]) == (1, 1, 1)
        rows = [(row["change"], row["left"], row["right"]) for row in diff["rows"]]
        assert rows[0] == ("same", "a = 1", "a = 1")
        assert rows[1] == ("changed", "b = 1\nc = 2", "b = 1\nc = 3")
        assert set(rows[2:]) == {("removed", "gone", None), ("added", None, "# new")}
        assert isinstance(diff["diff"], list)

    def test_of_python(self, person: Any) -> None:
        item = create(person, code="a\nb\nc\n")
        put(person, item, 1, code="a\nB\nc\nd\n")
        diff = person.get(f"/workflows/{item['id']}/versions/1/diff").json()
        assert diff["format"] == "unified"
        assert "-b\n+B" in diff["diff"]
        assert [row["change"] for row in diff["rows"]] == ["same", "changed", "same", "added"]

    def test_of_what_is_not_there(self, person: Any) -> None:
        item = create(person)
        path = f"/workflows/{item['id']}/versions"
        assert person.get(f"{path}/1/diff", params={"to": 5}).status_code == 404
        assert person.get(f"{path}/5/diff", params={"to": 1}).status_code == 404
        assert person.get(f"{path}/1/diff", params={"to": "x"}).status_code == 422


class TestRestore:
    def test_it_is_a_version_and_can_be_undone(self, person: Any) -> None:
        item = create(person, code="one")
        put(person, item, 1, code="two")
        back = restore(person, item, 1, base=2)
        assert (back.status_code, back.headers["ETag"]) == (200, '"3"')
        assert (back.json()["code"], back.json()["version"]) == ("one", 3)
        undone = restore(person, item, 2, base=3).json()
        assert (undone["code"], undone["version"]) == ("two", 4)
        history = person.get(f"/workflows/{item['id']}/versions").json()["items"]
        assert [(one["source"], one["restored_from"]) for one in history] == [
            ("restore", 2),
            ("restore", 1),
            ("save", None),
            ("create", None),
        ]

    def test_restoring_what_is_current_changes_nothing(self, person: Any) -> None:
        item = create(person, code="one")
        assert restore(person, item, 1, base=1).json()["version"] == 1

    def test_it_needs_the_current_version(self, person: Any) -> None:
        item = create(person, code="one")
        put(person, item, 1, code="two")
        stale = restore(person, item, 1, base=1)
        assert (stale.status_code, error_of(stale)["code"]) == (412, "version_conflict")
        path = f"/workflows/{item['id']}/versions/1/restore"
        assert person.post(path).status_code == 428
        assert restore(person, item, 9, base=2).status_code == 404


class TestMerge:
    def test_edits_in_different_cells(self, person: Any) -> None:
        one, two = code_cell("x = 1"), code_cell("y = 1")
        item = create(person, notebook=notebook(one, two))
        theirs = copy.deepcopy(notebook(one, two))
        theirs["cells"][0]["source"] = "x = 2"
        put(person, item, 1, notebook=theirs)
        mine = copy.deepcopy(notebook(one, two))
        mine["cells"][1]["source"] = "y = 2"
        body = {"base_version": 1, "content": mine}
        merged = person.post(f"/workflows/{item['id']}/merge", json=body).json()
        assert (merged["base_version"], merged["current_version"]) == (1, 2)
        assert merged["conflicts"] == 0
        assert [cell["source"] for cell in merged["content"]["cells"]] == ["x = 2", "y = 2"]
        assert person.get(f"/workflows/{item['id']}").json()["version"] == 2
        saved = put(person, item, 2, notebook=merged["content"], source="merge")
        assert saved.json()["version"] == 3

    def test_edits_of_one_line_are_marked(self, person: Any) -> None:
        item = create(person, code="a\nb\nc\n")
        put(person, item, 1, code="a\ntheirs\nc\n")
        body = {"base_version": 1, "content": "a\nmine\nc\n"}
        merged = person.post(f"/workflows/{item['id']}/merge", json=body).json()
        assert merged["conflicts"] == 1
        assert "<<<<<<<" in merged["content"]
        assert "mine" in merged["content"]
        assert "theirs" in merged["content"]

    def test_cells_added_at_one_place(self, person: Any) -> None:
        first = code_cell("1")
        item = create(person, notebook=notebook(first))
        put(person, item, 1, notebook=notebook(first, code_cell("theirs")))
        body = {"base_version": 1, "content": notebook(first, code_cell("mine"))}
        merged = person.post(f"/workflows/{item['id']}/merge", json=body).json()
        assert merged["conflicts"] >= 1
        # What comes out can be saved.
        assert put(person, item, 2, notebook=merged["content"]).status_code == 200

    def test_without_a_base(self, person: Any) -> None:
        item = create(person, code="a")
        body: dict[str, Any] = {"base_version": 7, "content": "b"}
        answer = person.post(f"/workflows/{item['id']}/merge", json=body)
        assert (answer.status_code, error_of(answer)["fields"][0]["path"]) == (422, "base_version")
        body = {"base_version": 1, "content": notebook()}
        assert person.post(f"/workflows/{item['id']}/merge", json=body).status_code == 422


class TestTrust:
    def test_ones_own_work_may_run(self, person: Any) -> None:
        item = create(person, notebook=notebook(code_cell("1")))
        assert trust_of(person, item) == {"trusted": False, "auto_run": True, "reason": "own"}
        path = f"/workflows/{item['id']}/trust"
        ran = person.put(path, json={"version": 1, "act": "ran"})
        assert ran.json() == {"trusted": True, "auto_run": True, "reason": "own"}
        put(person, item, 1, notebook=notebook(code_cell("2")))
        assert trust_of(person, item) == {"trusted": False, "auto_run": True, "reason": "own"}

    def test_what_was_imported_waits_for_its_first_run(self, person: Any) -> None:
        item = create(person, code="1", origin="imported")
        assert trust_of(person, item)["reason"] == "imported"
        put(person, item, 1, code="2")
        # The import is still among what was never run.
        assert trust_of(person, item) == {"trusted": False, "auto_run": False, "reason": "imported"}
        path = f"/workflows/{item['id']}/trust"
        person.put(path, json={"version": 2, "act": "trusted"})
        assert trust_of(person, item) == {"trusted": True, "auto_run": False, "reason": "imported"}
        person.put(path, json={"version": 2, "act": "ran"})
        assert trust_of(person, item) == {"trusted": True, "auto_run": True, "reason": "own"}

    def test_imported_into_ones_own(self, person: Any) -> None:
        item = create(person, code="1")
        put(person, item, 1, code="2", origin="imported")
        assert trust_of(person, item)["reason"] == "imported"
        # Its copy is no better, and neither is a version brought back.
        copied = person.post(f"/workflows/{item['id']}/duplicate", json={}).json()
        assert trust_of(person, copied)["auto_run"] is False
        restore(person, item, 1, base=2)
        path = f"/workflows/{item['id']}/trust"
        person.put(path, json={"version": 3, "act": "ran"})
        assert trust_of(person, item)["auto_run"] is True
        restore(person, item, 2, base=3)
        assert trust_of(person, item)["auto_run"] is False

    def test_of_a_version_that_is_not_there(self, person: Any) -> None:
        item = create(person, code="1")
        path = f"/workflows/{item['id']}/trust"
        assert person.put(path, json={"version": 2, "act": "ran"}).status_code == 404
        assert person.put(path, json={"version": 1, "act": "maybe"}).status_code == 422
