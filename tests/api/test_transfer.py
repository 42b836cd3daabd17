"""Export and import over HTTP: everything as plain files, losslessly, and nothing twice."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import httpx
import pytest

from tests.api.test_workflows import create, put
from tests.support.notebooks import code_cell, notebook

ZIP = {"Content-Type": "application/zip"}


def export(person: Any, **params: str) -> zipfile.ZipFile:
    """A person's library."""
    answer = person.get("/export", params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    return zipfile.ZipFile(io.BytesIO(answer.content))


def bring(person: Any, data: bytes) -> dict[str, Any]:
    """Import; the report."""
    answer = person.post("/import", content=data, headers=ZIP)
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


def archive(files: dict[str, bytes | str]) -> bytes:
    """A zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return buffer.getvalue()


def bytes_of(made: zipfile.ZipFile) -> bytes:
    """The zip's own bytes."""
    assert made.fp is not None
    made.fp.seek(0)
    return made.fp.read()


def counts(report: dict[str, Any]) -> tuple[int, int, int, int]:
    """created, renamed, unchanged, refused."""
    return (report["created"], report["renamed"], report["unchanged"], report["refused"])


def fill(person: Any) -> dict[str, dict[str, Any]]:
    """A library with all that is awkward; content by name."""
    project = person.post("/projects", json={"name": "Ideas: 2024?", "description": "d"}).json()
    rich = notebook(
        code_cell("1", outputs=[{"output_type": "stream", "name": "stdout", "text": ["a\n", "b"]}]),
        metadata={"big": 2**70, "kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    made = [
        create(person, name="plain", code="print('é')\r\n\tx = 1", tags=["a", "B"], pinned=True),
        create(person, name="CON", code="1"),
        create(person, name="a:b?*", code="2", project_id=project["id"], description="x\ny"),
        create(person, name="A_B__", code="3", project_id=project["id"]),
        create(person, name="..", code="4"),
        create(person, name="שלום 🚀", notebook=rich, project_id=project["id"]),
        create(person, name="plain", notebook=notebook(code_cell("x"))),
    ]
    return {f"{item['kind']} {item['name']}": item for item in made}


def library(person: Any) -> list[tuple[Any, ...]]:
    """What a person has, without ids and times."""
    projects = {p["id"]: (p["name"], p["description"]) for p in listed(person, "/projects")}
    found = []
    for item in listed(person, "/workflows"):
        opened = person.get(f"/workflows/{item['id']}").json()
        found.append(
            (
                opened["kind"],
                opened["name"],
                opened["description"],
                tuple(opened["tags"]),
                opened["pinned"],
                projects.get(opened["project_id"]),
                json.dumps(opened["notebook"], sort_keys=True),
                opened["code"],
            )
        )
    return sorted(found, key=str)


def listed(person: Any, path: str) -> list[dict[str, Any]]:
    """All items of a list."""
    items: list[dict[str, Any]] = person.get(path, params={"limit": 200}).json()["items"]
    return items


def test_a_library_comes_back_as_it_was(person: Any, other: Any) -> None:
    fill(person)
    made = export(person)
    assert made.testzip() is None
    report = bring(other, bytes_of(made))
    assert counts(report) == (7, 0, 0, 0)
    assert library(other) == library(person)
    # Nothing twice.
    again = bring(other, bytes_of(made))
    assert counts(again) == (0, 0, 7, 0)
    assert {item["id"] for item in again["items"]} == {item["id"] for item in report["items"]}
    assert counts(bring(person, bytes_of(made))) == (0, 0, 7, 0)


def test_the_files_are_plain(person: Any) -> None:
    fill(person)
    made = export(person)
    names = made.namelist()
    assert len({name.casefold() for name in names}) == len(names)
    assert "workflows/plain.py" in names
    assert "workflows/plain.ipynb" in names
    assert made.read("workflows/plain.py").decode() == "print('é')\r\n\tx = 1"
    parsed = json.loads(made.read("workflows/plain.ipynb"))
    assert parsed["cells"][0]["source"] == "x"
    for name in names:
        parts = name.split("/")
        assert not any(part in ("", ".", "..") for part in parts), name
        assert not any(char in name for char in '<>:"\\|?*'), name
        assert parts[-1].split(".")[0].upper() != "CON"
    manifest = json.loads(made.read("manifest.json"))
    assert manifest["format"] == "quantlab-export"
    assert {item["name"] for item in manifest["items"]} >= {"CON", "..", "a:b?*", "שלום 🚀"}


def test_with_history(person: Any, other: Any) -> None:
    item = create(person, name="h", code="one")
    put(person, item, 1, code="two")
    made = export(person, versions="true")
    assert made.read("versions/workflows/h/1.py") == b"one"
    assert made.read("versions/workflows/h/2.py") == b"two"
    (entry,) = json.loads(made.read("manifest.json"))["items"]
    assert [version["version"] for version in entry["versions"]] == [1, 2]
    assert counts(bring(other, bytes_of(made))) == (1, 0, 0, 0)
    (copy,) = listed(other, "/workflows")
    assert other.get(f"/workflows/{copy['id']}").json()["code"] == "two"


def test_deleted_and_others_work_stay_out(person: Any, other: Any) -> None:
    item = create(person, name="gone")
    person.delete(f"/workflows/{item['id']}")
    create(other, name="theirs")
    made = export(person)
    assert made.namelist() == ["manifest.json"]


def test_another_content_under_a_taken_name_is_kept_beside_it(person: Any) -> None:
    create(person, name="a", code="mine")
    data = archive({"a.py": "theirs"})
    report = bring(person, data)
    assert counts(report) == (0, 1, 0, 0)
    assert report["items"][0]["name"] == "a (imported)"
    assert counts(bring(person, data)) == (0, 0, 1, 0)
    assert counts(bring(person, archive({"a.py": "third"}))) == (0, 1, 0, 0)
    names = {item["name"] for item in listed(person, "/workflows")}
    assert names == {"a", "a (imported)", "a (imported) 2"}


def test_plain_folders_become_projects(person: Any) -> None:
    report = bring(
        person,
        archive(
            {
                "Ideas/one.py": "1",
                "Ideas/two.ipynb": json.dumps(notebook(code_cell("2"))),
                "three.py": "3",
                "__MACOSX/._three.py": "x",
                "readme.txt": "x",
            }
        ),
    )
    assert counts(report) == (3, 0, 0, 2)
    (project,) = listed(person, "/projects")
    assert (project["name"], project["workflows"]) == ("Ideas", 2)


def test_what_was_imported_does_not_run_by_itself(person: Any) -> None:
    forged = notebook(code_cell("1", metadata={"trusted": True}))
    report = bring(person, archive({"a.ipynb": json.dumps(forged)}))
    opened = person.get(f"/workflows/{report['items'][0]['id']}").json()
    assert opened["trust"] == {"trusted": False, "auto_run": False, "reason": "imported"}
    assert opened["notebook"]["cells"][0]["metadata"] == {}
    history = person.get(f"/workflows/{opened['id']}/versions").json()["items"]
    assert history[0]["source"] == "import"


def test_each_file_is_judged_by_itself(person: Any) -> None:
    report = bring(
        person,
        archive(
            {
                "good.py": "1",
                "../evil.py": "2",
                "/etc/evil.py": "2",
                "a/../../evil.py": "2",
                "C:evil.py": "2",
                "broken.ipynb": '{"cells": [',
                "old.ipynb": json.dumps({"nbformat": 3, "nbformat_minor": 0}),
                "latin.py": b"\xe9",
                "nul.py": "a\0b",
                "bad\u202ename.py": "1",
                "large.py": b"x" * (21 * 1024 * 1024),
            }
        ),
    )
    what = {item["file"]: (item["status"], item["code"]) for item in report["items"]}
    assert what["good.py"] == ("created", None)
    assert what["../evil.py"] == ("refused", "unsafe_path")
    assert what["/etc/evil.py"] == ("refused", "unsafe_path")
    assert what["a/../../evil.py"] == ("refused", "unsafe_path")
    assert what["C:evil.py"] == ("refused", "unsafe_path")
    assert what["broken.ipynb"] == ("refused", "malformed")
    assert what["old.ipynb"] == ("refused", "invalid")
    assert what["latin.py"] == ("refused", "malformed")
    assert what["nul.py"] == ("refused", "invalid")
    assert what["bad\u202ename.py"] == ("refused", "invalid_metadata")
    assert what["large.py"] == ("refused", "too_large")
    assert counts(report) == (1, 0, 0, 10)


@pytest.mark.parametrize(
    "manifest",
    [
        "not json",
        "[]",
        '{"format": "other"}',
        '{"items": [{"file": "a.py"}]}',
    ],
)
def test_a_broken_manifest_is_refused(person: Any, manifest: str) -> None:
    data = archive({"a.py": "1", "manifest.json": manifest})
    answer = person.post("/import", content=data, headers=ZIP)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed")


def test_a_manifest_cannot_point_elsewhere(person: Any) -> None:
    manifest = {
        "format": "quantlab-export",
        "items": [
            {"file": "missing.py", "resource": "workflows", "kind": "python", "name": "m"},
            {"file": "a.py", "resource": "users", "kind": "python", "name": "u"},
            {"file": "b.py", "resource": "workflows", "kind": "python", "name": "x" * 300},
        ],
    }
    report = bring(
        person, archive({"a.py": "1", "b.py": "1", "manifest.json": json.dumps(manifest)})
    )
    what = {item["file"]: item["code"] for item in report["items"]}
    assert what == {
        "missing.py": "missing_file",
        "a.py": "unknown_kind",
        "b.py": "invalid_metadata",
    }


def test_what_is_not_a_zip(person: Any) -> None:
    for data in (b"", b"hello", archive({"a.py": "1"})[:-30]):
        answer = person.post("/import", content=data, headers=ZIP)
        assert answer.status_code == 400, answer.text
    wrong = person.post("/import", json={})
    assert wrong.status_code == 415


def test_a_damaged_file_in_a_zip(person: Any) -> None:
    data = bytearray(archive({"a.py": "x = 1\n" * 1000, "b.py": "1"}))
    start = data.index(b"a.py") + 4
    data[start + 5 : start + 15] = b"\xff" * 10
    report = bring(person, bytes(data))
    what = {item["file"]: (item["status"], item["code"]) for item in report["items"]}
    assert what["a.py"] == ("refused", "broken_file")
    assert what["b.py"][0] == "created"


def test_a_file_without_a_name(person: Any) -> None:
    # A name ends before its first NUL.
    data = archive({"a.py": "1", "b.py": "2"}).replace(b"a.py", b"\0.py")
    report = bring(person, data)
    assert counts(report) == (1, 0, 0, 1)
    assert {item["code"] for item in report["items"]} == {None, "unsafe_path"}


def test_a_bomb_is_refused_unread(person: Any) -> None:
    data = bytearray(archive({"a.py": "1", "b.py": "2"}))
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (2**32 - 2).to_bytes(4, "little")  # what it unpacks to
    answer: httpx.Response = person.post("/import", content=bytes(data), headers=ZIP)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed")


def test_a_file_that_lies_about_its_size(person: Any) -> None:
    data = bytearray(archive({"a.py": "x" * 1_000_000}))
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (10).to_bytes(4, "little")
    report = bring(person, bytes(data))
    assert report["items"][0]["code"] == "broken_file"


def test_a_large_library(person: Any, other: Any) -> None:
    files: dict[str, bytes | str] = {
        f"folder/{number}.ipynb": json.dumps(notebook(code_cell(f"{number}" * 3000)))
        for number in range(300)
    }
    assert counts(bring(person, archive(files))) == (300, 0, 0, 0)
    assert counts(bring(other, bytes_of(export(person)))) == (300, 0, 0, 0)
