"""Workflows over HTTP: create, open, list, save, change, delete."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest

from tests.support.notebooks import code_cell, notebook


def create(person: Any, **body: Any) -> dict[str, Any]:
    """A new workflow; Python unless the body says otherwise."""
    body.setdefault("name", f"w-{uuid.uuid4().hex[:8]}")
    if "notebook" not in body:
        body.setdefault("code", "print(1)\n")
    answer = person.post("/workflows", json=body)
    assert answer.status_code == 201, answer.text
    item: dict[str, Any] = answer.json()
    return item


def put(person: Any, item: dict[str, Any], version: int, **body: Any) -> httpx.Response:
    """Save from ``version``."""
    answer: httpx.Response = person.put(
        f"/workflows/{item['id']}", json=body, headers={"If-Match": f'"{version}"'}
    )
    return answer


def error_of(answer: httpx.Response) -> dict[str, Any]:
    """The inside of an error answer."""
    error: dict[str, Any] = answer.json()["error"]
    return error


class TestCreating:
    def test_python_comes_back_to_the_letter(self, person: Any) -> None:
        code = "# é 😀 \u202e\r\nprint('<script>alert(1)</script>')\n\tx = '\\u0000'"
        item = create(person, name="A", code=code, description="d", tags=["x", "X", "y"])
        assert item["version"] == 1
        assert item["tags"] == ["x", "y"]
        assert item["access"] == "owner"
        assert "code" not in item
        answer = person.get(f"/workflows/{item['id']}")
        assert answer.headers["ETag"] == '"1"'
        assert answer.json()["code"] == code
        assert answer.json()["notebook"] is None
        assert answer.json()["kind"] == "python"

    def test_a_notebook_comes_back_as_it_was(self, person: Any) -> None:
        given = notebook(
            code_cell(
                "1 + 1",
                outputs=[
                    {
                        "output_type": "display_data",
                        "data": {
                            "text/html": ["<b>x</b>", "<script>alert(1)</script>"],
                            "application/json": {"big": 2**70, "pi": 3.14159, "deep": [[[]]]},
                        },
                        "metadata": {"isolated": True},
                    }
                ],
            ),
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        item = create(person, name="nb", notebook=given)
        assert item["kind"] == "notebook"
        assert person.get(f"/workflows/{item['id']}").json()["notebook"] == given

    def test_marks_of_trust_never_come_in(self, person: Any) -> None:
        forged = notebook(code_cell("1", metadata={"trusted": True, "tags": ["a"]}))
        forged["metadata"] = {"trusted": True, "signature": "sha256:0"}
        item = create(person, name="forged", notebook=forged, origin="imported")
        opened = person.get(f"/workflows/{item['id']}").json()
        assert opened["notebook"]["cells"][0]["metadata"] == {"tags": ["a"]}
        assert opened["notebook"]["metadata"] == {}
        assert opened["trust"] == {"trusted": False, "auto_run": False, "reason": "imported"}

    def test_a_name_is_unique_by_kind_and_project_whatever_its_case(self, person: Any) -> None:
        create(person, name="Straße")
        taken = person.post("/workflows", json={"name": "STRASSE ", "code": "1"})
        assert taken.status_code == 409
        assert error_of(taken)["code"] == "name_taken"
        create(person, name="straße", notebook=notebook())
        project = person.post("/projects", json={"name": "P"}).json()
        create(person, name="Straße", project_id=project["id"])

    def test_the_same_key_creates_once(self, person: Any) -> None:
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        body = {"name": "once", "code": "1"}
        first = person.post("/workflows", json=body, headers=headers)
        again = person.post("/workflows", json=body, headers=headers)
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json() == again.json()
        other = person.post("/workflows", json={**body, "code": "2"}, headers=headers)
        assert error_of(other)["code"] == "idempotency_mismatch"


NAMES = [
    "שלום עולם",
    "🚀 نموذج",
    "e\u0301cole",
    "<img src=x onerror=alert(1)>",
    "a" * 200,
    "100% _\\",
]
DEEP = (
    b'{"name": "a", "notebook": {"nbformat": 4, "nbformat_minor": 5, "cells": [], "metadata": '
    + b'{"a":' * 300
    + b"1"
    + b"}" * 302
)
BAD_NAMES = ["", "   ", "a/b", "a\nb", "a\u0000b", "a\u202eb", "x" * 201, "x" * 10_000, "\u2028"]


class TestRefusing:
    @pytest.mark.parametrize("name", NAMES)
    def test_names_in_any_script_are_kept_as_text(self, person: Any, name: str) -> None:
        item = create(person, name=name)
        found = person.get("/workflows", params={"name": name}).json()["items"]
        assert [one["id"] for one in found] == [item["id"]]
        searched = person.get("/workflows", params={"q": name[:50]}).json()["items"]
        assert [one["id"] for one in searched] == [item["id"]]

    @pytest.mark.parametrize("name", BAD_NAMES)
    def test_bad_names_are_refused_at_the_field(self, person: Any, name: str) -> None:
        answer = person.post("/workflows", json={"name": name, "code": "1"})
        assert answer.status_code == 422
        assert [field["path"] for field in error_of(answer)["fields"]] == ["name"]
        assert name not in answer.text or len(name) < 2

    @pytest.mark.parametrize(
        ("body", "path"),
        [
            ({"name": "a"}, ""),
            ({"name": "a", "code": "1", "notebook": {}}, ""),
            ({"name": "a", "code": 5}, "code"),
            ({"name": "a", "code": "a\u0000b"}, "code"),
            ({"name": "a", "code": "1", "owner_id": "x"}, "owner_id"),
            ({"name": "a", "code": "1", "pinned": "yes"}, "pinned"),
            ({"name": "a", "code": "1", "tags": ["x" * 51]}, "tags"),
            ({"name": "a", "code": "1", "description": "x" * 4001}, "description"),
            ({"name": "a", "code": "1", "project_id": "nope"}, "project_id"),
            ({"name": "a", "code": "1", "project_id": str(uuid.uuid4())}, "project_id"),
            ({"name": "a", "notebook": []}, "notebook"),
            ({"name": "a", "notebook": {"nbformat": 3, "nbformat_minor": 0}}, "notebook.nbformat"),
            ({"name": "a", "notebook": notebook({"cell_type": "x"})}, "notebook.cells.0.cell_type"),
            (
                {"name": "a", "notebook": notebook(code_cell("1", outputs=[{"output_type": "?"}]))},
                "notebook.cells.0.outputs.0.output_type",
            ),
            ({"name": "a", "notebook": notebook(code_cell(5))}, "notebook.cells.0.source"),
        ],
    )
    def test_payloads_are_refused_at_the_field(
        self, person: Any, body: dict[str, Any], path: str
    ) -> None:
        answer = person.post("/workflows", json=body)
        assert answer.status_code == 422, answer.text
        assert [field["path"] for field in error_of(answer)["fields"]] == [path]

    @pytest.mark.parametrize(
        "body",
        [
            b'{"name": "a", "notebook": {"cells": [',
            b'{"name": "a", "code": NaN}',
            b'{"name": "a", "code": "\xff"}',
            b'{"name": "a", "code": "\\ud800"}',
            b'{"name": "a", "notebook": ' + b"[" * 100_000,
            DEEP,
            b"[]",
            b"",
            b'{"name": "a", "code": 1e999}',
        ],
    )
    def test_what_is_not_json_is_malformed(self, person: Any, body: bytes) -> None:
        answer = person.post(
            "/workflows", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 400, answer.text
        assert error_of(answer)["code"] == "malformed"

    def test_a_truncated_large_notebook_is_malformed(self, person: Any) -> None:
        body = b'{"name": "a", "notebook": {"cells": [' + b'{"x": "' + b"y" * 600_000
        answer = person.post(
            "/workflows", content=body, headers={"Content-Type": "application/json"}
        )
        assert (answer.status_code, error_of(answer)["code"]) == (400, "malformed")

    def test_a_large_invalid_notebook_says_where(self, person: Any) -> None:
        bad = notebook(code_cell("x" * 600_000), {"cell_type": "?"})
        answer = person.post("/workflows", json={"name": "big", "notebook": bad})
        assert answer.status_code == 422
        assert error_of(answer)["fields"][0]["path"] == "notebook.cells.1.cell_type"

    def test_21_megabytes_are_too_large(self, person: Any) -> None:
        body = b'{"name": "a", "code": "' + b"x" * 21 * 1024 * 1024 + b'"}'
        try:
            answer = person.post(
                "/workflows", content=body, headers={"Content-Type": "application/json"}
            )
        except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
            return  # the connection was closed while the rest was still on its way
        assert answer.status_code == 413
        assert error_of(answer)["code"] == "too_large"

    def test_a_large_notebook_is_kept(self, person: Any) -> None:
        given = notebook(code_cell("x = 1\n" * 500_000))
        item = create(person, notebook=given)
        assert person.get(f"/workflows/{item['id']}").json()["notebook"] == given

    def test_nobody_elses(self, person: Any, other: Any) -> None:
        item = create(person)
        path, stranger = f"/workflows/{item['id']}", f"/workflows/{uuid.uuid4()}"
        match = {"If-Match": '"1"'}
        for call in (
            lambda where: other.get(where),
            lambda where: other.put(where, json={"code": "2"}, headers=match),
            lambda where: other.patch(where, json={"name": "x"}),
            lambda where: other.delete(where),
            lambda where: other.delete(where, params={"permanent": "true"}),
            lambda where: other.post(f"{where}/undelete", json={}),
            lambda where: other.post(f"{where}/duplicate", json={}),
            lambda where: other.get(f"{where}/draft"),
            lambda where: other.delete(f"{where}/draft"),
            lambda where: other.get(f"{where}/versions"),
            lambda where: other.get(f"{where}/versions/1"),
            lambda where: other.get(f"{where}/versions/1/diff?to=1"),
            lambda where: other.post(f"{where}/versions/1/restore", headers=match),
            lambda where: other.put(f"{where}/trust", json={"version": 1, "act": "ran"}),
        ):
            theirs, random = call(path), call(stranger)
            assert theirs.status_code == random.status_code == 404
            assert _without_id(theirs) == _without_id(random)
        assert other.get("/workflows").json()["items"] == []
        assert person.get(path).json()["version"] == 1


def _without_id(answer: httpx.Response) -> dict[str, Any]:
    return {key: value for key, value in error_of(answer).items() if key != "request_id"}


class TestSaving:
    def test_a_save_counts_up(self, person: Any) -> None:
        item = create(person)
        saved = put(person, item, 1, code="print(2)\n")
        assert saved.status_code == 200
        assert saved.headers["ETag"] == '"2"'
        assert saved.json()["version"] == 2
        assert person.get(f"/workflows/{item['id']}").json()["code"] == "print(2)\n"

    def test_a_save_must_say_where_it_started(self, person: Any) -> None:
        item = create(person)
        answer = person.put(f"/workflows/{item['id']}", json={"code": "2"})
        assert answer.status_code == 428
        for wrong in ("*", "1", '"x"', '"1", "2"'):
            answer = person.put(
                f"/workflows/{item['id']}", json={"code": "2"}, headers={"If-Match": wrong}
            )
            assert answer.status_code == 400, wrong

    def test_a_stale_save_gets_both_sides(self, person: Any) -> None:
        item = create(person, code="one")
        put(person, item, 1, code="two")
        stale = put(person, item, 1, code="three")
        assert stale.status_code == 412
        error = error_of(stale)
        assert error["code"] == "version_conflict"
        assert (error["current"]["version"], error["current"]["code"]) == (2, "two")
        assert (error["base"]["version"], error["base"]["code"]) == (1, "one")

    def test_the_same_content_makes_no_version(self, person: Any) -> None:
        item = create(person, code="one")
        same = put(person, item, 1, code="one")
        assert (same.status_code, same.json()["version"]) == (200, 1)
        put(person, item, 1, code="two")
        # The same save once more, because its answer got lost.
        again = put(person, item, 1, code="two")
        assert (again.status_code, again.json()["version"]) == (200, 2)

    def test_key_order_and_white_space_are_not_content(self, person: Any) -> None:
        given = notebook(code_cell("1"))
        item = create(person, notebook=given)
        turned = dict(reversed(list(given.items())))
        assert put(person, item, 1, notebook=turned).json()["version"] == 1

    def test_metadata_saves_along(self, person: Any) -> None:
        item = create(person, name="old", code="1", description="kept")
        saved = put(person, item, 1, code="2", name="new", tags=["t"]).json()
        assert (saved["version"], saved["name"], saved["description"]) == (2, "new", "kept")
        found = person.get("/workflows", params={"tag": "T"}).json()["items"]
        assert [one["id"] for one in found] == [item["id"]]

    def test_metadata_alone_needs_the_current_version_too(self, person: Any) -> None:
        item = create(person, code="1")
        put(person, item, 1, code="2")
        assert put(person, item, 1, description="x").status_code == 412
        saved = put(person, item, 2, description="x").json()
        assert (saved["version"], saved["description"]) == (2, "x")

    def test_a_notebook_does_not_become_python(self, person: Any) -> None:
        item = create(person, notebook=notebook())
        answer = put(person, item, 1, code="1")
        assert (answer.status_code, error_of(answer)["fields"][0]["code"]) == (422, "other_kind")

    def test_a_taken_name_changes_nothing(self, person: Any) -> None:
        create(person, name="taken")
        item = create(person, name="mine", code="1")
        assert put(person, item, 1, code="2", name="Taken").status_code == 409
        opened = person.get(f"/workflows/{item['id']}").json()
        assert (opened["version"], opened["code"], opened["name"]) == (1, "1", "mine")


class TestChanging:
    def test_a_patch_moves_the_time_and_not_the_version(self, person: Any) -> None:
        project = person.post("/projects", json={"name": "P"}).json()
        item = create(person, name="a")
        patched = person.patch(
            f"/workflows/{item['id']}",
            json={"name": "b", "pinned": True, "project_id": project["id"], "tags": ["z"]},
        ).json()
        assert patched["version"] == 1
        assert patched["updated_at"] > item["updated_at"]
        assert (patched["name"], patched["pinned"], patched["tags"]) == ("b", True, ["z"])
        assert patched["project_id"] == project["id"]
        out = person.patch(f"/workflows/{item['id']}", json={"project_id": None}).json()
        assert out["project_id"] is None
        assert out["name"] == "b"

    def test_a_patch_may_say_which_version_it_means(self, person: Any) -> None:
        item = create(person)
        path = f"/workflows/{item['id']}"
        stale = person.patch(path, json={"name": "x"}, headers={"If-Match": '"9"'})
        assert stale.status_code == 412

    def test_deleted_comes_back(self, person: Any) -> None:
        item = create(person, name="gone")
        path = f"/workflows/{item['id']}"
        assert person.delete(path).status_code == 204
        assert person.get(path).status_code == 404
        assert person.delete(path).status_code == 404
        assert person.get("/workflows").json()["total"] == 0
        listed = person.get("/workflows", params={"deleted": "true"}).json()["items"]
        assert [one["id"] for one in listed] == [item["id"]]
        assert listed[0]["deleted_at"] is not None
        back = person.post(f"{path}/undelete", json={})
        assert back.status_code == 200
        assert person.get(path).json()["name"] == "gone"
        assert person.get("/workflows").json()["total"] == 1

    def test_a_name_taken_meanwhile_asks_for_another(self, person: Any) -> None:
        item = create(person, name="n")
        path = f"/workflows/{item['id']}"
        person.delete(path)
        create(person, name="N")
        refused = person.post(f"{path}/undelete", json={})
        assert (refused.status_code, error_of(refused)["code"]) == (409, "name_taken")
        back = person.post(f"{path}/undelete", json={"name": "n again"})
        assert back.json()["name"] == "n again"

    def test_for_good(self, person: Any) -> None:
        item = create(person)
        path = f"/workflows/{item['id']}"
        assert person.delete(path, params={"permanent": "true"}).status_code == 204
        assert person.post(f"{path}/undelete", json={}).status_code == 404
        assert person.get("/workflows", params={"deleted": "true"}).json()["items"] == []

    def test_copies_find_free_names(self, person: Any) -> None:
        item = create(person, name="A", code="x", description="d", tags=["t"])
        path = f"/workflows/{item['id']}/duplicate"
        names = [person.post(path, json={}).json()["name"] for _ in range(3)]
        assert names == ["A copy", "A copy 2", "A copy 3"]
        copy = person.post(path, json={"name": "B"}).json()
        opened = person.get(f"/workflows/{copy['id']}").json()
        assert (opened["code"], opened["description"], opened["tags"]) == ("x", "d", ["t"])
        assert person.post(path, json={"name": "b"}).status_code == 409


class TestListing:
    def test_pages_follow_each_other_in_every_order(self, person: Any) -> None:
        names = ["b", "C", "a", "É", "d", "e", "10", "9"]
        made = [create(person, name=name)["id"] for name in names]
        for sort in ("-updated_at", "updated_at", "name", "-name", "created_at", "-created_at"):
            seen: list[str] = []
            params: dict[str, Any] = {"limit": 3, "sort": sort}
            while True:
                page = person.get("/workflows", params=params).json()
                assert page["total"] == len(names)
                seen += [one["id"] for one in page["items"]]
                if page["next_cursor"] is None:
                    break
                params["cursor"] = page["next_cursor"]
            assert sorted(seen) == sorted(made)
            if sort == "created_at":
                assert seen == made
            if sort == "-updated_at":
                assert seen == made[::-1]

    def test_a_cursor_belongs_to_its_list(self, person: Any) -> None:
        for name in "abc":
            create(person, name=name)
        cursor = person.get("/workflows", params={"limit": 1}).json()["next_cursor"]
        for params in (
            {"cursor": cursor, "sort": "name"},
            {"cursor": "nonsense"},
            {"cursor": "WzEsMl0"},
            {"cursor": ""},
        ):
            answer = person.get("/workflows", params=params)
            assert answer.status_code == 422, params
            assert error_of(answer)["fields"][0]["code"] == "invalid_cursor"

    def test_filters(self, person: Any) -> None:
        project = person.post("/projects", json={"name": "P"}).json()
        one = create(person, name="Mean reversion", tags=["Stat Arb"], project_id=project["id"])
        two = create(person, name="50%_off", description="momentum", pinned=True)
        three = create(person, name="Notes", notebook=notebook())

        def ids(**params: Any) -> set[str]:
            page = person.get("/workflows", params={**params, "count": "true"}).json()
            assert page["total"] == len(page["items"])
            return {item["id"] for item in page["items"]}

        assert ids() == {one["id"], two["id"], three["id"]}
        assert ids(q="REVERS") == {one["id"]}
        assert ids(q="stat arb") == {one["id"]}
        assert ids(q="moment") == {two["id"]}
        assert ids(q="%") == {two["id"]}
        assert ids(q="_") == {two["id"]}
        assert ids(q="\\") == set()
        assert ids(tag="STAT arb") == {one["id"]}
        assert ids(project=project["id"]) == {one["id"]}
        assert ids(project="none") == {two["id"], three["id"]}
        assert ids(kind="notebook") == {three["id"]}
        assert ids(pinned="true") == {two["id"]}
        assert ids(name="notes") == {three["id"]}
        assert ids(name="note") == set()
        assert ids(shared="true") == set()
        assert ids(q="e", kind="python", pinned="true") == {two["id"]}

    @pytest.mark.parametrize(
        "params",
        [
            {"limit": "0"},
            {"limit": "201"},
            {"sort": "size"},
            {"project": "x"},
            {"q": "a\u0000b"},
            {"deleted": "true", "shared": "true"},
        ],
    )
    def test_wrong_parameters_are_refused(self, person: Any, params: dict[str, str]) -> None:
        assert person.get("/workflows", params=params).status_code == 422
