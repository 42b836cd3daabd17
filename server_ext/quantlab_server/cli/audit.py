"""``quantlab audit``: check, export and shorten the audit log."""

from __future__ import annotations

import argparse

from quantlab_server.cli.commands import add_command


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the commands."""
    parser = subparsers.add_parser("audit", help="check, export and shorten the audit log")
    commands = parser.add_subparsers(dest="audit_command", required=True)
    verify = add_command(
        commands,
        "verify",
        "check every row against its seal",
        "Check that no row of the audit log was changed, removed or added since it was sealed. Every fault is named;"
        " exit status 1 when there is one. Needs the keyring.",
    )
    verify.add_argument("--tenant", help="id of one tenant, or the word installation; default: all")
    verify.add_argument(
        "--log",
        metavar="FILE",
        help="also compare with the checkpoints in this log of the service (- for standard input)",
    )
    verify.set_defaults(func=_verify)
    export = add_command(
        commands,
        "export",
        "print events as JSON Lines, with their seals",
        "Print events as JSON Lines, the first first, each with its place and seal. The export is itself recorded.",
    )
    export.add_argument("--tenant", help="id of one tenant, or the word installation; default: all")
    export.set_defaults(func=_export)
    seal = add_command(
        commands,
        "seal",
        "seal now what waits",
        "Seal the rows that wait for it, and sign the end of every chain. A running server does it by itself.",
    )
    seal.set_defaults(func=_seal)
    expire = add_command(
        commands,
        "expire",
        "remove what is older than AuditSettings.retention_days",
        "Remove rows that are older than AuditSettings.retention_days, up to a checkpoint. What is left can still be"
        " verified. A running server does it by itself.",
    )
    expire.set_defaults(func=_expire)


def _verify(args: argparse.Namespace) -> int:
    from quantlab_server.cli import auditing

    return auditing.run(args, auditing.verify)


def _export(args: argparse.Namespace) -> int:
    from quantlab_server.cli import auditing

    return auditing.run(args, auditing.export)


def _seal(args: argparse.Namespace) -> int:
    from quantlab_server.cli import auditing

    return auditing.run(args, auditing.seal)


def _expire(args: argparse.Namespace) -> int:
    from quantlab_server.cli import auditing

    return auditing.run(args, auditing.expire)
