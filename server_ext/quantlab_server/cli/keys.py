"""``quantlab keys``: the signing keys."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from quantlab_server.cli.commands import add_command

# Seconds that running processes get to read a new key before it signs; they look once a second.
_NOTICE = 5.0
_ALG = "HS256 for one service; EdDSA or RS256 when others must verify tokens"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the commands."""
    parser = subparsers.add_parser("keys", help="make, rotate and revoke signing keys")
    commands = parser.add_subparsers(dest="keys_command", required=True)
    init = commands.add_parser(
        "init",
        help="make a new keyring",
        description=(
            "Print a new keyring as JSON, or write it to a new file that only its owner can read. Keep it secret:"
            " it belongs into QUANTLAB_KEYS, or into a file that QUANTLAB_KEYS_FILE names."
        ),
    )
    init.add_argument("--alg", default="HS256", help=f"default HS256: {_ALG}")
    init.add_argument("--file", help="write it there; a file that is there already stays")
    init.set_defaults(func=run_init)
    rotate = _changing(
        commands,
        "rotate",
        "let the next key sign",
        "Let the next key sign, and prepare the one after it. The old key still verifies what it has signed, for as"
        " long as an access token lives. Running processes notice within two seconds; nobody is signed out.",
    )
    rotate.add_argument("--alg", help=f"the next key's algorithm, if it is to change: {_ALG}")
    rotate.set_defaults(func=run_rotate)
    revoke = _changing(
        commands,
        "revoke",
        "end a key at once",
        "Have a key verify nothing any more, for instance because somebody else may have it. If it is the one that"
        " signs, the next one does from now on. Pages and kernels get new tokens by themselves. What is sealed under"
        " it is sealed anew before the key is forgotten.",
    )
    revoke.add_argument("kid", help="the key's id, as `quantlab keys list` shows it")
    revoke.add_argument(
        "--forget",
        action="store_true",
        help="forget the key also when secrets are sealed under it; nobody can open them again",
    )
    revoke.set_defaults(func=run_revoke)
    reseal = _changing(
        commands,
        "reseal",
        "seal secrets under the key that signs",
        "Seal anew what was sealed under another key than the one that signs, such as secrets of apps for codes."
        " `rotate` and `revoke` do it by themselves.",
    )
    reseal.set_defaults(func=run_reseal)
    listing = _changing(commands, "list", "show ids, algorithms and states", "Show the keys.")
    listing.set_defaults(func=run_list)


def _changing(commands: Any, name: str, brief: str, description: str) -> argparse.ArgumentParser:
    parser = add_command(commands, name, brief, description)
    parser.add_argument("--file", help="the keyring file; default: the one in QUANTLAB_KEYS_FILE")
    return parser


def run_init(args: argparse.Namespace) -> int:
    """Print or write a new keyring; 2 when there is no such algorithm, 1 when the file is there."""
    from quantlab_server.auth.key_changes import with_next
    from quantlab_server.auth.keys import KeyringError, generate_keyring
    from quantlab_server.auth.private_files import create_file

    try:
        document = with_next(generate_keyring(args.alg))
    except KeyringError as problem:
        return _complain(problem, 2)
    if not args.file:
        print(json.dumps(document))
        return 0
    try:
        made = create_file(Path(args.file), json.dumps(document, indent=2))
    except OSError as problem:
        return _complain(f"the file cannot be written: {problem.strerror}")
    return 0 if made else _complain("there is a file already; `quantlab keys rotate` changes it")


def run_rotate(args: argparse.Namespace) -> int:
    """Let the next key sign; 1 when the keyring cannot be changed."""
    from quantlab_server.auth.key_changes import rotate, with_next
    from quantlab_server.cli.settings import central_settings

    sessions = central_settings(args.config).sessions
    grace = max(sessions.access_lifetime, sessions.kernel_token_lifetime)

    def change(path: Path) -> None:
        document = _read(path)
        prepared = with_next(document, args.alg)
        if prepared is not document:
            # A token that a process does not know the key of would be refused there.
            _write(path, prepared)
            print(f"Waiting {_NOTICE:.0f} s for running processes to read the new key.")
            time.sleep(_NOTICE)
        _write(path, rotate(prepared, int(time.time()), grace, _needed(args.config)))
        _move(path, args.config)

    return _change(args, change)


