"""Invitations: administrators let people into their tenant, once, with a role that is not above their own."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.api import PASSWORD, Api, Person
from tests.support.colleagues import make_colleague, make_tenant, sign_in

_ADMINS: dict[str, Person] = {}


@pytest.fixture
def admin(api: Api) -> Person:
    """An administrator of a shared tenant."""
    if api.url not in _ADMINS:
        tenant_id = make_tenant(api.process)
        _ADMINS[api.url] = sign_in(api, make_colleague(api.process, tenant_id, "ada", "admin"))
    return _ADMINS[api.url]


def invite(admin: Person, **body: Any) -> dict[str, Any]:
    answer = admin.post("/admin/invitations", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def accept(api: Api, token: str, name: str | None = None) -> Any:
    """Sign up with an invitation; the answer."""
    name = name or f"new{secrets.token_hex(4)}"
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    return api.client().post("/auth/register", json={**body, "invitation": token})


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_who_is_invited_joins_the_tenant_with_the_role(api: Api, admin: Person) -> None:
    for role in ("user", "admin"):
        made = invite(admin, role=role)
        joined = accept(api, made["token"])
        assert joined.status_code == 201, joined.text
        user = joined.json()["user"]
        assert (user["tenant_id"], user["role"]) == (admin.tenant_id, role)
        listed = admin.get("/admin/invitations").json()["items"]
        (row,) = (one for one in listed if one["id"] == made["invitation"]["id"])
        assert (row["state"], row["used_by"]) == ("used", user["id"])
        assert made["token"] not in admin.get("/admin/invitations").text
        # Once.
        assert refused(accept(api, made["token"])) == (403, "invitation_invalid")
        # What was used is history.
        assert admin.delete(f"/admin/invitations/{row['id']}").status_code == 404


def test_an_invitation_that_is_no_good_says_not_why(api: Api, admin: Person) -> None:
    revoked = invite(admin)
    id = revoked["invitation"]["id"]
    assert admin.delete(f"/admin/invitations/{id}").status_code == 204
    assert admin.delete(f"/admin/invitations/{id}").status_code == 404
    listed = admin.get("/admin/invitations").json()["items"]
    assert [one["state"] for one in listed if one["id"] == id] == ["revoked"]
    bound = invite(admin, email="Somebody.Else@Example.com")
    answers = [
        accept(api, token)
        for token in (revoked["token"], bound["token"], "nonsense", "\x00", "ä" * 200)
    ]
    shown = api.client().post("/auth/invitation", json={"token": revoked["token"]})
    for answer in (*answers, shown):
        assert refused(answer) == (403, "invitation_invalid")
    assert len({answer.json()["error"]["message"] for answer in answers}) == 1
    # A known address and an unknown one are refused alike.
    body = {"username": "whoever", "email": admin.email, "password": PASSWORD}
    known = api.client().post("/auth/register", json={**body, "invitation": "nonsense"})
    assert refused(known) == (403, "invitation_invalid")


def test_whoever_holds_the_token_sees_what_it_offers_and_uses_nothing_up(
    api: Api, admin: Person
) -> None:
    made = invite(admin, role="admin", email="Grace@Example.com")
    for _ in range(2):
        shown = api.client().post("/auth/invitation", json={"token": made["token"]}).json()
        assert (shown["role"], shown["email"]) == ("admin", "Grace@example.com")
        assert shown["invited_by"] == admin.username
        assert shown["tenant"].startswith("Desk ")
    listed = admin.get("/admin/invitations").json()["items"]
    assert [one["state"] for one in listed if one["id"] == made["invitation"]["id"]] == ["open"]


def test_the_list_is_paged_searched_and_filtered(api: Api, admin: Person) -> None:
    mark = secrets.token_hex(4)
    made = [
        invite(admin, email=f"{name}.{mark}@example.com")["invitation"]["id"]
        for name in ("ada", "Bob", "cyd")
    ]
    assert admin.delete(f"/admin/invitations/{made[1]}").status_code == 204
    path, seen, cursor = f"/admin/invitations?q={mark.upper()}&limit=2", [], None
    while True:
        page = admin.get(path + (f"&cursor={cursor}" if cursor else "")).json()
        seen += [one["id"] for one in page["items"]]
        assert len(page["items"]) <= 2
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == made[::-1]
    for state, ids in {"open": [made[2], made[0]], "revoked": [made[1]], "used": []}.items():
        found = admin.get(f"/admin/invitations?q={mark}&state={state}").json()["items"]
        assert [(one["id"], one["state"]) for one in found] == [(id, state) for id in ids]
    assert admin.get(f"/admin/invitations?q=%25{mark}").json()["items"] == []
    assert admin.get("/admin/invitations?state=lost").status_code == 422
    assert admin.get("/admin/invitations?cursor=no").status_code == 422


def test_without_mail_nothing_is_sent(api: Api, admin: Person) -> None:
    body = {"email": "grace@example.com", "send": True}
    assert refused(admin.post("/admin/invitations", json=body)) == (409, "no_mail")
    id = invite(admin, email="grace@example.com")["invitation"]["id"]
    again = f"/admin/invitations/{id}/resend"
    assert refused(admin.post(again, json={})) == (409, "no_mail")
    anybody = invite(admin)["invitation"]["id"]
    answer = admin.post(f"/admin/invitations/{anybody}/resend", json={})
    assert refused(answer) == (409, "no_address")


def test_an_invitation_for_an_address_is_for_that_address(api: Api, admin: Person) -> None:
    name = f"Bound{secrets.token_hex(4)}"
    made = invite(admin, email=f"{name.upper()}@example.com")
    assert accept(api, made["token"], name).status_code == 201


def test_a_name_that_is_taken_does_not_use_it_up(api: Api, admin: Person) -> None:
    token = invite(admin)["token"]
    assert refused(accept(api, token, admin.username)) == (409, "registration_refused")
    assert accept(api, token).status_code == 201


def test_of_several_at_once_one_comes_in(api: Api, admin: Person) -> None:
    token = invite(admin)["token"]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: accept(api, token).status_code, range(4)))
    assert sorted(answers) == [201, 403, 403, 403]


def test_only_administrators_invite_and_not_above_themselves(
    api: Api, admin: Person, other: Person
) -> None:
    assert refused(admin.post("/admin/invitations", json={"role": "operator"})) == (
        403,
        "above_you",
    )
    assert refused(other.post("/admin/invitations", json={})) == (403, "insufficient_scope")
    assert refused(other.get("/admin/invitations")) == (403, "insufficient_scope")
    member = sign_in(api, accept(api, invite(admin)["token"]).json()["user"]["username"])
    id = invite(admin)["invitation"]["id"]
    for stranger in (member, other):
        answer = stranger.delete(f"/admin/invitations/{id}")
        assert refused(answer) == (403, "insufficient_scope")
    # Another tenant's administrator sees and revokes nothing of this one.
    elsewhere = make_tenant(api.process)
    foreign = sign_in(api, make_colleague(api.process, elsewhere, "eve", "admin"))
    assert foreign.get("/admin/invitations").json()["items"] == []
    assert refused(foreign.delete(f"/admin/invitations/{id}")) == (404, "not_found")
    tags = [row["tag"] for row in admin.get("/auth/audit").json()["items"]]
    assert "admin:invitation:created" in tags


@pytest.mark.parametrize(
    "body",
    [
        {"role": "owner"},
        {"email": "nowhere"},
        {"send": True},
        {"expires_in_days": 0},
        {"expires_in_days": 91},
        {"tier": "team"},
        {"tenant_id": "me"},
    ],
)
def test_what_is_no_invitation_is_refused(admin: Person, body: dict[str, Any]) -> None:
    assert refused(admin.post("/admin/invitations", json=body)) == (422, "invalid")
