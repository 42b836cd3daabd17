"""The export of all of one's data: lossless, without any secret, and of nobody else."""

from __future__ import annotations

import io
import json
import socket
import zipfile
from typing import Any

import httpx

from tests.api.test_drafts import write
from tests.api.test_transfer import bring, bytes_of, counts, fill, library
from tests.api.test_workflows import create, put
from tests.support.admins import make_team
from tests.support.api import Api, Person

ACCOUNT = {f"account/{n}.json" for n in ("profile", "sessions", "api-tokens", "sign-in", "shares")}


def export(person: Any) -> zipfile.ZipFile:
    answer = person.get("/auth/export")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Cache-Control"] == "no-store"
    return zipfile.ZipFile(io.BytesIO(answer.content))


def read(made: zipfile.ZipFile, name: str) -> Any:
    return json.loads(made.read(name))


def test_everything_is_in_it_and_no_secret(person: Person) -> None:
    fill(person)
    item = create(person, name="kept", code="one = 1")
    assert put(person, item, 1, code="two = 2").status_code == 200
    wanted = {"name": "robot", "scopes": ["profile:read"]}
    token = person.post("/auth/api-tokens", json=wanted).json()["token"]
    person.put("/auth/profile", json={"preferences": {"theme": "dark"}})
    made = export(person)
    assert made.testzip() is None
    names = set(made.namelist())
    assert names >= ACCOUNT | {"manifest.json", "README.txt", "account/events.jsonl"}
    manifest = read(made, "manifest.json")
    (kept,) = [one for one in manifest["items"] if one["name"] == "kept"]
    assert made.read(kept["file"]) == b"two = 2"
    assert [made.read(v["file"]) for v in kept["versions"]] == [b"one = 1", b"two = 2"]
    assert read(made, "account/profile.json")["preferences"]["theme"] == "dark"
    assert [t["name"] for t in read(made, "account/api-tokens.json")] == ["robot"]
    assert read(made, "account/sessions.json")[0]["current"] is True
    assert read(made, "account/sign-in.json")["linked"] == []
    lines = made.read("account/events.jsonl").decode().splitlines()
    tags = [json.loads(line)["tag"] for line in lines]
    assert {"account:user:registered", "library:workflow:saved"} <= set(tags)
    everything = b"".join(made.read(name) for name in names).decode()
    for secret in (token, person.tokens["access_token"], person.tokens["refresh_token"], "$argon2"):
        assert secret not in everything
    assert person.get("/auth/audit").json()["items"][0]["tag"] == "account:data:exported"


def test_an_import_takes_the_library_and_leaves_the_rest(person: Person, other: Person) -> None:
    fill(person)
    report = bring(other, bytes_of(export(person)))
    assert counts(report) == (7, 0, 0, 0)
    assert library(other) == library(person)
    assert other.get("/auth/profile").json()["username"] == other.username


def test_what_is_shared_either_way_is_named(api: Api) -> None:
    team = make_team(api)
    colleague = team.member()
    item = create(team.admin, name="plan", code="1")
    share = {"user": colleague.username, "access": "edit"}
    assert team.admin.put(f"/workflows/{item['id']}/shares", json=share).status_code == 200
    (given,) = read(export(team.admin), "account/shares.json")["given"]
    assert (given["name"], given["person"], given["access"]) == ("plan", colleague.username, "edit")
    theirs = export(colleague)
    (taken,) = read(theirs, "account/shares.json")["taken"]
    assert (taken["name"], taken["person"]) == ("plan", team.admin.username)
    # What others own is theirs to export.
    assert read(theirs, "manifest.json")["items"] == []


def test_only_so_many_in_an_hour(person: Person) -> None:
    answers = [person.get("/auth/export").status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]


def test_no_token_gets_it(api: Api, person: Person) -> None:
    wanted = {"name": "robot", "scopes": ["profile:read"]}
    token = person.post("/auth/api-tokens", json=wanted).json()["token"]
    answer = api.client(token).get("/auth/export")
    assert answer.json()["error"]["code"] == "interactive_required"


def test_what_was_deleted_and_what_was_not_saved_are_in_it(person: Person, other: Person) -> None:
    item = create(person, name="gone", code="one = 1")
    assert put(person, item, 1, code="two = 2").status_code == 200
    base = {"If-Match": '"2"'}
    assert person.delete(f"/workflows/{item['id']}", headers=base).status_code == 204
    kept = create(person, name="kept", code="a = 1")
    assert write(person, kept, "a = 2  # not saved", base=1, after=None).status_code == 200
    made = export(person)
    assert [one["name"] for one in read(made, "manifest.json")["items"]] == ["kept"]
    (gone,) = read(made, "account/deleted.json")
    assert (gone["name"], gone["version"]) == ("gone", 2)
    assert gone["deleted_at"] is not None
    assert made.read(gone["file"]) == b"two = 2"
    assert [made.read(v["file"]) for v in gone["versions"]] == [b"one = 1", b"two = 2"]
    (draft,) = read(made, "account/drafts.json")
    assert (draft["name"], draft["base_version"], draft["own"]) == ("kept", 1, True)
    assert made.read(draft["file"]) == b"a = 2  # not saved"
    # For the person to read: an import takes in the library alone.
    assert counts(bring(other, bytes_of(made))) == (1, 0, 0, 0)


def test_a_draft_of_what_somebody_shares_is_its_writers(api: Api) -> None:
    team = make_team(api)
    colleague = team.member()
    item = create(team.admin, name="plan", code="1")
    share = {"user": colleague.username, "access": "edit"}
    team.admin.put(f"/workflows/{item['id']}/shares", json=share).raise_for_status()
    assert write(colleague, item, "2", base=1, after=None).status_code == 200
    (draft,) = read(export(colleague), "account/drafts.json")
    assert (draft["name"], draft["own"]) == ("plan", False)
    assert read(export(team.admin), "account/drafts.json") == []


def test_every_version_is_in_it(person: Person) -> None:
    """More than are read at once."""
    item = create(person, name="long", code="v = 1")
    for version in range(1, 20):
        assert put(person, item, version, code=f"v = {version + 1}").status_code == 200
    made = export(person)
    (long,) = read(made, "manifest.json")["items"]
    assert [v["version"] for v in long["versions"]] == list(range(1, 21))
    assert made.read(long["versions"][-1]["file"]) == b"v = 20"


def test_whoever_hangs_up_ends_the_work(api: Api, person: Person) -> None:
    """Had it gone on, it would have been done before the second one, and be in the activity."""
    for number in range(60):
        create(person, name=f"item {number}", code=f"x = {number}")
    url = httpx.URL(f"{api.url}/auth/export")
    headers = {**api.door, "X-QuantLab-Session": person.tokens["access_token"]}
    lines = [f"GET {url.raw_path.decode()} HTTP/1.1", f"Host: {url.host}:{url.port}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection((url.host, url.port)) as caller:
        caller.sendall("\r\n".join([*lines, "", ""]).encode())
    assert len(read(export(person), "manifest.json")["items"]) == 60
    tags = [one["tag"] for one in person.get("/auth/audit", params={"limit": 200}).json()["items"]]
    assert tags.count("account:data:exported") == 1
