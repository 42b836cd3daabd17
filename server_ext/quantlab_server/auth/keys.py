"""The signing keys: a keyring of key id -> (algorithm, key, state).

The keyring is JSON, ``{"keys": [{"kid", "alg", "key", "state", "retired_at"?}], "logins"?}``, from ``QUANTLAB_KEYS``
(the JSON itself) or ``QUANTLAB_KEYS_FILE``. Embedded mode makes its own file when neither is set. A key is base64url
bytes for HS256 (at least 32) and EdDSA (the 32 bytes of the private key), PEM for RS256 (at least 3072 bits).
``logins`` are 32 base64url bytes by which logins are told apart in limits and the audit log; they stay over rotations.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from quantlab_server.auth.private_files import create_file

KEYS = "QUANTLAB_KEYS"
KEYS_FILE = "QUANTLAB_KEYS_FILE"
FILE_NAME = "keys.json"
# The purpose that seals the audit log. What it derives outlives its key, or old rows could be checked no more.
AUDIT = "audit"
LOGINS = "account-key"
ALGORITHMS = ("HS256", "EdDSA", "RS256")

_MIN_SECRET = 32  # bytes
_MIN_RSA = 3072  # bits
_KID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
# What people leave in place of a key. Looked for in the text as given and in what it decodes to.
_EXAMPLES = (
    "changeme",
    "change-me",
    "change_me",
    "example",
    "default",
    "password",
    "insecure",
    "replace",
    "your-256-bit",
    "your-secret",
    "secret-key",
    "supersecret",
)
_MIN_DISTINCT = 16  # different byte values; 32 random bytes have fewer with a chance below 1e-12


class KeyState(StrEnum):
    """``next`` verifies already, ``active`` signs, ``retired`` still verifies, ``revoked`` does neither."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRED = "retired"
    REVOKED = "revoked"


class KeyringError(ValueError):
    """The keys cannot be used. The message names the setting and the key id, never a key."""


PrivateKey = bytes | Ed25519PrivateKey | RSAPrivateKey
PublicKey = bytes | Ed25519PublicKey | RSAPublicKey


@dataclass(frozen=True, slots=True)
class Key:
    """One key. ``verifying`` is the public half, or the secret itself for HS256."""

    kid: str
    alg: str
    state: KeyState
    signing: PrivateKey
    verifying: PublicKey
    retired_at: int | None = None

    def is_over(self, now: float, grace: float) -> bool:
        """Whether the key retired more than ``grace`` seconds ago: whoever finds it can sign nothing with it."""
        return self.retired_at is not None and now > self.retired_at + grace

    def __repr__(self) -> str:
        return f"Key(kid={self.kid!r}, alg={self.alg!r}, state={self.state.value!r})"


