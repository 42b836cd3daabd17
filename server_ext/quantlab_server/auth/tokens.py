"""JSON Web Tokens: access, kernel and known-device tokens, each a kind of its own.

Nothing of a token's header is trusted but the key id, and that only to look up a key whose algorithm we know.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol
from uuid import UUID

import jwt

from quantlab_server.auth.clock import Clock, system_clock
from quantlab_server.auth.jwks import key_set
from quantlab_server.auth.keys import Key, KeyState
from quantlab_server.auth.scopes import Scope

MAX_LENGTH = 4096  # characters; ours have about 800
_JITTER = 0.05  # so that the tabs of many people do not all refresh in the same second
_SKEW = 60  # seconds that another server's clock may be ahead
_KEEP_LIFETIME = 600  # seconds
_DEVICE_LIFETIME = 400 * 86400  # seconds; browsers keep no cookie longer

_random = secrets.SystemRandom()
_SCOPES = {scope.value: scope for scope in Scope}


class TokenKind(Enum):
    """``(typ, aud)`` of each kind; a token of one kind is never taken for another."""

    ACCESS = ("at+jwt", "quantlab-api")
    KERNEL = ("qlk+jwt", "quantlab-kernel")
    DEVICE = ("qld+jwt", "quantlab-device")
    KEEP = ("qlr+jwt", "quantlab-keep")

    @property
    def typ(self) -> str:
        """Header ``typ``."""
        return self.value[0]

    @property
    def audience(self) -> str:
        """Claim ``aud``."""
        return self.value[1]


class TokenRefused(Exception):
    """The token proves nothing. ``reason`` is for logs and tests, not for the caller."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified access or kernel token says. Times are whole seconds since the epoch."""

    kind: TokenKind
    tenant_id: UUID
    user_id: UUID
    session_id: UUID
    epoch: int
    scopes: frozenset[Scope]
    auth_time: int
    issued_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a token is about."""

    tenant_id: UUID
    user_id: UUID
    session_id: UUID
    role: str
    tier: str
    epoch: int
    amr: str
    auth_time: int


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token and the seconds it lives."""

    token: str
    expires_in: int


class Keys(Protocol):
    """A keyring, of a file that may change or not."""

    @property
    def active(self) -> Key:
        """The key that signs."""
        ...

    @property
    def generation(self) -> int:
        """Moves when the keys have changed."""
        ...

    @property
    def usable(self) -> list[Key]:
        """Every key that is not revoked."""
        ...

    def find(self, kid: str) -> Key | None:
        """The key to verify with, or None when it is unknown or revoked."""
        ...


