"""The profile, the own activity, and the narrow tokens of kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from quantlab_server.auth import scopes
from quantlab_server.config import Settings
from tests.unit.auth.world import PASSWORD, Answer, World, unique

NEW = "nine purple lamps 44"


@pytest.fixture
def anna(world: World) -> Any:
    return world.register(unique())


def profile(world: World, token: str) -> Answer:
    return world.call("GET", "/auth/profile", token=token)


def test_a_profile_shows_and_changes_what_is_ones_own(world: World, anna: Any) -> None:
    token = anna["access_token"]
    shown = profile(world, token).json
    assert shown["preferences"]["theme"] == "system"
    assert shown["quotas"]["workflows"] == {"used": 0, "limit": 1000}
    wanted = unique()
    change = {"username": wanted, "preferences": {"theme": "dark", "timezone": "Europe/Berlin"}}
    answer = world.call("PUT", "/auth/profile", change, token=token)
    assert answer.status == 200
    assert answer.json["username"] == wanted
    assert answer.json["preferences"]["theme"] == "dark"
    assert world.log_in(wanted).status == 200
    assert world.log_in(anna["user"]["username"]).status == 401
    # The old name is free again.
    world.register(anna["user"]["username"] + "x")
    assert world.call("PUT", "/auth/profile", {}, token=token).json == answer.json


@pytest.mark.parametrize("field", ["email", "role", "tier", "quotas", "id", "is_active"])
def test_the_rest_of_a_profile_is_read_only(world: World, anna: Any, field: str) -> None:
    answer = world.call("PUT", "/auth/profile", {field: "x"}, token=anna["access_token"])
    assert answer.codes == {(field, "unknown_field")}


def test_a_taken_name_is_not_given_twice(world: World, anna: Any) -> None:
    other = world.register(unique())
    body = {"username": anna["user"]["username"].upper()}
    answer = world.call("PUT", "/auth/profile", body, token=other["access_token"])
    assert (answer.status, answer.code) == (409, "username_refused")
    recased = other["user"]["username"].upper()
    answer = world.call("PUT", "/auth/profile", {"username": recased}, token=other["access_token"])
    assert answer.json["username"] == recased


def test_a_default_layout_must_be_ones_own(world: World, anna: Any) -> None:
    body = {"default_layout_id": str(uuid4())}
    answer = world.call("PUT", "/auth/profile", body, token=anna["access_token"])
    assert answer.codes == {("default_layout_id", "not_found")}


def test_everybody_sees_their_own_activity_page_by_page(world: World, anna: Any) -> None:
    for number in range(5):
        body = {"preferences": {"timezone": f"Etc/GMT+{number}"}}
        world.call("PUT", "/auth/profile", body, token=anna["access_token"])
    stranger = world.register(unique())
    own = world.call("GET", "/auth/audit", token=anna["access_token"]).json
    assert [item["tag"] for item in own["items"]][-1] == "account:user:registered"
    assert len(own["items"]) == 6
    foreign = world.call("GET", "/auth/audit", token=stranger["access_token"]).json["items"]
    assert not {item["id"] for item in own["items"]} & {item["id"] for item in foreign}


def test_a_kernel_gets_few_rights_renews_itself_and_dies_with_its_session(
    world: World, anna: Any
) -> None:
    body = {"kernel_id": "kernel-1"}
    first = world.call("POST", "/auth/kernel-token", body, token=anna["access_token"]).json
    assert set(first["scopes"]) == scopes.KERNEL
    assert first["expires_in"] == 600
    kernel = first["token"]
    assert world.is_signed_in(kernel)
    assert world.call("GET", "/workflows", bearer=kernel, host_user=None).status == 200
    for method, path, sent in (
        ("GET", "/auth/sessions", None),
        ("GET", "/auth/audit", None),
        ("POST", "/auth/logout", {}),
        ("PUT", "/auth/profile", {}),
        ("POST", "/auth/change-password", {"current_password": PASSWORD, "new_password": NEW}),
        ("DELETE", f"/auth/sessions/{uuid4()}", None),
    ):
        answer = world.call(method, path, sent, token=kernel)
        assert answer.status == 403, path
        assert answer.code in ("interactive_required", "insufficient_scope")
    for _ in range(3):
        world.clock.move(599)
        renewed = world.call("POST", "/auth/kernel-token", {}, token=kernel)
        assert renewed.status == 200
        kernel = renewed.json["token"]
    tags = [event["tag"] for event in world.events(anna["user"])]
    assert tags.count("account:kernel_token:issued") == 1
    access = world.refresh(anna["refresh_token"]).json["access_token"]
    assert world.call("POST", "/auth/logout", {}, token=access).status == 204
    assert not world.is_signed_in(kernel)
    assert world.call("POST", "/auth/kernel-token", {}, token=kernel).status == 401


def test_an_expired_kernel_token_does_not_renew_itself(world: World, anna: Any) -> None:
    answer = world.call("POST", "/auth/kernel-token", {}, token=anna["access_token"])
    world.clock.move(601)
    assert world.call("POST", "/auth/kernel-token", {}, token=answer.json["token"]).status == 401


def test_a_kernel_does_not_keep_its_session_alive(
    make: Callable[..., World], settings: Settings
) -> None:
    settings.sessions.kernel_token_lifetime = 4 * 86400
    world = make()
    anna = world.register(unique())
    kernel = world.call("POST", "/auth/kernel-token", {}, token=anna["access_token"]).json["token"]
    world.clock.move(3.9 * 86400)
    renewed = world.call("POST", "/auth/kernel-token", {}, token=kernel)
    assert renewed.status == 200
    world.clock.move(3.9 * 86400)
    assert world.call("POST", "/auth/kernel-token", {}, token=renewed.json["token"]).status == 401
