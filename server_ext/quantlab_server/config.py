"""Settings: traitlets Configurables, each trait with its help; the operator's manual is generated from them.

Secrets never are traits: they come from the environment or from files, and are read where they are used.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_data_dir
from traitlets import Bool, Dict, Enum, Float, Int, TraitError, Unicode, validate
from traitlets.config import Config, Configurable

from quantlab_server.settings_audit import AuditSettings
from quantlab_server.settings_breaches import BreachSettings
from quantlab_server.settings_factors import FactorSettings
from quantlab_server.settings_installation import InstallationSettings
from quantlab_server.settings_mail import MailSettings
from quantlab_server.settings_market import MarketSettings
from quantlab_server.settings_oidc import OidcSettings
from quantlab_server.settings_service import ServiceSettings

MB = 1024 * 1024


def data_dir() -> Path:
    """Where embedded mode keeps its database and key file: ``QUANTLAB_DATA_DIR`` or Jupyter's data folder."""
    given = os.environ.get("QUANTLAB_DATA_DIR")
    return Path(given) if given else Path(jupyter_data_dir()) / "quantlab"


class DatabaseSettings(Configurable):
    """The database. Its URL comes from ``QUANTLAB_DATABASE_URL``; without it SQLite in the data folder."""

    pool_size = Int(
        8, min=1, max=200, config=True, help="Connections kept open, and threads that use them."
    )
    max_overflow = Int(
        0, min=0, max=200, config=True, help="Connections beyond pool_size under load."
    )
    pool_timeout = Float(
        5.0, config=True, help="Seconds to wait for a connection before answering 503."
    )
    pool_recycle = Int(
        1800, config=True, help="Seconds after which a connection is replaced; -1: never."
    )
    connect_timeout = Int(5, config=True, help="Seconds to wait for PostgreSQL to accept.")
    statement_timeout_ms = Int(
        15_000, config=True, help="Milliseconds after which PostgreSQL cancels a statement."
    )
    lock_timeout_ms = Int(
        5_000, config=True, help="Milliseconds to wait for a lock (also SQLite's busy timeout)."
    )
    max_in_flight = Int(
        64, min=1, config=True, help="Requests waiting for a thread before new ones get 503."
    )
    prepare_threshold = Int(
        5,
        config=True,
        help="Executions after which PostgreSQL keeps a statement prepared; -1: never (some poolers).",
    )
    sslmode = Enum(
        ["", "disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
        default_value="",
        config=True,
        help="TLS mode of the connection to PostgreSQL; empty: what the URL says.",
    )
    sslrootcert = Unicode(
        "", config=True, help="File of the certificate authority that PostgreSQL's must come from."
    )
    sslcert = Unicode("", config=True, help="File of the client certificate.")
    sslkey = Unicode("", config=True, help="File of the client certificate's key.")


class PasswordSettings(Configurable):
    """Password hashing (Argon2id) and policy."""

    memory_kib = Int(19 * 1024, min=8, config=True, help="Argon2id memory in KiB.")
    time_cost = Int(2, min=1, config=True, help="Argon2id passes.")
    parallelism = Int(1, min=1, config=True, help="Argon2id lanes.")
    max_queued = Int(
        32, min=1, config=True, help="Hashes waiting for a thread before log-ins get 503."
    )
    min_length = Int(12, min=8, config=True, help="Characters a new password needs.")
    max_length = Int(128, min=64, max=1024, config=True, help="Characters a password may have.")


class SessionSettings(Configurable):
    """Tokens and sessions. Times are in seconds."""

    access_lifetime = Int(900, min=60, config=True, help="Seconds an access token lives.")
    kernel_token_lifetime = Int(600, min=60, config=True, help="Seconds a kernel's token lives.")
    refresh_idle = Int(7 * 86400, config=True, help="Seconds a session may be unused.")
    refresh_absolute = Int(30 * 86400, config=True, help="Seconds after which one must sign in.")
    replay_window = Int(
        10, config=True, help="Seconds a parent token is accepted once its successor was used."
    )
    step_up_lifetime = Int(300, min=30, config=True, help="Seconds that step-up lasts.")
    revocation_check = Float(
        4.0, config=True, help="Seconds after which a cached identity is checked again."
    )


_RATES_OF_TIERS = {"general", "drafts", "stream"}
DEFAULT_RATES: dict[str, dict[str, str]] = {
    "pro": {"general": "300/minute", "drafts": "600/minute", "stream": "900/minute"},
    "team": {"general": "600/minute", "drafts": "1200/minute", "stream": "1800/minute"},
}


class LimitSettings(Configurable):
    """Rate limits, in the notation of the library limits ("100/minute")."""

    enabled = Bool(True, config=True, help="Turn all rate limits but the log-in ones off.")
    general = Unicode("100/minute", config=True, help="Requests of one person.")
    drafts = Unicode("300/minute", config=True, help="Draft saves of one person.")
    refresh = Unicode("300/minute", config=True, help="Refreshes of one session's address.")
    stream = Unicode(
        "300/minute", config=True, help="Stream messages, bars and quotes of one person."
    )
    anonymous = Unicode("100/minute", config=True, help="Requests of one address, signed out.")
    login_pair = Unicode("10/5minute", config=True, help="Failures per account and address.")
    login_address = Unicode("30/5minute", config=True, help="Failures per address (IPv6: /64).")
    login_account = Unicode("50/hour", config=True, help="Failures per account.")
    login_global = Unicode("1000/5minute", config=True, help="Failures over the installation.")
    login_code = Unicode(
        "5/5minute", config=True, help="Wrong second factors per account, address."
    )
    login_code_account = Unicode("20/hour", config=True, help="The same from unknown devices.")
    registration = Unicode("10/hour", config=True, help="Registrations per address.")
    mail = Unicode(
        "3/hour", config=True, help="Mails to one address that were asked for signed out."
    )
    tiers = Dict(
        default_value=DEFAULT_RATES,
        config=True,
        help="Limits general, drafts and stream of tiers that have other ones than those above.",
    )

    @validate("tiers")
    def _check_tiers(self, proposal: Any) -> dict[str, dict[str, str]]:
        tiers: dict[str, dict[str, str]] = proposal["value"]
        for tier, rates in tiers.items():
            if not isinstance(rates, dict) or not rates.keys() <= _RATES_OF_TIERS:
                raise TraitError(f"tier {tier}: name limits of {sorted(_RATES_OF_TIERS)}")
        return tiers

    device_tries = Unicode("5/10minute", config=True, help="Wrong device codes of one person.")
    device_starts = Unicode("30/10minute", config=True, help="Device log-ins begun by an address.")


DEFAULT_TIERS: dict[str, dict[str, int]] = {
    "free": {"workflows": 1_000, "layouts": 500, "projects": 200, "storage": 1024 * MB},
    "pro": {"workflows": 20_000, "layouts": 5_000, "projects": 2_000, "storage": 20 * 1024 * MB},
    "team": {
        "workflows": 50_000,
        "layouts": 20_000,
        "projects": 5_000,
        "storage": 100 * 1024 * MB,
    },
    "local": {
        "workflows": 1_000_000,
        "layouts": 1_000_000,
        "projects": 100_000,
        "storage": 1024 * 1024 * MB,
    },
}


class QuotaSettings(Configurable):
    """What one person may keep, by tier: counts, and ``storage`` in bytes of compressed content."""

    tiers = Dict(
        default_value=DEFAULT_TIERS,
        config=True,
        help="Limits of each tier. The local account of embedded mode has the tier local. What is not named is as it is"
        " by default, and in tiers of your own as in the tier free.",
    )

    @property
    def all_tiers(self) -> set[str]:
        """Names of the tiers that there are."""
        return DEFAULT_TIERS.keys() | self.tiers.keys()

    def limits_of(self, tier: str) -> dict[str, int]:
        """Every limit of a tier; a tier that is not known is the free one."""
        free = {**DEFAULT_TIERS["free"], **self.tiers.get("free", {})}
        # Whoever changes one limit of a tier keeps its others.
        return {**free, **DEFAULT_TIERS.get(tier, {}), **self.tiers.get(tier, {})}


class LibrarySettings(Configurable):
    """Saved objects."""

    workflow_max_bytes = Int(
        20 * MB, config=True, help="Bytes of a workflow; larger ones are refused while read."
    )
    layout_max_bytes = Int(1 * MB, config=True, help="Bytes of a chart layout.")
    undelete_days = Int(
        30, min=0, config=True, help="Days that deleted objects can be brought back."
    )
    purge_interval = Int(3600, min=1, config=True, help="Seconds between purges.")
    import_max_bytes = Int(200 * MB, config=True, help="Bytes of an imported zip.")


class StreamSettings(Configurable):
    """The stream: WebSocket connections of pages and programs."""

    login_seconds = Float(
        5.0, min=0.1, config=True, help="Seconds that a new connection has to say who it is."
    )
    unsigned_per_address = Int(
        50,
        min=1,
        config=True,
        help="Connections from one address that have not said yet who they are.",
    )
    unsigned_connections = Int(
        1_000, min=1, config=True, help="Connections of all that have not said yet who they are."
    )
    connections_per_person = Int(
        30, min=1, config=True, help="Connections that one person may have open."
    )
    topics_per_connection = Int(
        500, min=1, config=True, help="Topics that one connection may listen to."
    )
    queue_frames = Int(
        256,
        min=4,
        config=True,
        help="Messages that may wait for a slow client before it is let go.",
    )
    replay_events = Int(
        50,
        min=0,
        config=True,
        help="Events kept for each person, in memory, for pages that lost their connection. Who missed more reads"
        " everything anew. Counted are at most a quarter of queue_frames.",
    )
    replay_people = Int(
        5_000,
        min=1,
        config=True,
        help="People for whom events are kept; beyond, those who listened the longest ago are forgotten.",
    )
    check_seconds = Float(
        15.0,
        min=0.5,
        config=True,
        help="Seconds between looks at whether the identity of a connection still stands, at most: it is looked at"
        " as often as SessionSettings.revocation_check says, and at once when a revocation is heard of.",
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one process."""

    mode: str
    local_account: bool
    public_url: str
    data_dir: Path
    database_url: str
    owner_database_url: str
    redis_url: str
    # Holds a password; empty: no mail.
    smtp_url: str = field(repr=False)
    database: DatabaseSettings
    passwords: PasswordSettings
    sessions: SessionSettings
    breaches: BreachSettings
    factors: FactorSettings
    limits: LimitSettings
    quotas: QuotaSettings
    library: LibrarySettings
    market: MarketSettings
    stream: StreamSettings
    service: ServiceSettings
    oidc: OidcSettings
    mail: MailSettings
    installation: InstallationSettings
    audit: AuditSettings

    @property
    def embedded(self) -> bool:
        """In one person's own Jupyter server."""
        return self.mode == "embedded"

    @property
    def sends_mail(self) -> bool:
        """Whether mails can be sent, and links in them lead somewhere."""
        return bool(self.smtp_url and self.public_url)

    @property
    def registration(self) -> str:
        """Who may sign up: ``open``, ``invitation`` or ``closed``. Strangers come in only where mail proves who."""
        default = "open" if self.embedded or self.sends_mail else "invitation"
        return self.service.registration or default


CONFIGURABLES: tuple[type[Configurable], ...] = (
    DatabaseSettings,
    PasswordSettings,
    SessionSettings,
    BreachSettings,
    FactorSettings,
    LimitSettings,
    QuotaSettings,
    LibrarySettings,
    MarketSettings,
    StreamSettings,
    ServiceSettings,
    OidcSettings,
    MailSettings,
    InstallationSettings,
    AuditSettings,
)


def load_settings(
    config: Config | None = None,
    *,
    mode: str = "embedded",
    local_account: bool = True,
    public_url: str = "",
) -> Settings:
    """Settings from traits and the environment.

    Raises:
        traitlets.TraitError: a value of the wrong type or out of range.
    """
    folder = data_dir()
    url = os.environ.get("QUANTLAB_DATABASE_URL") or f"sqlite:///{folder / 'quantlab.sqlite3'}"
    return Settings(
        mode=mode,
        local_account=local_account and mode == "embedded",
        public_url=public_url or os.environ.get("QUANTLAB_PUBLIC_URL", ""),
        data_dir=folder,
        database_url=url,
        owner_database_url=os.environ.get("QUANTLAB_OWNER_DATABASE_URL") or url,
        redis_url=os.environ.get("QUANTLAB_REDIS_URL", ""),
        smtp_url=os.environ.get("QUANTLAB_SMTP_URL", ""),
        database=DatabaseSettings(config=config),
        passwords=PasswordSettings(config=config),
        sessions=SessionSettings(config=config),
        breaches=BreachSettings(config=config),
        factors=FactorSettings(config=config),
        limits=LimitSettings(config=config),
        quotas=QuotaSettings(config=config),
        library=LibrarySettings(config=config),
        market=MarketSettings(config=config),
        stream=StreamSettings(config=config),
        service=ServiceSettings(config=config),
        oidc=OidcSettings(config=config),
        mail=MailSettings(config=config),
        installation=InstallationSettings(config=config),
        audit=AuditSettings(config=config),
    )
