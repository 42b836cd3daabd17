"""Opaque tokens that name their tenant and user, so that the tenant's context can be set before they are looked up.

A forged tenant only leads to a context in which there is no such row.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass
from uuid import UUID

_SECRET = 32  # bytes
_WHOLE = 16 + 16 + _SECRET
_LENGTH = 86  # characters: base64url of that, without padding


@dataclass(frozen=True, slots=True)
class OwnedToken:
    """A token taken apart. ``text`` is the secret; ``hash`` is what is stored."""

    text: str
    tenant_id: UUID
    user_id: UUID

    @property
    def hash(self) -> bytes:
        """SHA-256 of the whole token: 256 random bits need no slow hash."""
        return hashlib.sha256(self.text.encode("ascii")).digest()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(user_id={self.user_id})"


def new_owned_token(prefix: str, tenant_id: UUID, user_id: UUID) -> OwnedToken:
    """A fresh token with 256 random bits; the prefix says what it is for."""
    raw = tenant_id.bytes + user_id.bytes + secrets.token_bytes(_SECRET)
    text = prefix + base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return OwnedToken(text, tenant_id, user_id)


def parse_owned_token(prefix: str, text: str) -> OwnedToken | None:
    """The token, or None when it has not the form of one; there is one spelling only."""
    if len(text) != len(prefix) + _LENGTH or not text.startswith(prefix):
        return None
    encoded = text[len(prefix) :]
    try:
        raw = base64.b64decode(encoded.encode("ascii") + b"==", b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != _WHOLE or base64.urlsafe_b64encode(raw).decode().rstrip("=") != encoded:
        return None
    return OwnedToken(text, UUID(bytes=raw[:16]), UUID(bytes=raw[16:32]))