class Keyring:
    """Keys by id; exactly one of them signs."""

    def __init__(
        self,
        keys: list[Key],
        seals: Mapping[str, bytes] | None = None,
        logins: bytes | None = None,
    ) -> None:
        """``seals``: of keys that are gone, what they sealed the audit log with. ``logins``: see ``login_secret``."""
        self._logins = logins
        self._keys = {key.kid: key for key in keys}
        self._seals = dict(seals or {})
        (self.active,) = (key for key in keys if key.state is KeyState.ACTIVE)

    def find(self, kid: str) -> Key | None:
        """The key to verify with, or None when it is unknown or revoked."""
        key = self._keys.get(kid)
        return None if key is None or key.state is KeyState.REVOKED else key

    @property
    def generation(self) -> int:
        """Moves when the keys have changed; these never do."""
        return 0

    @property
    def login_secret(self) -> bytes:
        """By which logins are told apart without naming them: the same over rotations.

        A keyring from before there was one has the active key's, until ``quantlab keys`` next writes the file.
        """
        return self._logins or self.derive(LOGINS)

    @property
    def usable(self) -> list[Key]:
        """Every key that is not revoked."""
        return [key for key in self._keys.values() if key.state is not KeyState.REVOKED]

    def derive(self, purpose: str, kid: str | None = None) -> bytes:
        """32 bytes for one purpose, from the active key or from the one named ``kid``, whatever its state.

        What is sealed with them is opened with the same key, also when that signs and verifies no more.

        Raises:
            KeyringError: the keyring has no such key.
        """
        named = self.active if kid is None else self._keys.get(kid)
        if named is None and kid is not None and purpose == AUDIT and kid in self._seals:
            return self._seals[kid]
        if named is None:
            raise KeyringError(f"The key {kid} is no longer in the keyring.")
        key = named.signing
        if isinstance(key, Ed25519PrivateKey):
            secret = key.private_bytes_raw()
        elif isinstance(key, RSAPrivateKey):
            secret = key.private_bytes(
                serialization.Encoding.DER,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        else:
            secret = key
        kdf = HKDF(hashes.SHA256(), 32, salt=None, info=f"quantlab:{purpose}".encode())
        return kdf.derive(secret)


@dataclass(frozen=True, slots=True)
class KeyringPlace:
    """Where the keyring is: in a setting itself, or in a file. ``setting`` is what errors name."""

    setting: str
    text: str = ""
    path: Path | None = None

    def read(self) -> Keyring:
        """The keyring as it is now.

        Raises:
            KeyringError: it cannot be read, or its keys must not be used.
        """
        text = self.text if self.path is None else read_file(self.path, self.setting)
        return parse_keyring(text, self.setting)


def find_keyring(
    data_dir: Path, *, embedded: bool, environ: Mapping[str, str] | None = None
) -> KeyringPlace:
    """Where this process has its keyring; embedded mode makes its key file when no setting names one.

    Raises:
        KeyringError: there is none, or more than one.
    """
    environ = os.environ if environ is None else environ
    inline, file = environ.get(KEYS, ""), environ.get(KEYS_FILE, "")
    if inline and file:
        raise KeyringError(f"Set {KEYS} or {KEYS_FILE}, not both.")
    if inline:
        return KeyringPlace(KEYS, text=inline)
    if file:
        return KeyringPlace(KEYS_FILE, path=Path(file))
    if not embedded:
        raise KeyringError(
            f"There are no signing keys. Put what `quantlab keys init` prints into {KEYS}, "
            f"or into a file that {KEYS_FILE} names."
        )
    path = data_dir / FILE_NAME
    if not path.exists():
        create_file(path, json.dumps(generate_keyring(), indent=2))
    return KeyringPlace(f"the key file {FILE_NAME}", path=path)


def load_keyring(
    data_dir: Path, *, embedded: bool, environ: Mapping[str, str] | None = None
) -> Keyring:
    """The keyring as it is now; embedded mode makes its key file when no setting names one.

    Raises:
        KeyringError: no keys, or keys that must not be used.
    """
    return find_keyring(data_dir, embedded=embedded, environ=environ).read()


def generate_keyring(alg: str = "HS256") -> dict[str, Any]:
    """A new keyring with one active key, as the JSON object that the settings take.

    Raises:
        KeyringError: there is no such algorithm.
    """
    return {"keys": [generate_key(alg, KeyState.ACTIVE)], "logins": new_login_secret()}


def new_login_secret() -> str:
    """32 random bytes as a keyring keeps them."""
    return _encode(secrets.token_bytes(_MIN_SECRET))


def generate_key(alg: str, state: KeyState) -> dict[str, Any]:
    """A new key as an entry of a keyring.

    Raises:
        KeyringError: there is no such algorithm.
    """
    if alg == "HS256":
        key = _encode(secrets.token_bytes(_MIN_SECRET))
    elif alg == "EdDSA":
        key = _encode(Ed25519PrivateKey.generate().private_bytes_raw())
    elif alg == "RS256":
        key = (
            generate_private_key(65537, 3072)
            .private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            .decode()
        )
    else:
        raise KeyringError(f"The algorithm must be one of {', '.join(ALGORITHMS)}.")
    return {"kid": f"k{secrets.token_hex(6)}", "alg": alg, "key": key, "state": state.value}


def parse_keyring(text: str, setting: str) -> Keyring:
    """Read a keyring; ``setting`` is what errors name.

    Raises:
        KeyringError: not a keyring, or a key in it must not be used.
    """
    try:
        document = json.loads(text)
        entries = document["keys"]
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise TypeError
    except (ValueError, KeyError, TypeError):
        raise KeyringError(
            f'{setting} is not a keyring: JSON of the form {{"keys": [...]}} is expected.'
        ) from None
    # What is left of a key that `quantlab keys revoke` took out; the rule below keeps its id from coming back.
    gone = [entry.get("kid") for entry in entries if is_tombstone(entry)]
    keys = [
        _parse_key(entry, setting, place)
        for place, entry in enumerate(entries, 1)
        if not is_tombstone(entry)
    ]
    if len({*gone, *(key.kid for key in keys)}) != len(entries):
        raise KeyringError(f"{setting}: two keys have the same kid.")
    if sum(key.state is KeyState.ACTIVE for key in keys) != 1:
        raise KeyringError(f"{setting}: exactly one key must have the state active.")
    seals = {
        entry["kid"]: _decode(entry["audit"], f"{setting}: audit of kid {entry['kid']}")
        for entry in entries
        if is_tombstone(entry) and isinstance(entry.get("audit"), str)
    }
    return Keyring(keys, seals, _parse_logins(document.get("logins"), setting))


def _parse_logins(value: object, setting: str) -> bytes | None:
    if value is None:
        return None
    raw = _decode(value, f"{setting}: logins") if isinstance(value, str) else b""
    if len(raw) < _MIN_SECRET:
        raise KeyringError(f"{setting}: logins must have at least {_MIN_SECRET} bytes.")
    return raw


def login_secret(entry: Mapping[str, Any]) -> str:
    """What logins were told apart by while an entry's key signed, in a keyring without ``logins``."""
    return _secret_of(entry, LOGINS)


def audit_secret(entry: Mapping[str, Any]) -> str:
    """What an entry of a keyring seals the audit log with: all that has to stay of it when its key goes."""
    return _secret_of(entry, AUDIT)


def _secret_of(entry: Mapping[str, Any], purpose: str) -> str:
    key = _parse_key(dict(entry), "the keyring", 1)
    return _encode(Keyring([replace(key, state=KeyState.ACTIVE)]).derive(purpose))


def is_tombstone(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is a revoked key without its material."""
    return entry.get("state") == KeyState.REVOKED.value and "key" not in entry


def _parse_key(entry: dict[str, Any], setting: str, place: int) -> Key:
    where = f"{setting}: key {place}"
    kid, alg, state, value = (entry.get(name) for name in ("kid", "alg", "state", "key"))
    if not isinstance(kid, str) or not _KID.match(kid):
        raise KeyringError(f"{where} has no usable kid.")
    where = f"{where} (kid {kid})"
    if alg not in ALGORITHMS:
        raise KeyringError(f"{where}: alg must be one of {', '.join(ALGORITHMS)}.")
    if state not in list(KeyState):
        raise KeyringError(f"{where}: state must be one of {', '.join(KeyState)}.")
    if not isinstance(value, str) or not value:
        raise KeyringError(f"{where} has no key.")
    retired_at = entry.get("retired_at")
    if retired_at is not None and type(retired_at) is not int:
        raise KeyringError(f"{where}: retired_at must be seconds since the epoch.")
    if any(word in value.lower() for word in _EXAMPLES):
        raise KeyringError(
            f"{where} is an example or default key. Make one with `quantlab keys init`."
        )
    signing, verifying = _material(alg, value, where)
    return Key(kid, alg, KeyState(state), signing, verifying, retired_at)


def _material(alg: str, value: str, where: str) -> tuple[PrivateKey, PublicKey]:
    if alg == "RS256":
        try:
            private = serialization.load_pem_private_key(value.encode(), password=None)
        except (ValueError, TypeError):
            raise KeyringError(f"{where} is not an unencrypted PEM private key.") from None
        if not isinstance(private, RSAPrivateKey):
            raise KeyringError(f"{where} is not an RSA key.")
        if private.key_size < _MIN_RSA:
            raise KeyringError(f"{where} is shorter than {_MIN_RSA} bits.")
        return private, private.public_key()
    raw = _decode(value, where)
    if len(raw) < _MIN_SECRET:
        raise KeyringError(f"{where} is shorter than {_MIN_SECRET} bytes.")
    text = raw.decode("latin-1").lower()
    if len(set(raw)) < _MIN_DISTINCT or any(word in text for word in _EXAMPLES):
        raise KeyringError(f"{where} is not random. Make one with `quantlab keys init`.")
    if alg == "HS256":
        return raw, raw
    if len(raw) != _MIN_SECRET:
        raise KeyringError(f"{where} must have exactly {_MIN_SECRET} bytes.")
    edwards = Ed25519PrivateKey.from_private_bytes(raw)
    return edwards, edwards.public_key()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(value: str, where: str) -> bytes:
    try:
        padded = value + "=" * (-len(value) % 4)
        return base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise KeyringError(f"{where} is not base64url.") from None


def read_file(path: Path, setting: str) -> str:
    """The text of a keyring file.

    Raises:
        KeyringError: it cannot be read; the message names the setting, not the place.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KeyringError(f"{setting} cannot be read: {type(error).__name__}.") from None
