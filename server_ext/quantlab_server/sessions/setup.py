"""Builds everything about identity of one process from its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from quantlab_server.factors.resealing import PURPOSE as SEALED
from quantlab_server.factors.service import FactorService
from quantlab_server.installation.live import LiveInstallation
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
    installation: LiveInstallation

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
    tokens = _build_tokens(settings, keyring, clock)
    bus: Bus = make_bus(settings.redis_url) or MemoryBus()
    revocations = Revocations(bus)
    installation = LiveInstallation(settings, database, bus)
    let_in, roles = installation.let_in, installation.list_required_roles
    audit = AuditService()
    hasher = PasswordHasher(settings.passwords)
    accounts = AccountService(
        settings, hasher, lambda: keyring.login_secret, installation.who_may_register
    )
    mail = MailService(settings)
    sessions = SessionService(
        settings, database, tokens, accounts, audit, revocations, mail, let_in=let_in, clock=clock
    )
    factors = _build_factors(settings, keyring, audit, revocations, roles, clock)
    api_tokens = ApiTokenService(database, revocations, clock=clock)
    recovery = RecoveryService(
        settings, accounts, sessions, api_tokens, factors, mail, audit, clock=clock
    )
    authenticator = Authenticator(
        settings,
        database,
        tokens,
        sessions,
        api_tokens,
        revocations,
        factor_roles=roles,
        clock=clock,
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
        installation=installation,
    )


def _build_tokens(settings: Settings, keyring: LiveKeyring, clock: Clock) -> TokenService:
    return TokenService(
        keyring,
        issuer=settings.public_url or "quantlab",
        access_lifetime=settings.sessions.access_lifetime,
        kernel_lifetime=settings.sessions.kernel_token_lifetime,
        clock=clock,
    )


def _build_factors(
    settings: Settings,
    keyring: LiveKeyring,
    audit: AuditService,
    revocations: Revocations,
    roles: Callable[[], frozenset[str]],
    clock: Clock,
) -> FactorService:
    sealer = Sealer(keyring, SEALED)
    return FactorService(
        settings.factors, sealer, audit, revocations, factor_roles=roles, clock=clock
    )
