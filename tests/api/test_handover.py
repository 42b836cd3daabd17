"""Handing what somebody has saved over to another person: what goes with it, what ends, who may, who hears of it."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest

from tests.support.admins import Team, make_team, operator
from tests.support.api import Api, Person
from tests.support.layouts import LAYOUT, png
from tests.support.stream import connect, run


@pytest.fixture
def team(api: Api) -> Team:
    return make_team(api)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["error"]["code"])


def make(person: Person, name: str, text: str = "x = 1", **values: Any) -> str:
    """A workflow of a person's; its address."""
    answer = person.post("/workflows", json={"name": name, "code": text, **values})
    assert answer.status_code == 201, answer.text
    return f"/workflows/{answer.json()['id']}"


def save(person: Person, address: str, version: int, text: str) -> None:
    answer = person.put(address, json={"code": text}, headers={"If-Match": f'"{version}"'})
    assert answer.status_code == 200, answer.text


def share(owner: Person, address: str, user: Person, access: str) -> None:
    answer = owner.put(f"{address}/shares", json={"user": user.username, "access": access})
    assert answer.status_code == 200, answer.text


def hand_over(admin: Any, giver: Person, receiver: Person, *addresses: str, **query: Any) -> Any:
    """Chosen objects or, without any, everything; the answer."""
    body: dict[str, Any] = {"to": receiver.id}
    if addresses:
        body["items"] = [address.rpartition("/")[2] for address in addresses]
    return admin.post(f"/admin/users/{giver.id}/transfer", params=query, json=body)


def used(person: Person) -> dict[str, int]:
    quotas = person.get("/auth/profile").json()["quotas"]
    return {what: quotas[what]["used"] for what in ("workflows", "layouts", "storage")}


def names(person: Person, kind: str = "workflows") -> set[str]:
    return {item["name"] for item in person.get(f"/{kind}").json()["items"]}


def events(person: Person, tag: str) -> list[dict[str, Any]]:
    return [one for one in person.get("/auth/audit").json()["items"] if one["tag"] == tag]


def test_what_goes_keeps_versions_shares_and_picture_and_runs_for_nobody_by_itself(
    team: Team,
) -> None:
    giver, receiver, friend = team.member(), team.member(), team.member()
    address = make(giver, "Momentum", "x = 1", tags=["trend"])
    share(giver, address, friend, "edit")
    share(giver, address, receiver, "view")
    save(giver, address, 1, "x = 2")
    save(friend, address, 2, "x = 3")
    # Run as somebody else's: as the owner the receiver looks at it again.
    receiver.put(f"{address}/trust", json={"version": 3, "act": "ran"})
    layout = giver.post("/layouts", json={"name": "Desk", "document": LAYOUT}).json()
    picture = giver.put(
        f"/layouts/{layout['id']}/thumbnail",
        content=png(),
        headers={"Content-Type": "image/png", "If-Match": '"1"'},
    )
    assert picture.status_code in (200, 204), picture.text

    answer = hand_over(team.admin, giver, receiver)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"moved": 2, "renamed": []}
    assert giver.get(address).status_code == 404
    assert giver.get("/workflows").json()["items"] == []
    item = receiver.get(address).json()
    assert (item["owner_id"], item["access"], item["version"]) == (receiver.id, "owner", 3)
    assert (item["code"], item["tags"]) == ("x = 3", ["trend"])
    assert item["trust"] == {"trusted": False, "auto_run": False, "reason": "edited_by_other"}
    kept = receiver.get(f"{address}/versions").json()["items"]
    assert [one["author_name"] for one in kept] == [
        friend.username,
        giver.username,
        giver.username,
    ]
    assert receiver.get(f"{address}/versions/1").json()["code"] == "x = 1"
    shares = friend.get(f"{address}/shares").json()
    assert shares["owner"] == receiver.username
    assert [(one["user"], one["access"]) for one in shares["items"]] == [(friend.username, "edit")]
    save(friend, address, 3, "x = 4")
    save(receiver, address, 4, "x = 5")
    found = receiver.get("/workflows", params={"tag": "trend"}).json()["items"]
    assert [one["version"] for one in found] == [5]
    assert receiver.get(f"/layouts/{layout['id']}/thumbnail").content == png()


