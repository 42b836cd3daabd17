"""Sharing with people of the tenant: who may, who sees whom, what each access allows, and how it ends."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from tests.support.api import Api, Person
from tests.support.colleagues import Colleagues, colleagues_of
from tests.support.layouts import LAYOUT
from tests.support.stream import connect, run

CONTENT: dict[str, dict[str, Any]] = {
    "workflows": {"code": "x = 1"},
    "layouts": {"document": LAYOUT},
}


@pytest.fixture
def desk(api: Api) -> Colleagues:
    """Three people of one tenant."""
    return colleagues_of(api)


@pytest.fixture(params=list(CONTENT))
def kind(request: pytest.FixtureRequest) -> str:
    """The noun of a resource of saved objects."""
    noun: str = request.param
    return noun


def make(person: Person, kind: str = "workflows") -> str:
    """Something of a person's; its address."""
    body = {"name": f"Mine {secrets.token_hex(4)}", **CONTENT[kind]}
    answer = person.post(f"/{kind}", json=body)
    assert answer.status_code == 201, answer.text
    return f"/{kind}/{answer.json()['id']}"


def share(owner: Person, address: str, user: str, access: str = "view") -> Any:
    """Share it; the answer."""
    return owner.put(f"{address}/shares", json={"user": user, "access": access})


def end(person: Person, address: str, user: str | None = None) -> Any:
    """End a share; the answer."""
    return person.delete(f"{address}/shares", params={} if user is None else {"user": user})


def code(answer: Any) -> tuple[int, str]:
    """Status and code of an error."""
    return answer.status_code, answer.json()["error"]["code"]


def test_who_has_access_is_seen_by_everybody_who_has_it(desk: Colleagues, kind: str) -> None:
    address = make(desk.ann, kind)
    assert desk.ann.get(f"{address}/shares").json()["items"] == []
    given = share(desk.ann, address, desk.ben.username, "edit")
    assert given.status_code == 200, given.text
    assert given.json()["user"] == desk.ben.username
    assert given.json()["access"] == "edit"
    # By address, in another spelling.
    assert share(desk.ann, address, desk.cleo.email.upper(), "view").json()["user"] == (
        desk.cleo.username
    )
    for person, access in ((desk.ann, "owner"), (desk.ben, "edit"), (desk.cleo, "view")):
        seen = person.get(f"{address}/shares").json()
        assert (seen["owner"], seen["owner_id"]) == (desk.ann.username, desk.ann.id)
        assert seen["access"] == access
        assert {(one["user"], one["user_id"], one["access"]) for one in seen["items"]} == {
            (desk.ben.username, desk.ben.id, "edit"),
            (desk.cleo.username, desk.cleo.id, "view"),
        }
        assert person.get(address).json()["access"] == access
    listed = desk.ben.get(f"/{kind}", params={"shared": "true"}).json()["items"]
    (found,) = (item for item in listed if address.endswith(item["id"]))
    assert (found["owner_name"], found["access"]) == (desk.ann.username, "edit")


def test_sharing_again_changes_the_access(desk: Colleagues) -> None:
    address = make(desk.ann)
    for access in ("view", "edit", "edit", "view"):
        assert share(desk.ann, address, desk.ben.username, access).json()["access"] == access
        assert desk.ben.get(address).json()["access"] == access
    assert len(desk.ann.get(f"{address}/shares").json()["items"]) == 1


