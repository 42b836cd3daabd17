"""How commands of a group are declared."""

from __future__ import annotations

import argparse
from typing import Any


def add_command(commands: Any, name: str, brief: str, description: str) -> argparse.ArgumentParser:
    """A command with ``--config``."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=brief, description=description)
    parser.add_argument("--config", help="a Jupyter configuration file with our settings")
    return parser
