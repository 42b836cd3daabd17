"""Projects over HTTP."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.api.test_workflows import create, error_of


def make(person: Any, name: str, **more: Any) -> dict[str, Any]:
    """A new project."""
    answer = person.post("/projects", json={"name": name, **more})
    assert answer.status_code == 201, answer.text
    project: dict[str, Any] = answer.json()
    return project


def test_a_project_counts_what_it_holds(person: Any) -> None:
    project = make(person, "Ideas", description="d")
    assert project["workflows"] == 0
    create(person, name="a", project_id=project["id"])
    item = create(person, name="b", project_id=project["id"])
    assert person.get(f"/projects/{project['id']}").json()["workflows"] == 2
    person.delete(f"/workflows/{item['id']}")
    (listed,) = person.get("/projects").json()["items"]
    assert (listed["workflows"], listed["description"]) == (1, "d")


def test_pages_by_name(person: Any) -> None:
    for name in ("b", "C", "a", "d"):
        make(person, name)
    first = person.get("/projects", params={"limit": 3}).json()
    assert [one["name"] for one in first["items"]] == ["a", "b", "C"]
    assert first["total"] == 4
    rest = person.get("/projects", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert [one["name"] for one in rest["items"]] == ["d"]
    assert person.get("/projects", params={"cursor": "WzFd"}).status_code == 422


def test_names_are_unique(person: Any) -> None:
    make(person, "A")
    other = make(person, "B")
    assert error_of(person.post("/projects", json={"name": " a"}))["code"] == "name_taken"
    renamed = person.put(f"/projects/{other['id']}", json={"name": "a"})
    assert (renamed.status_code, error_of(renamed)["code"]) == (409, "name_taken")
    answer = person.put(f"/projects/{other['id']}", json={"name": "b", "description": "x"})
    assert (answer.json()["name"], answer.json()["description"]) == ("b", "x")


@pytest.mark.parametrize("name", ["", "a/b", "x" * 201, "a\u0007"])
def test_bad_names_are_refused(person: Any, name: str) -> None:
    answer = person.post("/projects", json={"name": name})
    assert (answer.status_code, error_of(answer)["fields"][0]["path"]) == (422, "name")


def test_deleting_keeps_what_was_inside(person: Any) -> None:
    project = make(person, "Old ideas")
    create(person, name="Momentum", code="outside")
    inside = create(person, name="Momentum", code="inside", project_id=project["id"])
    gone = create(person, name="Gone", project_id=project["id"])
    person.delete(f"/workflows/{gone['id']}")
    assert person.delete(f"/projects/{project['id']}").status_code == 204
    assert person.get(f"/projects/{project['id']}").status_code == 404
    moved = person.get(f"/workflows/{inside['id']}").json()
    assert (moved["project_id"], moved["name"]) == (None, "Momentum (Old ideas)")
    assert moved["code"] == "inside"
    back = person.post(f"/workflows/{gone['id']}/undelete", json={})
    assert (back.status_code, back.json()["project_id"]) == (200, None)
    assert person.get("/projects").json()["total"] == 0


def test_nobody_elses(person: Any, other: Any) -> None:
    project = make(person, "P")
    for id in (project["id"], str(uuid.uuid4())):
        assert other.get(f"/projects/{id}").status_code == 404
        assert other.put(f"/projects/{id}", json={"name": "x"}).status_code == 404
        assert other.delete(f"/projects/{id}").status_code == 404
        body = {"name": "w", "code": "1", "project_id": id}
        answer = other.post("/workflows", json=body)
        assert error_of(answer)["fields"][0]["code"] == "unknown_project"
    assert other.get("/projects").json()["items"] == []
