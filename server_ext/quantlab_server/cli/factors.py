"""``quantlab user reset-factors``: lets a person in who lost every second factor."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quantlab_server.config import Settings
    from quantlab_server.db.engine import Database


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command among those of ``quantlab user``."""
    reset = commands.add_parser(
        "reset-factors",
        help="take all second factors of a person away",
        description="For a person that lost its app, passkeys and recovery codes: the password alone signs in again."
        " Make sure that it is the person who asks.",
    )
    reset.add_argument("login", help="username or e-mail address")
    reset.add_argument("--config", help="a Jupyter configuration file with our settings")
    reset.set_defaults(func=_reset)


def _reset(args: argparse.Namespace) -> int:
    from quantlab_server.cli import operating

    return operating.run(args, _forget)


def _forget(args: argparse.Namespace, settings: Settings, database: Database) -> Sequence[object]:
    """Running processes notice as they notice any change of a person."""
    from quantlab_server.accounts.service import AccountService
    from quantlab_server.adapters.bus import MemoryBus
    from quantlab_server.adapters.redis_bus import make_bus
    from quantlab_server.audit.service import AuditService
    from quantlab_server.audit.tags import AuditTag
    from quantlab_server.auth.passwords import PasswordHasher
    from quantlab_server.auth.revocation import Revocations, Revoked
    from quantlab_server.cli.operating import Refused
    from quantlab_server.factors.service import forget_factors

    # Nothing is hashed here, and the key only hides logins in logs of failed log-ins.
    hasher = PasswordHasher(settings.passwords, threads=1)
    accounts = AccountService(settings, hasher, lambda: secrets.token_bytes(32))
    bus = make_bus(settings.redis_url) or MemoryBus()
    try:
        with database.transaction() as uow:
            account = accounts.find_by_login(uow, args.login)
            if account is None:
                raise Refused("There is nobody of that name or address.")
            forget_factors(uow, account)
            AuditService().record_about(
                uow,
                account.tenant_id,
                account.user_id,
                AuditTag.FACTORS_RESET,
                subject_id=account.user_id,
            )
        Revocations(bus).publish(Revoked(user_id=account.user_id))
    finally:
        bus.close()
        hasher.close()
    return [account.user_id]