def test_nobody_knows_who_is_in_other_tenants(desk: Colleagues, other: Person) -> None:
    address = make(desk.ann)
    unknown = share(desk.ann, address, f"nobody{secrets.token_hex(4)}")
    for user in (other.username, other.email, other.id, "nobody@example.com", "a\x00b", "@", " "):
        answer = share(desk.ann, address, user)
        assert code(answer) == code(unknown) == (422, "invalid"), user
        assert answer.json()["error"]["fields"] == unknown.json()["error"]["fields"]
        assert code(end(desk.ann, address, user)) == (404, "not_found")
    assert unknown.json()["error"]["fields"][0]["code"] == "unknown_person"
    assert desk.ann.get(f"{address}/shares").json()["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"user": "ben"},
        {"user": "ben", "access": "owner"},
        {"user": "ben", "access": "EDIT"},
        {"user": "", "access": "view"},
        {"user": "x" * 321, "access": "view"},
        {"user": 7, "access": "view"},
        {"user": "ben", "access": "view", "owner_id": "me"},
    ],
)
def test_what_is_no_share_is_refused(desk: Colleagues, body: dict[str, Any]) -> None:
    address = make(desk.ann)
    assert code(desk.ann.put(f"{address}/shares", json=body)) == (422, "invalid")


def test_owners_do_not_share_with_themselves(desk: Colleagues) -> None:
    address = make(desk.ann)
    answer = share(desk.ann, address, desk.ann.username)
    assert answer.json()["error"]["fields"][0]["code"] == "own_object"
    assert end(desk.ann, address).json()["error"]["fields"][0]["code"] == "missing"


def test_who_was_given_nothing_sees_nothing(desk: Colleagues, other: Person, kind: str) -> None:
    address = make(desk.ann, kind)
    share(desk.ann, address, desk.ben.username, "edit")
    for stranger in (desk.cleo, other):
        for answer in (
            stranger.get(f"{address}/shares"),
            share(stranger, address, desk.cleo.username, "edit"),
            end(stranger, address),
            end(stranger, address, desk.ben.username),
            stranger.get(address),
        ):
            assert code(answer) == (404, "not_found")


def test_only_the_owner_shares_renames_and_deletes(desk: Colleagues, kind: str) -> None:
    address = make(desk.ann, kind)
    for access in ("view", "edit"):
        share(desk.ann, address, desk.ben.username, access)
        share(desk.ann, address, desk.cleo.username, "view")
        for answer in (
            share(desk.ben, address, desk.cleo.username, "edit"),
            share(desk.ben, address, desk.ben.username, "edit"),
            end(desk.ben, address, desk.cleo.username),
            end(desk.ben, address, desk.ann.username),
            desk.ben.delete(address),
            desk.ben.delete(address, params={"permanent": "true"}),
            desk.ben.patch(address, json={"name": "Mine now"}),
            desk.ben.patch(address, json={"pinned": True}),
        ):
            assert code(answer) == (403, "forbidden")
    # A name that the owner uses elsewhere is not betrayed to an editor.
    taken = desk.ann.get(make(desk.ann, kind)).json()["name"]
    assert code(desk.ben.patch(address, json={"name": taken})) == (403, "forbidden")
    name = desk.ann.get(address).json()["name"]
    patched = desk.ben.patch(address, json={"name": name, "description": "by ben"})
    assert patched.status_code == 200, patched.text


def test_viewers_read_and_editors_save_in_their_own_name(desk: Colleagues) -> None:
    address = make(desk.ann)
    share(desk.ann, address, desk.ben.username, "edit")
    share(desk.ann, address, desk.cleo.username, "view")
    match = {"If-Match": '"1"'}
    assert code(desk.cleo.put(address, json={"code": "x = 2"}, headers=match)) == (403, "forbidden")
    draft = {"base_version": 1, "content": "x = 3"}
    first = {"If-None-Match": "*"}
    assert desk.cleo.put(f"{address}/draft", json=draft, headers=first).status_code == 403
    used = desk.ben.get("/auth/profile").json()["quotas"]
    before = desk.ann.get("/auth/profile").json()["quotas"]["storage"]["used"]
    saved = desk.ben.put(address, json={"code": "x = 2 # by ben"}, headers=match)
    assert saved.status_code == 200, saved.text
    assert desk.ben.get("/auth/profile").json()["quotas"] == used
    assert desk.ann.get("/auth/profile").json()["quotas"]["storage"]["used"] > before
    newest = desk.cleo.get(f"{address}/versions").json()["items"][0]
    assert (newest["author_id"], newest["author_name"]) == (desk.ben.id, desk.ben.username)
    # Drafts are each person's own.
    draft["base_version"] = 2
    assert desk.ben.put(f"{address}/draft", json=draft, headers=first).status_code == 200
    assert desk.ann.get(f"{address}/draft").status_code == 404
    copy = desk.cleo.post(f"{address}/duplicate", json={})
    assert (copy.status_code, copy.json()["owner_id"]) == (201, desk.cleo.id)


