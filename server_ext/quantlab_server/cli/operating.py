"""What ``quantlab tenant`` and ``quantlab user`` do; imported only when one of them runs."""

from __future__ import annotations

import argparse
import getpass
import secrets
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from quantlab_ext.schemas.base import clean_name
from quantlab_server.accounts.service import AccountService
from quantlab_server.accounts.tiers import set_tier
from quantlab_server.audit.service import AuditService
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.clock import system_clock
from quantlab_server.auth.passwords import PasswordHasher
from quantlab_server.cli.settings import installed_settings
from quantlab_server.config import Settings
from quantlab_server.db import migrate
from quantlab_server.db.engine import Database
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import ApiError
from quantlab_server.mail.kinds import MailKind
from quantlab_server.recovery.letters import MailLinks
from quantlab_server.tenants import service as tenants


class Refused(Exception):
    """The command cannot be done; the message says what to do."""


def run(
    args: argparse.Namespace,
    act: Callable[[argparse.Namespace, Settings, Database], Sequence[object]],
) -> int:
    """Prepare the database, do ``act`` and print what it returns, a line each; 1 when it was refused."""
    settings = installed_settings(args.config)
    try:
        prepare(settings)
        database = Database(settings)
        try:
            print(*act(args, settings, database), sep="\n")
        finally:
            database.close()
    except (Refused, migrate.DatabaseNotReady) as problem:
        print(f"quantlab: {problem}", file=sys.stderr)
        return 1
    except ApiError as error:
        details = [f"{field['path']}: {field['message']}" for field in error.fields or []]
        print("\n".join([f"quantlab: {error.message}", *details]), file=sys.stderr)
        return 1
    return 0


def prepare(settings: Settings) -> None:
    """A laptop's own file is brought up to date; a shared database only by ``quantlab db upgrade``."""
    if migrate.sqlite_path(settings) is not None:
        migrate.upgrade(settings)
    elif migrate.check_database(settings):
        raise Refused("The database is not ready; `quantlab db check` says what is missing.")


def create_tenant(
    args: argparse.Namespace, settings: Settings, database: Database
) -> Sequence[object]:
    """Make a shared tenant; its id."""
    try:
        name = clean_name(args.name)
    except ValueError as error:
        raise Refused(str(error)) from None
    with database.transaction() as uow:
        tenant_id = tenants.create_shared(uow, name)
        AuditService().installation(
            uow, AuditTag.TENANT_CREATED, detail={"tenant_id": str(tenant_id), "name": name}
        )
    return [tenant_id]


def create_user(
    args: argparse.Namespace, settings: Settings, database: Database
) -> Sequence[object]:
    """Make an account, with a password or with a link to set one; its id, and the link."""
    hasher = PasswordHasher(settings.passwords, threads=1)
    # The key only hides logins in logs of failed log-ins, of which there are none here.
    accounts = AccountService(settings, hasher, lambda: secrets.token_bytes(32))
    try:
        password = _password(args.password_stdin, settings)
        # Without a password the fields are checked with one that nobody will know.
        new = accounts.check_fields(
            args.username, args.email, password or secrets.token_urlsafe(32)
        )
        hashed = hasher.hash_now(password) if password is not None else None
    finally:
        hasher.close()
    with database.transaction() as uow:
        tenant_id = _tenant(uow, args.tenant)
        account = accounts.create(uow, new, hashed, tenant_id=tenant_id, role=args.role)
        AuditService().record_about(
            uow,
            account.tenant_id,
            account.user_id,
            AuditTag.ACCOUNT_CREATED_BY_OPERATOR,
            subject_id=account.user_id,
            detail={"role": args.role},
        )
        if hashed is not None:
            return [account.user_id]
        links = MailLinks(settings, system_clock)
        return [account.user_id, links.make_reset(uow, account, MailKind.WELCOME)]


def reset_password(
    args: argparse.Namespace, settings: Settings, database: Database
) -> Sequence[object]:
    """A link with which the person of a login sets a new password, to hand over by a way that is trusted."""
    hasher = PasswordHasher(settings.passwords, threads=1)
    accounts = AccountService(settings, hasher, lambda: secrets.token_bytes(32))
    hasher.close()
    with database.transaction() as uow:
        account = accounts.find_by_login(uow, args.login)
        if account is None:
            raise Refused("There is no such account.")
        AuditService().record_about(
            uow,
            account.tenant_id,
            account.user_id,
            AuditTag.PASSWORD_RESET_ASKED,
            subject_id=account.user_id,
            detail={"by": "operator"},
        )
        return [MailLinks(settings, system_clock).make_reset(uow, account)]


def give_tier(args: argparse.Namespace, settings: Settings, database: Database) -> Sequence[object]:
    """Give a person a tier."""
    until = _instant(args.until) if args.until else None
    # Nothing is hashed here, and the key only hides logins in logs of failed log-ins.
    hasher = PasswordHasher(settings.passwords, threads=1)
    accounts = AccountService(settings, hasher, lambda: secrets.token_bytes(32))
    try:
        with database.transaction() as uow:
            account = accounts.find_by_login(uow, args.login)
            if account is None:
                raise Refused("There is nobody of that name or address.")
            set_tier(uow, account, args.tier, until, settings.quotas)
            AuditService().record_about(
                uow,
                account.tenant_id,
                account.user_id,
                AuditTag.TIER_CHANGED_BY_OPERATOR,
                subject_id=account.user_id,
                detail={"tier": args.tier, "until": until and until.isoformat()},
            )
    finally:
        hasher.close()
    return [account.user_id]


def _instant(given: str) -> datetime:
    try:
        instant = datetime.fromisoformat(given)
    except ValueError:
        raise Refused("Give the time as 2027-01-31 or 2027-01-31T12:00.") from None
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)


def _tenant(uow: UnitOfWork, given: str | None) -> UUID | None:
    if given is None:
        return None
    found = tenants.find_shared(uow, given)
    if found is None:
        try:
            found = tenants.find_by_id(uow, UUID(given))
        except ValueError:
            found = None
    if found is None:
        raise Refused("There is no such tenant. Make it with `quantlab tenant create`.")
    return found


def _password(from_stdin: bool, settings: Settings) -> str | None:
    """The password; None: a link to set one is made instead."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if settings.public_url:
        return None
    if not sys.stdin.isatty():
        raise Refused(
            "Set QUANTLAB_PUBLIC_URL to get a link with which the person sets a password, or give the password on"
            " standard input with --password-stdin."
        )
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise Refused("The passwords differ.")
    return password
