"""One-time codes of an app (TOTP, RFC 6238) and recovery codes: their forms, and what is compared."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import re
import secrets
from dataclasses import dataclass
from uuid import UUID

import pyotp

PERIOD = 30  # seconds that a code lasts
SKEW = 1  # time steps that the clock of a phone may be off, either way
RECOVERY_CODES = 10

_SECRET = 20  # bytes, as RFC 4226 recommends
# Without what is mistaken for something else: 0 and o, 1 and i and l.
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_GROUPS, _GROUP = 4, 4  # sixteen characters: 79 bits, so that the hash need not be a slow one
_CODE = re.compile(r"^\d{6}$")


@dataclass(frozen=True, slots=True)
class Setup:
    """What an app is set up with: the secret in base32, as an address, and that as a picture (SVG)."""

    secret: str
    uri: str
    picture: str


def new_secret() -> bytes:
    """A fresh secret."""
    return secrets.token_bytes(_SECRET)


def setup(secret: bytes, login: str, issuer: str) -> Setup:
    """How a secret gets into an app."""
    import segno  # takes a tenth of a second, and most processes never need it

    app = _app(secret)
    uri = app.provisioning_uri(name=login, issuer_name=issuer)
    out = io.BytesIO()
    # Black on white whatever the theme: cameras do not read the inverse.
    segno.make(uri, micro=False).save(
        out, kind="svg", scale=4, dark="#000", light="#fff", xmldecl=False, svgns=True
    )
    return Setup(app.secret, uri, out.getvalue().decode())


def plain(text: str) -> str:
    """A code as it was meant: people type spaces and hyphens, and capitals."""
    return re.sub(r"[\s-]+", "", text).lower()


def is_app_code(code: str) -> bool:
    """Whether a plain code has the form of an app's; the others may be recovery codes."""
    return _CODE.match(code) is not None and code.isascii()


def matching_step(secret: bytes, code: str, now: float) -> int | None:
    """The time step that a code belongs to, the newest within the skew; None for a wrong code.

    Every step is compared, so that the time taken says nothing.
    """
    app, current = _app(secret), int(now // PERIOD)
    found: int | None = None
    for step in range(current - SKEW, current + SKEW + 1):
        if hmac.compare_digest(app.generate_otp(step), code):
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Fresh recovery codes, as they are shown."""
    return [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
        for _ in range(RECOVERY_CODES)
    ]


def recovery_hash(user_id: UUID, code: str) -> bytes:
    """What is stored of a recovery code."""
    return hashlib.sha256(user_id.bytes + plain(code).encode("utf-8", "surrogatepass")).digest()


def _app(secret: bytes) -> pyotp.TOTP:
    return pyotp.TOTP(base64.b32encode(secret).decode())