def test_what_both_use_is_counted_anew(team: Team) -> None:
    giver, receiver, friend = team.member(), team.member(), team.member()
    zero = used(receiver)
    make(receiver, "Alike", "same = 1")
    make(giver, "Stays", "same = 1")
    twin = make(giver, "Twin", "same = 1")
    other = make(giver, "Other", f"x = '{secrets.token_hex(500)}'")
    share(giver, other, friend, "edit")
    for person in (giver, friend):
        draft = person.put(
            f"{other}/draft",
            json={"base_version": 1, "content": secrets.token_hex(300)},
            headers={"If-None-Match": "*"},
        )
        assert draft.status_code in (200, 201), draft.text
    before = used(receiver)
    assert hand_over(team.admin, giver, receiver, twin, other).status_code == 200
    assert used(giver) == used_of_one(team)
    assert used(receiver)["workflows"] == before["workflows"] + 2
    # Unsaved edits of whoever has access stay, those of the old owner end.
    assert friend.get(f"{other}/draft").status_code == 200
    assert receiver.get(f"{other}/draft").status_code == 404
    for address in (twin, other):
        gone = receiver.delete(address, params={"permanent": "true"})
        assert gone.status_code == 204, gone.text
    assert used(receiver)["workflows"] == before["workflows"] == zero["workflows"] + 1


def used_of_one(team: Team) -> dict[str, int]:
    """What somebody uses who has the one small thing only."""
    one = team.member()
    make(one, "Stays", "same = 1")
    return used(one)


def test_a_taken_name_gets_the_givers_name_added(team: Team) -> None:
    giver, receiver = team.member(), team.member()
    project = giver.post("/projects", json={"name": "Old ideas"}).json()["id"]
    make(receiver, "Momentum")
    make(receiver, f"MOMENTUM ({giver.username})")
    first = make(giver, "momentum")
    second = make(giver, "Momentum", project_id=project)
    quiet = make(giver, "Quiet", project_id=project)
    answer = hand_over(team.admin, giver, receiver).json()
    assert answer["moved"] == 3
    wanted = [
        {"before": "momentum", "name": f"momentum ({giver.username}) 2"},
        {"before": "Momentum", "name": f"Momentum ({giver.username}) 3"},
    ]
    for address, values in zip((first, second), wanted, strict=True):
        id = address.rpartition("/")[2]
        assert {"id": id, "resource": "workflows", **values} in answer["renamed"]
    assert receiver.get(quiet).json()["project_id"] is None
    assert {"Quiet", wanted[0]["name"], wanted[1]["name"]} < names(receiver)
    hits = receiver.get("/workflows", params={"q": giver.username}).json()["items"]
    assert len(hits) == 3


def test_all_that_is_chosen_goes_or_nothing(api: Api, team: Team) -> None:
    giver, receiver, stranger = team.member(), team.member(), api.register()
    mine, deleted, theirs = make(giver, "Mine"), make(giver, "Gone"), make(receiver, "Theirs")
    assert giver.delete(deleted).status_code == 204
    for other in (theirs, deleted, make(stranger, "Foreign"), f"/workflows/{receiver.id}"):
        answer = hand_over(team.admin, giver, receiver, mine, other)
        assert code(answer) == (404, "not_found")
    assert names(giver) == {"Mine"}
    for person, why in (
        (giver, "same_person"),
        (stranger, "unknown_person"),
    ):
        answer = hand_over(team.admin, giver, person)
        assert code(answer) == (422, "invalid")
        assert answer.json()["error"]["fields"][0]["code"] == why
    team.admin.patch(f"/admin/users/{receiver.id}", json={"is_active": False})
    answer = hand_over(team.admin, giver, receiver)
    assert answer.json()["error"]["fields"][0]["code"] == "inactive_person"
    assert names(giver) == {"Mine"}
    # What is deleted stays its owner's to bring back.
    assert giver.post(f"{deleted}/undelete", json={}).status_code == 200


def test_only_who_looks_after_both_may(api: Api, team: Team) -> None:
    giver, receiver = team.member(), team.member()
    make(giver, "Mine")
    stranger = make_team(api)
    boss = team.member("operator")
    assert code(hand_over(receiver, giver, receiver)) == (403, "insufficient_scope")
    assert code(hand_over(giver, giver, receiver)) == (403, "insufficient_scope")
    assert code(hand_over(stranger.admin, giver, receiver)) == (404, "not_found")
    assert code(hand_over(stranger.admin, giver, stranger.admin)) == (404, "not_found")
    assert code(hand_over(team.admin, boss, receiver)) == (403, "above_you")
    assert code(hand_over(team.admin, giver, boss)) == (403, "above_you")
    assert names(giver) == {"Mine"}
    there = {"tenant": team.admin.tenant_id}
    assert hand_over(operator(api), giver, receiver, **there).json()["moved"] == 1
    assert hand_over(team.admin, giver, receiver).json() == {"moved": 0, "renamed": []}


