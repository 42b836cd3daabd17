"""What ends a session, and how fast: signing out, disabling, another password."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.unit.auth.world import PASSWORD, Answer, World, unique

NEW = "nine purple lamps 44"


@pytest.fixture
def anna(world: World) -> Any:
    return world.register(unique())


def profile(world: World, token: str) -> Answer:
    return world.call("GET", "/auth/profile", token=token)


def test_signing_out_ends_the_access_token_at_once(world: World, anna: Any) -> None:
    token = anna["access_token"]
    assert profile(world, token).status == 200
    answer = world.call("POST", "/auth/logout", {}, token=token)
    assert answer.status == 204
    assert [v for n, v in answer.cookies.items() if n.startswith("quantlab_refresh_")] == [""]
    assert profile(world, token).status == 401
    assert world.refresh(anna["refresh_token"]).code == "session_ended"


@pytest.mark.parametrize(
    ("scope", "alive"),
    [("this", [False, True]), ("others", [True, False]), ("all", [False, False])],
)
def test_what_signing_out_ends(world: World, anna: Any, scope: str, alive: list[bool]) -> None:
    second = world.log_in(anna["user"]["username"]).json
    stranger = world.register(unique())
    tokens = [anna["access_token"], second["access_token"]]
    assert [world.is_signed_in(token) for token in tokens] == [True, True]
    answer = world.call("POST", "/auth/logout", {"scope": scope}, token=tokens[0])
    assert answer.status == 204
    assert [world.is_signed_in(token) for token in tokens] == alive
    refreshed = [world.refresh(t["refresh_token"]).status == 200 for t in (anna, second)]
    assert refreshed == alive
    assert world.is_signed_in(stranger["access_token"])


def test_sessions_are_listed_and_ended_by_their_owner(world: World, anna: Any) -> None:
    world.clock.move(60)
    second = world.log_in(
        anna["user"]["username"], headers={"User-Agent": "Phone\x1b[31m\n"}, address="192.0.2.77"
    ).json
    listed = world.call("GET", "/auth/sessions", token=second["access_token"]).json["items"]
    assert [item["current"] for item in listed] == [True, False]
    assert listed[0]["address"] == "192.0.2.77"
    assert listed[0]["user_agent"] == "Phone [31m"
    other = listed[1]["id"]
    stranger = world.register(unique())
    for path in (f"/auth/sessions/{other}", f"/auth/sessions/{uuid4()}"):
        assert world.call("DELETE", path, token=stranger["access_token"]).status == 404
    assert world.is_signed_in(anna["access_token"])
    path = f"/auth/sessions/{other}"
    assert world.call("DELETE", path, token=second["access_token"]).status == 204
    assert not world.is_signed_in(anna["access_token"])
    assert world.call("DELETE", path, token=second["access_token"]).status == 404
    listed = world.call("GET", "/auth/sessions", token=second["access_token"]).json["items"]
    assert len(listed) == 1


def test_idle_and_ended_sessions_are_not_listed(world: World, anna: Any) -> None:
    world.clock.move(8 * 86400)
    again = world.log_in(anna["user"]["username"]).json
    listed = world.call("GET", "/auth/sessions", token=again["access_token"]).json["items"]
    assert len(listed) == 1


def test_a_disabled_account_is_out_at_once_and_stays_out(world: World, anna: Any) -> None:
    assert world.is_signed_in(anna["access_token"])
    world.change_user(anna["user"], is_active=False)
    assert not world.is_signed_in(anna["access_token"])
    assert world.refresh(anna["refresh_token"]).status == 401
    assert world.log_in(anna["user"]["username"]).status == 401


def test_a_moved_epoch_ends_every_token(world: World, anna: Any) -> None:
    world.change_user(anna["user"], epoch=7)
    assert not world.is_signed_in(anna["access_token"])
    assert world.refresh(anna["refresh_token"]).status == 401


def test_a_changed_role_ends_access_tokens_and_the_session_goes_on(world: World, anna: Any) -> None:
    assert profile(world, anna["access_token"]).json["role"] == "user"
    world.change_user(anna["user"], role="admin")
    # The token says what a member may do.
    assert not world.is_signed_in(anna["access_token"])
    renewed = world.refresh(anna["refresh_token"]).json
    assert profile(world, renewed["access_token"]).json["role"] == "admin"


def test_a_new_password_ends_every_other_session_and_kernel(world: World, anna: Any) -> None:
    second = world.log_in(anna["user"]["username"]).json
    kernel = world.call("POST", "/auth/kernel-token", {}, token=anna["access_token"]).json["token"]
    body = {"current_password": PASSWORD, "new_password": NEW}
    answer = world.call("POST", "/auth/change-password", body, token=anna["access_token"])
    assert answer.status == 200
    for dead in (anna["access_token"], second["access_token"], kernel):
        assert not world.is_signed_in(dead)
    assert world.is_signed_in(answer.json["access_token"])
    assert world.refresh(second["refresh_token"]).status == 401
    assert world.refresh(anna["refresh_token"]).status == 200
    assert world.log_in(anna["user"]["username"]).status == 401
    assert world.log_in(anna["user"]["username"], NEW).status == 200
    assert "account:password:changed" in {event["tag"] for event in world.events(anna["user"])}


def test_a_wrong_current_password_changes_nothing_and_is_limited(world: World, anna: Any) -> None:
    body = {"current_password": "wrong", "new_password": NEW}
    before = world.services.accounts.hasher.verifications
    for _ in range(10):
        answer = world.call("POST", "/auth/change-password", body, token=anna["access_token"])
        assert answer.status == 422
        assert answer.codes == {("current_password", "wrong_password")}
    assert world.services.accounts.hasher.verifications == before + 10
    right = {"current_password": PASSWORD, "new_password": NEW}
    answer = world.call("POST", "/auth/change-password", right, token=anna["access_token"])
    assert answer.status == 429
    assert world.log_in(anna["user"]["username"]).status == 200


def test_a_weak_new_password_is_refused(world: World, anna: Any) -> None:
    body = {"current_password": PASSWORD, "new_password": "password1234"}
    answer = world.call("POST", "/auth/change-password", body, token=anna["access_token"])
    assert answer.codes == {("new_password", "too_common")}


def test_two_password_changes_at_once_do_not_both_count(world: World, anna: Any) -> None:
    wanted = [f"{NEW} {n}" for n in range(2)]

    async def both() -> list[Answer]:
        return await asyncio.gather(
            *(
                world.send(
                    "POST",
                    "/auth/change-password",
                    {"current_password": PASSWORD, "new_password": new},
                    token=anna["access_token"],
                )
                for new in wanted
            )
        )

    answers = world.run(both())
    changed = [answer.status == 200 for answer in answers]
    assert sorted(changed) == [False, True]
    # The later one finds the session ended, the account changed under its hands, or its old password no longer right.
    later = answers[changed.index(False)]
    assert later.status in (401, 409) or later.codes == {("current_password", "wrong_password")}
    works = [
        world.log_in(anna["user"]["username"], password).status == 200
        for password in (PASSWORD, *wanted)
    ]
    assert works == [False, *changed]


def test_refreshing_and_changing_the_password_at_once_leaves_one_session(world: World) -> None:
    for _ in range(5):
        world.clock.move(3601)
        anna = world.register(unique())
        second = world.log_in(anna["user"]["username"]).json

        async def both(anna: Any = anna, second: Any = second) -> tuple[Answer, Answer]:
            body = {"current_password": PASSWORD, "new_password": NEW}
            return await asyncio.gather(
                world.send("POST", "/auth/change-password", body, token=anna["access_token"]),
                world.send("POST", "/auth/refresh", {"refresh_token": second["refresh_token"]}),
            )

        changed, refreshed = world.run(both())
        assert changed.status == 200
        # Before the change or after it, but never past it: what the other session got is worth nothing.
        if refreshed.status == 200:
            assert not world.is_signed_in(refreshed.json["access_token"])
            assert world.refresh(refreshed.json["refresh_token"]).status == 401
        assert world.is_signed_in(changed.json["access_token"])
