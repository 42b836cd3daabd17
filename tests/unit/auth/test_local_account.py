"""The local account: made once whoever starts first, signed in without a password, out when its person says so."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from quantlab_server.auth.authenticator import LiveSession
from quantlab_server.config import Settings
from tests.unit.auth.world import Answer, World


def local(world: World) -> Answer:
    return world.call("GET", "/auth/profile")


def test_it_is_made_on_first_use_and_stays_the_same(make: Callable[..., World]) -> None:
    first = local(make()).json
    assert first["user"]["is_local"] is True
    assert first["quotas"]["workflows"]["limit"] == 1_000_000
    again = local(make()).json
    # When a limit begins anew moves with the clock.
    assert again | {"rates": None} == first | {"rates": None}


def test_asking_for_the_configuration_makes_no_account(world: World, settings: Settings) -> None:
    config = world.call("GET", "/auth/config").json
    assert (config["local_account"], config["local_signed_out"]) == (True, False)
    if world.services.database.dialect == "sqlite":
        with closing(sqlite3.connect(settings.data_dir / "quantlab.sqlite3")) as connection:
            assert connection.execute("SELECT count(*) FROM users").fetchone() == (0,)


def test_servers_that_start_at_once_make_one(make: Callable[..., World]) -> None:
    worlds = [make() for _ in range(6)]
    barrier = Barrier(len(worlds))

    def start(world: World) -> LiveSession | None:
        barrier.wait()
        return world.services.sessions.local()

    with ThreadPoolExecutor(len(worlds)) as pool:
        found = list(pool.map(start, worlds))
    assert None not in found
    assert len({(live.tenant_id, live.user_id) for live in found if live}) == 1
    listed = worlds[0].call("GET", "/auth/sessions").json["items"]
    assert [item["kind"] for item in listed] == ["local"]


def test_requests_that_come_at_once_make_one(world: World) -> None:
    async def rush() -> list[Answer]:
        return await asyncio.gather(*(world.send("GET", "/auth/profile") for _ in range(12)))

    answers = world.run(rush())
    assert {answer.status for answer in answers} == {200}
    assert len({answer.json["user"]["id"] for answer in answers}) == 1


def test_signed_out_it_stays_out_until_its_person_continues(make: Callable[..., World]) -> None:
    world = make()
    user = local(world).json["user"]
    kernel = world.call("POST", "/auth/kernel-token", {}).json["token"]
    assert world.is_signed_in(kernel)
    assert world.call("POST", "/auth/logout", {}).status == 204
    assert (local(world).status, local(world).code) == (401, "local_signed_out")
    assert not world.is_signed_in(kernel)
    assert world.call("GET", "/auth/config").json["local_signed_out"] is True
    again = make()
    assert local(again).code == "local_signed_out"
    continued = again.call("POST", "/auth/local", {})
    assert continued.status == 200
    assert continued.json == user
    assert local(again).json["user"] == user
    assert not world.is_signed_in(kernel)
    tags = [event["tag"] for event in world.events(user)]
    assert tags[:2] == ["account:session:local_continued", "account:session:ended"]


def test_a_running_server_notices_that_it_is_in_again(make: Callable[..., World]) -> None:
    world = make()
    local(world)
    world.call("POST", "/auth/logout", {})
    assert local(world).status == 401
    world.call("POST", "/auth/local", {})
    assert local(world).status == 200


def test_continuing_twice_makes_one_session(world: World) -> None:
    local(world)
    world.call("POST", "/auth/logout", {})
    for _ in range(2):
        assert world.call("POST", "/auth/local", {}).status == 200
    listed = world.call("GET", "/auth/sessions").json["items"]
    assert [item["kind"] for item in listed] == ["local"]


def test_only_who_passed_jupyters_door_continues(world: World) -> None:
    assert world.call("POST", "/auth/local", {}, host_user=None).status == 403


def test_ending_its_session_from_the_list_is_signing_out(world: World) -> None:
    (session,) = world.call("GET", "/auth/sessions").json["items"]
    assert session["current"] is True
    assert world.call("DELETE", f"/auth/sessions/{session['id']}").status == 204
    assert local(world).code == "local_signed_out"


def test_it_does_not_end_with_time_and_its_last_use_is_kept(world: World) -> None:
    before = world.call("GET", "/auth/sessions").json["items"][0]["last_used_at"]
    world.services.authenticator.forget_all()
    world.clock.move(400 * 86400)
    assert local(world).status == 200
    after = world.call("GET", "/auth/sessions").json["items"][0]["last_used_at"]
    assert after > before


def test_nobody_signs_in_to_it_with_a_password(world: World) -> None:
    user = local(world).json["user"]
    for password in ("", "x", "None", user["username"]):
        answer = world.log_in(user["username"], password or " ")
        assert answer.status == 401
    body = {"current_password": "x", "new_password": "some new words 55"}
    answer = world.call("POST", "/auth/change-password", body)
    assert (answer.status, answer.code) == (403, "no_password")


def test_its_name_takes_none_from_others(world: World) -> None:
    name = local(world).json["username"]
    world.register(name if name != "root" else f"root{id(world)}")
    answer = world.call("PUT", "/auth/profile", {"username": "my-laptop"})
    assert answer.json["username"] == "my-laptop"


def test_a_system_user_without_a_usable_name_is_called_local(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Any:
        raise KeyError("uid 12345")

    monkeypatch.setattr("getpass.getuser", broken)
    if world.services.database.dialect == "sqlite":
        assert local(world).json["username"] == "local"


def test_a_sqlite_file_has_one_and_a_shared_database_one_per_folder(
    make: Callable[..., World], tmp_path: Path, settings: Settings
) -> None:
    folders = (tmp_path, tmp_path / "other")
    users = {local(make(data_dir=folder)).json["user"]["id"] for folder in folders}
    assert len(users) == (1 if settings.database_url.startswith("sqlite") else 2)
