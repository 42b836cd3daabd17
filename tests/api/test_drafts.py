"""Drafts over HTTP: autosave, and what old tabs may not do."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.test_workflows import create, error_of, put
from tests.support.api import Api
from tests.support.notebooks import code_cell, notebook

FIRST = {"If-None-Match": "*"}


def write(
    person: Any, item: dict[str, Any], content: Any, *, base: int, after: int | None
) -> httpx.Response:
    """Autosave."""
    headers = FIRST if after is None else {"If-Match": f'"d{after}"'}
    answer: httpx.Response = person.put(
        f"/workflows/{item['id']}/draft",
        json={"base_version": base, "content": content},
        headers=headers,
    )
    return answer


def version_from_draft(
    person: Any, item: dict[str, Any], revision: int, base: int
) -> httpx.Response:
    """Save the draft."""
    answer: httpx.Response = person.post(
        f"/workflows/{item['id']}/versions",
        json={"from": "draft", "revision": revision},
        headers={"If-Match": f'"{base}"'},
    )
    return answer


def test_a_draft_counts_its_revisions(person: Any) -> None:
    item = create(person, code="one")
    path = f"/workflows/{item['id']}/draft"
    assert person.get(path).status_code == 404
    first = write(person, item, "two", base=1, after=None)
    assert (first.status_code, first.headers["ETag"]) == (200, '"d1"')
    second = write(person, item, "three", base=1, after=1)
    assert (second.status_code, second.headers["ETag"]) == (200, '"d2"')
    stored = person.get(path)
    assert stored.headers["ETag"] == '"d2"'
    draft = stored.json()
    assert (draft["content"], draft["base_version"], draft["stale"]) == ("three", 1, False)
    opened = person.get(f"/workflows/{item['id']}").json()
    assert (opened["version"], opened["code"]) == (1, "one")


def test_an_old_tab_cannot_overwrite_a_newer_draft(person: Any) -> None:
    item = create(person)
    write(person, item, "tab one", base=1, after=None)
    write(person, item, "tab two", base=1, after=1)
    for after in (None, 1, 7):
        stale = write(person, item, "tab one again", base=1, after=after)
        assert stale.status_code == 412
        error = error_of(stale)
        assert error["code"] == "draft_conflict"
        assert (error["current"]["revision"], error["current"]["content"]) == (2, "tab two")


def test_the_same_draft_again_is_the_same_draft(person: Any) -> None:
    item = create(person)
    write(person, item, "x", base=1, after=None)
    for after in (None, 1):
        again = write(person, item, "x", base=1, after=after)
        assert (again.status_code, again.headers["ETag"]) == (200, '"d1"')


def test_a_draft_says_what_it_follows(person: Any) -> None:
    item = create(person)
    path = f"/workflows/{item['id']}/draft"
    body = {"base_version": 1, "content": "x"}
    assert person.put(path, json=body).status_code == 428
    assert person.put(path, json=body, headers={"If-Match": '"1"'}).status_code == 400
    assert write(person, item, "x", base=2, after=None).status_code == 422
    assert write(person, item, {"cells": []}, base=1, after=None).status_code == 422
    assert write(person, item, 5, base=1, after=None).status_code == 422
    assert write(person, item, notebook(), base=1, after=None).status_code == 422


def test_a_draft_on_an_old_version_is_refused(person: Any) -> None:
    item = create(person, code="one")
    put(person, item, 1, code="two")
    stale = write(person, item, "x", base=1, after=None)
    assert stale.status_code == 412
    error = error_of(stale)
    assert error["code"] == "version_conflict"
    assert error["current"]["code"] == "two"
    assert error["base"]["code"] == "one"


def test_a_save_settles_the_draft_it_names_and_revisions_go_on(person: Any) -> None:
    item = create(person)
    write(person, item, "a", base=1, after=None)
    write(person, item, "b", base=1, after=1)
    put(person, item, 1, code="saved", draft_revision=2)
    assert person.get(f"/workflows/{item['id']}/draft").status_code == 404
    # A tab that slept holds d2: it must not fit the next draft.
    refused = write(person, item, "old tab", base=2, after=2)
    assert (refused.status_code, error_of(refused)["current"]) == (412, None)
    fresh = write(person, item, "c", base=2, after=None)
    assert fresh.headers["ETag"] == '"d3"'


@pytest.mark.parametrize("named", [{}, {"draft_revision": 1}, {"draft_revision": 3}])
def test_a_save_in_another_tab_leaves_the_draft(person: Any, named: dict[str, int]) -> None:
    item = create(person, code="one")
    path = f"/workflows/{item['id']}/draft"
    write(person, item, "typed", base=1, after=None)
    write(person, item, "typed on", base=1, after=1)
    put(person, item, 1, code="other tab", **named)
    # The same again: nothing is saved, and nothing is lost by it either.
    put(person, item, 2, code="other tab", **named)
    kept = person.get(path)
    assert kept.status_code == 200
    assert (kept.json()["content"], kept.json()["stale"]) == ("typed on", True)
    refused = write(person, item, "other tab types", base=2, after=None)
    assert (refused.status_code, error_of(refused)["code"]) == (412, "draft_conflict")
    assert error_of(refused)["current"]["stale"] is True
    # Whoever has seen it may go on from it, or save the same.
    assert write(person, item, "typed on", base=2, after=2).status_code == 200
    put(person, item, 2, code="typed on")
    assert person.get(path).status_code == 404


def test_a_scripts_save_leaves_what_its_person_typed(api: Api, person: Any) -> None:
    token = person.post("/auth/kernel-token", json={}).json()["token"]
    with httpx.Client(base_url=api.url, headers={"Authorization": f"Bearer {token}"}) as script:
        item = create(person, code="one")
        path = f"/workflows/{item['id']}/draft"
        write(person, item, "typed", base=1, after=None)
        assert put(script, item, 1, code="by the script").status_code == 200
        assert put(script, item, 2, code="by the script").status_code == 200
        kept = person.get(path)
        assert kept.status_code == 200
        assert (kept.json()["content"], kept.json()["stale"]) == ("typed", True)
        # What it saves itself is settled.
        assert put(script, item, 2, code="typed").status_code == 200
        assert person.get(path).status_code == 404
        # So is what it names.
        write(script, item, "half of a script's", base=3, after=None)
        assert put(script, item, 3, code="all of it", draft_revision=2).status_code == 200
        assert person.get(path).status_code == 404


def test_restoring_leaves_the_draft(person: Any) -> None:
    item = create(person, code="one")
    put(person, item, 1, code="two")
    write(person, item, "typed", base=2, after=None)
    for version, base in ((2, 2), (1, 2)):
        restored = person.post(
            f"/workflows/{item['id']}/versions/{version}/restore",
            headers={"If-Match": f'"{base}"'},
        )
        assert restored.status_code == 200
        kept = person.get(f"/workflows/{item['id']}/draft").json()
        assert (kept["content"], kept["stale"]) == ("typed", version == 1)


def test_a_draft_revision_is_a_number_from_one(person: Any) -> None:
    item = create(person)
    path = f"/workflows/{item['id']}"
    for wrong in (0, "1", 1.5, True, 2**31, 10**20):
        answer = person.put(
            path, json={"code": "x", "draft_revision": wrong}, headers={"If-Match": '"1"'}
        )
        assert answer.status_code == 422
        assert error_of(answer)["fields"][0]["path"] == "draft_revision"


@pytest.mark.parametrize("number", [2**31, 2**63, 10**20])
def test_numbers_that_no_version_has_are_refused(person: Any, number: int) -> None:
    item = create(person, code="one")
    path = f"/workflows/{item['id']}"
    current = {"If-Match": '"1"'}
    content = {"base_version": number, "content": "x"}
    answers = [
        person.put(f"{path}/draft", json=content, headers=FIRST),
        person.post(f"{path}/merge", json=content),
        person.put(f"{path}/trust", json={"version": number, "act": "ran"}),
        person.post(
            f"{path}/versions", json={"from": "draft", "revision": number}, headers=current
        ),
    ]
    assert [answer.status_code for answer in answers] == [422] * 4


def test_a_draft_becomes_a_version(person: Any) -> None:
    item = create(person, notebook=notebook())
    content = notebook(code_cell("x", metadata={"trusted": True}))
    write(person, item, content, base=1, after=None)
    saved = version_from_draft(person, item, 1, base=1)
    assert (saved.status_code, saved.headers["ETag"]) == (201, '"2"')
    assert person.get(f"/workflows/{item['id']}/draft").status_code == 404
    opened = person.get(f"/workflows/{item['id']}").json()
    del content["cells"][0]["metadata"]["trusted"]
    assert opened["notebook"] == content
    history = person.get(f"/workflows/{item['id']}/versions").json()["items"]
    assert [one["source"] for one in history] == ["draft", "create"]


def test_only_the_very_draft_becomes_a_version(person: Any) -> None:
    item = create(person, code="one")
    assert version_from_draft(person, item, 1, base=1).status_code == 412
    write(person, item, "a", base=1, after=None)
    wrong = version_from_draft(person, item, 2, base=1)
    assert (wrong.status_code, error_of(wrong)["code"]) == (412, "draft_conflict")
    stale = version_from_draft(person, item, 1, base=9)
    assert (stale.status_code, error_of(stale)["code"]) == (412, "version_conflict")
    assert person.get(f"/workflows/{item['id']}").json()["version"] == 1


def test_discarding(person: Any) -> None:
    item = create(person)
    path = f"/workflows/{item['id']}/draft"
    assert person.delete(path).status_code == 204
    write(person, item, "a", base=1, after=None)
    write(person, item, "b", base=1, after=1)
    old_tab = person.delete(path, headers={"If-Match": '"d1"'})
    assert (old_tab.status_code, error_of(old_tab)["code"]) == (412, "draft_conflict")
    assert person.delete(path, headers={"If-Match": '"d2"'}).status_code == 204
    assert person.get(path).status_code == 404


def test_a_large_draft(person: Any) -> None:
    item = create(person, notebook=notebook())
    content = notebook(code_cell("x = 1\n" * 200_000))
    assert write(person, item, content, base=1, after=None).status_code == 200
    assert person.get(f"/workflows/{item['id']}/draft").json()["content"] == content
