"""Services: built once from configuration, handed to every call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quantlab_server.accounts.service import AccountService
    from quantlab_server.adapters.breaches import Breaches
    from quantlab_server.admin.service import AdminService
    from quantlab_server.api_tokens.service import ApiTokenService
    from quantlab_server.audit.service import AuditService
    from quantlab_server.auth.authenticator import Authenticator
    from quantlab_server.auth.ratelimit import RateLimiter
    from quantlab_server.config import Settings
    from quantlab_server.db.engine import Database
    from quantlab_server.device.service import DeviceService
    from quantlab_server.factors.service import FactorService
    from quantlab_server.handover.service import HandoverService
    from quantlab_server.http.worker import Workers
    from quantlab_server.installation.service import InstallationService
    from quantlab_server.joining.service import JoiningService
    from quantlab_server.layouts.service import LayoutService
    from quantlab_server.leaving.service import LeavingService
    from quantlab_server.mail.service import MailService
    from quantlab_server.market.access import MarketAccess
    from quantlab_server.oidc.service import OidcService
    from quantlab_server.projects.service import ProjectService
    from quantlab_server.recovery.service import RecoveryService
    from quantlab_server.sessions.service import SessionService
    from quantlab_server.sessions.setup import Identity
    from quantlab_server.stream.hub import Hub
    from quantlab_server.stream.library import Library
    from quantlab_server.stream.quotes import Quotes
    from quantlab_server.transfer.service import TransferService
    from quantlab_server.workflows.service import WorkflowService


@dataclass(frozen=True, slots=True)
class Services:
    """What endpoints may call. Frozen: nothing is swapped at run time."""

    settings: Settings
    database: Database
    workers: Workers
    identity: Identity
    authenticator: Authenticator
    rate_limiter: RateLimiter
    audit: AuditService
    accounts: AccountService
    admin: AdminService
    handover: HandoverService
    leaving: LeavingService
    installation: InstallationService
    joining: JoiningService
    sessions: SessionService
    api_tokens: ApiTokenService
    oidc: OidcService
    mail: MailService
    recovery: RecoveryService
    factors: FactorService
    breaches: Breaches
    device: DeviceService
    projects: ProjectService
    workflows: WorkflowService
    layouts: LayoutService
    transfer: TransferService
    market: MarketAccess
    stream: Hub
    library_events: Library
    quotes: Quotes

    def close(self) -> None:
        """Finish what runs, then end threads and connections."""
        self.workers.close()
        self.quotes.close()
        self.market.close()
        self.identity.close()
        self.database.close()
