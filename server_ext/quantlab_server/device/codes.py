"""The two codes of a log-in by device: a long one for the program, a short one for the person to type."""

from __future__ import annotations

import hashlib
import secrets

# No vowels, so that no words come out, and nothing that looks like something else.
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8


def new_device_code() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def new_user_code() -> str:
    """``BCDF-GHJK``: 34 bits, for ten minutes and five tries."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def clean_user_code(typed: str) -> str | None:
    """The code as it was made, however it was typed; None when it cannot be one."""
    letters = "".join(
        char for char in typed.upper() if char not in " -\u2010\u2011\u2012\u2013\u2014"
    )
    if len(letters) != LENGTH or any(char not in ALPHABET for char in letters):
        return None
    return f"{letters[:4]}-{letters[4:]}"


def hash_of(code: str) -> bytes:
    """What is stored."""
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).digest()
