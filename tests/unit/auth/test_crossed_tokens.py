"""Every kind of secret that leaves the service, at every door that takes one: each opens its own and no other."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.unit.auth.mailing import NEW, Post, forgot, reset
from tests.unit.auth.test_device import begin, poll, say
from tests.unit.auth.test_second_factors import code, enrol, log_in
from tests.unit.auth.world import BASE, Answer


def secrets_of(post: Post, person: Any) -> dict[str, str]:
    """One live secret of each kind, all of one person."""
    world, access = post.world, person["access_token"]
    email = person["user"]["email"]
    waiting = begin(world)
    let_in = begin(world)
    assert say(world, person, "approve", let_in["user_code"]).status == 200
    world.clock.move(5)
    assert forgot(post, email).status == 202
    body = {"name": "x", "scopes": ["profile:read"]}
    return {
        "access": access,
        "refresh": person["refresh_token"],
        "kernel": world.call("POST", "/auth/kernel-token", {}, token=access).json["token"],
        "api": world.call("POST", "/auth/api-tokens", body, token=access).json["token"],
        "device": waiting["device_code"],
        "typed": waiting["user_code"],
        "by device": poll(world, let_in).json["access_token"],
        "reset": post.newest(email).token,
    }


def doors(post: Post, text: str, login: str) -> dict[str, Answer]:
    """The answer of each door that takes a secret."""
    world = post.world

    def ask(path: str, body: dict[str, str]) -> Answer:
        return world.call("POST", path, body)

    return {
        "session header": world.call("GET", "/auth/sessions", token=text),
        "bearer": world.call("GET", "/auth/sessions", bearer=text),
        "refresh": ask("/auth/refresh", {"refresh_token": text}),
        "refresh cookie": world.call("POST", "/auth/refresh", {}, cookies=_cookies(text)),
        "device": ask("/auth/device/token", {"device_code": text}),
        "verify": ask("/auth/verify-email", {"token": text}),
        "revert": ask("/auth/revert-email", {"token": text}),
        "oidc": ask("/auth/oidc/finish", {"code": text, "verifier": "v" * 43}),
        "password": ask("/auth/login", {"login": login, "password": text}),
        "reset": ask("/auth/reset-password", {"token": text, "new_password": NEW}),
    }


def _cookies(text: str) -> dict[str, str]:
    # Named by the port and the address that a world has; and the one by which a device is known.
    place = f"8888_{hashlib.sha256(BASE.encode()).hexdigest()[:6]}"
    return {f"quantlab_refresh_{place}": text, f"quantlab_device_{place}": text}


OWN = {
    "access": {"session header", "bearer"},
    "refresh": {"refresh", "refresh cookie"},
    "device": {"device"},
    "reset": {"reset"},
    # Kernels, API tokens and devices come in, and do not see sessions.
    "kernel": set[str](),
    "api": set[str](),
    "by device": set[str](),
    "typed": set[str](),
}
PENDING = "authorization_pending"


def test_no_secret_opens_a_door_that_it_was_not_made_for(post: Post) -> None:
    person = post.member()
    login = person["user"]["username"]
    secrets = secrets_of(post, person)
    assert set(secrets) == set(OWN)
    # A used reset token ends the others: it is the last.
    for kind, text in sorted(secrets.items(), key=lambda item: item[0] == "reset"):
        answers = doors(post, text, login)
        opened = {
            door
            for door, answer in answers.items()
            if answer.status < 400 or (door == "device" and answer.code in (PENDING, "slow_down"))
        }
        assert opened == OWN[kind], kind
        assert all(answer.status < 500 for answer in answers.values()), kind


@pytest.mark.parametrize("otp", [None, "000000"])
def test_a_reset_does_not_take_the_second_factor_away(post: Post, otp: str | None) -> None:
    person = post.member()
    world = post.world
    app, _ = enrol(world, person)
    forgot(post, person["user"]["email"])
    assert reset(post, post.newest(person["user"]["email"]).token).status == 204
    body = {"login": person["user"]["username"], "password": NEW, "transport": "body"}
    refused = world.call("POST", "/auth/login", body | ({"otp": otp} if otp else {}))
    assert refused.status == 401
    assert "access_token" not in refused.json
    assert log_in(world, person).status == 401
    right = world.call("POST", "/auth/login", body | {"otp": code(world, app)})
    assert right.status == 200, right.json