class TokenService:
    """Signs and verifies. Stateless but for the keyring: whether a session still lives is asked elsewhere."""

    def __init__(
        self,
        keyring: Keys,
        *,
        issuer: str,
        access_lifetime: int,
        kernel_lifetime: int,
        clock: Clock = system_clock,
    ) -> None:
        self._keyring = keyring
        self._issuer = issuer
        self._access_lifetime = access_lifetime
        self._kernel_lifetime = kernel_lifetime
        self._clock = clock
        # How long a retired key verifies what it signed: as long as that may live.
        self._grace = max(access_lifetime, kernel_lifetime)

    @property
    def generation(self) -> int:
        """Moves when the keys have changed: what was verified before has to be verified again."""
        return self._keyring.generation

    def public_keys(self) -> dict[str, list[dict[str, Any]]]:
        """The public keys that tokens can be verified with, as a JSON Web Key Set."""
        return key_set(self._keyring.usable, self._clock(), self._grace)

    def issue_access(self, subject: Subject, scopes: Collection[Scope]) -> Issued:
        """An access token; its lifetime is up to 5 % shorter than the setting."""
        lifetime = self._access_lifetime - math.floor(
            _random.random() * _JITTER * self._access_lifetime
        )
        claims = {"role": subject.role, "tier": subject.tier, "amr": subject.amr.split()}
        return self._issue(TokenKind.ACCESS, subject, scopes, lifetime, claims)

    def issue_kernel(self, subject: Subject, scopes: Collection[Scope]) -> Issued:
        """A token for a kernel: few scopes, bound to the session that asked for it."""
        return self._issue(TokenKind.KERNEL, subject, scopes, self._kernel_lifetime, {})

    def issue_device(self, user_id: UUID, epoch: int) -> Issued:
        """A token that says: this person signed in from this device before. It ends with the account's epoch."""
        now = math.floor(self._clock())
        claims = {"sub": str(user_id), "epoch": epoch, "exp": now + _DEVICE_LIFETIME}
        return Issued(self._sign(TokenKind.DEVICE, now, claims), _DEVICE_LIFETIME)

    def issue_keep(self, subject: Subject, kind: str) -> Issued:
        """A token that says: this person proved by some means who it is, and may keep an account that it deleted.

        It opens nothing else. ``kind`` is that of the session that may begin with it.
        """
        claims = {"amr": subject.amr.split(), "kind": kind}
        return self._issue(TokenKind.KEEP, subject, (), _KEEP_LIFETIME, claims)

    def verify_keep(self, token: str) -> tuple[Claims, str, str]:
        """Claims of such a token, the kind of session, and the means of proof.

        Raises:
            TokenRefused: as of ``verify``.
        """
        claims = self.verify(token, (TokenKind.KEEP,))
        _, raw = self._decode(token, (TokenKind.KEEP,))
        return claims, str(raw["kind"]), " ".join(raw["amr"])

    def verify(self, token: str, kinds: Collection[TokenKind]) -> Claims:
        """The claims of an access or kernel token.

        Raises:
            TokenRefused: forged, expired, of another kind, or with anything unusual in its header.
        """
        kind, claims = self._decode(token, kinds)
        try:
            return Claims(
                kind=kind,
                tenant_id=UUID(_text(claims, "tid")),
                user_id=UUID(_text(claims, "sub")),
                session_id=UUID(_text(claims, "sid")),
                epoch=_whole(claims, "epoch"),
                scopes=frozenset(
                    _SCOPES[name] for name in _text(claims, "scope").split() if name in _SCOPES
                ),
                auth_time=_whole(claims, "auth_time"),
                issued_at=_whole(claims, "iat"),
                expires_at=_whole(claims, "exp"),
            )
        except ValueError:
            raise TokenRefused("claims") from None

    def read_device(self, token: str) -> tuple[UUID, int] | None:
        """Person and epoch of a known-device token; None when it is none of ours."""
        try:
            _, claims = self._decode(token, (TokenKind.DEVICE,))
            return UUID(claims["sub"]), _whole(claims, "epoch")
        except (TokenRefused, KeyError, ValueError, TypeError, AttributeError):
            return None

    def _issue(
        self,
        kind: TokenKind,
        subject: Subject,
        scopes: Collection[Scope],
        lifetime: int,
        extra: dict[str, Any],
    ) -> Issued:
        now = math.floor(self._clock())
        claims = {
            "sub": str(subject.user_id),
            "tid": str(subject.tenant_id),
            "sid": str(subject.session_id),
            "epoch": subject.epoch,
            "scope": " ".join(sorted(scopes)),
            "auth_time": subject.auth_time,
            "exp": now + lifetime,
            **extra,
        }
        return Issued(self._sign(kind, now, claims), lifetime)

    def _sign(self, kind: TokenKind, now: int, claims: dict[str, Any]) -> str:
        key = self._keyring.active
        common = {
            "iss": self._issuer,
            "aud": kind.audience,
            "iat": now,
            "jti": secrets.token_urlsafe(16),
        }
        headers = {"typ": kind.typ, "kid": key.kid}
        return jwt.encode({**claims, **common}, key.signing, algorithm=key.alg, headers=headers)

    def _decode(self, token: str, kinds: Collection[TokenKind]) -> tuple[TokenKind, dict[str, Any]]:
        header = read_header(token)
        key = self._keyring.find(header["kid"])
        if key is None:
            raise TokenRefused("key")
        if header["alg"] != key.alg:
            raise TokenRefused("algorithm")
        kind = next((kind for kind in kinds if kind.typ == header["typ"]), None)
        if kind is None:
            raise TokenRefused("kind")
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key.verifying,
                algorithms=[key.alg],
                audience=kind.audience,
                issuer=self._issuer,
                # Times are checked below, by the injected clock.
                options={
                    "require": ["iss", "aud", "iat", "exp", "jti"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                    "strict_aud": True,
                },
            )
        except jwt.PyJWTError as error:
            raise TokenRefused(type(error).__name__) from None
        self._check_times(key, claims)
        # A device is known for longer than a key's grace, and its token opens nothing.
        if kind is not TokenKind.DEVICE and key.is_over(self._clock(), self._grace):
            raise TokenRefused("key")
        return kind, claims

    def _check_times(self, key: Key, claims: dict[str, Any]) -> None:
        now = self._clock()
        try:
            issued, expires = _whole(claims, "iat"), _whole(claims, "exp")
        except ValueError:
            raise TokenRefused("claims") from None
        if expires <= now:
            raise TokenRefused("expired")
        # After the clock was set back a token seems to come from the future: refusing it makes the client refresh,
        # accepting it would let it live too long.
        if issued > now + _SKEW:
            raise TokenRefused("from the future")
        if "nbf" in claims:
            raise TokenRefused("claims")
        # Whoever finds an old key cannot sign with it any more.
        if key.state is KeyState.RETIRED and key.retired_at is not None and issued > key.retired_at:
            raise TokenRefused("key")


def read_header(token: str) -> dict[str, str]:
    """The header, if it is exactly ``alg``, ``kid`` and ``typ``. Unverified: only to find the key and the kind.

    ``jku``, ``jwk``, ``x5u``, ``crit`` and whatever else could steer a verifier make a token refused.

    Raises:
        TokenRefused: not a compact token, or another header.
    """
    if len(token) > MAX_LENGTH or token.count(".") != 2 or not token.isascii():
        raise TokenRefused("form")
    first = token.partition(".")[0]
    try:
        raw = base64.b64decode(first + "=" * (-len(first) % 4), altchars=b"-_", validate=True)
        header = json.loads(raw)
    except (binascii.Error, ValueError, RecursionError):
        raise TokenRefused("form") from None
    if not isinstance(header, dict) or set(header) != {"alg", "kid", "typ"}:
        raise TokenRefused("header")
    if not all(isinstance(value, str) for value in header.values()):
        raise TokenRefused("header")
    return header


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        raise ValueError(name)
    return value


def _whole(claims: dict[str, Any], name: str) -> int:
    value = claims.get(name)
    if type(value) is not int:
        raise ValueError(name)
    return value