@pytest.mark.parametrize("by", ["owner", "leaving", "leaving by name"])
def test_access_ends_at_once(desk: Colleagues, kind: str, by: str) -> None:
    address = make(desk.ann, kind)
    share(desk.ann, address, desk.ben.username, "edit")
    assert desk.ben.get(address).status_code == 200
    if by == "owner":
        ended = end(desk.ann, address, desk.ben.username)
    else:
        ended = end(desk.ben, address, desk.ben.username if "name" in by else None)
    assert (ended.status_code, ended.content) == (204, b"")
    for path in ("", "/shares", "/versions", "/versions/1", "/draft"):
        assert code(desk.ben.get(address + path)) == (404, "not_found")
    saved = desk.ben.put(address, json=CONTENT[kind], headers={"If-Match": '"1"'})
    assert code(saved) == (404, "not_found")
    listed = desk.ben.get(f"/{kind}", params={"shared": "true", "limit": 200}).json()["items"]
    assert not [item for item in listed if address.endswith(item["id"])]
    assert code(end(desk.ann, address, desk.ben.username)) == (404, "not_found")


def test_what_is_deleted_is_shared_no_longer_until_it_is_back(desk: Colleagues) -> None:
    address = make(desk.ann)
    share(desk.ann, address, desk.ben.username)
    desk.ann.delete(address).raise_for_status()
    assert code(desk.ben.get(f"{address}/shares")) == (404, "not_found")
    assert code(share(desk.ann, address, desk.cleo.username)) == (404, "not_found")
    desk.ann.post(f"{address}/undelete", json={}).raise_for_status()
    assert desk.ben.get(address).status_code == 200
    desk.ann.delete(address, params={"permanent": "true"}).raise_for_status()
    assert code(desk.ben.get(address)) == (404, "not_found")


def test_it_is_recorded_and_what_changes_nothing_is_not(desk: Colleagues, kind: str) -> None:
    address = make(desk.ann, kind)
    share(desk.ann, address, desk.ben.username)
    share(desk.ann, address, desk.ben.username)
    end(desk.ann, address, desk.ben.username)
    rows = desk.ann.get("/auth/audit").json()["items"]
    mine = [row for row in rows if row["subject_id"] and address.endswith(row["subject_id"])]
    noun = f"library:{kind[:-1]}"
    assert [row["tag"] for row in mine] == [
        f"{noun}:share_revoked",
        f"{noun}:shared",
        f"{noun}:created",
    ]
    assert mine[1]["detail"] == {
        "person": desk.ben.id,
        "username": desk.ben.username,
        "access": "view",
    }


