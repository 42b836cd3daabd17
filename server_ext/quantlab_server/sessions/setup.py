"""Builds everything about identity of one process from its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quantlab_server.accounts.service import AccountService
from quantlab_server.adapters.bus import Bus, MemoryBus
from quantlab_server.adapters.redis_bus import make_bus
from quantlab_server.api_tokens.service import ApiTokenService
from quantlab_server.audit.service import AuditService
from quantlab_server.auth.authenticator import Authenticator
from quantlab_server.auth.clock import Clock, system_clock
from quantlab_server.auth.keys import find_keyring
from quantlab_server.auth.live_keys import LiveKeyring
from quantlab_server.auth.passwords import PasswordHasher
from quantlab_server.auth.ratelimit import RateLimiter
from quantlab_server.auth.revocation import Revocations
from quantlab_server.auth.sealing import Sealer
from quantlab_server.auth.tokens import TokenService
from quantlab_server.config import Settings
from quantlab_server.db.engine import Database
from quantlab_server.factors.service import FactorService
from quantlab_server.mail.service import MailService
from quantlab_server.recovery.service import RecoveryService
from quantlab_server.sessions.service import SessionService


@dataclass(frozen=True, slots=True)
class Identity:
    """The services that know people. ``close`` ends their threads."""

    keyring: LiveKeyring
    audit: AuditService
    accounts: AccountService
    sessions: SessionService
    api_tokens: ApiTokenService
    factors: FactorService
    tokens: TokenService
    mail: MailService
    recovery: RecoveryService
    authenticator: Authenticator
    rate_limiter: RateLimiter
    bus: Bus
    revocations: Revocations

    def close(self) -> None:
        """End threads; nothing is signed in or out after this."""
        self.bus.close()
        self.accounts.hasher.close()


def build_identity(
    settings: Settings,
    database: Database,
    *,
    clock: Clock = system_clock,
    environ: Mapping[str, str] | None = None,
) -> Identity:
    """Build them. Opens no connection to the database.

    Raises:
        KeyringError: there are no signing keys, or they must not be used.
    """
    place = find_keyring(settings.data_dir, embedded=settings.embedded, environ=environ)
    keyring = LiveKeyring(place)
    tokens = TokenService(
        keyring,
        issuer=settings.public_url or "quantlab",
        access_lifetime=settings.sessions.access_lifetime,
        kernel_lifetime=settings.sessions.kernel_token_lifetime,
        clock=clock,
    )
    bus: Bus = make_bus(settings.redis_url) or MemoryBus()
    revocations = Revocations(bus)
    audit = AuditService()
    hasher = PasswordHasher(settings.passwords)
    accounts = AccountService(settings, hasher, keyring.derive("account-key"))
    mail = MailService(settings)
    sessions = SessionService(
        settings, database, tokens, accounts, audit, revocations, mail, clock=clock
    )
    factors = FactorService(
        settings.factors, Sealer(keyring, "totp"), audit, revocations, clock=clock
    )
    api_tokens = ApiTokenService(database, revocations, clock=clock)
    recovery = RecoveryService(settings, accounts, sessions, api_tokens, mail, audit, clock=clock)
    authenticator = Authenticator(
        settings, database, tokens, sessions, api_tokens, revocations, clock=clock
    )
    limiter = RateLimiter(settings.limits, settings.redis_url, clock=clock)
    return Identity(
        keyring=keyring,
        audit=audit,
        accounts=accounts,
        sessions=sessions,
        api_tokens=api_tokens,
        factors=factors,
        tokens=tokens,
        mail=mail,
        recovery=recovery,
        authenticator=authenticator,
        rate_limiter=limiter,
        bus=bus,
        revocations=revocations,
    )
