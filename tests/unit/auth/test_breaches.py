"""New passwords that have leaked are refused, where an operator wants it; nobody is kept out by a service's fault."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import jwt
import pyotp
import pytest

from quantlab_server.settings_breaches import BreachSettings
from tests.support.breaches import BreachesProcess
from tests.support.waiting import free_port
from tests.unit.auth.test_joining import admin_of
from tests.unit.auth.world import PASSWORD, Answer, World, unique

LEAKED = "seven leaked foxes 81"
RANGES = "quantlab_server.adapters.breaches.RangeService"


class Slow:
    """A checker of an operator's own, that never answers."""

    def __init__(self, settings: BreachSettings) -> None:
        self.settings = settings

    async def contains(self, password: str) -> bool:
        await asyncio.Event().wait()
        return True


class Strict:
    """A checker of an operator's own, that knows every password."""

    def __init__(self, settings: BreachSettings) -> None:
        self.settings = settings

    async def contains(self, password: str) -> bool:
        return True


@pytest.fixture
def known(tmp_path: Path) -> Iterator[BreachesProcess]:
    process = BreachesProcess(tmp_path, LEAKED)
    process.start()
    yield process
    process.terminate()


def settings_for(process: BreachesProcess) -> BreachSettings:
    host = f"127.0.0.1:{process.port}"
    return BreachSettings(checker=RANGES, range_url=process.url, allowed_hosts=[host])


def sign_up(world: World, password: str) -> Answer:
    name = unique()
    body = {"username": name, "email": f"{name}@example.com", "password": password}
    return world.call("POST", "/auth/register", body)


def test_a_leaked_password_is_refused_when_it_is_chosen(
    make: Callable[..., World], known: BreachesProcess
) -> None:
    world = make(breaches=settings_for(known))
    refused = sign_up(world, LEAKED)
    assert (refused.status, refused.codes) == (422, {("password", "breached")})
    assert sign_up(world, PASSWORD).status == 201

    token = world.register(unique())["access_token"]
    change = {"current_password": PASSWORD, "new_password": LEAKED}
    refused = world.call("POST", "/auth/change-password", change, token=token)
    assert (refused.status, refused.codes) == (422, {("new_password", "breached")})
    # Who chooses one for somebody else is told the same.
    admin = admin_of(world)
    body = {"username": unique(), "email": f"{unique()}@example.com", "password": LEAKED}
    refused = world.call("POST", "/admin/users", body, token=admin["access_token"])
    assert (refused.status, refused.codes) == (422, {("password", "breached")})
    assert world.log_in(body["username"], LEAKED).status == 401
    reset = {"token": "no such link", "new_password": LEAKED}
    assert world.call("POST", "/auth/reset-password", reset).codes == {("new_password", "breached")}


def test_only_five_digits_leave_and_only_when_one_is_chosen(
    make: Callable[..., World], known: BreachesProcess
) -> None:
    # Whoever has such a password already is not kept out, and log-ins ask nobody.
    name = unique()
    make().register(name)
    world = make(breaches=settings_for(known))
    assert world.log_in(name).status == 200
    assert sign_up(world, LEAKED).status == 422
    digest = hashlib.sha1(LEAKED.encode()).hexdigest().upper()  # the protocol's hash
    asked = [line for line in known.asked.read_text().splitlines() if line.startswith("asked")]
    assert [line for line in asked if "00000" not in line] == [f"asked {digest[:5]} true"]
    assert digest[5:] not in known.asked.read_text()


@pytest.mark.parametrize(
    "broken",
    [
        {"checker": RANGES, "range_url": f"http://127.0.0.1:{free_port()}/range/"},
        {"checker": f"{__name__}.Slow", "seconds": 0.1},
    ],
    ids=["an address that is not allowed", "no answer"],
)
def test_without_an_answer_nobody_is_kept_out(
    make: Callable[..., World], broken: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    world = make(breaches=BreachSettings(**broken))
    with caplog.at_level(logging.WARNING, "quantlab.breaches"):
        assert sign_up(world, LEAKED).status == 201
    assert "could not be looked up" in caplog.text
    assert LEAKED not in caplog.text


def test_the_class_is_the_operators_to_choose(make: Callable[..., World]) -> None:
    world = make(breaches=BreachSettings(checker=f"{__name__}.Strict"))
    assert sign_up(world, PASSWORD).codes == {("password", "breached")}
    assert sign_up(make(), PASSWORD).status == 201


def test_a_changed_password_leaves_the_means_of_the_session_as_they_were(world: World) -> None:
    token = world.register(unique())["access_token"]
    secret = world.call("POST", "/auth/mfa/totp", token=token).json["secret"]
    code = {"code": pyotp.TOTP(secret).at(int(world.clock()))}
    assert world.call("POST", "/auth/mfa/totp/confirm", code, token=token).status == 200
    world.clock.move(60)
    proof = {"password": PASSWORD, "otp": pyotp.TOTP(secret).at(int(world.clock()))}
    token = world.call("POST", "/auth/step-up", proof, token=token).json["access_token"]
    before = jwt.decode(token, options={"verify_signature": False})["amr"]
    change = {"current_password": PASSWORD, "new_password": "nine purple whales 44"}
    answer = world.call("POST", "/auth/change-password", change, token=token)
    assert answer.status == 200, answer.json
    after = jwt.decode(answer.json["access_token"], options={"verify_signature": False})["amr"]
    assert "mfa" in after
    assert after == before
