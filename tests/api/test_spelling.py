"""One thing, several spellings: of tags and of addresses."""

from __future__ import annotations

from typing import Any

from tests.api.test_workflows import create


def test_tags_that_fold_to_the_same_are_one(person: Any) -> None:
    # Folded, the last two differ until they are composed again.
    item = create(person, tags=["Momentum", "momentum", "\u1fb3\u0308", "\u03b1\u03ca"])
    assert item["tags"] == ["Momentum", "\u1fb3\u0308"]
    found = person.get("/workflows", params={"tag": "\u03b1\u03ca"}).json()["items"]
    assert [one["id"] for one in found] == [item["id"]]


def test_an_id_in_an_address_has_one_spelling(person: Any) -> None:
    id = create(person)["id"]
    headers = {"Idempotency-Key": "k"}
    for spelt in (id.replace("-", "-" * 99), id.replace("-", ""), f"{{{id}}}"):
        assert person.get(f"/workflows/{spelt}").status_code == 404
        copied = person.post(f"/workflows/{spelt}/duplicate", json={}, headers=headers)
        assert copied.status_code == 404
