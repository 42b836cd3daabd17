"""Rotating and revoking keys: the commands, what running processes make of it, and the public key set."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import pytest

from quantlab_server.accounts.service import AccountService
from quantlab_server.auth import scopes
from quantlab_server.auth.key_changes import revoke, rotate, with_next
from quantlab_server.auth.keys import (
    KEYS_FILE,
    KeyringError,
    KeyringPlace,
    generate_key,
    generate_keyring,
    parse_keyring,
)
from quantlab_server.auth.keys import KeyState as State
from quantlab_server.auth.live_keys import LiveKeyring
from quantlab_server.auth.private_files import replace_file
from quantlab_server.cli import main
from tests.support.waiting import wait_until
from tests.unit.auth.forging import BOTH, SUBJECT, refused, service
from tests.unit.auth.world import MovingClock, World

GRACE = 900
NOW = 1_800_000_000


def states(document: dict[str, Any]) -> list[str]:
    return [entry["state"] for entry in document["keys"]]


@pytest.fixture(autouse=True)
def no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands find a data folder where nothing was saved."""
    monkeypatch.setenv("QUANTLAB_DATA_DIR", str(tmp_path / "nothing"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "keys.json"
    assert main(["keys", "init", "--file", str(path)]) == 0
    return path


def document(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text())
    return read


def test_rotating_moves_every_key_one_state_on() -> None:
    first = with_next(generate_keyring())
    assert states(first) == ["active", "next"]
    second = rotate(first, NOW, GRACE)
    assert states(second) == ["retired", "active", "next"]
    assert second["keys"][0]["retired_at"] == NOW
    assert second["keys"][1]["kid"] == first["keys"][1]["kid"]
    soon = rotate(second, NOW + GRACE, GRACE)
    assert states(soon) == ["retired", "retired", "active", "next"]
    later = rotate(soon, NOW + 2 * GRACE + 1, GRACE)
    assert states(later) == ["revoked", "revoked", "retired", "active", "next"]
    for made in (first, second, soon, later):
        parse_keyring(json.dumps(made), "x")


def test_another_algorithm_comes_by_rotation() -> None:
    changed = with_next(with_next(generate_keyring()), "EdDSA")
    assert [entry["alg"] for entry in changed["keys"]] == ["HS256", "EdDSA"]
    assert [entry["alg"] for entry in rotate(changed, NOW, GRACE)["keys"]][1:] == ["EdDSA", "EdDSA"]


def test_a_revoked_key_leaves_its_name_and_what_sealed_the_audit_log() -> None:
    first = with_next(generate_keyring())
    kid = first["keys"][0]["kid"]
    after = revoke(first, kid)
    assert states(after) == ["revoked", "active", "next"]
    assert set(after["keys"][0]) == {"kid", "alg", "state", "audit"}
    assert after["keys"][0]["audit"] != first["keys"][0]["key"]
    keyring = parse_keyring(json.dumps(after), "x")
    assert keyring.find(kid) is None
    assert keyring.derive("audit", kid) == parse_keyring(json.dumps(first), "x").derive("audit")
    with pytest.raises(KeyringError, match="no longer in the keyring"):
        keyring.derive("seal:totp", kid)
    assert revoke(after, kid) == after
    with pytest.raises(KeyringError, match="no key other"):
        revoke(after, "other")
    twice = {"keys": [*after["keys"], {**generate_key("HS256", State.RETIRED), "kid": kid}]}
    with pytest.raises(KeyringError, match="same kid"):
        parse_keyring(json.dumps(twice), "x")


def test_the_commands_change_a_private_file(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = document(file)
    monkeypatch.setenv(KEYS_FILE, str(file))
    assert main(["keys", "rotate"]) == 0
    assert states(document(file)) == ["retired", "active", "next"]
    active = document(file)["keys"][1]
    assert main(["keys", "revoke", active["kid"]]) == 0
    assert states(document(file)) == ["retired", "revoked", "active", "next"]
    assert main(["keys", "list"]) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    shown = capsys.readouterr()
    for entry in [*before["keys"], *document(file)["keys"]]:
        assert entry.get("key", "no key") not in shown.out + shown.err


def test_a_keyring_is_not_made_over_another(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = file.read_text()
    assert main(["keys", "init", "--file", str(file)]) == 1
    assert file.read_text() == before
    assert "rotate" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["{", '{"keys": []}', None])
@pytest.mark.parametrize("command", [["rotate"], ["revoke", "x"], ["list"]])
def test_what_is_no_keyring_is_left_alone(
    tmp_path: Path, content: str | None, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "keys.json"
    if content is not None:
        path.write_text(content)
    assert main(["keys", *command, "--file", str(path)]) == 1
    assert "keyring" in capsys.readouterr().err
    assert (path.read_text() if path.exists() else None) == content


def test_the_owner_of_the_file_stays_its_owner(file: Path) -> None:
    if os.getuid() != 0:
        # Only an administrator can give a file away: for everybody else it stays their own anyway.
        replace_file(file, "{}")
        assert file.stat().st_uid == os.getuid()
        return
    os.chown(file, 4321, 4322)
    replace_file(file, "{}")
    assert (file.stat().st_uid, file.stat().st_gid) == (4321, 4322)


class Rig:
    """A process with the keys of a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ticks = MovingClock(0)
        self.clock = MovingClock(NOW)
        self.keys = LiveKeyring(KeyringPlace("x", path=path), monotonic=self.ticks)
        self.tokens = service(self.keys, self.clock)

    def write(self, made: dict[str, Any]) -> None:
        replace_file(self.path, json.dumps(made))
        self.ticks.move(1)

    def issue(self) -> str:
        return self.tokens.issue_access(SUBJECT, scopes.PERSON).token


@pytest.fixture
def rig(file: Path) -> Rig:
    return Rig(file)


def test_a_running_process_goes_by_the_new_keys(rig: Rig) -> None:
    old = rig.issue()
    generation = rig.tokens.generation
    rig.write(rotate(document(rig.path), NOW, GRACE))
    assert rig.tokens.generation != generation
    new = rig.issue()
    assert jwt.get_unverified_header(new)["kid"] != jwt.get_unverified_header(old)["kid"]
    rig.tokens.verify(old, BOTH)
    rig.tokens.verify(new, BOTH)
    rig.write(revoke(document(rig.path), jwt.get_unverified_header(new)["kid"]))
    assert refused(rig.tokens, new) == "key"
    rig.tokens.verify(old, BOTH)


def test_a_process_that_did_not_look_yet_knows_the_next_key(rig: Rig) -> None:
    other = Rig(rig.path)
    rig.write(rotate(document(rig.path), NOW, GRACE))
    # No time has passed there.
    other.tokens.verify(rig.issue(), BOTH)


def test_a_retired_key_is_over_when_what_it_signed_is(rig: Rig) -> None:
    """Whoever finds an old key could sign a token from before its end that lives for ever."""
    kept = service(parse_keyring(rig.path.read_text(), "x"), MovingClock(NOW))
    forged = jwt.encode(
        {**jwt.decode(rig.issue(), options={"verify_signature": False}), "exp": NOW + 10**8},
        parse_keyring(rig.path.read_text(), "x").active.signing,
        headers={**jwt.get_unverified_header(rig.issue())},
    )
    me = uuid4()
    device = kept.issue_device(me, 0).token
    rig.write(rotate(document(rig.path), NOW, GRACE))
    rig.clock.move(GRACE)
    rig.tokens.verify(forged, BOTH)
    rig.clock.move(1)
    assert refused(rig.tokens, forged) == "key"
    assert rig.tokens.read_device(device) == (me, 0)


@pytest.mark.parametrize("content", ["", "{", '{"keys": [{"kid": "a"}]}', None])
def test_a_broken_file_changes_nothing(
    rig: Rig, content: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    token, good = rig.issue(), rig.path.read_text()
    if content is None:
        rig.path.unlink()
    else:
        rig.path.write_text(content)
    rig.ticks.move(1)
    rig.tokens.verify(token, BOTH)
    assert "not taken" in caplog.text
    rig.write(revoke(json.loads(good), jwt.get_unverified_header(token)["kid"]))
    assert refused(rig.tokens, token) == "key"


def test_tokens_seen_before_are_verified_again(world: World) -> None:
    anna = world.register(f"a{os.urandom(6).hex()}")
    token = anna["access_token"]
    assert world.is_signed_in(token)
    path = world.services.settings.data_dir / "keys.json"
    made = revoke(with_next(document(path)), jwt.get_unverified_header(token)["kid"])
    replace_file(path, json.dumps(made))
    keys = world.services.identity.tokens
    before = keys.generation
    wait_until(lambda: keys.generation != before, what="the process has looked at its keys")
    assert not world.is_signed_in(token)
    # Nobody is signed out: the refresh token does not depend on the keys.
    assert world.is_signed_in(world.refresh(anna["refresh_token"]).json["access_token"])


def test_the_key_set_holds_public_keys_only() -> None:
    keys = [generate_key(alg, State.RETIRED) for alg in ("HS256", "EdDSA", "RS256")]
    keys[1]["state"], keys[2]["state"] = "active", "next"
    gone = generate_key("EdDSA", State.REVOKED)
    old = {**generate_key("EdDSA", State.RETIRED), "retired_at": NOW - GRACE - 1}
    ring = parse_keyring(json.dumps({"keys": [*keys, gone, old]}), "x")
    tokens = service(ring, MovingClock(NOW))
    published = tokens.public_keys()["keys"]
    assert [(key["kid"], key["alg"], key["use"]) for key in published] == [
        (key["kid"], key["alg"], "sig") for key in keys[1:]
    ]
    for key in published:
        assert set(key) <= {"kty", "crv", "x", "n", "e", "kid", "alg", "use"}
    # Whoever reads it can verify our tokens, and not more.
    token = tokens.issue_access(SUBJECT, scopes.PERSON).token
    public = jwt.PyJWKSet.from_dict({"keys": published})[ring.active.kid]
    claims = jwt.decode(
        token,
        public.key,
        algorithms=["EdDSA"],
        audience="quantlab-api",
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims["sub"] == str(SUBJECT.user_id)


def told_apart(document: dict[str, Any]) -> bytes:
    return parse_keyring(json.dumps(document), "x").login_secret


def test_logins_are_told_apart_by_the_same_over_rotations() -> None:
    first = with_next(generate_keyring())
    later = rotate(rotate(first, NOW, GRACE), NOW + 2 * GRACE, GRACE)
    assert told_apart(later) == told_apart(first)
    assert told_apart(generate_keyring()) != told_apart(first)
    gone = next(entry["kid"] for entry in later["keys"] if entry["state"] == "active")
    assert told_apart(revoke(later, gone)) == told_apart(first)


def test_a_keyring_of_an_older_release_keeps_what_it_told_logins_apart_by() -> None:
    older = {"keys": with_next(generate_keyring())["keys"]}
    later = rotate(older, NOW, GRACE)
    assert told_apart(later) == told_apart(older)
    # Whoever has that key must not be able to tell what was typed.
    retired = next(entry["kid"] for entry in later["keys"] if entry["state"] == "retired")
    assert told_apart(revoke(later, retired)) != told_apart(older)
    assert told_apart(revoke(older, older["keys"][0]["kid"])) != told_apart(older)


@pytest.mark.parametrize("logins", ["", "short", 7, "*" * 43])
def test_what_logins_are_told_apart_by_is_checked(logins: object) -> None:
    with pytest.raises(KeyringError, match="logins"):
        parse_keyring(json.dumps(generate_keyring() | {"logins": logins}), "x")


def test_failures_go_on_counting_when_the_key_changes(world: World, tmp_path: Path) -> None:
    """Rotating must not give whoever guesses ten more tries, in any process."""
    path = world.services.settings.data_dir / "keys.json"
    before = world.services.accounts.account_key("anna")
    assert main(["keys", "rotate", "--file", str(path)]) == 0
    assert LiveKeyring(KeyringPlace("x", path=path)).login_secret == told_apart(document(path))
    restarted = AccountService(
        world.services.settings,
        world.services.accounts.hasher,
        lambda: parse_keyring(path.read_text(), "x").login_secret,
    )
    assert restarted.account_key("anna") == before
