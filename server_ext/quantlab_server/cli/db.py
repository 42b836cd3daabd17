"""``quantlab db``: roles, upgrades and the proof that tenants are kept apart."""

from __future__ import annotations

import argparse
import os
import sys

ADMIN_URL = "QUANTLAB_ADMIN_DATABASE_URL"

_INIT = f"""\
Make the roles of PostgreSQL, once, with a superuser's URL in {ADMIN_URL} (or --admin-url): the role that owns and
migrates, the role that serves and owns nothing, the role that backs up, and one without log-in for look-ups. Roles
and passwords come from QUANTLAB_OWNER_DATABASE_URL, QUANTLAB_DATABASE_URL and QUANTLAB_BACKUP_DATABASE_URL where
these are set; otherwise they are made and printed. Running it again changes no password.
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the commands."""
    parser = subparsers.add_parser("db", help="prepare, upgrade and check the database")
    parser.set_defaults(show_help=parser.print_help)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    roles = commands.add_parser(
        "init-roles",
        help="make the roles of PostgreSQL (once, as superuser)",
        description=_INIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    roles.add_argument("--admin-url", help=f"superuser's URL of the database; default: {ADMIN_URL}")
    roles.add_argument(
        "--reset-passwords", action="store_true", help="new passwords for roles that exist"
    )
    roles.set_defaults(func=run_init_roles)
    upgrade = commands.add_parser(
        "upgrade",
        help="bring the database to this version",
        description="Bring the database to this version, with the URL in QUANTLAB_OWNER_DATABASE_URL.",
    )
    check = commands.add_parser(
        "check",
        help="prove that the database keeps tenants apart",
        description="Check revision, tables, policies, keys, functions and roles; 1 when something is wrong.",
    )
    for command, run in ((upgrade, run_upgrade), (check, run_check)):
        command.add_argument("--config", help="a Jupyter configuration file with our settings")
        command.set_defaults(func=run)


def run_init_roles(args: argparse.Namespace) -> int:
    """Make the roles and say what is to be set."""
    import psycopg

    from quantlab_server.db.roles import init_roles

    url = args.admin_url or os.environ.get(ADMIN_URL, "")
    if not url:
        print(f"Set {ADMIN_URL} to a superuser's URL of the QuantLab database.", file=sys.stderr)
        return 1
    try:
        report = init_roles(
            url,
            runtime_url=os.environ.get("QUANTLAB_DATABASE_URL", ""),
            owner_url=os.environ.get("QUANTLAB_OWNER_DATABASE_URL", ""),
            backup_url=os.environ.get("QUANTLAB_BACKUP_DATABASE_URL", ""),
            reset_passwords=args.reset_passwords,
        )
    except ValueError as problem:
        print(f"quantlab: {problem}", file=sys.stderr)
        return 1
    except psycopg.Error as problem:
        print(
            f"quantlab: the roles were not made: {type(problem).__name__} {problem.sqlstate or ''}".rstrip()
            + ". Nothing was changed. The URL must be a superuser's.",
            file=sys.stderr,
        )
        return 1
    for line in report.done:
        print(line)
    if report.urls:
        print(
            "\nSet these, shown only now; keep them where only the service and its operator read:"
        )
        for setting, value in report.urls.items():
            print(f"{setting}={value}")
    print("\nNext: quantlab db upgrade")
    return 0


def run_upgrade(args: argparse.Namespace) -> int:
    """Upgrade, then check."""
    from quantlab_server.cli.settings import central_settings
    from quantlab_server.db import migrate

    settings = central_settings(args.config)
    migrate.upgrade(settings)
    print(f"The database is up to date (revision {migrate.head()}).")
    return run_check(args)


def run_check(args: argparse.Namespace) -> int:
    """Print what is wrong; 0 when nothing is."""
    from quantlab_server.cli.settings import central_settings
    from quantlab_server.db.migrate import check_database

    problems = check_database(central_settings(args.config))
    for problem in problems:
        print(f"problem  {problem}")
    if problems:
        print("The server does not start until this is right.", file=sys.stderr)
        return 1
    print("ok       tables, policies, keys, functions and roles are as they must be")
    return 0
