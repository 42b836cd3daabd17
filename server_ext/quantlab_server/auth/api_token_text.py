"""The text of an API token: a prefix that scanners know, 256 random bits, and a checksum.

``qlp_`` + 43 characters of [0-9A-Za-z] + 6 of a CRC-32 over what is before them: a mistyped or truncated token is told
from a real one without a question to the database, and a double click selects it whole.
"""

from __future__ import annotations

import hashlib
import secrets
import zlib

PREFIX = "qlp_"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET = 43  # characters, of 5.95 bits each
_CHECK = 6  # characters: 62**6 > 2**32
LENGTH = len(PREFIX) + _SECRET + _CHECK
_HINT = 4  # characters of the secret that lists may show


def new_api_token() -> str:
    """A fresh token."""
    body = PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET))
    return body + _checksum(body)


def is_api_token(text: str) -> bool:
    """Whether this has the form of a token, checksum included. Proves nothing."""
    if len(text) != LENGTH or not text.startswith(PREFIX):
        return False
    body = text[:-_CHECK]
    return all(char in _ALPHABET for char in body[len(PREFIX) :]) and text == body + _checksum(body)


def hash_of(text: str) -> bytes:
    """What is stored: 256 random bits need no slow hash."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def hint_of(text: str) -> str:
    """The beginning of a token, by which its owner knows it again."""
    return text[: len(PREFIX) + _HINT]


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode("ascii")), ""
    for _ in range(_CHECK):
        number, rest = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[rest] + digits
    return digits
