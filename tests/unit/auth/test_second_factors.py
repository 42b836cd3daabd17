"""Codes of an app and recovery codes: setting up, signing in, replays, clocks, limits, losing them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import jwt
import pyotp
import pytest

from quantlab_server.auth.key_changes import rotate, with_next
from quantlab_server.cli import main
from quantlab_server.config import Settings
from quantlab_server.factors import codes, repository
from quantlab_server.settings_factors import FactorSettings
from tests.unit.auth.world import PASSWORD, Answer, World, unique

KNOWN = "192.0.2.77"


@pytest.fixture
def anna(world: World) -> Any:
    return world.register(unique())


def app_of(setup: Answer) -> pyotp.TOTP:
    assert setup.status == 200, setup.json
    return pyotp.parse_uri(setup.json["uri"])  # type: ignore[return-value]  # the address is a TOTP's


def code(world: World, app: pyotp.TOTP, steps: int = 0) -> str:
    """What the app shows now, or so many steps later."""
    return app.at(int(world.clock()) + 30 * steps)


def enrol(world: World, person: Any) -> tuple[pyotp.TOTP, list[str]]:
    """Set up an app; its recovery codes too. Afterwards the clock is a step further."""
    token = person["access_token"]
    app = app_of(world.call("POST", "/auth/mfa/totp", token=token))
    confirmed = world.call(
        "POST", "/auth/mfa/totp/confirm", {"code": code(world, app)}, token=token
    )
    assert confirmed.status == 200, confirmed.json
    world.clock.move(30)
    return app, confirmed.json["codes"]


def log_in(world: World, person: Any, otp: str | None = None, **options: Any) -> Answer:
    body = {"login": person["user"]["username"], "password": PASSWORD, "transport": "body"}
    return world.call("POST", "/auth/login", body | ({"otp": otp} if otp else {}), **options)


def claims(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(
        answer.json["access_token"], options={"verify_signature": False}
    )
    return found


def tags(world: World, person: Any) -> list[str]:
    return [event["tag"] for event in world.events(person["user"])]


# --- setting up ------------------------------------------------------------------------------------------------------


def test_an_app_counts_once_a_code_of_it_was_confirmed(world: World, anna: Any) -> None:
    token = anna["access_token"]
    app = app_of(world.call("POST", "/auth/mfa/totp", token=token))
    assert app.issuer == "QuantLab"
    assert log_in(world, anna).status == 200
    assert world.call("GET", "/auth/mfa", token=token).json["totp"] is None
    wrong = world.call("POST", "/auth/mfa/totp/confirm", {"code": "000000"}, token=token)
    assert (wrong.status, wrong.codes) == (422, {("code", "wrong_code")})
    done = world.call("POST", "/auth/mfa/totp/confirm", {"code": code(world, app)}, token=token)
    assert len(set(done.json["codes"])) == 10
    found = world.call("GET", "/auth/mfa", token=token).json
    assert found["totp"] is not None
    assert found["recovery_codes_left"] == 10
    assert log_in(world, anna).code == "otp_required"
    assert "account:totp:added" in tags(world, anna)


def test_the_picture_is_plain_svg_with_the_address(world: World, anna: Any) -> None:
    made = world.call("POST", "/auth/mfa/totp", token=anna["access_token"]).json
    assert made["qr_svg"].startswith("<svg")
    assert "script" not in made["qr_svg"]
    assert made["secret"] in made["uri"]


def test_a_secret_that_was_not_confirmed_is_replaced(world: World, anna: Any) -> None:
    token = anna["access_token"]
    first = app_of(world.call("POST", "/auth/mfa/totp", token=token))
    second = app_of(world.call("POST", "/auth/mfa/totp", token=token))
    old = world.call("POST", "/auth/mfa/totp/confirm", {"code": code(world, first)}, token=token)
    assert old.status == 422
    new = world.call("POST", "/auth/mfa/totp/confirm", {"code": code(world, second)}, token=token)
    assert new.status == 200


def test_there_is_one_app_and_it_is_confirmed_once(world: World, anna: Any) -> None:
    app, _ = enrol(world, anna)
    token = anna["access_token"]
    assert world.call("POST", "/auth/mfa/totp", token=token).code == "totp_exists"
    again = world.call("POST", "/auth/mfa/totp/confirm", {"code": code(world, app)}, token=token)
    assert (again.status, again.code) == (409, "nothing_to_confirm")


def test_confirming_comes_after_asking(world: World, anna: Any) -> None:
    token = anna["access_token"]
    early = world.call("POST", "/auth/mfa/totp/confirm", {"code": "123456"}, token=token)
    assert (early.status, early.code) == (409, "nothing_to_confirm")
    none = world.call("POST", "/auth/mfa/recovery-codes", token=token)
    assert (none.status, none.code) == (409, "no_second_factor")
    assert world.call("DELETE", "/auth/mfa/totp", token=token).status == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/auth/mfa/totp"),
        ("POST", "/auth/mfa/totp/confirm"),
        ("DELETE", "/auth/mfa/totp"),
        ("POST", "/auth/mfa/recovery-codes"),
        ("POST", "/auth/passkeys/register/options"),
    ],
)
def test_changing_factors_needs_step_up(world: World, anna: Any, method: Any, path: str) -> None:
    world.clock.move(301)
    body = {"code": "123456"} if path.endswith("confirm") else None
    refused = world.call(method, path, body, token=anna["access_token"])
    assert (refused.status, refused.code) == (403, "step_up_required")
    kernel = world.call("POST", "/auth/kernel-token", {}, token=anna["access_token"]).json
    refused = world.call(method, path, body, token=kernel["token"])
    assert (refused.status, refused.code) == (403, "interactive_required")


def test_the_local_account_has_nothing_to_add_a_factor_to(world: World) -> None:
    refused = world.call("POST", "/auth/mfa/totp")
    assert (refused.status, refused.code) == (403, "local_account")


def test_nothing_readable_of_a_secret_is_stored(world: World, anna: Any) -> None:
    app, recovery = enrol(world, anna)
    user = anna["user"]
    with world.services.database.transaction(
        tenant_id=UUID(user["tenant_id"]), user_id=UUID(user["id"]), writes=False
    ) as uow:
        row = uow.connection.exec_driver_sql("SELECT secret, kid FROM totp_factors").all()
        kept = uow.connection.exec_driver_sql("SELECT code_hash FROM recovery_codes").all()
    secret = app.byte_secret()
    assert all(secret not in bytes(one.secret) for one in row)
    assert all(code.encode() not in bytes(one.code_hash) for one in kept for code in recovery)


# --- signing in ------------------------------------------------------------------------------------------------------


def test_the_code_is_asked_for_after_the_right_password_only(world: World, anna: Any) -> None:
    app, _ = enrol(world, anna)
    asked = log_in(world, anna)
    assert (asked.status, asked.code) == (401, "otp_required")
    assert asked.json["error"]["methods"] == ["totp", "recovery_code"]
    name = anna["user"]["username"]
    for otp in (None, code(world, app)):
        body = {"login": name, "password": "wrong", "otp": otp}
        wrong = world.call("POST", "/auth/login", body)
        assert (wrong.status, wrong.code) == (401, "invalid_credentials")
    # The code was not used up by whoever does not know the password.
    done = log_in(world, anna, code(world, app))
    assert done.status == 200
    assert claims(done)["amr"] == ["pwd", "otp", "mfa"]


def test_every_path_costs_one_hash(world: World, anna: Any) -> None:
    app, recovery = enrol(world, anna)
    hasher = world.services.accounts.hasher
    for otp, status in ((None, 401), ("000000", 401), (code(world, app), 200), (recovery[0], 200)):
        before = hasher.verifications, hasher.hashes
        assert log_in(world, anna, otp).status == status
        assert (hasher.verifications, hasher.hashes) == (before[0] + 1, before[1])


def test_a_code_is_accepted_once(world: World, anna: Any) -> None:
    app, _ = enrol(world, anna)
    used = code(world, app)
    assert log_in(world, anna, used).status == 200
    replayed = log_in(world, anna, used)
    assert (replayed.status, replayed.code) == (401, "invalid_credentials")
    # Nor is one that was shown before it.
    assert log_in(world, anna, code(world, app, -1)).status == 401
    world.clock.move(30)
    assert log_in(world, anna, code(world, app)).status == 200


def test_the_code_of_the_setup_does_not_sign_in(world: World, anna: Any) -> None:
    token = anna["access_token"]
    app = app_of(world.call("POST", "/auth/mfa/totp", token=token))
    used = code(world, app)
    world.call("POST", "/auth/mfa/totp/confirm", {"code": used}, token=token)
    assert log_in(world, anna, used).status == 401


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 200), (1, 200), (2, 401)])
def test_a_clock_may_be_half_a_minute_off(world: World, anna: Any, steps: int, status: int) -> None:
    app, _ = enrol(world, anna)
    world.clock.move(60)
    assert log_in(world, anna, code(world, app, steps)).status == status


def test_a_clock_that_is_set_back_lets_no_code_in_twice(world: World, anna: Any) -> None:
    app, _ = enrol(world, anna)
    world.clock.move(300)
    used = code(world, app)
    assert log_in(world, anna, used).status == 200
    world.clock.move(-90)
    assert log_in(world, anna, code(world, app)).status == 401
    assert log_in(world, anna, used).status == 401


def test_the_same_code_from_two_sides_at_once_signs_in_once(world: World, anna: Any) -> None:
    app, recovery = enrol(world, anna)
    for otp in (code(world, app), recovery[0]):
        body = {"login": anna["user"]["username"], "password": PASSWORD, "otp": otp}

        async def together(body: dict[str, str] = body) -> list[int]:
            tries = [
                world.send("POST", "/auth/login", body, address=f"198.51.100.{number}")
                for number in range(4)
            ]
            return [answer.status for answer in await asyncio.gather(*tries)]

        assert sorted(world.run(together())) == [200, 401, 401, 401]


def test_typing_spaces_and_capitals_is_no_mistake(world: World, anna: Any) -> None:
    app, recovery = enrol(world, anna)
    shown = code(world, app)
    assert log_in(world, anna, f" {shown[:3]} {shown[3:]} ").status == 200
    assert log_in(world, anna, recovery[0].upper().replace("-", " ")).status == 200


@pytest.mark.parametrize(
    "otp", ["١٢٣٤٥٦", "12345", "1234567", "\x00" * 6, "\uff41bcd-efgh", "-", "²²²²²²"]
)
def test_what_is_no_code_is_wrong_and_nothing_worse(world: World, anna: Any, otp: str) -> None:
    enrol(world, anna)
    answer = log_in(world, anna, otp)
    assert (answer.status, answer.code) == (401, "invalid_credentials")


def test_wrong_codes_are_counted_and_a_right_one_comes_too_late(world: World, anna: Any) -> None:
    app, _ = enrol(world, anna)
    for _ in range(5):
        assert log_in(world, anna, "000000").status == 401
    assert log_in(world, anna, code(world, app)).status == 429
    assert tags(world, anna).count("account:session:refused") == 5
    # Elsewhere the person goes on, and after a while here too.
    world.clock.move(301)
    assert log_in(world, anna, code(world, app)).status == 200


def test_guessing_from_everywhere_is_stopped_and_known_devices_are_not(
    world: World, anna: Any
) -> None:
    app, _ = enrol(world, anna)
    here = log_in(world, anna, code(world, app), address=KNOWN)
    world.clock.move(30)
    for number in range(20):
        log_in(world, anna, "000000", address=f"198.51.100.{number}")
    assert log_in(world, anna, code(world, app), address="203.0.113.9").status == 429
    known = log_in(world, anna, code(world, app), address=KNOWN, cookies=here.cookies)
    assert known.status == 200


def test_wrong_codes_count_as_failed_log_ins(world: World, anna: Any) -> None:
    enrol(world, anna)
    for _ in range(5):
        log_in(world, anna, "000000")
    for _ in range(5):
        world.log_in(anna["user"]["username"], "wrong")
    # Ten failures of one login from one address.
    assert world.log_in(anna["user"]["username"], PASSWORD).status == 429


# --- recovery --------------------------------------------------------------------------------------------------------


def test_recovery_codes_work_once_each_and_are_told_apart_by_nothing(
    world: World, anna: Any
) -> None:
    _, recovery = enrol(world, anna)
    assert log_in(world, anna, recovery[3]).status == 200
    assert log_in(world, anna, recovery[3]).status == 401
    found = world.call("GET", "/auth/mfa", token=anna["access_token"]).json
    assert found["recovery_codes_left"] == 9
    assert "account:recovery_code:used" in tags(world, anna)


def test_new_recovery_codes_replace_the_old(world: World, anna: Any) -> None:
    _, old = enrol(world, anna)
    made = world.call("POST", "/auth/mfa/recovery-codes", token=anna["access_token"])
    assert len(made.json["codes"]) == 10
    assert log_in(world, anna, old[0]).status == 401
    assert log_in(world, anna, made.json["codes"][0]).status == 200


def test_another_persons_codes_are_wrong(world: World, anna: Any) -> None:
    ben = world.register(unique())
    app, recovery = enrol(world, ben)
    enrol(world, anna)
    assert log_in(world, anna, recovery[0]).status == 401
    assert log_in(world, anna, code(world, app)).status == 401
    assert log_in(world, ben, recovery[0]).status == 200


def test_recovery_codes_are_long_enough_for_a_quick_hash() -> None:
    made = {code for _ in range(20) for code in codes.new_recovery_codes()}
    assert len(made) == 200
    assert all(len(codes.plain(code)) == 16 for code in made)


def test_without_a_factor_the_password_is_enough_again(world: World, anna: Any) -> None:
    _, recovery = enrol(world, anna)
    gone = world.call("DELETE", "/auth/mfa/totp", token=anna["access_token"])
    assert gone.status == 204
    assert log_in(world, anna).status == 200
    # What stood in for the factor is gone with it.
    enrol(world, anna)
    assert log_in(world, anna, recovery[0]).status == 401


def test_the_operator_lets_in_who_lost_everything(
    world: World, anna: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(world, anna)
    monkeypatch.setenv("QUANTLAB_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("QUANTLAB_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("QUANTLAB_OWNER_DATABASE_URL", settings.owner_database_url)
    assert main(["user", "reset-factors", anna["user"]["username"]]) == 0
    assert log_in(world, anna).status == 200
    assert "operator:factors:reset" in tags(world, anna)
    found = world.call("GET", "/auth/mfa", token=anna["access_token"]).json
    assert (found["totp"], found["passkeys"], found["recovery_codes_left"]) == (None, [], 0)
    assert main(["user", "reset-factors", "nobody-at-all"]) == 1


def test_a_secret_moves_to_the_new_key_when_it_is_used(
    make: Callable[..., World], settings: Settings
) -> None:
    world = make()
    person = world.register(unique())
    app, _ = enrol(world, person)
    path = settings.data_dir / "keys.json"
    document = rotate(with_next(json.loads(path.read_text())), int(world.clock()), 900)
    path.write_text(json.dumps(document))
    # What the old process sealed is opened with the key of then, and sealed anew with the key of now.
    renewed = make(clock=world.clock)
    assert log_in(renewed, person, code(world, app)).status == 200
    (active,) = (key["kid"] for key in document["keys"] if key["state"] == "active")
    user = person["user"]
    with renewed.services.database.transaction(
        tenant_id=UUID(user["tenant_id"]), user_id=UUID(user["id"]), writes=False
    ) as uow:
        row = repository.get_totp(uow, UUID(user["tenant_id"]), UUID(user["id"]))
    assert row is not None
    assert row.kid == active
    renewed.clock.move(30)
    assert log_in(renewed, person, code(world, app)).status == 200


# --- roles that need one ---------------------------------------------------------------------------------------------


@pytest.fixture
def strict(make: Callable[..., World]) -> World:
    """A process where everybody needs a second factor."""
    settings = FactorSettings()
    settings.required_roles = ["user", "operator"]
    return make(factors=settings)


def test_who_needs_a_factor_sets_one_up_before_anything_else(strict: World) -> None:
    person = strict.register(unique())
    token = person["access_token"]
    for method, path in (("GET", "/workflows"), ("GET", "/auth/sessions"), ("GET", "/export")):
        refused = strict.call(method, path, token=token)
        assert (refused.status, refused.code) == (403, "second_factor_required")
    kernel = strict.call("POST", "/auth/kernel-token", {}, token=token)
    assert kernel.code == "second_factor_required"
    assert strict.call("GET", "/auth/profile", token=token).status == 200
    assert strict.call("GET", "/auth/mfa", token=token).json["required"] is True
    enrol(strict, person)
    assert strict.call("GET", "/workflows", token=token).status == 200
    # Nor does a token made meanwhile get around it once the factors are gone.
    body = {"name": "script", "scopes": ["workflows:read"], "expires_in_days": 1}
    made = strict.call("POST", "/auth/api-tokens", body, token=token)
    assert made.status == 201, made.json
    strict.change_user(person["user"], has_second_factor=False)
    refused = strict.call("GET", "/workflows", token=made.json["token"])
    assert (refused.status, refused.code) == (403, "second_factor_required")
    strict.change_user(person["user"], has_second_factor=True)
    last = strict.call("DELETE", "/auth/mfa/totp", token=token)
    assert (last.status, last.code) == (409, "last_factor")
    assert strict.call("GET", "/auth/mfa", token=token).json["recovery_codes_left"] == 10


def test_the_local_account_is_exempt(strict: World) -> None:
    assert strict.call("GET", "/workflows").status == 200
