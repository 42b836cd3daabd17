"""The command ``quantlab``, also ``jupyter quantlab``."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

# One module per group of commands; each has add_parser(subparsers) and imports what is heavy only when it runs.
_MODULES = ("serve", "db", "keys", "accounts", "kill_switch", "audit", "doctor", "login")

_EPILOG = """\
On one's own machine nothing here is needed: `jupyter lab` makes its database and keys.
For many users: db init-roles, db upgrade, keys init, serve; doctor says what is missing.
"""


class Parser(argparse.ArgumentParser):
    """Says what was meant when a command is misspelt, and where help is."""

    def __init__(self, **options: Any) -> None:
        # No abbreviations: a later option would change what they mean.
        super().__init__(**{"allow_abbrev": False} | options)

    def error(self, message: str) -> NoReturn:
        """Print the mistake in one line and leave with 2."""
        _, _, choices = message.partition("invalid choice: ")
        if choices:
            given = choices.split("'")[1]
            known = [part.strip(" ')\"") for part in choices.split("choose from")[-1].split(",")]
            close = difflib.get_close_matches(given, known, n=1)
            message = f"there is no command '{given}'"
            message += (
                f"; did you mean '{close[0]}'?" if close else f" (there is: {', '.join(known)})"
            )
        self.exit(2, f"{self.prog}: {message}\nRun `{self.prog} --help` for what there is.\n")


def build_parser() -> argparse.ArgumentParser:
    """Every command."""
    called = Path(sys.argv[0]).name
    parser = Parser(
        prog="jupyter quantlab" if called.startswith("jupyter-") else "quantlab",
        description="Run, prepare and check QuantLab.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and leave")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name in _MODULES:
        import_module(f"quantlab_server.cli.{name}").add_parser(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (0 done, 1 a problem, 2 a wrong call)."""
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.version:
        from quantlab_ext import __version__

        print(f"quantlab {__version__}")
        return 0
    command = getattr(args, "func", None)
    if command is None:
        # `quantlab` or `quantlab db` alone: show what can follow.
        getattr(args, "show_help", parser.print_help)()
        return 2
    return _run(command, args)


def _run(command: object, args: argparse.Namespace) -> int:
    from traitlets import TraitError
    from traitlets.config.loader import ConfigFileNotFound

    from quantlab_server.db.migrate import DatabaseNotReady
    from quantlab_server.errors import ApiError

    try:
        return int(command(args))  # type: ignore[operator]  # set_defaults(func=...) of every command
    except (DatabaseNotReady, TraitError, ApiError) as problem:
        print(f"quantlab: {problem}", file=sys.stderr)
    except ConfigFileNotFound as problem:
        print(f"quantlab: no such configuration file: {problem}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # `quantlab … | head`: nobody reads on, also not what Python flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
