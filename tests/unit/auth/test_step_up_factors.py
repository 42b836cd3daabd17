"""Step-up of people who have a second factor: the password alone proves nothing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.unit.auth.test_second_factors import KNOWN, claims, code, enrol, log_in
from tests.unit.auth.world import PASSWORD, Answer, World, unique


@pytest.fixture
def anna(world: World) -> Any:
    return world.register(unique())


def step_up(world: World, person: Any, address: str = "192.0.2.1", **proof: Any) -> Answer:
    """Prove again who one is; ``cookies`` are the device's."""
    cookies, token = proof.pop("cookies", None), person["access_token"]
    return world.call("POST", "/auth/step-up", proof, token=token, address=address, cookies=cookies)


def remove_app(world: World, person: Any) -> Answer:
    """What needs step-up."""
    return world.call("DELETE", "/auth/mfa/totp", token=person["access_token"])


def means_of(world: World, person: Any) -> Any:
    """What the dialog is told."""
    return world.call("POST", "/auth/step-up/options", token=person["access_token"]).json


def test_password_and_code_step_up_and_a_used_code_does_not(world: World, anna: Any) -> None:
    app, recovery = enrol(world, anna)
    world.clock.move(301)
    assert means_of(world, anna) == {"password": True, "code": True, "passkey": None}
    used = code(world, app)
    done = step_up(world, anna, password=PASSWORD, otp=used)
    assert done.status == 200
    assert claims(done)["amr"] == ["pwd", "otp", "mfa"]
    again = step_up(world, anna, password=PASSWORD, otp=used)
    assert (again.status, again.codes) == (422, {("otp", "wrong_code")})
    assert step_up(world, anna, password=PASSWORD, otp=recovery[0]).status == 200


def test_the_password_alone_proves_nothing_once_there_is_a_factor(world: World, anna: Any) -> None:
    app, _ = enrol(world, anna)
    world.clock.move(301)
    before = world.services.accounts.hasher.verifications
    alone = step_up(world, anna, password=PASSWORD)
    assert (alone.status, alone.codes) == (422, {("otp", "required")})
    used = code(world, app)
    half = step_up(world, anna, otp=used)
    assert (half.status, half.codes) == (422, {("password", "required")})
    assert world.services.accounts.hasher.verifications == before
    # A wrong password uses no code up.
    wrong = step_up(world, anna, password="another one", otp=used)
    assert (wrong.status, wrong.codes) == (422, {("password", "wrong_password")})
    assert remove_app(world, anna).code == "step_up_required"
    assert step_up(world, anna, password=PASSWORD, otp=used).status == 200
    assert remove_app(world, anna).status == 204
    # Without a factor the password is enough again.
    world.clock.move(301)
    assert step_up(world, anna, password=PASSWORD).status == 200


def test_a_stolen_session_cannot_guess_codes_from_everywhere(world: World, anna: Any) -> None:
    app, _ = enrol(world, anna)
    here = log_in(world, anna, code(world, app), address=KNOWN)
    world.clock.move(30)
    for number in range(20):
        place = f"198.51.100.{number}"
        guess = step_up(world, anna, place, password=PASSWORD, otp="000000")
        assert guess.codes == {("otp", "wrong_code")}
    right = {"password": PASSWORD, "otp": code(world, app)}
    assert step_up(world, anna, "203.0.113.9", **right).status == 429
    # The person, at a device of its own, is not kept out.
    assert step_up(world, anna, KNOWN, **right, cookies=here.cookies).status == 200


def test_who_has_no_password_proves_it_by_a_code(world: World, anna: Any) -> None:
    app, _ = enrol(world, anna)
    world.change_user(anna["user"], password_hash=None)
    world.clock.move(301)
    assert means_of(world, anna) == {"password": False, "code": True, "passkey": None}
    assert step_up(world, anna, otp=code(world, app)).status == 200


@pytest.mark.parametrize("extra", [{}, {"otp": ""}, {"password": PASSWORD, "passkey": "a proof"}])
def test_step_up_takes_a_passkey_or_what_is_typed(world: World, anna: Any, extra: Any) -> None:
    proof = {"challenge_id": str(UUID(int=1)), "credential": {}}
    body = {**extra, "passkey": proof} if "passkey" in extra else extra
    refused = world.call("POST", "/auth/step-up", body, token=anna["access_token"])
    assert (refused.status, refused.code) == (422, "invalid")
