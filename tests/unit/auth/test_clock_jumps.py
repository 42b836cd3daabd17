"""The machine's clock jumps, forward and back, while people are signed in and links and codes are on their way."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.auth.mailing import NEW, Post, forgot, reset
from tests.unit.auth.test_device import begin, poll, say
from tests.unit.auth.world import Answer, World

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


def states(post: Post, person: Any, codes: Any, link: str, api_token: str) -> dict[str, bool]:
    """What still opens. The link is used up by it."""
    world, access = post.world, person["access_token"]
    return {
        "access": world.is_signed_in(access),
        "step-up": _steps_up(world, access),
        "device": poll(world, codes).status == 200,
        "api": world.call("GET", "/auth/profile", bearer=api_token).status == 200,
        "refresh": world.refresh(person["refresh_token"]).status == 200,
        "link": reset(post, link).status == 204,
    }


def _steps_up(world: World, access: str) -> bool:
    body = {"name": "another", "scopes": ["profile:read"]}
    return world.call("POST", "/auth/api-tokens", body, token=access).status == 201


def prepare(post: Post) -> tuple[Any, Any, str, str]:
    """A person, an approved device, a link to set a password, an API token of a day."""
    person = post.member()
    codes = begin(post.world)
    assert say(post.world, person, "approve", codes["user_code"]).status == 200
    body = {"name": "x", "scopes": ["profile:read"], "expires_in_days": 1}
    made: Answer = post.world.call("POST", "/auth/api-tokens", body, token=person["access_token"])
    assert made.status == 201, made.json
    forgot(post, person["user"]["email"])
    return person, codes, post.newest(person["user"]["email"]).token, made.json["token"]


@pytest.mark.parametrize(
    ("seconds", "left"),
    [
        (5, {"access", "step-up", "device", "api", "refresh", "link"}),
        (6 * MINUTE, {"access", "device", "api", "refresh", "link"}),
        (16 * MINUTE, {"api", "refresh", "link"}),
        (2 * HOUR, {"api", "refresh"}),
        (2 * DAY, {"refresh"}),
        (8 * DAY, set()),
        (10 * 365 * DAY, set()),
    ],
)
def test_forward_everything_ends_at_its_time(post: Post, seconds: float, left: set[str]) -> None:
    prepared = prepare(post)
    post.world.clock.move(seconds)
    found = states(post, *prepared)
    assert {name for name, opens in found.items() if opens} == left


@pytest.mark.parametrize("seconds", [10 * MINUTE, DAY, 365 * DAY])
def test_back_nothing_is_proved_and_nobody_is_signed_out(post: Post, seconds: float) -> None:
    prepared = prepare(post)
    post.world.clock.move(-seconds)
    found = states(post, *prepared)
    # The proof of a time that has not come proves nothing; sessions go on by their refresh tokens.
    assert not found["step-up"]
    assert found["refresh"]


def test_back_and_forth_opens_nothing_that_had_ended(post: Post) -> None:
    person, _, link, _ = prepare(post)
    world = post.world
    newest = world.refresh(person["refresh_token"]).json
    world.clock.move(2 * HOUR)
    assert reset(post, link).status != 204
    assert not world.is_signed_in(newest["access_token"])
    world.call("POST", "/auth/logout", {"scope": "this"}, token=newest["access_token"])
    signed_out = world.refresh(newest["refresh_token"]).json
    out = world.call("POST", "/auth/logout", {}, token=signed_out["access_token"])
    assert out.status == 204, out.json
    world.clock.move(-2 * HOUR)
    assert not world.is_signed_in(newest["access_token"])
    assert world.refresh(signed_out["refresh_token"]).status == 401


def test_a_jump_does_not_lengthen_a_log_ins_limit(post: Post) -> None:
    person = post.member()
    login = person["user"]["username"]
    for _ in range(10):
        post.world.log_in(login, NEW)
    assert post.world.log_in(login).status == 429
    post.world.clock.move(-DAY)
    post.world.clock.move(DAY + 6 * MINUTE)
    assert post.world.log_in(login).status == 200
