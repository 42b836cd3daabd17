"""What one log-in has to remember while its person is at the provider: in the browser, encrypted, and not here.

The state cookie and the one-time code are AES-256-GCM under a key of the installation, so any process reads them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FLOW_SECONDS = 600
CODE_SECONDS = 120
TICKET_SECONDS = 300
_NONCE = 12  # bytes
_SEALED_MAX = 8 * 1024  # characters
_CODE_MAX = 2 * 1024  # characters of a provider's code

T = TypeVar("T", bound="Flow | OneTimeCode | Ticket")


@dataclass(frozen=True, slots=True)
class Flow:
    """A log-in that was begun. ``challenge`` is the page's that began it; ``user`` whose account is to be linked.

    ``since``: the person must have signed in at the provider after that moment; 0: whenever it did.
    """

    provider: str
    state: str
    nonce: str
    verifier: str
    challenge: str
    user: str
    since: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class OneTimeCode:
    """What the callback hands to the page: the provider's code and what its exchange needs."""

    provider: str
    code: str
    nonce: str
    verifier: str
    challenge: str
    user: str
    since: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class Ticket:
    """Stands for a log-in that a provider confirmed while its person is asked for the second factor."""

    provider: str
    issuer: str
    subject: str
    challenge: str
    expires_at: float


class Sealer:
    """Seals and opens them. ``derive`` gives 32 bytes of the installation's key of this moment."""

    def __init__(self, derive: Callable[[str], bytes]) -> None:
        self._derive = derive

    def seal(self, value: Flow | OneTimeCode | Ticket) -> str:
        """As text for a cookie or a page."""
        nonce = secrets.token_bytes(_NONCE)
        kind = type(value).__name__.encode()
        plain = json.dumps(asdict(value), separators=(",", ":")).encode()
        return _encode(nonce + self._cipher().encrypt(nonce, plain, kind))

    def open(self, kind: type[T], text: str, now: float) -> T | None:
        """What was sealed; None when it is not ours, of another kind, or too old."""
        raw = _decode(text) if len(text) <= _SEALED_MAX else None
        if raw is None:
            return None
        try:
            plain = self._cipher().decrypt(raw[:_NONCE], raw[_NONCE:], kind.__name__.encode())
        except (InvalidTag, ValueError):
            return None
        members: dict[str, Any] = json.loads(plain)
        value = kind(**members)
        return value if now < value.expires_at else None

    def _cipher(self) -> AESGCM:
        # Keys are rotated while processes run, and all have to read what one of them sealed.
        return AESGCM(self._derive("oidc"))


def begin(provider: str, challenge: str, user: str, now: float, *, fresh: bool = False) -> Flow:
    """A new log-in with secrets of its own; ``fresh``: one that the provider has done before is not enough."""
    return Flow(
        provider=provider,
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        challenge=challenge,
        user=user,
        since=now if fresh else 0.0,
        expires_at=now + FLOW_SECONDS,
    )


def conclude(flow: Flow, code: str, now: float) -> OneTimeCode | None:
    """The one-time code of a log-in that came back with a code; None when that is none."""
    if not code or len(code) > _CODE_MAX:
        return None
    return OneTimeCode(
        flow.provider,
        code,
        flow.nonce,
        flow.verifier,
        flow.challenge,
        flow.user,
        flow.since,
        now + CODE_SECONDS,
    )


def challenge_of(verifier: str) -> str:
    """PKCE's S256."""
    return _encode(hashlib.sha256(verifier.encode()).digest())


def is_same(one: str, other: str) -> bool:
    """Compare without telling by the time taken where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes | None:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) > _NONCE else None
