"""Deleting one's account: closed at once, told only to its person, kept by signing in, gone after 14 days."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pyotp
import pytest

from quantlab_server.tasks import PeriodicTasks
from tests.unit.auth.mailing import NEW, Post, reset
from tests.unit.auth.world import PASSWORD, Answer, MovingClock, World, unique

DAY = 86_400


@pytest.fixture
def anna(world: World) -> Any:
    return world.register(unique())


def leave(world: World, tokens: Any) -> Answer:
    return world.call("DELETE", "/auth/account", token=tokens["access_token"])


def preview(world: World, tokens: Any) -> Any:
    answer = world.call("GET", "/auth/account", token=tokens["access_token"])
    assert answer.status == 200, answer.json
    return answer.json


def keep(world: World, token: str) -> Answer:
    return world.call("POST", "/auth/account/keep", {"keep_token": token, "transport": "body"})


def told(answer: Answer) -> Any:
    """What somebody is told who proved to be the person of an account that is leaving."""
    assert (answer.status, answer.code) == (403, "account_leaving")
    return answer.json["error"]


def test_every_way_in_ends_at_once(world: World, anna: Any) -> None:
    elsewhere = world.log_in(anna["user"]["username"]).json
    kernel = world.call("POST", "/auth/kernel-token", {}, token=anna["access_token"]).json["token"]
    body = {"name": "mine", "scopes": ["workflows:read"], "expires_in_days": 30}
    made = world.call("POST", "/auth/api-tokens", body, token=anna["access_token"])
    api_token = made.json["token"]
    assert world.call("GET", "/workflows", bearer=api_token).status == 200
    answer = leave(world, anna)
    assert answer.status == 200, answer.json
    ends = datetime.fromtimestamp(world.clock.now, UTC) + timedelta(days=14)
    assert datetime.fromisoformat(answer.json["deletes_at"]) == ends
    assert [v for n, v in answer.cookies.items() if n.startswith("quantlab_refresh_")] == [""]
    for token in (anna["access_token"], elsewhere["access_token"]):
        assert not world.is_signed_in(token)
    for token in (kernel, api_token):
        assert world.call("GET", "/workflows", bearer=token).status == 401
    for tokens in (anna, elsewhere):
        assert world.refresh(tokens["refresh_token"]).status == 401
    assert world.events(anna["user"])[0]["tag"] == "account:user:left"


def test_it_needs_step_up(world: World, anna: Any) -> None:
    world.clock.move(400)
    assert leave(world, anna).code == "step_up_required"
    assert world.is_signed_in(anna["access_token"])


def test_strangers_learn_nothing(world: World, anna: Any) -> None:
    assert leave(world, anna).status == 200
    other = unique()
    for login in (anna["user"]["username"], anna["user"]["email"], other):
        answer = world.log_in(login, "not the password 12")
        assert (answer.status, answer.code) == (401, "invalid_credentials")
    assert "deletes_at" not in str(answer.json)


def test_signing_in_tells_when_and_keeping_signs_in(world: World, anna: Any) -> None:
    left = leave(world, anna).json
    world.clock.move(3 * DAY)
    error = told(world.log_in(anna["user"]["username"]))
    assert error["deletes_at"] == left["deletes_at"].replace("Z", "+00:00")
    kept = keep(world, error["keep_token"])
    assert kept.status == 200, kept.json
    assert world.is_signed_in(kept.json["access_token"])
    assert world.log_in(anna["user"]["username"]).status == 200
    tags = [event["tag"] for event in world.events(anna["user"])]
    assert "account:user:kept" in tags
    # What was ended stays so.
    assert not world.is_signed_in(anna["access_token"])


def test_a_keep_token_is_good_once_soon_and_for_nothing_else(world: World, anna: Any) -> None:
    leave(world, anna)
    login = anna["user"]["username"]
    first, second = (told(world.log_in(login))["keep_token"] for _ in range(2))
    assert not world.is_signed_in(first)
    assert world.call("GET", "/workflows", bearer=first, host_user=None).status == 401
    for wrong in (anna["access_token"], first[:-4] + "AAAA", "x"):
        assert keep(world, wrong).code == "keep_token_invalid"
    assert keep(world, first).status == 200
    for used in (first, second):
        assert keep(world, used).code == "keep_token_invalid"
    assert leave(world, world.log_in(login).json).status == 200
    assert keep(world, second).code == "keep_token_invalid"
    late = told(world.log_in(login))["keep_token"]
    world.clock.move(601)
    assert keep(world, late).code == "keep_token_invalid"


def test_every_factor_is_asked_for_first(world: World, anna: Any) -> None:
    token = anna["access_token"]
    secret = world.call("POST", "/auth/mfa/totp", {}, token=token).json["secret"]
    app = pyotp.TOTP(secret)
    code = app.at(int(world.clock.now))
    assert world.call("POST", "/auth/mfa/totp/confirm", {"code": code}, token=token).status == 200
    assert leave(world, anna).status == 200
    login = {"login": anna["user"]["username"], "password": PASSWORD, "transport": "body"}
    assert world.call("POST", "/auth/login", login).code == "otp_required"
    wrong = world.call("POST", "/auth/login", {**login, "otp": "000000"})
    assert wrong.code == "invalid_credentials"
    world.clock.move(60)
    right = world.call("POST", "/auth/login", {**login, "otp": app.at(int(world.clock.now))})
    kept = keep(world, told(right)["keep_token"])
    assert kept.status == 200
    # The proof goes along: what needs a second factor does not ask for it again.
    assert kept.json["user"]["username"] == login["login"]


def test_what_would_go_is_said_before(world: World, anna: Any) -> None:
    assert preview(world, anna)["items"] == 0
    for number in range(3):
        body = {"name": f"w{number}", "code": "1"}
        made = world.call("POST", "/workflows", body, token=anna["access_token"])
        assert made.status == 201
    found = preview(world, anna)
    assert (found["items"], found["shared_items"], found["people"]) == (3, 0, 0)
    assert found["refusal"] is None


def member(world: World, admin: Any, name: str) -> Any:
    """Somebody whom an admin lets into the tenant."""
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    made = world.call("POST", "/admin/users", body, token=admin["access_token"])
    assert made.status == 201, made.json
    return world.log_in(name).json


def admin_of(world: World, person: Any) -> Any:
    world.change_user(person["user"], role="admin")
    return world.log_in(person["user"]["username"]).json


def test_shared_items_are_counted(world: World, anna: Any) -> None:
    admin = admin_of(world, anna)
    name = unique()
    member(world, admin, name)
    body = {"name": "shown", "code": "1"}
    made = world.call("POST", "/workflows", body, token=admin["access_token"]).json
    share = {"user": name, "access": "view"}
    path = f"/workflows/{made['id']}/shares"
    assert world.call("PUT", path, share, token=admin["access_token"]).status == 200
    found = preview(world, admin)
    assert (found["items"], found["shared_items"], found["people"]) == (1, 1, 1)


def test_the_last_admin_of_others_stays(world: World, anna: Any) -> None:
    admin = admin_of(world, anna)
    assert preview(world, admin)["refusal"] is None
    colleague = member(world, admin, unique())
    refusal = leave(world, admin)
    assert (refusal.status, refusal.code) == (409, "last_admin")
    assert "last admin" in preview(world, admin)["refusal"]
    assert world.is_signed_in(admin["access_token"])
    # Who is no admin may go, and so may the admin once another one is there.
    world.change_user(colleague["user"], role="admin")
    assert leave(world, admin).status == 200


def test_who_never_confirmed_the_address_looks_after_nobody(post: Post) -> None:
    world, admin = post.world, admin_of(post.world, post.member())
    member(world, admin, unique())
    wanted = {"role": "admin"}
    made = world.call("POST", "/admin/invitations", wanted, token=admin["access_token"])
    name = unique()
    assert post.sign_up(name, invitation=made.json["token"]).status == 202
    own = f"/admin/users/{admin['user']['id']}"
    demoted = world.call("PATCH", own, {"role": "user"}, token=admin["access_token"])
    assert demoted.code == leave(world, admin).code == "last_admin"
    confirm = {"token": post.newest(f"{name}@example.com").token}
    assert world.call("POST", "/auth/verify-email", confirm).status == 204
    assert leave(world, admin).status == 200


def test_an_admin_alone_may_go(world: World, anna: Any) -> None:
    admin = admin_of(world, anna)
    colleague = member(world, admin, unique())
    assert leave(world, colleague).status == 200
    assert leave(world, admin).status == 200


def test_the_account_of_a_jupyter_server_stays(world: World) -> None:
    answer = world.call("DELETE", "/auth/account")
    assert (answer.status, answer.code) == (403, "local_account")
    assert "data folder" in world.call("GET", "/auth/account").json["refusal"]


def test_whom_an_admin_deletes_cannot_keep_the_account(world: World, anna: Any) -> None:
    admin = admin_of(world, anna)
    name = unique()
    gone = member(world, admin, name)
    path = f"/admin/users/{gone['user']['id']}"
    assert leave(world, gone).status == 200
    token = told(world.log_in(name))["keep_token"]
    assert world.call("DELETE", path, token=admin["access_token"]).status == 204
    assert world.log_in(name).code == "invalid_credentials"
    assert keep(world, token).code == "keep_token_invalid"
    back = world.call("POST", f"{path}/undelete", {}, token=admin["access_token"])
    assert back.status == 200
    assert world.log_in(name).status == 200


def test_an_account_that_an_admin_deletes_loses_its_api_tokens(world: World, anna: Any) -> None:
    admin = admin_of(world, anna)
    gone = member(world, admin, unique())
    body = {"name": "mine", "scopes": ["workflows:read"], "expires_in_days": 30}
    made = world.call("POST", "/auth/api-tokens", body, token=gone["access_token"]).json
    path = f"/admin/users/{gone['user']['id']}"
    assert world.call("DELETE", path, token=admin["access_token"]).status == 204
    world.call("POST", f"{path}/undelete", {}, token=admin["access_token"])
    assert world.call("GET", "/workflows", bearer=made["token"]).status == 401


def purge(world: World) -> dict[str, int]:
    tasks = PeriodicTasks(world.services, clock=world.clock)
    return dict(world.run(tasks.run_once()))


def test_it_is_gone_after_its_days_and_the_name_is_free(make: Callable[..., World]) -> None:
    world = make(MovingClock(time.time()))
    name = unique()
    anna = world.register(name)
    leave(world, anna)
    world.clock.move(14 * DAY - 60)
    assert purge(world)["accounts"] == 0
    token = told(world.log_in(name))["keep_token"]
    world.clock.move(120)
    assert purge(world)["accounts"] == 1
    assert keep(world, token).code == "keep_token_invalid"
    assert world.log_in(name).code == "invalid_credentials"
    assert UUID(world.register(name)["user"]["id"]) != UUID(anna["user"]["id"])


def test_the_date_is_mailed_and_a_forgotten_password_is_no_obstacle(post: Post) -> None:
    world, tokens = post.world, post.member()
    email = tokens["user"]["email"]
    left = leave(world, tokens).json
    mail = post.newest(email)
    assert mail.subject == "Your account will be deleted"
    assert left["deletes_at"][:10] in mail.text
    assert "Keep my account" in mail.html
    assert world.call("POST", "/auth/forgot-password", {"email": email}).status == 202
    assert reset(post, post.newest(email).token).status == 204
    error = told(world.log_in(email, NEW))
    assert keep(world, error["keep_token"]).status == 200


def test_the_export_of_everything_needs_step_up(world: World, anna: Any) -> None:
    world.clock.move(400)
    answer = world.call("GET", "/auth/export", token=anna["access_token"])
    assert answer.code == "step_up_required"