def test_everybody_with_access_is_told_and_nobody_else(api: Api, desk: Colleagues) -> None:
    address = make(desk.ann)
    id = address.rpartition("/")[2]
    event = {"type": "event", "topic": "library", "resource": "workflows", "id": id}

    async def scenario() -> None:
        async with (
            connect(api.url, api.door) as ann,
            connect(api.url, api.door) as ben,
            connect(api.url, api.door) as cleo,
        ):
            for socket, who in ((ann, desk.ann), (ben, desk.ben), (cleo, desk.cleo)):
                await socket.sign_in(str(who.tokens["access_token"]))
                await socket.subscribe("library")
            share(desk.ann, address, desk.ben.username, "edit")
            assert await ben.next() == {**event, "version": 1, "act": "shared"}
            assert await ann.next() == {**event, "version": 1, "act": "changed"}
            share(desk.ann, address, desk.cleo.username, "view")
            for socket in (ann, ben):
                assert await socket.next() == {**event, "version": 1, "act": "changed"}
            assert await cleo.next() == {**event, "version": 1, "act": "shared"}
            desk.ben.put(address, json={"code": "x = 2"}, headers={"If-Match": '"1"'})
            for socket in (ann, ben, cleo):
                assert await socket.next() == {**event, "version": 2, "act": "saved"}
            end(desk.ann, address, desk.ben.username)
            assert await ben.next() == {**event, "version": None, "act": "revoked"}
            for socket in (ann, cleo):
                assert await socket.next() == {**event, "version": 2, "act": "changed"}
            desk.ann.put(address, json={"code": "x = 3"}, headers={"If-Match": '"2"'})
            for socket in (ann, cleo):
                assert await socket.next() == {**event, "version": 3, "act": "saved"}
            # Who lost access hears of what is their own, and of nothing before it.
            own = make(desk.ben).rpartition("/")[2]
            assert (await ben.next())["id"] == own
            end(desk.cleo, address)
            assert await cleo.next() == {**event, "version": None, "act": "revoked"}
            assert await ann.next() == {**event, "version": 3, "act": "changed"}

    run(scenario)


def test_people_are_found_by_name_within_the_tenant(desk: Colleagues, other: Person) -> None:
    def find(person: Person, q: str) -> list[str]:
        answer = person.get("/people", params={"q": q})
        assert answer.status_code == 200, answer.text
        return [one["username"] for one in answer.json()["items"]]

    everyone = sorted([desk.ben.username, desk.cleo.username])
    assert find(desk.ann, "") == everyone
    assert find(desk.ann, desk.ben.username.upper()[1:]) == [desk.ben.username]
    # Never oneself, nobody of another tenant, and nothing is a pattern.
    assert find(desk.ann, desk.ann.username) == []
    assert find(desk.ann, other.username) == []
    assert find(other, "") == []
    for q in ("%", "_", "\\", "@example.com"):
        assert find(desk.ann, q) == []
    assert desk.ann.get("/people", params={"q": "a\x00"}).status_code == 422


def test_a_shared_notebook_that_says_it_is_trusted_is_not(desk: Colleagues) -> None:
    script = {"text/html": "<script>window.forged = true</script>"}
    cell = {
        "cell_type": "code",
        "id": "forged",
        "metadata": {"trusted": True},
        "execution_count": 1,
        "source": "import os",
        "outputs": [{"output_type": "display_data", "metadata": {}, "data": script}],
    }
    notebook = {"cells": [cell], "metadata": {"trusted": True}, "nbformat": 4, "nbformat_minor": 5}
    body = {"name": f"Forged {secrets.token_hex(4)}", "notebook": notebook}
    made = desk.ann.post("/workflows", json=body)
    assert made.status_code == 201, made.text
    address = f"/workflows/{made.json()['id']}"
    share(desk.ann, address, desk.ben.username, "edit")
    seen = desk.ben.get(address).json()
    assert seen["trust"] == {"trusted": False, "auto_run": False, "reason": "never_run"}
    assert "trusted" not in seen["notebook"]["metadata"]
    assert "trusted" not in seen["notebook"]["cells"][0]["metadata"]
    # What the other changed waits for its owner too.
    cell["source"] = "import sys"
    changed = desk.ben.put(address, json={"notebook": notebook}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    trust = desk.ann.get(address).json()["trust"]
    assert trust == {"trusted": False, "auto_run": False, "reason": "edited_by_other"}


def test_kernels_share_nothing(desk: Colleagues, api: Api) -> None:
    address = make(desk.ann)
    token = desk.ann.post("/auth/kernel-token", json={}).json()["token"]
    kernel = api.client(token)
    assert kernel.get(f"{address}/shares").status_code == 200
    body = {"user": desk.ben.username, "access": "view"}
    assert code(kernel.put(f"{address}/shares", json=body)) == (403, "insufficient_scope")
    assert code(kernel.get("/people")) == (403, "insufficient_scope")
