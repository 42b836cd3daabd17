"""Looking after people: who may do what with whom, on both services."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.admins import Team, make_team, operator, renew, sign_in
from tests.support.api import PASSWORD, Api, Person
from tests.support.waiting import wait_until


@pytest.fixture
def team(api: Api) -> Team:
    return make_team(api)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["error"]["code"])


def users(person: Any, **query: Any) -> list[dict[str, Any]]:
    answer = person.get("/admin/users", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def change(person: Person, other: Person, **values: Any) -> httpx.Response:
    answer: httpx.Response = person.patch(f"/admin/users/{other.id}", json=values)
    return answer


def tags(person: Person) -> list[str]:
    return [event["tag"] for event in person.get("/auth/audit").json()["items"]]


def test_an_admin_sees_the_own_tenant_and_nobody_else(api: Api, team: Team) -> None:
    admin, member, stranger = team.admin, team.member(), api.register()
    assert {one["id"] for one in users(admin)} == {admin.id, member.id}
    assert code(member.get("/admin/users")) == (403, "insufficient_scope")
    for method, path in (
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/end-sessions"),
        ("GET", "/items"),
    ):
        answer = admin.request(method, f"/admin/users/{stranger.id}{path}", json={})
        assert code(answer) == (404, "not_found")
    # Another tenant is for operators.
    foreign = admin.get("/admin/users", params={"tenant": stranger.tenant_id})
    assert code(foreign) == (404, "not_found")


def test_people_are_searched_sorted_filtered_and_paged(team: Team) -> None:
    admin = team.admin
    members = [team.member() for _ in range(3)]
    everyone = sorted([admin, *members], key=lambda one: one.username)
    assert [one["username"] for one in users(admin)] == [one.username for one in everyone]
    down = users(admin, sort="-username")
    assert [one["username"] for one in down] == [one.username for one in reversed(everyone)]
    assert [one["id"] for one in users(admin, q=members[1].username.upper())] == [members[1].id]
    assert users(admin, q="%") == []
    assert [one["id"] for one in users(admin, role="admin")] == [admin.id]
    for sort in ("username", "-created_at"):
        first = admin.get("/admin/users", params={"sort": sort, "limit": 3, "count": True}).json()
        assert first["total"] == 4
        rest = users(admin, sort=sort, limit=3, cursor=first["next_cursor"])
        assert len({one["id"] for one in first["items"] + rest}) == 4
    wrong = admin.get("/admin/users", params={"sort": "created_at", "cursor": first["next_cursor"]})
    assert wrong.status_code == 422


def test_a_new_role_counts_at_once_and_the_session_goes_on(api: Api, team: Team) -> None:
    admin, member = team.admin, team.member()
    answer = change(admin, member, role="admin")
    assert answer.status_code == 200, answer.text
    assert answer.json()["role"] == "admin"
    # The old token says the old role: it ends, and the next one says the new role.
    assert member.get("/auth/profile").status_code == 401
    member = renew(api, member)
    assert member.get("/auth/profile").json()["role"] == "admin"
    assert len(users(member)) == 2
    assert change(member, admin, role="user").status_code == 200
    assert admin.get("/admin/users").status_code == 401
    admin = renew(api, admin)
    assert code(admin.get("/admin/users")) == (403, "insufficient_scope")
    assert "admin:user:role_changed" in tags(admin)


def test_nobody_raises_above_itself_or_acts_above_itself(team: Team) -> None:
    admin, boss, member = team.admin, team.member("operator"), team.member()
    assert code(change(admin, member, role="operator")) == (403, "above_you")
    assert code(change(admin, admin, role="operator")) == (403, "above_you")
    assert code(change(admin, boss, is_active=False)) == (403, "above_you")
    assert code(admin.delete(f"/admin/users/{boss.id}")) == (403, "above_you")
    assert code(admin.get(f"/admin/users/{boss.id}/items")) == (403, "above_you")
    name = f"new{secrets.token_hex(4)}"
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    made = admin.post("/admin/users", json=body | {"role": "operator"})
    assert code(made) == (403, "above_you")


def test_the_last_admin_stays(api: Api, team: Team) -> None:
    admin = team.admin
    team.member()
    for values in ({"role": "user"}, {"is_active": False}):
        assert code(change(admin, admin, **values)) == (409, "last_admin")
    assert code(admin.delete(f"/admin/users/{admin.id}")) == (409, "last_admin")
    second = team.member("admin")
    assert change(admin, admin, role="user").status_code == 200
    assert code(change(second, second, role="user")) == (409, "last_admin")


def test_two_admins_who_demote_each_other_leave_one(api: Api) -> None:
    for _ in range(3):
        team = make_team(api)
        pair = team.admin, team.member("admin")
        with ThreadPoolExecutor(2) as pool:
            answers = list(
                pool.map(lambda who: change(who[0], who[1], role="user"), [pair, pair[::-1]])
            )
        statuses = sorted(one.status_code for one in answers)
        assert statuses[0] == 200
        assert statuses[1] in (401, 403, 409)
        (left,) = [p for p, a in zip(pair, answers, strict=True) if a.status_code == 200]
        assert [one["id"] for one in users(left, role="admin")] == [left.id]


def test_who_is_disabled_is_out_at_once_and_can_come_back(api: Api, team: Team) -> None:
    admin, member = team.admin, team.member()
    wanted = {"name": "script", "scopes": ["profile:read"], "expires_in_days": 30}
    token = member.post("/auth/api-tokens", json=wanted).json()["token"]
    assert change(admin, member, is_active=False).status_code == 200
    assert member.get("/auth/profile").status_code == 401
    refused = api.client().post(
        "/auth/login", json={"login": member.username, "password": PASSWORD}
    )
    assert code(refused) == (401, "invalid_credentials")
    assert [one["id"] for one in users(admin, state="disabled")] == [member.id]
    assert change(admin, member, is_active=True).status_code == 200
    again = sign_in(api, member.username)
    # What a script holds does not come back with its person.
    assert api.client(token).get("/auth/profile").status_code == 401
    assert again.get("/auth/api-tokens").json()["items"] == []
    assert {"admin:user:disabled", "admin:user:enabled"} <= set(tags(again))


def test_a_deleted_account_can_be_had_back(api: Api, team: Team) -> None:
    admin, member = team.admin, team.member()
    assert admin.delete(f"/admin/users/{member.id}").status_code == 204
    assert member.get("/auth/profile").status_code == 401
    (gone,) = users(admin, state="deleted")
    assert gone["id"] == member.id
    assert gone["deleted_at"] is not None
    assert admin.post(f"/admin/users/{member.id}/undelete", json={}).status_code == 200
    sign_in(api, member.username)


def test_sessions_are_ended_for_somebody(team: Team) -> None:
    admin, member = team.admin, team.member()
    assert admin.post(f"/admin/users/{member.id}/end-sessions", json={}).status_code == 204
    assert member.get("/auth/profile").status_code == 401
    assert admin.get("/auth/profile").status_code == 200


def test_an_admin_makes_accounts_and_sets_tiers(api: Api, team: Team) -> None:
    admin = team.admin
    name = f"new{secrets.token_hex(4)}"
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    weak = admin.post("/admin/users", json=body | {"password": "password"})
    assert weak.status_code == 422
    made = admin.post("/admin/users", json=body)
    assert made.status_code == 201, made.text
    assert code(admin.post("/admin/users", json=body)) == (409, "registration_refused")
    person = sign_in(api, name)
    assert person.tenant_id == admin.tenant_id
    assert code(change(admin, person, tier="platinum")) == (422, "invalid")
    changed = change(admin, person, tier="pro", tier_expires_at="2031-01-01T00:00:00Z").json()
    assert (changed["tier"], changed["tier_expires_at"]) == ("pro", "2031-01-01T00:00:00Z")
    assert change(admin, person, tier_expires_at=None).json()["tier_expires_at"] is None


def test_items_of_a_person_are_seen_and_deleted_and_the_person_knows(team: Team) -> None:
    admin, member = team.admin, team.member()
    made = member.post("/workflows", json={"name": "Mine", "code": "x = 1"}).json()
    path = f"/admin/users/{member.id}/items"
    (item,) = admin.get(path).json()["items"]
    assert (item["id"], item["resource"], item["name"]) == (made["id"], "workflows", "Mine")
    opened = admin.get(f"{path}/workflows/{made['id']}")
    assert opened.json()["code"] == "x = 1"
    assert admin.get(f"{path}/nonsense/{made['id']}").status_code == 404
    assert admin.delete(f"{path}/workflows/{made['id']}").status_code == 204
    assert member.get(f"/workflows/{made['id']}").status_code == 404
    undeleted = member.post(f"/workflows/{made['id']}/undelete", json={})
    assert undeleted.status_code == 200
    assert {"admin:items:listed", "admin:items:opened", "admin:items:deleted"} <= set(tags(member))


def test_events_of_the_tenant_are_filtered_paged_and_exported(api: Api, team: Team) -> None:
    admin, member, stranger = team.admin, team.member(), api.register()
    change(admin, member, tier="pro")
    member.post("/workflows", json={"name": "Mine\r\nforged line", "code": "x = 1"})
    events = admin.get("/admin/audit", params={"limit": 200}).json()["items"]
    assert {one["user_id"] for one in events} == {admin.id, member.id}
    assert stranger.id not in str(events)
    own = admin.get("/admin/audit", params={"user": member.id, "tag": "admin:user:tier"}).json()[
        "items"
    ]
    assert [(one["tag"], one["actor_id"]) for one in own] == [("admin:user:tier_changed", admin.id)]
    assert [(one["user_name"], one["actor_name"]) for one in own] == [
        (member.username, admin.username)
    ]
    acted = admin.get("/admin/audit", params={"actor": member.id}).json()["items"]
    assert {one["actor_name"] for one in acted} == {member.username}
    first = admin.get("/admin/audit", params={"limit": 1}).json()
    second = admin.get("/admin/audit", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert first["items"][0]["id"] > second["items"][0]["id"]
    assert code(member.get("/admin/audit")) == (403, "insufficient_scope")
    export = admin.get("/admin/audit/export")
    assert export.headers["Content-Type"] == "application/x-ndjson"
    assert export.headers["Content-Disposition"].startswith("attachment;")
    lines = export.text.splitlines()
    assert len(lines) == len(events)
    latest = admin.get("/admin/audit", params={"limit": 1}).json()["items"][0]
    assert latest["tag"] == "admin:audit:exported"


def test_how_events_are_sealed_is_shown(api: Api, team: Team) -> None:
    admin, member = team.admin, team.member()
    where = {"tenant": admin.tenant_id}

    def is_sealed() -> bool:
        state = admin.get("/admin/audit/seals").json()
        return bool(state["checkpoint"]) and state["waiting"] == 0

    wait_until(is_sealed, what="the events are sealed")
    events = admin.get("/admin/audit").json()["items"]
    assert events
    assert all(one["sealed"] for one in events)
    state = admin.get("/admin/audit/seals").json()
    assert (state["waiting"], state["check"]) == (0, None)
    assert 1 <= state["checkpoint"]["seq"] <= len(events)
    # Operators are told what a look at the newest ones finds.
    told = operator(api).get("/admin/audit/seals", params=where).json()["check"]
    assert told == {"events": len(events), "faults": []}
    assert code(member.get("/admin/audit/seals")) == (403, "insufficient_scope")
    assert code(admin.get("/admin/audit/seals", params={"tenant": member.id})) == (404, "not_found")


@pytest.mark.parametrize(
    "moment",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2024-01-01T00:00:00", "tomorrow"],
)
def test_moments_that_cannot_be_are_refused(team: Team, moment: str) -> None:
    answer = team.admin.get("/admin/audit", params={"since": moment})
    assert answer.status_code == 422
    assert [field["path"] for field in answer.json()["error"]["fields"]] == ["since"]


def test_an_operator_looks_after_any_tenant_one_at_a_time(api: Api) -> None:
    boss, person = operator(api), api.register()
    assert person.id not in {one["id"] for one in users(boss)}
    there = {"tenant": person.tenant_id}
    assert [one["id"] for one in users(boss, **there)] == [person.id]
    answer = boss.patch(f"/admin/users/{person.id}", params=there, json={"tier": "pro"})
    assert answer.status_code == 200, answer.text
    assert person.get("/auth/profile").json()["tier"] == "pro"
    assert "admin:user:tier_changed" in tags(person)
    given = {**there, "tag": "admin:user:tier_changed"}
    (event,) = boss.get("/admin/audit", params=given).json()["items"]
    # Whoever acted is of another tenant, whose names are nobody's business here.
    assert (event["user_name"], event["actor_name"]) == (person.username, None)
    nowhere = boss.get("/admin/users", params={"tenant": person.id})
    assert code(nowhere) == (404, "not_found")


def test_an_export_of_another_tenant_is_in_that_tenants_log(api: Api) -> None:
    boss, person = operator(api), api.register()
    there = {"tenant": person.tenant_id}
    export = boss.get("/admin/audit/export", params=there)
    assert export.status_code == 200, export.text
    events = boss.get("/admin/audit", params={**there, "limit": 1}).json()["items"]
    assert [(one["tag"], one["detail"]) for one in events] == [
        ("admin:audit:exported", {"events": len(export.text.splitlines())})
    ]
    own = boss.get("/admin/audit", params={"tag": "admin:audit:exported"}).json()["items"]
    assert own == []
