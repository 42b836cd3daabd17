"""The keyring: where it comes from, which keys are refused, and that errors never tell a key."""

from __future__ import annotations

import base64
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from quantlab_server.auth.keys import (
    KEYS,
    KEYS_FILE,
    Keyring,
    KeyringError,
    KeyState,
    generate_keyring,
    load_keyring,
    parse_keyring,
)


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def ring(*changes: dict[str, Any]) -> str:
    keys = []
    for change in changes:
        (key,) = generate_keyring()["keys"]
        keys.append({**key, **change})
    return json.dumps({"keys": keys})


@pytest.mark.parametrize("alg", ["HS256", "EdDSA", "RS256"])
def test_a_generated_keyring_can_be_used(alg: str) -> None:
    keyring = parse_keyring(json.dumps(generate_keyring(alg)), KEYS)
    assert keyring.active.alg == alg
    assert keyring.find(keyring.active.kid) is keyring.active


def test_no_two_keyrings_are_the_same() -> None:
    assert generate_keyring() != generate_keyring()


def test_central_names_both_settings_when_there_are_no_keys(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match=r"QUANTLAB_KEYS\b.*QUANTLAB_KEYS_FILE"):
        load_keyring(tmp_path, embedded=False, environ={})
    assert list(tmp_path.iterdir()) == []


def test_both_settings_at_once_are_refused(tmp_path: Path) -> None:
    environ = {KEYS: ring({}), KEYS_FILE: str(tmp_path / "keys")}
    with pytest.raises(KeyringError, match="not both"):
        load_keyring(tmp_path, embedded=False, environ=environ)


def test_keys_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(ring({"kid": "from-a-file"}))
    environ = {KEYS_FILE: str(tmp_path / "keys")}
    assert load_keyring(tmp_path, embedded=False, environ=environ).active.kid == "from-a-file"


def test_a_missing_file_is_named_by_its_setting(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match=KEYS_FILE) as error:
        load_keyring(tmp_path, embedded=True, environ={KEYS_FILE: str(tmp_path / "absent")})
    assert str(tmp_path) not in str(error.value)


WEAK = {
    "short": encode(b"0123456789abcdefghijklmnopqrstu"),
    "zeros": encode(bytes(32)),
    "repeated": encode(b"abcdefgh" * 5),
    "default": "changeme-changeme-changeme-changeme-changeme",
    "example of a well-known site": encode(b"your-256-bit-secret-your-256-bit-secret"),
    "example": encode(b"this is only an EXAMPLE key, do not use it"),
    "not base64url": "ß" * 60,
    "spaces": "two words " * 8,
}


@pytest.mark.parametrize("value", WEAK.values(), ids=WEAK.keys())
@pytest.mark.parametrize("alg", ["HS256", "EdDSA"])
def test_weak_keys_are_refused_and_not_repeated(alg: str, value: str) -> None:
    with pytest.raises(KeyringError) as error:
        parse_keyring(ring({"kid": "the-kid", "alg": alg, "key": value}), KEYS)
    text = str(error.value)
    assert KEYS in text
    assert "the-kid" in text
    assert value not in text
    assert error.value.__cause__ is None


def test_a_short_rsa_key_is_refused() -> None:
    pem = generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with pytest.raises(KeyringError, match="3072"):
        parse_keyring(ring({"alg": "RS256", "key": pem.decode()}), KEYS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"keys": {}}',
        '{"keys": [1]}',
        '{"keys": []}',
        ring({"state": "next"}),
        ring({}, {}),
        ring({"state": "on"}),
        ring({"alg": "none"}),
        ring({"alg": "HS512"}),
        ring({"kid": ""}),
        ring({"kid": 7}),
        ring({"kid": "../../etc"}),
        ring({"kid": "a"}, {"kid": "a", "state": "next"}),
        ring({"key": None}),
        ring({"retired_at": "yesterday"}),
    ],
    # Not by their texts, in which ids of keys are drawn by lot.
    ids=count(),
)
def test_what_is_no_keyring_is_refused(text: str) -> None:
    with pytest.raises(KeyringError, match=KEYS):
        parse_keyring(text, KEYS)


def test_only_revoked_keys_verify_nothing() -> None:
    states = [{"kid": state.value, "state": state.value} for state in KeyState]
    keyring = parse_keyring(ring(*states), KEYS)
    assert keyring.active.kid == "active"
    found = {state.value for state in KeyState if keyring.find(state.value)}
    assert found == {"active", "next", "retired"}


def test_a_key_does_not_show_itself() -> None:
    keyring = parse_keyring(ring({"kid": "k1"}), KEYS)
    assert repr(keyring.active) == "Key(kid='k1', alg='HS256', state='active')"


@pytest.mark.parametrize("alg", ["HS256", "EdDSA", "RS256"])
def test_derived_keys_differ_by_purpose(alg: str) -> None:
    keyring = parse_keyring(json.dumps(generate_keyring(alg)), KEYS)
    assert keyring.derive("a") == keyring.derive("a")
    assert keyring.derive("a") != keyring.derive("b")
    assert len(keyring.derive("a")) == 32


def test_embedded_mode_makes_a_private_file_once(tmp_path: Path) -> None:
    folder = tmp_path / "quantlab"
    first = load_keyring(folder, embedded=True, environ={})
    file = folder / "keys.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert load_keyring(folder, embedded=True, environ={}).active.kid == first.active.kid
    assert [path.name for path in folder.iterdir()] == ["keys.json"]


def test_servers_that_start_at_once_agree_on_one_keyring(tmp_path: Path) -> None:
    starters = 8
    barrier = Barrier(starters)

    def start() -> Keyring:
        barrier.wait()
        return load_keyring(tmp_path / "new", embedded=True, environ={})

    with ThreadPoolExecutor(starters) as pool:
        rings = [future.result() for future in [pool.submit(start) for _ in range(starters)]]
    assert len({(ring.active.kid, ring.active.signing) for ring in rings}) == 1
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["keys.json"]


def test_a_damaged_key_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("{")
    with pytest.raises(KeyringError, match=r"keys\.json"):
        load_keyring(tmp_path, embedded=True, environ={})
    assert (tmp_path / "keys.json").read_text() == "{"


def test_the_command_prints_a_keyring(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from quantlab_server.cli import main

    for alg in ("HS256", "EdDSA", "RS256"):
        assert main(["keys", "init", "--alg", alg]) == 0
        printed = capsys.readouterr().out
        assert load_keyring(tmp_path, embedded=False, environ={KEYS: printed}).active.alg == alg
    assert main(["keys", "init", "--alg", "none"]) == 2
