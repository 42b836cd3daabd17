"""Log-in by device code: the codes, both sides of it, who may decide, and everything that ends it."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantlab_server.auth import scopes
from quantlab_server.auth.api_token_text import is_api_token
from quantlab_server.device.codes import ALPHABET, clean_user_code, new_user_code
from tests.unit.auth.world import Answer, World, unique

TOKEN = "/auth/device/token"
ASK = {"client_name": "laptop", "scopes": ["profile:read", "workflows:read"]}


@pytest.fixture
def anna(world: World) -> Any:
    return world.register(unique())


def begin(world: World, body: Any = None, **options: Any) -> Any:
    answer = world.call("POST", "/auth/device", body or ASK, **options)
    assert answer.status == 200, answer.json
    return answer.json


def poll(world: World, codes: Any) -> Answer:
    return world.call("POST", TOKEN, {"device_code": codes["device_code"]})


def say(world: World, person: Any, act: str, code: str) -> Answer:
    options = {"token": person["access_token"]}
    return world.call("POST", f"/auth/device/{act}", {"user_code": code}, **options)


def test_codes_are_easy_to_type_and_hard_to_guess() -> None:
    assert len(ALPHABET) == 20
    code = new_user_code()
    letters = code.replace("-", "")
    assert len(letters) == 8
    assert set(letters) <= set(ALPHABET)
    for typed in (code.lower(), letters, f" {code[:4]} \u2013 {code[5:].lower()} "):
        assert clean_user_code(typed) == code
    assert len({new_user_code() for _ in range(500)}) == 500


@given(st.text())
def test_any_text_is_a_code_or_none(text: str) -> None:
    found = clean_user_code(text)
    assert found is None or clean_user_code(found) == found


def test_a_program_is_let_in(world: World, anna: Any) -> None:
    codes = begin(world, address="198.51.100.9")
    assert codes["verification_uri"].endswith("/lab")
    assert codes["verification_uri_complete"] == f"{codes['verification_uri']}#{codes['user_code']}"
    assert (codes["expires_in"], codes["interval"]) == (600, 5)
    waiting = poll(world, codes)
    assert (waiting.status, waiting.code) == (400, "authorization_pending")
    shown = say(world, anna, "request", codes["user_code"].lower())
    assert shown.json["client_name"] == "laptop"
    assert shown.json["address"] == "198.51.100.9"
    assert shown.json["scopes"] == ASK["scopes"]
    assert say(world, anna, "approve", codes["user_code"]).status == 200
    world.clock.move(5)
    given = poll(world, codes)
    assert given.status == 200, given.json
    token = given.json["access_token"]
    assert is_api_token(token)
    assert given.json["scope"] == "profile:read workflows:read"
    assert world.call("GET", "/auth/profile", bearer=token).json["user"] == anna["user"]
    assert world.call("GET", "/layouts", bearer=token).status == 403
    (listed,) = world.call("GET", "/auth/api-tokens", token=anna["access_token"]).json["items"]
    assert (listed["name"], listed["scopes"]) == ("laptop", ASK["scopes"])
    tags = [event["tag"] for event in world.events(anna["user"])]
    assert tags[:2] == ["account:api_token:created", "account:device:approved"]
    world.clock.move(5)
    again = poll(world, codes)
    assert (again.status, again.code) == (400, "expired_token")


def test_who_is_sent_away_gets_nothing(world: World, anna: Any) -> None:
    codes = begin(world)
    assert say(world, anna, "deny", codes["user_code"]).status == 204
    denied = poll(world, codes)
    assert (denied.status, denied.code) == (400, "access_denied")
    assert say(world, anna, "approve", codes["user_code"]).status == 404
    assert world.events(anna["user"])[0]["tag"] == "account:device:denied"


def test_who_asks_too_often_is_slowed_down(world: World, anna: Any) -> None:
    codes = begin(world)
    assert poll(world, codes).code == "authorization_pending"
    say(world, anna, "approve", codes["user_code"])
    world.clock.move(4)
    assert poll(world, codes).code == "slow_down"
    world.clock.move(5)
    assert poll(world, codes).status == 200


def test_ten_minutes_are_all_there_is(world: World, anna: Any) -> None:
    codes, late = begin(world), begin(world)
    assert say(world, anna, "approve", late["user_code"]).status == 200
    world.clock.move(600)
    fresh = world.refresh(anna["refresh_token"]).json
    for act in ("request", "deny"):
        assert say(world, fresh, act, codes["user_code"]).status == 404
    for each in (codes, late):
        assert poll(world, each).code == "expired_token"
    world.clock.move(3700)
    begin(world)
    assert poll(world, codes).code == "expired_token"


@pytest.mark.parametrize("code", ["", "x", "BCDF-GHJK", "b" * 41, "\x00" * 8, "AEIO-UAEI"])
def test_wrong_codes_say_nothing(world: World, anna: Any, code: str) -> None:
    begin(world)
    answers = [say(world, anna, act, code) for act in ("request", "approve", "deny")]
    assert {answer.status for answer in answers} <= {404, 422}
    assert len({answer.status for answer in answers}) == 1
    unknown = world.call("POST", TOKEN, {"device_code": "no such code"})
    assert (unknown.status, unknown.code) == (400, "expired_token")


def test_five_wrong_codes_and_no_more(world: World, anna: Any) -> None:
    boris = world.register(unique())
    codes = begin(world)
    for number in range(5):
        act = ("request", "approve", "deny")[number % 3]
        assert say(world, anna, act, "BCDF-GHJK").status == 404
    for act in ("request", "approve", "deny"):
        assert say(world, anna, act, codes["user_code"]).status == 429
    assert say(world, boris, "request", codes["user_code"]).status == 200
    world.clock.move(600)
    fresh = world.refresh(anna["refresh_token"]).json
    assert say(world, fresh, "request", begin(world)["user_code"]).status == 200


def test_right_codes_count_against_nobody(world: World, anna: Any) -> None:
    for _ in range(7):
        assert say(world, anna, "request", begin(world)["user_code"]).status == 200


def test_approving_needs_step_up_and_looking_and_denying_do_not(world: World, anna: Any) -> None:
    world.clock.move(301)
    codes = begin(world)
    refused = say(world, anna, "approve", codes["user_code"])
    assert (refused.status, refused.code) == (403, "step_up_required")
    assert say(world, anna, "request", codes["user_code"]).status == 200
    assert poll(world, codes).code == "authorization_pending"
    assert say(world, anna, "deny", codes["user_code"]).status == 204


def test_only_a_person_decides(world: World, anna: Any) -> None:
    codes = begin(world)
    kernel = world.call("POST", "/auth/kernel-token", {}, token=anna["access_token"]).json["token"]
    say(world, anna, "approve", codes["user_code"])
    token = poll(world, codes).json["access_token"]
    other = begin(world)
    for bearer in (kernel, token):
        for act in ("request", "approve", "deny"):
            body = {"user_code": other["user_code"]}
            refused = world.call("POST", f"/auth/device/{act}", body, bearer=bearer)
            assert (refused.status, refused.code) == (403, "interactive_required")


@pytest.mark.parametrize("wanted", [["sessions"], ["profile:read", "api-tokens"], [], ["x"] * 31])
def test_scopes_beyond_an_api_tokens_are_refused(world: World, wanted: list[str]) -> None:
    body = {"client_name": "x", "scopes": wanted}
    assert world.call("POST", "/auth/device", body).status == 422


def test_without_scopes_it_is_all_that_a_token_can_have(world: World, anna: Any) -> None:
    codes = begin(world, {"client_name": "x"})
    shown = say(world, anna, "request", codes["user_code"]).json
    assert shown["scopes"] == sorted(scopes.API_TOKEN)


@pytest.mark.parametrize("name", ["", "a/b", "x\u202ey", "x\ny", "n" * 201])
def test_a_programs_name_cannot_pretend(world: World, name: str) -> None:
    assert world.call("POST", "/auth/device", {"client_name": name}).status == 422


def test_a_person_who_was_disabled_lets_nobody_in(world: World, anna: Any) -> None:
    codes = begin(world)
    say(world, anna, "approve", codes["user_code"])
    world.change_user(anna["user"], is_active=False)
    assert poll(world, codes).code == "access_denied"


def test_the_first_decision_and_the_first_question_count(world: World, anna: Any) -> None:
    boris = world.register(unique())
    codes = begin(world)

    async def decide() -> list[Answer]:
        body = {"user_code": codes["user_code"]}
        return await asyncio.gather(
            *(
                world.send("POST", "/auth/device/approve", body, token=person["access_token"])
                for person in (anna, boris)
            )
        )

    assert sorted(answer.status for answer in world.run(decide())) == [200, 404]

    async def ask() -> list[Answer]:
        body = {"device_code": codes["device_code"]}
        return await asyncio.gather(*(world.send("POST", TOKEN, body) for _ in range(4)))

    statuses = sorted(answer.status for answer in world.run(ask()))
    assert statuses == [200, 400, 400, 400]


def test_one_address_begins_thirty_times(world: World) -> None:
    for number in range(30):
        begin(world, address=f"2001:db8::{number:x}")
    refused = world.call("POST", "/auth/device", ASK, address="2001:db8::ffff")
    assert refused.status == 429
    begin(world, address="192.0.2.77")


def test_who_was_let_in_before_a_reset_is_not_let_in_after(world: World, anna: Any) -> None:
    codes, other = begin(world), begin(world)
    ben = world.register(unique())
    assert say(world, anna, "approve", codes["user_code"]).status == 200
    assert say(world, ben, "approve", other["user_code"]).status == 200
    # What a reset, a reverted address and an account that is taken back have in common.
    user = anna["user"]
    person = UUID(user["tenant_id"]), UUID(user["id"])
    services = world.services
    with services.database.transaction(tenant_id=person[0], user_id=person[1]) as uow:
        services.api_tokens.end_all(uow, *person)
    world.clock.move(5)
    assert poll(world, codes).code == "expired_token"
    assert world.call("GET", "/auth/api-tokens", token=anna["access_token"]).json["items"] == []
    # Nobody else's is gone.
    assert poll(world, other).status == 200
