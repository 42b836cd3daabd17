"""Several writers at once over HTTP: what was acknowledged is there, whatever the others did meanwhile."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from tests.api.test_workflows import create
from tests.support.api import Person

WRITERS = 4
ROUNDS = 25

# Of a workflow: version -> the content that was acknowledged under it.
Kept = dict[str, dict[int, str]]


def together(work: Callable[[int], Any]) -> list[Any]:
    """Run ``work`` with the numbers of all writers at the same time; its results. Errors come out."""
    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(work, range(WRITERS)))


class Writer:
    """Does anything that can be done to a few workflows, and notes what was acknowledged."""

    def __init__(self, person: Person, ids: list[str], number: int) -> None:
        self._http = person.http
        self._ids = ids
        self._dice = random.Random(number)
        self._number = number
        self.kept: Kept = {id: {} for id in ids}

    def work(self) -> Kept:
        """Some rounds; what was acknowledged."""
        acts = (self._save, self._save, self._draft, self._restore, self._rename, self._come_and_go)
        for count in range(ROUNDS):
            id = self._dice.choice(self._ids)
            self._dice.choice(acts)(id, f"writer {self._number}, round {count}")
        return self.kept

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        answer = self._http.request(method, f"/workflows/{path}", **options)
        assert answer.status_code in (200, 201, 204, 404, 409, 412), answer.text
        return answer

    def _version(self, id: str) -> tuple[dict[str, str], int]:
        version = self._send("GET", id).json().get("version", 1)
        return {"If-Match": f'"{version}"'}, version

    def _note(self, id: str, answer: httpx.Response, code: str) -> None:
        if answer.is_success:
            self.kept[id][answer.json()["version"]] = code

    def _save(self, id: str, code: str) -> None:
        headers, _ = self._version(id)
        self._note(id, self._send("PUT", id, json={"code": code}, headers=headers), code)

    def _draft(self, id: str, code: str) -> None:
        headers, base = self._version(id)
        held = self._send("GET", f"{id}/draft")
        after = {"If-Match": held.headers["ETag"]} if held.is_success else {"If-None-Match": "*"}
        body = {"base_version": base, "content": code}
        draft = self._send("PUT", f"{id}/draft", json=body, headers=after)
        if draft.is_success:
            body = {"from": "draft", "revision": draft.json()["revision"]}
            self._note(id, self._send("POST", f"{id}/versions", json=body, headers=headers), code)

    def _restore(self, id: str, code: str) -> None:
        headers, _ = self._version(id)
        answer = self._send("POST", f"{id}/versions/1/restore", headers=headers)
        self._note(id, answer, "start")

    def _rename(self, id: str, code: str) -> None:
        self._send("PATCH", id, json={"name": code, "tags": [str(self._number)]})
        self._send("POST", f"{id}/duplicate", json={})

    def _come_and_go(self, id: str, code: str) -> None:
        self._send("DELETE", id)
        self._send("POST", f"{id}/undelete", json={"name": f"{code} is back"})


def test_acknowledged_is_there_whatever_happens_meanwhile(person: Person) -> None:
    ids = [create(person, code="start")["id"] for _ in range(2)]
    results = together(lambda number: Writer(person, ids, number).work())
    for id in ids:
        person.post(f"/workflows/{id}/undelete", json={"name": secrets.token_hex(8)})
        versions = person.get(f"/workflows/{id}/versions", params={"limit": 200}).json()["items"]
        numbers = [version["version"] for version in versions]
        assert numbers == list(range(len(numbers), 0, -1))
        for kept in results:
            for version, code in kept[id].items():
                stored = person.get(f"/workflows/{id}/versions/{version}").json()
                assert stored["code"] == code
    listed = person.get("/workflows", params={"count": "true", "kind": "python"}).json()
    assert listed["total"] == person.get("/workflows").json()["total"]


def test_one_key_creates_once_however_many_send_it(person: Person) -> None:
    item = create(person, code="x")
    headers = {"Idempotency-Key": "the same"}
    path = f"/workflows/{item['id']}/duplicate"
    answers = together(lambda _: person.post(path, json={}, headers=headers))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert person.get("/workflows").json()["total"] == 2
    # Elsewhere the key is another one.
    body = {"name": "elsewhere", "code": ""}
    assert person.post("/workflows", json=body, headers=headers).json()["name"] == "elsewhere"
