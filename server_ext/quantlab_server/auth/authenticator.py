"""Turns a request into an Actor: from the cache of tokens seen before, or by verifying and asking the database.

The cache never outlives a token. An entry is believed for ``revocation_check`` seconds, after which the session is
looked up again; revocations of this process, of the bus, and on SQLite of other processes (noticed within a
second) make it be looked up at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from quantlab_server.auth import scopes
from quantlab_server.auth.actor import Actor, ActorKind
from quantlab_server.auth.api_token_text import is_api_token
from quantlab_server.auth.clock import Clock, system_clock
from quantlab_server.auth.revocation import Revocations, Revoked
from quantlab_server.auth.scopes import Scope
from quantlab_server.auth.tokens import Claims, TokenKind, TokenRefused, TokenService, read_header
from quantlab_server.errors import NotSignedIn

if TYPE_CHECKING:
    from quantlab_server.config import Settings
    from quantlab_server.db.engine import Database
    from quantlab_server.db.session import UnitOfWork
    from quantlab_server.http.endpoint import Request

HEADER = "X-QuantLab-Session"
_MAX_ENTRIES = 10_000
_SKEW = 60  # seconds that the clock of another server may be ahead
_POLL = 1.0  # seconds between looks at whether another process changed the SQLite file
_ALONE = (TokenKind.KERNEL,)
_PERSON = (TokenKind.ACCESS, TokenKind.KERNEL)
# The local account sends no token; its entry is kept under a key that no token can have.
_LOCAL = ""


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session that has not ended, with what its person is today."""

    tenant_id: UUID
    user_id: UUID
    session_id: UUID
    username: str
    role: str
    tier: str
    epoch: int
    auth_time: int
    is_local: bool
    has_second_factor: bool


@dataclass(frozen=True, slots=True)
class LiveApiToken:
    """An API token that has not ended, with what its person is today. ``expires_at``: seconds since the epoch."""

    tenant_id: UUID
    user_id: UUID
    token_id: UUID
    username: str
    role: str
    tier: str
    has_second_factor: bool
    scopes: frozenset[Scope]
    expires_at: float


class ApiTokenSource(Protocol):
    """Where API tokens are looked up."""

    def live_token(self, text: str, address: str) -> LiveApiToken | None:
        """Whom a token stands for, used from ``address``; None when it or its person is not good."""
        ...


class SessionSource(Protocol):
    """Where sessions are looked up."""

    def live(
        self, uow: UnitOfWork, tenant_id: UUID, user_id: UUID, session_id: UUID
    ) -> LiveSession | None:
        """The session if it, its person and its epoch are still good; the context is set already."""
        ...

    def local(self) -> LiveSession | None:
        """The local account's session; makes the account on first use. None after the person logged out."""
        ...


@dataclass(slots=True)
class _Entry:
    actor: Actor
    claims: Claims | None
    # Seconds since the epoch.
    expires_at: float
    # By the monotonic clock: when the session must be looked up again.
    check_at: float

    @property
    def may_come_alone(self) -> bool:
        """Whether this kind passes without Jupyter's own credentials (embedded)."""
        if self.claims is not None:
            return self.claims.kind in _ALONE
        return self.actor.kind is ActorKind.API_TOKEN


