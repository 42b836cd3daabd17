"""The installation's tenants: operators list, search and rename them; nobody else knows of them."""

from __future__ import annotations

import secrets
from typing import Any

from tests.support.admins import make_team, operator
from tests.support.api import Api
from tests.support.colleagues import make_colleague, make_tenant, sign_in

NOBODY = "01900000-0000-7000-8000-000000000000"


def found(boss: Any, **query: Any) -> list[dict[str, Any]]:
    answer = boss.get("/admin/tenants", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_tenants_are_listed_searched_and_paged(api: Api) -> None:
    team = make_team(api)
    member, boss = team.member(), operator(api)
    member.post("/workflows", json={"name": "Mine", "code": "x = 1"}).raise_for_status()
    used = member.get("/auth/profile").json()["quotas"]["storage"]["used"]
    (tenant,) = found(boss, q=team.admin.username.upper())
    assert (tenant["id"], tenant["personal"]) == (team.admin.tenant_id, True)
    assert (tenant["people"], tenant["storage"]) == (2, used)
    assert found(boss, q="%") == []
    first = boss.get("/admin/tenants", params={"limit": 1}).json()
    second = found(boss, limit=1, cursor=first["next_cursor"])
    assert first["items"][0]["id"] > second[0]["id"]
    assert boss.get("/admin/tenants", params={"cursor": "WyJ4Il0"}).status_code == 422
    for person in (member, team.admin):
        assert person.get("/admin/tenants").status_code == 403


def test_a_shared_tenant_gets_another_name_that_is_free(api: Api) -> None:
    boss, name = operator(api), f"Desk {secrets.token_hex(4)}"
    one, two = make_tenant(api.process), make_tenant(api.process)
    renamed = boss.patch(f"/admin/tenants/{one}", json={"name": name})
    assert (renamed.status_code, renamed.json()["name"]) == (200, name), renamed.text
    taken = boss.patch(f"/admin/tenants/{two}", json={"name": name.upper()})
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "name_taken")
    assert boss.patch(f"/admin/tenants/{one}", json={"name": name.upper()}).status_code == 200
    (event,) = boss.get(
        "/admin/audit", params={"tenant": one, "tag": "operator:tenant:renamed", "limit": 1}
    ).json()["items"]
    assert event["detail"] == {"from": name, "to": name.upper()}
    # The name that it had is free again.
    assert boss.patch(f"/admin/tenants/{one}", json={"name": f"{name} 2"}).status_code == 200
    assert boss.patch(f"/admin/tenants/{two}", json={"name": name}).status_code == 200
    own = api.register().tenant_id
    personal = boss.patch(f"/admin/tenants/{own}", json={"name": "X"})
    assert (personal.status_code, personal.json()["error"]["code"]) == (409, "personal_tenant")
    assert boss.patch(f"/admin/tenants/{NOBODY}", json={"name": "X"}).status_code == 404


def test_an_admin_renames_the_own_tenant_and_no_other(api: Api) -> None:
    id, name = make_tenant(api.process), f"Desk {secrets.token_hex(4)}"
    boss = sign_in(api, make_colleague(api.process, id, "ada", "admin"))
    member = sign_in(api, make_colleague(api.process, id, "bob"))
    before = boss.get("/admin/tenant").json()
    assert (before["id"], before["personal"]) == (id, False)
    changed = boss.patch("/admin/tenant", json={"name": name})
    assert (changed.status_code, changed.json()) == (200, {**before, "name": name}), changed.text
    assert sign_in(api, member.username).tokens["user"]["tenant_name"] == name
    (event,) = boss.get("/admin/audit", params={"tag": "admin:tenant:changed"}).json()["items"]
    assert event["detail"] == {"name": {"from": before["name"], "to": name}}
    other = make_tenant(api.process)
    operator(api).patch(f"/admin/tenants/{other}", json={"name": f"{name} 2"}).raise_for_status()
    taken = boss.patch("/admin/tenant", json={"name": f"{name} 2".upper()})
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "name_taken")
    assert boss.get("/admin/tenant").json()["name"] == name
    for body in ({"name": " "}, {"name": "a\nb"}, {"name": name, "personal": True}, {}):
        assert boss.patch("/admin/tenant", json=body).status_code == 422
    for refused in (member.get("/admin/tenant"), member.patch("/admin/tenant", json={"name": "X"})):
        assert refused.status_code == 403


def test_a_personal_tenant_keeps_its_persons_name(api: Api) -> None:
    team = make_team(api)
    own = team.admin.get("/admin/tenant").json()
    assert (own["personal"], own["name"]) == (True, team.admin.username)
    refused = team.admin.patch("/admin/tenant", json={"name": "X"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "personal_tenant")
