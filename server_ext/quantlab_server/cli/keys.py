"""``quantlab keys``: the signing keys."""

from __future__ import annotations

import argparse
import json
import sys


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the commands."""
    parser = subparsers.add_parser("keys", help="make signing keys")
    commands = parser.add_subparsers(dest="keys_command", required=True)
    init = commands.add_parser(
        "init",
        help="print a new keyring",
        description=(
            "Print a new keyring as JSON. Keep it secret: put it into QUANTLAB_KEYS, or into a file that only"
            " the service can read and that QUANTLAB_KEYS_FILE names."
        ),
    )
    init.add_argument(
        "--alg",
        default="HS256",
        help="HS256 (default) for one service; EdDSA or RS256 when others must verify tokens",
    )
    init.set_defaults(func=run_init)


def run_init(args: argparse.Namespace) -> int:
    """Print a new keyring; 2 when there is no such algorithm."""
    from quantlab_server.auth.keys import KeyringError, generate_keyring

    try:
        print(json.dumps(generate_keyring(args.alg)))
    except KeyringError as problem:
        print(f"quantlab: {problem}", file=sys.stderr)
        return 2
    return 0
