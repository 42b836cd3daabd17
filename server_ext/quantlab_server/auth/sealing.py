"""Secrets at rest: sealed under a key of the keyring, and bound to the row that they belong to."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from quantlab_server.auth.keys import Keyring, KeyringError
from quantlab_server.auth.live_keys import LiveKeyring

_NONCE = 12  # bytes


class Unsealable(Exception):
    """What was sealed cannot be opened: another row's, changed, or its key has left the keyring."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret as it is stored: nonce and AES-256-GCM ciphertext, and the id of the key."""

    kid: str
    data: bytes


class Sealer:
    """Seals with the active key and opens with whichever was active then."""

    def __init__(self, keyring: Keyring | LiveKeyring, purpose: str) -> None:
        self._keyring = keyring
        self._purpose = f"seal:{purpose}"

    @property
    def kid(self) -> str:
        """The key that seals now."""
        return self._keyring.active.kid

    def seal(self, secret: bytes, tenant_id: UUID, user_id: UUID, record_id: UUID) -> Sealed:
        """A secret of one row; nobody can pass it off as another's."""
        nonce = secrets.token_bytes(_NONCE)
        # Once: a running process takes up changed keys at any moment.
        kid = self.kid
        bound = _bound(tenant_id, user_id, record_id, kid)
        cipher = AESGCM(self._keyring.derive(self._purpose, kid))
        return Sealed(kid, nonce + cipher.encrypt(nonce, secret, bound))

    def open(self, sealed: Sealed, tenant_id: UUID, user_id: UUID, record_id: UUID) -> bytes:
        """The secret.

        Raises:
            Unsealable: it is not what ``seal`` made for this row, or the key is gone.
        """
        bound = _bound(tenant_id, user_id, record_id, sealed.kid)
        try:
            cipher = AESGCM(self._keyring.derive(self._purpose, sealed.kid))
            return cipher.decrypt(sealed.data[:_NONCE], sealed.data[_NONCE:], bound)
        except (InvalidTag, ValueError, KeyringError) as error:
            raise Unsealable(type(error).__name__) from None


def _bound(tenant_id: UUID, user_id: UUID, record_id: UUID, kid: str) -> bytes:
    return f"{tenant_id}|{user_id}|{record_id}|{kid}".encode()
