"""What lists show of an object beside its words: a small picture, and when the caller last opened it."""

from __future__ import annotations

import struct
import uuid
import zlib
from typing import Any

import httpx
import pytest

from tests.api.test_layouts import create, opened, put, rsi
from tests.api.test_workflows import error_of
from tests.support.layouts import PICTURE, png

PNG = {"Content-Type": "image/png"}


def send(
    person: Any, item: dict[str, Any], data: bytes = PICTURE, version: int = 1
) -> httpx.Response:
    answer: httpx.Response = person.put(
        f"/layouts/{item['id']}/thumbnail",
        content=data,
        headers={**PNG, "If-Match": f'"{version}"'},
    )
    return answer


def listed(person: Any, noun: str = "layouts", **query: Any) -> list[dict[str, Any]]:
    answer = person.get(f"/{noun}", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


class TestThumbnails:
    def test_there_and_back(self, person: Any) -> None:
        item = create(person)
        address = f"/layouts/{item['id']}/thumbnail"
        assert item["thumbnail_version"] is None
        assert person.get(address).status_code == 404
        kept = send(person, item)
        assert (kept.status_code, kept.content) == (204, b"")
        got = person.get(address)
        assert (got.status_code, got.content) == (200, PICTURE)
        assert got.headers["Content-Type"] == "image/png"
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert got.headers["ETag"] == kept.headers["ETag"]
        again = person.get(address, headers={"If-None-Match": got.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")

    def test_it_is_no_change_of_the_layout(self, person: Any) -> None:
        item = create(person)
        before = opened(person, item)
        assert send(person, item).status_code == 204
        after = opened(person, item)
        assert after == {**before, "thumbnail_version": 1}
        history = person.get(f"/layouts/{item['id']}/versions").json()["items"]
        assert len(history) == 1

    def test_a_stale_one_is_still_shown_and_said_to_be_so(self, person: Any) -> None:
        item = create(person, document=rsi(14))
        send(person, item)
        put(person, item, 1, document=rsi(21))
        whole = opened(person, item)
        assert (whole["version"], whole["thumbnail_version"]) == (2, 1)
        assert person.get(f"/layouts/{item['id']}/thumbnail").content == PICTURE
        # A picture that was drawn before somebody else's save comes too late.
        late = send(person, item, png(3, 3))
        assert (late.status_code, error_of(late)["code"]) == (412, "version_conflict")
        assert send(person, item, png(3, 3), version=2).status_code == 204
        assert listed(person)[0]["thumbnail_version"] == 2

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"GIF89a" + bytes(40),
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            PICTURE[:-1],
            PICTURE[:20],
            b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\x00IEND\xaeB`\x82",
            PICTURE[:16] + b"\x00\x00\x00\x09" + PICTURE[20:],
            png(1025, 1),
            png(1, 1025),
        ],
        ids=["nothing", "gif", "svg", "cut", "head", "hollow", "checksum", "wide", "high"],
    )
    def test_what_is_no_small_png_is_refused(self, person: Any, data: bytes) -> None:
        item = create(person)
        answer = send(person, item, data)
        assert answer.status_code == 422, answer.text
        assert error_of(answer)["fields"][0]["code"] in ("not_png", "too_large")
        assert listed(person)[0]["thumbnail_version"] is None

    def test_a_picture_of_no_pixels_is_refused(self, person: Any) -> None:
        header = struct.pack(">IIBBBBB", 0, 0, 8, 0, 0, 0, 0)
        sum_ = struct.pack(">I", zlib.crc32(b"IHDR" + header))
        data = PICTURE[:16] + header + sum_ + PICTURE[33:]
        assert send(person, create(person), data).status_code == 422

    def test_it_is_small_and_says_what_it_is(self, person: Any) -> None:
        item = create(person)
        assert send(person, item, PICTURE + bytes(64 * 1024)).status_code == 413
        address = f"/layouts/{item['id']}/thumbnail"
        tag = {"If-Match": '"1"'}
        as_json = person.put(
            address, content=PICTURE, headers={**tag, "Content-Type": "application/json"}
        )
        assert as_json.status_code == 415
        assert person.put(address, content=PICTURE, headers=PNG).status_code == 428

    def test_it_counts_as_storage_until_the_layout_is_gone(self, person: Any) -> None:
        def used() -> int:
            quotas = person.get("/auth/profile").json()["quotas"]
            return int(quotas["storage"]["used"])

        item = create(person)
        before = used()
        send(person, item)
        assert used() == before + len(PICTURE)
        larger = png(40, 40)
        send(person, item, larger)
        assert used() == before + len(larger)
        copy = person.post(f"/layouts/{item['id']}/duplicate", json={}).json()
        assert copy["thumbnail_version"] == 1
        assert person.get(f"/layouts/{copy['id']}/thumbnail").content == larger
        assert used() == before + 2 * len(larger)
        for one in (item, copy):
            person.delete(f"/layouts/{one['id']}", params={"permanent": "true"})
        assert used() == 0

    def test_a_deleted_layout_shows_none_and_brings_it_back(self, person: Any) -> None:
        item = create(person)
        send(person, item)
        address = f"/layouts/{item['id']}/thumbnail"
        person.delete(f"/layouts/{item['id']}")
        assert person.get(address).status_code == 404
        assert send(person, item).status_code == 404
        person.post(f"/layouts/{item['id']}/undelete", json={})
        assert person.get(address).content == PICTURE

    def test_it_is_nobody_elses(self, person: Any, other: Any) -> None:
        item = create(person)
        send(person, item)
        assert other.get(f"/layouts/{item['id']}/thumbnail").status_code == 404
        assert send(other, item).status_code == 404


class TestLastUsed:
    @pytest.mark.parametrize("noun", ["layouts", "workflows"])
    def test_what_was_opened_last_comes_first(self, person: Any, noun: str) -> None:
        content = {"layouts": {"document": rsi(14)}, "workflows": {"code": "1"}}[noun]
        ids = [
            person.post(f"/{noun}", json={"name": f"n{n}", **content}).json()["id"]
            for n in range(4)
        ]
        before = {item["id"]: item for item in listed(person, noun)}
        assert [item["opened_at"] for item in before.values()] == [None] * 4
        for id in (ids[2], ids[0]):
            answer = person.post(f"/{noun}/{id}/opened")
            assert (answer.status_code, answer.content) == (204, b"")
        first = person.get(f"/{noun}", params={"sort": "-used_at", "limit": 3}).json()
        found = [item["id"] for item in first["items"]]
        rest = listed(person, noun, sort="-used_at", limit=3, cursor=first["next_cursor"])
        assert found + [item["id"] for item in rest] == [ids[0], ids[2], ids[3], ids[1]]
        up = [item["id"] for item in listed(person, noun, sort="used_at")]
        assert up == [ids[1], ids[3], ids[2], ids[0]]
        # Nothing of the object moved.
        now = next(item for item in listed(person, noun) if item["id"] == ids[0])
        assert now["opened_at"] > now["updated_at"]
        assert {**now, "opened_at": None} == before[ids[0]]

    def test_a_change_after_that_counts_too(self, person: Any) -> None:
        one, two = create(person), create(person)
        person.post(f"/layouts/{one['id']}/opened")
        person.patch(f"/layouts/{two['id']}", json={"tags": ["new"]})
        assert [item["id"] for item in listed(person, sort="-used_at")] == [two["id"], one["id"]]

    def test_it_keeps_the_etag(self, person: Any) -> None:
        item = create(person)
        tag = person.get(f"/layouts/{item['id']}").headers["ETag"]
        person.post(f"/layouts/{item['id']}/opened")
        assert person.get(f"/layouts/{item['id']}").headers["ETag"] == tag

    def test_what_is_gone_cannot_be_opened(self, person: Any, other: Any) -> None:
        item = create(person)
        assert other.post(f"/layouts/{item['id']}/opened").status_code == 404
        assert person.post(f"/layouts/{uuid.uuid4()}/opened").status_code == 404
        person.delete(f"/layouts/{item['id']}")
        assert person.post(f"/layouts/{item['id']}/opened").status_code == 404

    def test_a_cursor_of_another_order_is_refused(self, person: Any) -> None:
        create(person)
        create(person)
        cursor = person.get("/layouts", params={"limit": 1}).json()["next_cursor"]
        answer = person.get("/layouts", params={"cursor": cursor, "sort": "-used_at"})
        assert answer.status_code == 422
