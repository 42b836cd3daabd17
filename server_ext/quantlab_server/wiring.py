"""Builds the services of one process, and brings its database to where it may be served."""

from __future__ import annotations

import logging

from quantlab_server.adapters.breaches import Breaches
from quantlab_server.admin.service import AdminService
from quantlab_server.auth.clock import Clock, system_clock
from quantlab_server.auth.revocation import Revoked
from quantlab_server.config import Settings
from quantlab_server.container import Services
from quantlab_server.db import migrate
from quantlab_server.db.engine import Database
from quantlab_server.device.service import DeviceService
from quantlab_server.handover.service import HandoverService
from quantlab_server.http.worker import Workers
from quantlab_server.installation.service import InstallationService
from quantlab_server.installation.state import State
from quantlab_server.joining.service import JoiningService
from quantlab_server.layouts.service import LayoutService
from quantlab_server.leaving.service import LeavingService
from quantlab_server.market.access import MarketAccess
from quantlab_server.oidc.service import build_oidc
from quantlab_server.projects.service import ProjectService
from quantlab_server.sessions.setup import Identity, build_identity
from quantlab_server.stream.hub import Hub
from quantlab_server.stream.library import Library
from quantlab_server.stream.quotes import Quotes
from quantlab_server.transfer.service import TransferService
from quantlab_server.workflows.service import WorkflowService

log = logging.getLogger("quantlab")


class StartProblem(RuntimeError):
    """The database must not be served as it is; the message says which command helps."""


def prepare_database(settings: Settings, *, upgrade: bool) -> None:
    """Make sure that the database may be served.

    Args:
        settings: of this process.
        upgrade: bring it to this version's tables first (embedded mode; centrally ``quantlab db upgrade`` does).

    Raises:
        StartProblem: it is of another version, cannot be reached, or breaks a rule of tenancy.
    """
    try:
        if upgrade:
            migrate.upgrade(settings)
        problems = migrate.check_database(settings)
    except migrate.DatabaseNotReady as error:
        raise StartProblem(str(error)) from None
    if problems:
        for problem in problems:
            log.critical("database: %s", problem)
        raise StartProblem(
            f"the database must not be served ({problems[0]}); `quantlab db check` lists every problem"
        )


def build_services(settings: Settings, *, clock: Clock = system_clock) -> Services:
    """Everything that endpoints may call. ``clock`` is what tokens, sessions and limits go by.

    Raises:
        KeyringError: there are no signing keys, or they must not be used.
    """
    database = Database(settings)
    identity = build_identity(settings, database, clock=clock)
    projects = ProjectService(settings)
    workflows = WorkflowService(settings, projects)
    layouts = LayoutService(settings, projects)
    stream = Hub(settings.stream, identity.rate_limiter)
    library_events = Library(stream.publish)
    market = MarketAccess(settings.market, settings.data_dir / "bars")
    quotes = Quotes(market, stream.publish)
    stream.offer({"library": library_events, "quotes": quotes})
    identity.revocations.listen(stream.recheck)
    leaving = _build_leaving(identity, clock)
    admin = _build_admin(identity, leaving, settings)
    _follow(identity, stream)
    return Services(
        settings=settings,
        database=database,
        workers=Workers(settings.database.pool_size, settings.database.max_in_flight),
        identity=identity,
        authenticator=identity.authenticator,
        rate_limiter=identity.rate_limiter,
        audit=identity.audit,
        accounts=identity.accounts,
        admin=admin,
        handover=HandoverService(admin, settings.quotas),
        joining=_build_joining(identity),
        leaving=leaving,
        installation=InstallationService(settings, identity.installation, identity.audit),
        sessions=identity.sessions,
        api_tokens=identity.api_tokens,
        oidc=build_oidc(settings, identity, clock),
        mail=identity.mail,
        recovery=identity.recovery,
        factors=identity.factors,
        breaches=Breaches(settings.breaches),
        device=DeviceService(
            identity.accounts, identity.sessions, identity.api_tokens, clock=clock
        ),
        projects=projects,
        workflows=workflows,
        layouts=layouts,
        transfer=TransferService(settings, projects, (workflows.saved, layouts.saved)),
        market=market,
        stream=stream,
        library_events=library_events,
        quotes=quotes,
    )


def _build_leaving(identity: Identity, clock: Clock) -> LeavingService:
    return LeavingService(
        identity.accounts,
        identity.sessions,
        identity.api_tokens,
        identity.tokens,
        identity.mail,
        identity.recovery,
        identity.audit,
        clock=clock,
    )


def _follow(identity: Identity, stream: Hub) -> None:
    """Have sockets and identities looked at again when what operators set for the installation has changed."""
    live = identity.installation

    def changed(before: State, after: State) -> None:
        if before.values.get("required_roles") != after.values.get("required_roles"):
            identity.authenticator.look_again()

    live.on_heard(lambda: stream.recheck(Revoked()))
    live.on_change(changed)


def _build_admin(identity: Identity, leaving: LeavingService, settings: Settings) -> AdminService:
    return AdminService(
        identity.accounts,
        identity.sessions,
        identity.api_tokens,
        identity.audit,
        leaving,
        identity.recovery,
        settings.quotas,
    )


def _build_joining(identity: Identity) -> JoiningService:
    return JoiningService(identity.accounts, identity.sessions, identity.factors, identity.audit)
