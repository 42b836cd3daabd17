"""``quantlab keys``: the signing keys."""

from __future__ import annotations

import argparse
import json

from quantlab_server.auth.keys import ALGORITHMS, KEYS, KEYS_FILE, generate_keyring


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the commands."""
    parser = subparsers.add_parser("keys", help="make signing keys")
    commands = parser.add_subparsers(dest="keys_command", required=True)
    init = commands.add_parser(
        "init",
        help="print a new keyring",
        description=(
            f"Print a new keyring as JSON. Keep it secret: put it into {KEYS}, or into a file that only the"
            f" service can read and that {KEYS_FILE} names."
        ),
    )
    init.add_argument(
        "--alg",
        choices=ALGORITHMS,
        default="HS256",
        help="HS256 (default) for one service; EdDSA or RS256 when others must verify tokens",
    )
    init.set_defaults(func=run_init)


def run_init(args: argparse.Namespace) -> int:
    """Print a new keyring."""
    print(json.dumps(generate_keyring(args.alg)))
    return 0