def test_a_limit_of_the_receiver_is_held_and_named(team: Team) -> None:
    giver, receiver = team.member(), team.member()
    document = {"name": "Desk", "document": LAYOUT}
    limit = receiver.get("/auth/profile").json()["quotas"]["layouts"]["limit"]
    for number in range(limit):
        giver.post("/layouts", json={**document, "name": f"Desk {number}"})
    receiver.post("/layouts", json=document)
    before = used(giver), used(receiver)
    assert (before[0]["layouts"], before[1]["layouts"]) == (limit, 1)
    refused = hand_over(team.admin, giver, receiver)
    assert code(refused) == (403, "quota_exceeded")
    error = refused.json()["error"]
    figures = {name: error[name] for name in ("quota", "limit", "used", "needed")}
    assert figures == {"quota": "layouts", "limit": limit, "used": 1, "needed": limit}
    assert receiver.username in error["message"]
    assert (used(giver), used(receiver)) == before


def test_both_see_it_in_their_activity_and_hear_of_it(api: Api, team: Team) -> None:
    giver, receiver, friend = team.member(), team.member(), team.member()
    address = make(giver, "Momentum")
    share(giver, address, friend, "view")
    id = address.rpartition("/")[2]
    event = {"type": "event", "topic": "library", "resource": "workflows", "id": id}

    async def scenario() -> None:
        async with (
            connect(api.url, api.door) as losing,
            connect(api.url, api.door) as getting,
            connect(api.url, api.door) as watching,
        ):
            people = ((losing, giver), (getting, receiver), (watching, friend))
            for socket, who in people:
                await socket.sign_in(str(who.tokens["access_token"]))
                await socket.subscribe("library")
            assert hand_over(team.admin, giver, receiver, address).status_code == 200
            assert await losing.next() == {**event, "version": None, "act": "revoked"}
            assert await getting.next() == {**event, "version": 1, "act": "created"}
            assert await watching.next() == {**event, "version": 1, "act": "changed"}

    run(scenario)
    for who, other, tag in (
        (giver, receiver, "admin:items:given"),
        (receiver, giver, "admin:items:received"),
    ):
        (row,) = events(who, tag)
        assert row["subject_id"] == id
        assert row["detail"] == {"person": other.id, "username": other.username, "items": [id]}
        (seen,) = team.admin.get("/admin/audit", params={"tag": tag}).json()["items"]
        assert (seen["user_id"], seen["actor_id"]) == (who.id, team.admin.id)


def test_what_an_admin_deletes_goes_from_the_open_pages_of_who_had_it(api: Api, team: Team) -> None:
    owner, friend = team.member(), team.member()
    address = make(owner, "Momentum")
    share(owner, address, friend, "view")
    id = address.rpartition("/")[2]
    event = {"type": "event", "topic": "library", "resource": "workflows", "id": id}

    async def scenario() -> None:
        async with (
            connect(api.url, api.door) as losing,
            connect(api.url, api.door) as watching,
        ):
            for socket, who in ((losing, owner), (watching, friend)):
                await socket.sign_in(str(who.tokens["access_token"]))
                await socket.subscribe("library")
            gone = team.admin.delete(f"/admin/users/{owner.id}/items{address}")
            assert gone.status_code == 204, gone.text
            for socket in (losing, watching):
                assert await socket.next() == {**event, "version": None, "act": "deleted"}

    run(scenario)


def test_saves_during_a_handover_are_kept_or_refused(api: Api, team: Team) -> None:
    """Whoever may edit, and the owner, save while the object goes to somebody else."""
    giver, receiver, friend = team.member(), team.member(), team.member()
    for _ in range(6):
        address = make(giver, f"Momentum {secrets.token_hex(4)}")
        share(giver, address, friend, "edit")
        start = Barrier(4)

        def saves(
            person: Person, address: str = address, start: Barrier = start
        ) -> list[tuple[int, int]]:
            answers: list[tuple[int, int]] = []
            base = 1
            start.wait()
            for number in range(8):
                answer = person.put(
                    address,
                    json={"code": f"x = '{number} {secrets.token_hex(4)}'"},
                    headers={"If-Match": f'"{base}"'},
                )
                answers.append((answer.status_code, base))
                if answer.status_code == 409:
                    base = answer.json()["error"]["current"]["version"]
                elif answer.status_code == 200:
                    base = answer.json()["version"]
            return answers

        def give(address: str = address, start: Barrier = start) -> int:
            start.wait()
            return hand_over(team.admin, giver, receiver, address).status_code

        with ThreadPoolExecutor(4) as pool:
            work = [pool.submit(saves, one) for one in (friend, friend, giver)]
            given = pool.submit(give)
            answers = [one for done in work for one in done.result()]
        assert given.result() == 200
        assert {status for status, _ in answers} <= {200, 404, 409, 412}
        kept = receiver.get(address).json()["version"]
        assert kept == 1 + sum(status == 200 for status, _ in answers)
