"""Signing in: every failure looks alike, limits hold, cookies stay where they belong."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from tests.unit.auth.world import PASSWORD, Answer, MovingClock, World, unique


@pytest.fixture
def anna(world: World) -> Any:
    return world.register(unique())


def test_signing_in_by_name_and_by_address_in_any_spelling(world: World, anna: Any) -> None:
    user = anna["user"]
    for login in (user["username"], user["email"], user["username"].upper(), user["email"].title()):
        answer = world.log_in(login)
        assert answer.status == 200
        assert answer.json["user"] == user


def test_every_failure_looks_alike_and_costs_one_hash(world: World, anna: Any) -> None:
    other = world.register(unique())["user"]
    world.change_user(other, is_active=False)
    hasher = world.services.accounts.hasher
    attempts = {
        "unknown name": (unique(), PASSWORD),
        "unknown address": (f"{unique()}@example.com", PASSWORD),
        "no name at all": ("\x00", PASSWORD),
        "wrong password": (anna["user"]["username"], "wrong"),
        "nearly right": (anna["user"]["email"], PASSWORD + " "),
        "disabled, right": (other["username"], PASSWORD),
        "disabled, wrong": (other["username"], "wrong"),
        "very long": (anna["user"]["username"], "x" * 1000),
    }
    answers = {}
    for case, (login, password) in attempts.items():
        before = (hasher.verifications, hasher.hashes)
        answers[case] = world.log_in(login, password)
        assert (hasher.verifications, hasher.hashes) == (before[0] + 1, before[1]), case
    for case, answer in answers.items():
        assert answer.status == 401, case
        assert answer.code == "invalid_credentials", case
        assert answer.json == answers["unknown name"].json, case
        assert answer.cookies == {}, case
        stable = {k: v for k, v in answer.headers.items() if not k.startswith("RateLimit-")}
        assert stable == {
            k: v
            for k, v in answers["unknown name"].headers.items()
            if not k.startswith("RateLimit-")
        }


def installation_events(world: World) -> list[tuple[str, str]]:
    """Tag and detail; the service itself can only write them."""
    file = world.services.settings.data_dir / "quantlab.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(
            "SELECT tag, detail FROM installation_events ORDER BY id"
        ).fetchall()


def test_failures_are_recorded_where_they_belong(world: World, anna: Any) -> None:
    world.log_in(anna["user"]["username"], "wrong", headers={"User-Agent": "a\nforged: line"})
    event = world.events(anna["user"])[0]
    assert event["tag"] == "account:session:refused"
    assert event["detail"] == {"reason": "password"}
    # A login that does not exist may be a password typed into the wrong field: no log shows it.
    secret = "my-secret-typed-in-the-wrong-field"
    world.log_in(secret, "x")
    if world.services.database.dialect == "sqlite":
        rows = installation_events(world)
        assert rows[-1][0] == "account:session:refused"
        assert world.services.accounts.account_key(secret) in rows[-1][1]
        assert secret not in repr(rows)


def test_an_outdated_hash_is_renewed_when_its_owner_signs_in(make: Callable[..., World]) -> None:
    old = make()
    user = old.register(unique())["user"]
    settings = old.services.settings
    settings.passwords.time_cost = 2
    new = make(MovingClock(old.clock.now))
    hasher = new.services.accounts.hasher
    assert new.log_in(user["username"]).status == 200
    assert hasher.hashes == 1
    assert new.log_in(user["username"]).status == 200
    assert hasher.hashes == 1
    settings.passwords.time_cost = 1


def test_an_account_disabled_while_its_password_is_checked_stays_out(
    world: World, anna: Any
) -> None:
    user = anna["user"]
    hasher = world.services.accounts.hasher
    verify = hasher.verify

    async def slow(stored: str | None, password: str) -> Any:
        verified = await verify(stored, password)
        world.change_user(user, is_active=False)
        return verified

    hasher.verify = slow  # type: ignore[method-assign]  # a pause where the race is; the work itself is real
    answer = world.log_in(user["username"])
    assert (answer.status, answer.code) == (401, "invalid_credentials")


def test_throttled_passwords_are_not_even_looked_at(world: World, anna: Any) -> None:
    login = anna["user"]["username"]
    for _ in range(10):
        assert world.log_in(login, "wrong").status == 401
    before = world.services.accounts.hasher.verifications
    answer = world.log_in(login)
    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) > 200
    assert world.services.accounts.hasher.verifications == before
    # An account that does not exist is throttled alike.
    unknown = unique()
    for _ in range(10):
        assert world.log_in(unknown, "wrong", address="192.0.2.9").status == 401
    assert world.log_in(unknown, "wrong", address="192.0.2.9").status == 429
    assert world.log_in(login, address="192.0.2.8").status == 200
    world.clock.move(301)
    assert world.log_in(login).status == 200


def sign_in_with_cookies(world: World, login: str, **options: Any) -> Answer:
    answer = world.call("POST", "/auth/login", {"login": login, "password": PASSWORD}, **options)
    assert answer.status == 200
    return answer


def test_browsers_get_the_refresh_token_in_a_cookie_only(world: World, anna: Any) -> None:
    answer = sign_in_with_cookies(world, anna["user"]["username"])
    assert answer.json["refresh_token"] is None
    (cookie,) = (c for c in answer.raw.cookies if c.name.startswith("quantlab_refresh_"))
    assert cookie.path == "/quantlab/api/auth"
    assert cookie.max_age == 7 * 86400
    assert cookie.value not in str(answer.json)
    renewed = world.call("POST", "/auth/refresh", {}, cookies={cookie.name: cookie.value})
    assert renewed.status == 200
    assert renewed.json["refresh_token"] is None
    assert renewed.cookies[cookie.name] not in ("", cookie.value)
    without_body = world.call("POST", "/auth/refresh", cookies={cookie.name: cookie.value})
    assert without_body.status == 200


def test_servers_on_other_ports_and_below_other_addresses_have_other_cookies(
    world: World, anna: Any
) -> None:
    names = set()
    for host in ("localhost:8888", "localhost:8889", "localhost", "[::1]:8888", "[::1]"):
        answer = sign_in_with_cookies(world, anna["user"]["username"], headers={"Host": host})
        (found,) = (n for n in answer.cookies if n.startswith("quantlab_refresh_"))
        names.add(found)
    assert len(names) == 3  # 8888, 8889 and the default port


@pytest.mark.parametrize("host", ["evil; Path=/", "x:99999999", "x:-1", "", "x:8888\r\nSet-Cookie"])
def test_a_host_header_cannot_write_into_the_cookie(world: World, anna: Any, host: str) -> None:
    answer = sign_in_with_cookies(world, anna["user"]["username"], headers={"Host": host})
    for cookie in answer.cookies:
        assert cookie.replace("_", "").isalnum()
        assert len(cookie) < 40


def test_a_known_device_is_not_refused_while_its_account_is_attacked(
    world: World, anna: Any
) -> None:
    login = anna["user"]["username"]
    first = sign_in_with_cookies(world, login)
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    world.services.rate_limiter.login._sleep = sleep
    for number in range(52):
        world.log_in(login, "wrong", address=f"198.51.100.{number}")
    waited.clear()
    device = {n: v for n, v in first.cookies.items() if n.startswith("quantlab_device_")}
    assert world.log_in(login, cookies=device).status == 200
    assert waited == []
    assert world.log_in(login).status == 200
    assert len(waited) == 1
    other = sign_in_with_cookies(world, world.register(unique())["user"]["username"])
    foreign = {n: v for n, v in other.cookies.items() if n.startswith("quantlab_device_")}
    assert world.log_in(login, cookies=foreign).status == 200
    assert len(waited) == 2


def test_a_device_stays_known_over_the_own_password_change_and_no_other_does(
    world: World, anna: Any
) -> None:
    login, new = anna["user"]["username"], "nine quiet lamps 47"
    here, there = sign_in_with_cookies(world, login), sign_in_with_cookies(world, login)
    body = {"current_password": PASSWORD, "new_password": new}
    changed = world.call(
        "POST", "/auth/change-password", body, token=anna["access_token"], cookies=here.cookies
    )
    assert changed.status == 200
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    world.services.rate_limiter.login._sleep = sleep
    for number in range(52):
        world.log_in(login, "wrong", address=f"198.51.100.{number}")
    waited.clear()
    assert world.log_in(login, new, cookies=changed.cookies).status == 200
    assert waited == []
    # What another device shows is of the time before: somebody else may have signed in from it.
    assert world.log_in(login, new, cookies=there.cookies).status == 200
    assert len(waited) == 1
