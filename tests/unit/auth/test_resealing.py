"""Keys leave the keyring only when nothing is sealed under them any more: rotating, revoking, sealing anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyotp
import pytest

from quantlab_server.auth.key_changes import rotate, with_next
from quantlab_server.auth.keys import KEYS_FILE, generate_keyring
from quantlab_server.cli import main
from quantlab_server.config import Settings
from quantlab_server.factors.resealing import count_sealed
from tests.unit.auth.world import PASSWORD, World, unique


@pytest.fixture
def file(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The keyring file of a process and of the commands, which use the same database."""
    path = settings.data_dir / "ring.json"
    assert main(["keys", "init", "--file", str(path)]) == 0
    monkeypatch.setenv(KEYS_FILE, str(path))
    monkeypatch.setenv("QUANTLAB_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("QUANTLAB_DATABASE_URL", settings.database_url)
    return path


@pytest.fixture
def process(file: Path, make: Callable[..., World]) -> Callable[[], World]:
    """Starts a process that has read the keyring as it is now."""
    return lambda: make()


def entries(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(file.read_text())["keys"]
    return found


def kid_of(file: Path, state: str) -> str:
    return next(str(entry["kid"]) for entry in entries(file) if entry["state"] == state)


def with_app(world: World) -> tuple[str, str]:
    """Somebody with an app for codes: username and secret."""
    name = unique()
    token = world.register(name)["access_token"]
    secret = world.call("POST", "/auth/mfa/totp", token=token).json["secret"]
    code = {"code": pyotp.TOTP(secret).at(int(world.clock()))}
    assert world.call("POST", "/auth/mfa/totp/confirm", code, token=token).status == 200
    return name, secret


def signs_in(world: World, name: str, secret: str) -> bool:
    world.clock.move(60)
    body = {
        "login": name,
        "password": PASSWORD,
        "otp": pyotp.TOTP(secret).at(int(world.clock())),
        "transport": "body",
    }
    return world.call("POST", "/auth/login", body).status == 200


def age(file: Path) -> None:
    """Let every retired key be long over."""
    keys = [{**e, "retired_at": 1} if e["state"] == "retired" else e for e in entries(file)]
    file.write_text(json.dumps({"keys": keys}))


def test_rotating_again_and_again_strands_no_app(file: Path, process: Callable[[], World]) -> None:
    name, secret = with_app(process())
    first = kid_of(file, "active")
    for _ in range(3):
        assert main(["keys", "rotate"]) == 0
        age(file)
    assert first not in {entry["kid"] for entry in entries(file) if "key" in entry}
    assert signs_in(process(), name, secret)


def test_a_key_that_signs_is_revoked_and_its_secrets_move(
    file: Path, process: Callable[[], World], capsys: pytest.CaptureFixture[str]
) -> None:
    world = process()
    name, secret = with_app(world)
    first = kid_of(file, "active")
    assert count_sealed(world.services.database)[first] >= 1
    assert main(["keys", "revoke", first]) == 0
    assert "Sealed anew" in capsys.readouterr().out
    (gone,) = (entry for entry in entries(file) if entry["kid"] == first)
    assert "key" not in gone
    after = process()
    assert count_sealed(after.services.database)[first] == 0
    assert signs_in(after, name, secret)


def test_a_key_that_is_needed_stays_when_the_database_cannot_be_asked(
    file: Path,
    process: Callable[[], World],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name, secret = with_app(process())
    first = kid_of(file, "active")
    with monkeypatch.context() as elsewhere:
        nowhere = "postgresql+psycopg://nobody@127.0.0.1:9/nothing"
        elsewhere.setenv("QUANTLAB_DATABASE_URL", nowhere)
        assert main(["keys", "revoke", first]) == 1
        assert "sealed under it" in capsys.readouterr().err
        assert main(["keys", "reseal"]) == 1
        for _ in range(2):
            assert main(["keys", "rotate"]) == 0
            age(file)
    (kept,) = (entry for entry in entries(file) if entry["kid"] == first)
    # It verifies nothing, and what is sealed under it can still be opened.
    assert (kept["state"], "key" in kept) == ("revoked", True)
    capsys.readouterr()
    # Other tests leave people in a shared database whose keys this keyring never had.
    main(["keys", "reseal"])
    assert "Sealed anew: 1" in capsys.readouterr().out
    assert main(["keys", "revoke", first]) == 0
    assert signs_in(process(), name, secret)


def test_secrets_whose_key_is_gone_are_told(
    file: Path, process: Callable[[], World], capsys: pytest.CaptureFixture[str]
) -> None:
    world = process()
    with_app(world)
    first = kid_of(file, "active")
    assert main(["keys", "revoke", first, "--forget"]) == 0
    capsys.readouterr()
    assert main(["keys", "reseal"]) == 1
    assert "cannot be opened" in capsys.readouterr().err


def test_keys_are_dropped_unless_they_are_needed() -> None:
    first = with_next(generate_keyring())
    kid = first["keys"][0]["kid"]
    second = rotate(first, 1_000, 10)
    for needed, stays in ((frozenset(), False), (frozenset({kid}), True), (None, True)):
        after = rotate(second, 2_000, 10, needed)["keys"]
        kids = {entry["kid"] for entry in after if "key" in entry}
        assert (kid in kids) is stays