class Authenticator:
    """One per process. ``cached`` runs on the event loop, ``resolve`` on database threads."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        tokens: TokenService,
        sessions: SessionSource,
        api_tokens: ApiTokenSource,
        revocations: Revocations,
        *,
        factor_roles: Callable[[], frozenset[str]] | None = None,
        clock: Clock = system_clock,
        monotonic: Clock = time.monotonic,
    ) -> None:
        self._embedded = settings.embedded
        self._local_account = settings.local_account
        self._check_every = settings.sessions.revocation_check
        configured = frozenset(settings.factors.required_roles)
        self._factor_roles = factor_roles or (lambda: configured)
        self._step_up = settings.sessions.step_up_lifetime
        self._database = database
        self._tokens = tokens
        self._sessions = sessions
        self._api_tokens = api_tokens
        self._revocations = revocations
        self._clock = clock
        self._monotonic = monotonic
        self._entries: dict[str, _Entry] = {}
        self._polls = database.dialect == "sqlite"
        self._poll_at = 0.0
        self._poll_lock = threading.Lock()
        # Moves with every revocation: what was looked up before one is not kept after it.
        self._generation = 0
        self._keys_generation = tokens.generation
        revocations.listen(self._forget)

    def cached(self, request: Request) -> Actor | None:
        """The actor of a token seen before, or None when it must be resolved. Takes microseconds."""
        now = self._monotonic()
        self._check_keys()
        if self._polls and now >= self._poll_at:
            return None
        entry = self._entries.get(self._key(request))
        if entry is None or now >= entry.check_at or entry.expires_at <= self._clock():
            return None
        if self._is_outside(request) and not entry.may_come_alone:
            return None
        return entry.actor

    def resolve(self, request: Request) -> Actor:
        """The actor of a request. Blocks: verifies the token and asks the database.

        Raises:
            NotSignedIn: no identity, or one that is forged, expired or ended.
        """
        if self._poll():
            # It was asked for only because it was time to look at the file, and nothing happened there.
            actor = self.cached(request)
            if actor is not None:
                return actor
        self._check_keys()
        key = self._key(request)
        entry = self._entries.get(key)
        generation = self._generation
        if key == _LOCAL:
            fresh = self._make_entry(self._local(request), None)
        elif is_api_token(key):
            fresh = self._api_token_entry(key, request)
        else:
            claims = self._verified(key, entry, request)
            fresh = self._make_entry(self._look_up(claims), claims)
        if generation == self._generation:
            if len(self._entries) >= _MAX_ENTRIES:
                self._make_room()
            self._entries[key] = fresh
        return fresh.actor

    def may_be_made_up(self, request: Request) -> bool:
        """Whether only the database can tell if this is an identity: one that was not seen before and is not signed.

        What is signed is verified before anybody asks the database.
        """
        key = self._key(request)
        return key not in self._entries and is_api_token(key)

    def expires_at(self, request: Request) -> float:
        """Until when a request's identity holds at most, in seconds since 1970; infinite without an end of its own.

        To be asked right after the request was resolved; what is not known (any more) has ended.
        """
        entry = self._entries.get(self._key(request))
        return 0.0 if entry is None else entry.expires_at

    def look_in(self, request: Request) -> float:
        """Seconds after which whoever keeps a request's identity must ask again, lest an end be missed for long."""
        entry = self._entries.get(self._key(request))
        left = 0.0 if entry is None else max(0.0, entry.check_at - self._monotonic())
        return min(left, _POLL) if self._polls else left

    def proved_recently(self, actor: Actor) -> bool:
        """Whether the person proved lately who it is, so that it may do what cannot be undone.

        The local account has no password: Jupyter's own door, which every one of its requests passes, is its proof.
        No kernel and no script can prove anything.
        """
        if actor.kind is ActorKind.LOCAL:
            return True
        # What seems to come from the future was proved before the clock was set back, nobody knows when.
        passed = self._clock() - actor.auth_time
        return actor.kind is ActorKind.SESSION and -_SKEW <= passed <= self._step_up

    def is_own_token(self, value: str) -> bool:
        """Whether this looks like a token that may come in without Jupyter's own credentials. Proves nothing."""
        if is_api_token(value):
            return True
        try:
            return read_header(value)["typ"] in {kind.typ for kind in _ALONE}
        except TokenRefused:
            return False

    def look_again(self) -> None:
        """Have every identity looked up again in this process: what roles must do has changed."""
        self._forget(Revoked())

    def forget_session(self, session_id: UUID) -> None:
        """Have a session looked up again, here and in other processes."""
        self._revocations.publish(Revoked(session_id=session_id))

    def forget_user(self, user_id: UUID) -> None:
        """Have all sessions of a person looked up again, here and in other processes."""
        self._revocations.publish(Revoked(user_id=user_id))

    def forget_all(self) -> None:
        """Have every session looked up again, here and in other processes."""
        self._revocations.publish(Revoked())

    def _key(self, request: Request) -> str:
        headers = request.headers
        if HEADER in headers:
            # Given but empty: an identity was meant. No token is a single space, so it is refused.
            return headers[HEADER] or " "
        if "Authorization" not in headers:
            return _LOCAL
        scheme, _, value = headers["Authorization"].partition(" ")
        bearer = value.strip() if scheme.lower() == "bearer" else ""
        if not self._embedded:
            return bearer or " "
        if not bearer:
            return _LOCAL  # Jupyter's own "token …"
        # In a Jupyter server that header is Jupyter's own, unless it carries a token of ours.
        seen = self._entries.get(bearer)
        if seen is not None:
            return bearer if seen.may_come_alone else _LOCAL
        return bearer if self.is_own_token(bearer) else _LOCAL

    def _is_outside(self, request: Request) -> bool:
        """Behind no door of Jupyter's (embedded): only the kinds that may come alone are taken."""
        return self._embedded and request.host_user is None

    def _local(self, request: Request) -> LiveSession:
        if not self._local_account or not self._embedded or request.host_user is None:
            raise NotSignedIn
        live = self._sessions.local()
        if live is None:
            raise NotSignedIn("You signed out here.", code="local_signed_out")
        return live

    def _verified(self, token: str, entry: _Entry | None, request: Request) -> Claims:
        claims = entry.claims if entry is not None else None
        try:
            if claims is None or claims.expires_at <= self._clock():
                claims = self._tokens.verify(token, _PERSON)
        except TokenRefused:
            self._entries.pop(token, None)
            raise NotSignedIn("Your session has expired. Sign in to continue.") from None
        if self._is_outside(request) and claims.kind not in _ALONE:
            raise NotSignedIn
        return claims

    def _look_up(self, claims: Claims) -> LiveSession:
        with self._database.transaction(
            tenant_id=claims.tenant_id, user_id=claims.user_id, writes=False
        ) as uow:
            live = self._sessions.live(uow, claims.tenant_id, claims.user_id, claims.session_id)
        if live is None or live.epoch != claims.epoch:
            raise NotSignedIn("Your session has ended. Sign in to continue.")
        return live

    def _api_token_entry(self, text: str, request: Request) -> _Entry:
        live = self._api_tokens.live_token(text, request.address)
        if live is None:
            self._entries.pop(text, None)
            raise NotSignedIn("This token has expired or was revoked.")
        actor = Actor(
            tenant_id=live.tenant_id,
            user_id=live.user_id,
            username=live.username,
            role=live.role,
            tier=live.tier,
            # What a revocation names; there is no session behind the token.
            session_id=live.token_id,
            kind=ActorKind.API_TOKEN,
            scopes=live.scopes & scopes.PERSON,
            must_enrol=live.role in self._factor_roles() and not live.has_second_factor,
        )
        return _Entry(actor, None, live.expires_at, self._monotonic() + self._check_every)

    def _make_entry(self, live: LiveSession, claims: Claims | None) -> _Entry:
        if claims is None:
            kind, granted = ActorKind.LOCAL, scopes.of_role(live.role)
        elif claims.kind is TokenKind.KERNEL:
            kind, granted = ActorKind.KERNEL, claims.scopes & scopes.KERNEL
        else:
            # A person with the local account signs in to nothing; its tokens are kernels' only.
            allowed = scopes.of_role(live.role)
            if (claims.scopes ^ allowed) & scopes.ADMIN:
                # The role has changed since: the session goes on with a token that says so.
                raise NotSignedIn("Your role has changed. Sign in to continue.")
            kind, granted = ActorKind.SESSION, claims.scopes & allowed
        actor = Actor(
            tenant_id=live.tenant_id,
            user_id=live.user_id,
            username=live.username,
            role=live.role,
            tier=live.tier,
            session_id=live.session_id,
            kind=kind,
            scopes=granted,
            auth_time=live.auth_time,
            must_enrol=live.role in self._factor_roles()
            and not (live.has_second_factor or live.is_local),
        )
        expires_at = float("inf") if claims is None else claims.expires_at
        return _Entry(actor, claims, expires_at, self._monotonic() + self._check_every)

    def _check_keys(self) -> None:
        """Forget every token when the keys have changed: one that a revoked key signed is none any more."""
        generation = self._tokens.generation
        if generation != self._keys_generation:
            self._keys_generation = generation
            self._generation += 1
            self._entries.clear()

    def _poll(self) -> bool:
        """Whether the file was looked at now."""
        if not self._polls or self._monotonic() < self._poll_at:
            return False
        with self._poll_lock:
            if self._monotonic() < self._poll_at:
                return False
            if self._database.changed_elsewhere():
                self._forget(Revoked())
            self._poll_at = self._monotonic() + _POLL
        return True

    def _forget(self, revoked: Revoked) -> None:
        self._generation += 1
        # A copy: other threads add entries meanwhile.
        for entry in list(self._entries.values()):
            actor = entry.actor
            if (
                (revoked.session_id is None and revoked.user_id is None)
                or actor.session_id == revoked.session_id
                or actor.user_id == revoked.user_id
            ):
                entry.check_at = 0.0

    def _make_room(self) -> None:
        # The oldest tenth, and whatever has expired; dictionaries keep the order of insertion.
        now = self._clock()
        for number, (key, entry) in enumerate(list(self._entries.items())):
            if number < _MAX_ENTRIES // 10 or entry.expires_at <= now:
                self._entries.pop(key, None)
