"""The refresh token itself, and its successor in an envelope that only it can open."""

from __future__ import annotations

import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from quantlab_server.auth.owned_tokens import OwnedToken, new_owned_token, parse_owned_token

PREFIX = "qlr_"
_NONCE = 12  # bytes

RefreshToken = OwnedToken


def new_refresh_token(tenant_id: UUID, user_id: UUID) -> RefreshToken:
    """A fresh token with 256 random bits."""
    return new_owned_token(PREFIX, tenant_id, user_id)


def parse_refresh_token(text: str) -> RefreshToken | None:
    """The token, or None when it has not the form of one."""
    return parse_owned_token(PREFIX, text)


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