def run_revoke(args: argparse.Namespace) -> int:
    """End a key; 1 when there is no such key, the keyring cannot be changed, or secrets still need the key."""
    from quantlab_server.auth.key_changes import revoke

    def change(path: Path) -> None:
        if not args.forget:
            # Tokens of the key are refused from now on, whatever comes of the secrets.
            _write(path, revoke(_read(path), args.kid, forget=False))
            _move(path, args.config)
            _require_free(args.config, args.kid)
        _write(path, revoke(_read(path), args.kid))

    return _change(args, change)


def run_reseal(args: argparse.Namespace) -> int:
    """Seal secrets under the active key; 1 when the database does not answer or some cannot be opened."""
    from quantlab_server.auth.keys import KeyringError

    def change(path: Path) -> None:
        if not _move(path, args.config):
            raise KeyringError("the database does not answer, or is not ready")
        active = next(entry["kid"] for entry in _read(path)["keys"] if entry["state"] == "active")
        left = sum(n for kid, n in (_needed(args.config) or {}).items() if kid != active)
        if left:
            raise KeyringError(f"{left} secrets cannot be opened: their keys are not in the file")

    return _change(args, change)


def _needed(config: str | None) -> dict[str, int] | None:
    """How many secrets are sealed under which key; None: the database cannot be asked."""
    from quantlab_server.cli import sealed

    try:
        return sealed.count(config)
    except sealed.Unreachable:
        return None


def _move(path: Path, config: str | None) -> bool:
    """Seal secrets under the active key; whether that could be done."""
    from quantlab_server.auth.keys import parse_keyring
    from quantlab_server.cli import sealed

    try:
        moved = sealed.move(config, parse_keyring(json.dumps(_read(path)), "the keyring file"))
    except sealed.Unreachable:
        _complain("the database cannot be asked: secrets stay sealed as they are, and keys stay")
        return False
    if moved:
        print(f"Sealed anew: {moved}.")
    return True


def _require_free(config: str | None, kid: str) -> None:
    """Make sure that no secret is sealed under a key.

    Raises:
        KeyringError: some are, or nobody can tell.
    """
    from quantlab_server.auth.keys import KeyringError

    needed = _needed(config)
    if needed is None or needed.get(kid):
        many = "an unknown number of" if needed is None else needed[kid]
        raise KeyringError(
            f"the key {kid} is revoked and verifies nothing, but stays in the file: {many} secrets are sealed"
            " under it. Run `quantlab keys revoke` again when the database answers, or with --forget."
        )


def run_list(args: argparse.Namespace) -> int:
    """Show the keys; 1 when there is no keyring."""
    return _change(args, lambda path: None)


def _change(args: argparse.Namespace, change: Callable[[Path], None]) -> int:
    from quantlab_server.auth.keys import KeyringError

    path = _place(args.file)
    if path is None:
        return _complain("name the keyring file with --file or in QUANTLAB_KEYS_FILE")
    try:
        change(path)
        _show(_read(path))
    except KeyringError as problem:
        return _complain(problem)
    except OSError as problem:
        return _complain(f"the keyring file cannot be written: {problem.strerror}")
    return 0


def _place(given: str | None) -> Path | None:
    """The keyring file; in embedded mode the one that the first start has made."""
    from quantlab_server.auth.keys import FILE_NAME, KEYS_FILE
    from quantlab_server.config import data_dir

    named = given or os.environ.get(KEYS_FILE)
    if named:
        return Path(named)
    own = data_dir() / FILE_NAME
    return own if own.exists() else None


def _read(path: Path) -> dict[str, Any]:
    """The document, which is a keyring that may be used."""
    from quantlab_server.auth.keys import parse_keyring, read_file

    text = read_file(path, "the keyring file")
    parse_keyring(text, "the keyring file")
    document: dict[str, Any] = json.loads(text)
    return document


def _write(path: Path, document: dict[str, Any]) -> None:
    from quantlab_server.auth.private_files import replace_file

    replace_file(path, json.dumps(document, indent=2))


def _show(document: dict[str, Any]) -> None:
    for entry in document["keys"]:
        print(f"{entry['kid']:<16} {entry['alg']:<6} {entry['state']}")


def _complain(problem: object, status: int = 1) -> int:
    print(f"quantlab: {problem}", file=sys.stderr)
    return status
