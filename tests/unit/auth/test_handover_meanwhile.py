"""What waits for a handover to be done: it is refused in words of ours, or kept for the new owner."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from quantlab_ext.schemas.admin import AdminTransfer
from quantlab_server.auth.actor import Actor, ActorKind
from tests.support.waiting import wait_until
from tests.unit.auth.test_joining import admin_of
from tests.unit.auth.test_looking_after import member
from tests.unit.auth.world import Answer, World

_WAITING = text(
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
)

REQUESTS: dict[str, tuple[str, str, Any, dict[str, str]]] = {
    "save": ("PUT", "", {"code": "x = 2"}, {"If-Match": '"1"'}),
    "draft": ("PUT", "/draft", {"base_version": 1, "content": "x = 3"}, {"If-None-Match": "*"}),
    "trust": ("PUT", "/trust", {"version": 1, "act": "ran"}, {}),
    "rename": ("PATCH", "", {"name": "Another"}, {}),
    "delete": ("DELETE", "", None, {}),
    "share": ("PUT", "/shares", {"user": "", "access": "view"}, {}),
}


@pytest.fixture
def shared(world: World) -> Any:
    """An admin, three people of its tenant, and a workflow of the first that the second may edit."""
    admin = admin_of(world)
    people = [world.log_in(member(world, admin)["username"]).json for _ in range(3)]
    body = {"name": "Momentum", "code": "x = 1"}
    made = world.call("POST", "/workflows", body, token=people[0]["access_token"]).json
    path = f"/workflows/{made['id']}"
    access = {"user": people[1]["user"]["username"], "access": "edit"}
    given = world.call("PUT", f"{path}/shares", access, token=people[0]["access_token"])
    assert given.status == 200, given.json
    return admin, people, path


@pytest.mark.parametrize("who", ["owner", "editor"])
@pytest.mark.parametrize("what", list(REQUESTS))
def test_what_waits_for_a_handover_fails_in_words(
    world: World, shared: Any, who: str, what: str
) -> None:
    admin, people, path = shared
    services = world.services
    ids = {key: UUID(admin["user"][key]) for key in ("tenant_id", "id")}
    boss = Actor(
        ids["tenant_id"], ids["id"], "admin", "admin", "free", ids["id"], ActorKind.SESSION
    )
    body = AdminTransfer(to=UUID(people[2]["user"]["id"]))
    handed, answered = threading.Event(), threading.Event()

    def hand_over() -> None:
        with services.database.transaction(tenant_id=boss.tenant_id, user_id=boss.user_id) as uow:
            act = services.admin.enter(uow, boss, None)
            services.handover.hand_over(act, UUID(people[0]["user"]["id"]), body)
            handed.set()
            if uow.is_postgresql:
                # SQLite lets nobody else write meanwhile.
                wait_until(
                    lambda: answered.is_set() or uow.execute(_WAITING).scalar_one() > 0,
                    what="a request that waits for the handover",
                )

    giving = threading.Thread(target=hand_over)
    giving.start()
    handed.wait(60)
    method, rest, sent, headers = REQUESTS[what]
    if what == "share":
        sent = {**sent, "user": people[2]["user"]["username"]}
    token = people[0 if who == "owner" else 1]["access_token"]
    answer: Answer = world.call(method, f"{path}{rest}", sent, token=token, headers=headers)
    answered.set()
    giving.join()
    assert answer.status in (200, 201, 204, 403, 404, 409, 412), answer.json
    mine = world.call("GET", path, token=people[2]["access_token"])
    assert mine.status == 200, mine.json
