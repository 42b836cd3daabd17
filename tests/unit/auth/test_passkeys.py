"""Passkeys: made and used once per challenge, by their person, on their site, with a counter that only grows."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import jwt
import pytest

from quantlab_server.factors.relying_party import find_relying_party
from tests.support.authenticators import SoftKey, encode
from tests.unit.auth.world import PASSWORD, Answer, World, unique

HOST = "localhost:8888"
ORIGIN = f"http://{HOST}"


@pytest.fixture
def anna(world: World) -> Any:
    return world.register(unique())


@pytest.fixture
def ben(world: World) -> Any:
    return world.register(unique())


def soft_key(**changes: Any) -> SoftKey:
    return SoftKey(**{"origin": ORIGIN, "rp_id": "localhost", **changes})


def begin(world: World, person: Any) -> Any:
    answer = world.call("POST", "/auth/passkeys/register/options", token=person["access_token"])
    assert answer.status == 200, answer.json
    return answer.json


def verify(world: World, person: Any, ceremony: Any, credential: Any) -> Answer:
    body = {"challenge_id": ceremony["challenge_id"], "credential": credential, "name": "Laptop"}
    return world.call("POST", "/auth/passkeys/register/verify", body, token=person["access_token"])


def add(world: World, person: Any, key: SoftKey | None = None) -> SoftKey:
    """Register a passkey."""
    key = key or soft_key()
    ceremony = begin(world, person)
    answer = verify(world, person, ceremony, key.create(ceremony["options"]))
    assert answer.status == 201, answer.json
    return key


def sign_in_options(world: World) -> Any:
    return world.call("POST", "/auth/passkeys/login/options").json


def sign_in(world: World, key: SoftKey, ceremony: Any = None, **options: Any) -> Answer:
    """Sign in by a passkey alone."""
    ceremony = ceremony or sign_in_options(world)
    body = {
        "challenge_id": ceremony["challenge_id"],
        "credential": key.get(ceremony["options"]),
        "transport": "body",
    }
    return world.call("POST", "/auth/passkeys/login/verify", body, **options)


def log_in(world: World, person: Any, passkey: Any = None) -> Answer:
    body = {"login": person["user"]["username"], "password": PASSWORD, "transport": "body"}
    return world.call("POST", "/auth/login", body | ({"passkey": passkey} if passkey else {}))


def amr(answer: Answer) -> list[str]:
    claims = jwt.decode(answer.json["access_token"], options={"verify_signature": False})
    found: list[str] = claims["amr"]
    return found


def passkeys(world: World, person: Any) -> Any:
    return world.call("GET", "/auth/passkeys", token=person["access_token"]).json["items"]


# --- making ----------------------------------------------------------------------------------------------------------


def test_a_passkey_is_made_listed_and_removed(world: World, anna: Any) -> None:
    ceremony = begin(world, anna)
    options = ceremony["options"]
    assert options["rp"]["id"] == "localhost"
    assert options["attestation"] == "none"
    key = soft_key(synced=True)
    made = verify(world, anna, ceremony, key.create(options)).json
    assert len(made["recovery_codes"]) == 10
    (found,) = passkeys(world, anna)
    assert found["name"] == "Laptop"
    assert found["synced"] is True
    assert found["usable_here"] is True
    assert log_in(world, anna).code == "otp_required"
    path = f"/auth/passkeys/{found['id']}"
    assert world.call("DELETE", path, token=anna["access_token"]).status == 204
    assert passkeys(world, anna) == []
    assert log_in(world, anna).status == 200
    assert sign_in(world, key).status == 401
    tags = [event["tag"] for event in world.events(anna["user"])]
    assert "account:passkey:added" in tags
    assert "account:passkey:removed" in tags


def test_recovery_codes_come_with_the_first_factor_only(world: World, anna: Any) -> None:
    add(world, anna)
    ceremony = begin(world, anna)
    assert len(ceremony["options"]["excludeCredentials"]) == 1
    second = verify(world, anna, ceremony, soft_key().create(ceremony["options"]))
    assert second.json["recovery_codes"] == []


def test_a_challenge_makes_one_passkey(world: World, anna: Any) -> None:
    ceremony = begin(world, anna)
    assert verify(world, anna, ceremony, soft_key().create(ceremony["options"])).status == 201
    again = verify(world, anna, ceremony, soft_key().create(ceremony["options"]))
    assert (again.status, again.codes) == (422, {("passkey", "passkey_refused")})


def test_a_challenge_is_over_after_five_minutes(world: World, anna: Any) -> None:
    ceremony = begin(world, anna)
    world.clock.move(300)
    assert verify(world, anna, ceremony, soft_key().create(ceremony["options"])).status == 422


def test_a_challenge_is_one_persons(world: World, anna: Any, ben: Any) -> None:
    ceremony = begin(world, anna)
    assert verify(world, ben, ceremony, soft_key().create(ceremony["options"])).status == 422
    # It was not used up by the other one either.
    assert verify(world, anna, ceremony, soft_key().create(ceremony["options"])).status == 201


def test_a_challenge_is_for_one_purpose(world: World, anna: Any) -> None:
    key = add(world, anna)
    for path in ("/auth/passkeys/register/options", "/auth/step-up/options"):
        asked = world.call("POST", path, token=anna["access_token"]).json
        other = asked.get("passkey") or asked
        assert sign_in(world, key, other).status == 401
    asked = sign_in_options(world)
    proof = {"challenge_id": asked["challenge_id"], "credential": key.get(asked["options"])}
    assert log_in(world, anna, proof).status == 401


def test_a_passkey_belongs_to_one_account(world: World, anna: Any, ben: Any) -> None:
    key = add(world, anna)
    ceremony = begin(world, ben)
    taken = verify(world, ben, ceremony, key.create(ceremony["options"]))
    assert (taken.status, taken.code) == (409, "passkey_exists")
    assert log_in(world, ben).status == 200


@pytest.mark.parametrize(
    "change", [{"origin": "https://evil.example"}, {"rp_id": "evil.example"}, {"origin": "null"}]
)
def test_another_sites_passkey_is_refused(world: World, anna: Any, change: Any) -> None:
    ceremony = begin(world, anna)
    made = verify(world, anna, ceremony, soft_key(**change).create(ceremony["options"]))
    assert made.status == 422
    key = add(world, anna)
    for name, value in change.items():
        setattr(key, name, value)
    assert sign_in(world, key).status == 401


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"id": 7},
        {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": []},
        {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {"clientDataJSON": "!"}},
        {"id": "\ud800", "response": {"userHandle": {}}},
        {"id": "A" * 9000},
    ],
)
def test_nonsense_is_refused(world: World, anna: Any, credential: Any) -> None:
    add(world, anna)
    ceremony = begin(world, anna)
    assert verify(world, anna, ceremony, credential).status in (400, 422)
    asked = sign_in_options(world)
    body = {"challenge_id": asked["challenge_id"], "credential": credential}
    assert world.call("POST", "/auth/passkeys/login/verify", body).status in (400, 401)
    asked = log_in(world, anna).json["error"]["passkey"]
    body = {"challenge_id": asked["challenge_id"], "credential": credential}
    assert log_in(world, anna, body).status in (400, 401)


# --- signing in ------------------------------------------------------------------------------------------------------


def test_a_passkey_alone_signs_in(world: World, anna: Any) -> None:
    key = add(world, anna)
    asked = sign_in_options(world)
    assert asked["options"]["userVerification"] == "required"
    assert asked["options"]["allowCredentials"] == []
    done = sign_in(world, key, asked)
    assert done.status == 200
    assert done.json["user"]["username"] == anna["user"]["username"]
    assert amr(done) == ["hwk", "user", "mfa"]
    sessions = world.call("GET", "/auth/sessions", token=done.json["access_token"]).json["items"]
    assert {one["kind"] for one in sessions} == {"password", "passkey"}


def test_a_passkey_alone_must_have_checked_the_person(world: World, anna: Any) -> None:
    key = add(world, anna, soft_key(verifies=False))
    answer = sign_in(world, key)
    assert (answer.status, answer.code) == (401, "invalid_credentials")


def test_what_was_signed_cannot_be_sent_twice(world: World, anna: Any) -> None:
    key = add(world, anna)
    asked = sign_in_options(world)
    body = {"challenge_id": asked["challenge_id"], "credential": key.get(asked["options"])}

    async def together() -> list[int]:
        tries = [world.send("POST", "/auth/passkeys/login/verify", body) for _ in range(4)]
        return sorted([answer.status for answer in await asyncio.gather(*tries)])

    assert world.run(together()).count(200) == 1
    assert world.call("POST", "/auth/passkeys/login/verify", body).status == 401


def test_failing_uses_the_challenge_up(world: World, anna: Any) -> None:
    key = add(world, anna)
    asked = sign_in_options(world)
    stranger = soft_key()
    assert sign_in(world, stranger, asked).status == 401
    assert sign_in(world, key, asked).status == 401


def test_unknown_and_invented_challenges_are_refused(world: World, anna: Any) -> None:
    key = add(world, anna)
    invented = {
        "challenge_id": str(uuid.uuid4()),
        "options": {"challenge": encode(b"x" * 32)},
    }
    assert sign_in(world, key, invented).status == 401
    asked = sign_in_options(world)
    asked["options"]["challenge"] = encode(b"y" * 32)
    assert sign_in(world, key, asked).status == 401


def test_a_counter_that_goes_back_is_refused_and_told(world: World, anna: Any) -> None:
    key = add(world, anna)
    assert sign_in(world, key).status == 200
    key.counter -= 2
    assert sign_in(world, key).status == 401
    tags = [event["tag"] for event in world.events(anna["user"])]
    assert "account:passkey:counter_went_back" in tags
    key.counter += 5
    assert sign_in(world, key).status == 200


def test_authenticators_without_a_counter_always_say_nothing(world: World, anna: Any) -> None:
    key = add(world, anna, soft_key(counter=0))
    for _ in range(2):
        key.counter = -1
        assert sign_in(world, key).status == 200


def test_a_passkey_names_its_own_person(world: World, anna: Any, ben: Any) -> None:
    key = add(world, anna)
    key.user_handle = uuid.UUID(ben["user"]["id"]).bytes
    assert sign_in(world, key).status == 401


def test_a_disabled_person_is_refused_like_a_stranger(world: World, anna: Any) -> None:
    key = add(world, anna)
    world.change_user(anna["user"], is_active=False)
    ended, unknown = sign_in(world, key), sign_in(world, soft_key())
    assert ended.status == unknown.status == 401
    assert ended.json["error"]["message"] == unknown.json["error"]["message"]


def test_failures_are_limited_by_address(world: World, anna: Any) -> None:
    for _ in range(10):
        assert sign_in(world, soft_key(), address="192.0.2.99").status == 401
    assert sign_in(world, soft_key(), address="192.0.2.99").status == 429


# --- second step, step-up --------------------------------------------------------------------------------------------


def test_after_the_password_a_touch_is_enough(world: World, anna: Any) -> None:
    key = add(world, anna, soft_key(verifies=False))
    asked = log_in(world, anna)
    assert asked.json["error"]["methods"] == ["passkey", "recovery_code"]
    ceremony = asked.json["error"]["passkey"]
    proof = {
        "challenge_id": ceremony["challenge_id"],
        "credential": key.get(ceremony["options"]),
    }
    done = log_in(world, anna, proof)
    assert done.status == 200
    assert amr(done) == ["pwd", "hwk", "mfa"]
    assert log_in(world, anna, proof).status == 401


def test_another_persons_passkey_is_no_second_factor(world: World, anna: Any, ben: Any) -> None:
    add(world, anna)
    bens = add(world, ben)
    ceremony = log_in(world, anna).json["error"]["passkey"]
    proof = {
        "challenge_id": ceremony["challenge_id"],
        "credential": bens.get(ceremony["options"]),
    }
    assert log_in(world, anna, proof).status == 401


def test_a_passkey_steps_up(world: World, anna: Any) -> None:
    key = add(world, anna)
    token = anna["access_token"]
    world.clock.move(301)
    asked = world.call("POST", "/auth/step-up/options", token=token).json
    assert asked["password"] is True
    # A recovery code, where the passkey is not at hand.
    assert asked["code"] is True
    alone = world.call("POST", "/auth/step-up", {"password": PASSWORD}, token=token)
    assert (alone.status, alone.codes) == (422, {("otp", "required")})
    ceremony = asked["passkey"]
    proof = {"challenge_id": ceremony["challenge_id"], "credential": key.get(ceremony["options"])}
    done = world.call("POST", "/auth/step-up", {"passkey": proof}, token=token)
    assert done.status == 200
    assert "mfa" in amr(done)
    again = world.call("POST", "/auth/step-up", {"passkey": proof}, token=token)
    assert (again.status, again.codes) == (422, {("passkey", "passkey_refused")})


def test_anothers_passkey_is_as_absent_as_none(world: World, anna: Any, ben: Any) -> None:
    add(world, anna)
    (mine,) = passkeys(world, anna)
    answers = [
        world.call("DELETE", f"/auth/passkeys/{one}", token=ben["access_token"])
        for one in (mine["id"], uuid.uuid4())
    ]
    assert [answer.status for answer in answers] == [404, 404]
    assert len(passkeys(world, anna)) == 1


# --- for which site --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1:8888", "[::1]:8888", "192.168.0.7", "", "a:b:c", "["])
def test_an_address_without_a_name_has_no_passkeys(world: World, anna: Any, host: str) -> None:
    options = {"headers": {"Host": host}}
    refused = world.call(
        "POST", "/auth/passkeys/register/options", token=anna["access_token"], **options
    )
    assert (refused.status, refused.code) == (409, "passkeys_unavailable")
    assert world.call("GET", "/auth/config", **options).json["passkeys"] is False


def test_a_passkey_is_good_for_the_name_it_was_made_for(world: World, anna: Any) -> None:
    key = add(world, anna)
    # A page of another name that hands requests on: whatever the browser signed for that name proves nothing here.
    other = {"headers": {"Host": "evil.example"}}
    asked = world.call("POST", "/auth/passkeys/login/options", **other).json
    key.origin, key.rp_id = "https://evil.example", "evil.example"
    assert sign_in(world, key, asked, **other).status == 401
    assert (
        world.call("GET", "/auth/passkeys", token=anna["access_token"], **other).json["items"][0][
            "usable_here"
        ]
        is False
    )


def test_the_public_url_decides_over_the_host() -> None:
    found = find_relying_party("https://lab.example.com/quantlab", "localhost:8888")
    assert found is not None
    assert (found.id, found.origins) == ("lab.example.com", ("https://lab.example.com",))


@pytest.mark.parametrize(
    ("public_url", "origin"),
    [
        ("https://Lab.Example.COM", "https://lab.example.com"),
        ("HTTPS://lab.example.com:443/x", "https://lab.example.com"),
        ("https://lab.example.com:8443", "https://lab.example.com:8443"),
        ("http://localhost:80", "http://localhost"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(public_url: str, origin: str) -> None:
    found = find_relying_party(public_url, "other.example.com")
    assert found is not None
    assert found.origins == (origin,)


def test_plain_http_is_for_the_machine_itself() -> None:
    for host, origins in (
        ("localhost:8888", ("https://localhost:8888", "http://localhost:8888")),
        ("lab.example.com", ("https://lab.example.com",)),
        ("localhost.example.com", ("https://localhost.example.com",)),
    ):
        found = find_relying_party("", host)
        assert found is not None
        assert found.origins == origins
