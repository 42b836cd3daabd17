"""The refresh token itself: its form, its hash, and its successor in an envelope that only it can open.

A token names its tenant and user, so that the tenant's context can be set before it is looked up; a forged tenant
only leads to a context in which there is no such row.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PREFIX = "qlr_"
_SECRET = 32  # bytes
_LENGTH = len(PREFIX) + 86  # base64url of 16 + 16 + 32 bytes without padding
_NONCE = 12  # bytes


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A token taken apart. ``text`` is the secret; ``hash`` is what is stored."""

    text: str
    tenant_id: UUID
    user_id: UUID

    @property
    def hash(self) -> bytes:
        """SHA-256 of the whole token: 256 random bits need no slow hash."""
        return hashlib.sha256(self.text.encode("ascii")).digest()

    def __repr__(self) -> str:
        return f"RefreshToken(user_id={self.user_id})"


def new_refresh_token(tenant_id: UUID, user_id: UUID) -> RefreshToken:
    """A fresh token with 256 random bits."""
    raw = tenant_id.bytes + user_id.bytes + secrets.token_bytes(_SECRET)
    text = PREFIX + base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return RefreshToken(text, tenant_id, user_id)


def parse_refresh_token(text: str) -> RefreshToken | None:
    """The token, or None when it has not the form of one."""
    if len(text) != _LENGTH or not text.startswith(PREFIX):
        return None
    try:
        raw = base64.b64decode(text[len(PREFIX) :].encode("ascii") + b"==", b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != 64 or base64.urlsafe_b64encode(raw).decode().rstrip("=") != text[len(PREFIX) :]:
        return None
    return RefreshToken(text, UUID(bytes=raw[:16]), UUID(bytes=raw[16:32]))


def seal_successor(parent: RefreshToken, successor: RefreshToken) -> bytes:
    """The successor, encrypted so that only whoever holds the parent can read it."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(_key(parent)).encrypt(nonce, successor.text.encode(), parent.hash)


def open_successor(parent: RefreshToken, sealed: bytes) -> RefreshToken | None:
    """The successor that ``seal_successor`` put away, or None when it does not fit this parent."""
    try:
        text = AESGCM(_key(parent)).decrypt(sealed[:_NONCE], sealed[_NONCE:], parent.hash)
    except (InvalidTag, ValueError):
        return None
    return parse_refresh_token(text.decode("ascii"))


def _key(parent: RefreshToken) -> bytes:
    kdf = HKDF(hashes.SHA256(), 32, salt=None, info=b"quantlab:refresh-successor")
    return kdf.derive(parent.text.encode("ascii"))
