"""``quantlab tenant`` and ``quantlab user``: what the operator makes by hand."""

from __future__ import annotations

import argparse

from quantlab_server.cli import factors

ROLES = ("user", "admin", "operator")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the commands."""
    tenant = subparsers.add_parser("tenant", help="make tenants")
    commands = tenant.add_subparsers(dest="tenant_command", required=True)
    create = commands.add_parser("create", help="make a shared tenant and print its id")
    create.add_argument("name", help="a name that no other shared tenant has")
    create.add_argument("--config", help="a Jupyter configuration file with our settings")
    create.set_defaults(func=_tenant)

    user = subparsers.add_parser("user", help="make accounts")
    commands = user.add_subparsers(dest="user_command", required=True)
    create = commands.add_parser(
        "create",
        help="make an account and print its id",
        description="Make an account. Without a password on standard input a link to set one is printed (which needs"
        " QUANTLAB_PUBLIC_URL; otherwise the password is asked for).",
    )
    create.add_argument("--email", required=True)
    create.add_argument("--username", required=True)
    create.add_argument(
        "--tenant", help="name or id of a shared tenant (default: a personal tenant)"
    )
    create.add_argument("--role", choices=ROLES, default="user")
    create.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input"
    )
    create.add_argument("--config", help="a Jupyter configuration file with our settings")
    create.set_defaults(func=_user)
    reset = commands.add_parser(
        "reset-password",
        help="print a link with which a person sets a new password",
        description="Print a link, good for an hour and once, with which a person sets a new password. Hand it over by"
        " a way that you trust: whoever has it first has the account.",
    )
    reset.add_argument("login", help="username or e-mail address")
    reset.add_argument("--config", help="a Jupyter configuration file with our settings")
    reset.set_defaults(func=_reset)
    factors.add_to(commands)
    tier = commands.add_parser(
        "tier",
        help="give a person a tier, for ever or for a time",
        description="Give a person a tier. Quotas and request rates follow within seconds.",
    )
    tier.add_argument("login", help="username or e-mail address")
    tier.add_argument("tier", help="free, pro, team, or one of your settings")
    tier.add_argument(
        "--until",
        metavar="TIME",
        help="when it falls back to free: 2027-01-31, or with T and a time in UTC",
    )
    tier.add_argument("--config", help="a Jupyter configuration file with our settings")
    tier.set_defaults(func=_tier)


def _tier(args: argparse.Namespace) -> int:
    from quantlab_server.cli import operating

    return operating.run(args, operating.give_tier)


def _tenant(args: argparse.Namespace) -> int:
    from quantlab_server.cli import operating

    return operating.run(args, operating.create_tenant)


def _user(args: argparse.Namespace) -> int:
    from quantlab_server.cli import operating

    return operating.run(args, operating.create_user)


def _reset(args: argparse.Namespace) -> int:
    from quantlab_server.cli import operating

    return operating.run(args, operating.reset_password)
