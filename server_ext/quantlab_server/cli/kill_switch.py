"""``quantlab kill-switch``: for when nobody can sign in."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quantlab_server.config import Settings
    from quantlab_server.db.engine import Database


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    command = subparsers.add_parser(
        "kill-switch",
        help="switch access for everybody off or on again",
        description="`access on` keeps everybody out (503 maintenance) but admins, who may look, and operators, who"
        " can turn it off again; `access off` lets them in. Every process notices within five seconds, with Redis"
        " within one. On PostgreSQL this needs QUANTLAB_OWNER_DATABASE_URL.",
    )
    command.add_argument("target", choices=("access", "trading"))
    command.add_argument("state", choices=("on", "off"))
    command.add_argument("--reason", default="", help="what everybody reads who is kept out")
    command.add_argument("--config", help="a Jupyter configuration file with our settings")
    command.set_defaults(func=_run)


def _run(args: argparse.Namespace) -> int:
    from quantlab_server.cli import operating

    return operating.run(args, _turn)


def _turn(args: argparse.Namespace, settings: Settings, database: Database) -> Sequence[object]:
    """As the owner of the tables: no operator is signed in here, and PostgreSQL lets nobody else write."""
    from quantlab_ext.schemas.installation import KillSwitchTurn
    from quantlab_server.adapters.bus import MemoryBus
    from quantlab_server.adapters.redis_bus import make_bus
    from quantlab_server.audit.service import AuditService
    from quantlab_server.cli.operating import Refused
    from quantlab_server.db.engine import Database
    from quantlab_server.errors import Forbidden
    from quantlab_server.installation.live import LiveInstallation
    from quantlab_server.installation.service import InstallationService

    if args.state == "on" and not args.reason.strip():
        raise Refused("Say why with --reason: whoever is kept out reads it.")
    turn = KillSwitchTurn(target=args.target, on=args.state == "on", reason=args.reason)
    bus = make_bus(settings.redis_url) or MemoryBus()
    owner = Database(replace(settings, database_url=settings.owner_database_url))
    try:
        live = LiveInstallation(settings, owner, bus)
        service = InstallationService(settings, live, AuditService())
        with owner.transaction() as uow:
            service.turn(uow, turn, None)
    except Forbidden:
        raise Refused(
            "Set QUANTLAB_OWNER_DATABASE_URL: only the owner of the tables, or an operator who is signed in, may"
            " turn it."
        ) from None
    finally:
        owner.close()
        bus.close()
    return [f"{args.target} is switched {'off' if turn.on else 'on'}."]
