"""``quantlab serve``: the central service."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import logging
import sys
import time


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "serve",
        help="run the central service",
        description="Run the central service for many users on PostgreSQL.",
    )
    parser.add_argument("--port", type=int, required=True, help="port to listen on; 0 picks one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--base-url", default="/", help="prefix of every address")
    parser.add_argument("--config", help="a Jupyter configuration file with our settings")
    parser.add_argument(
        "--dev", action="store_true", help="allow SQLite, on a loopback address only"
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Check the configuration and the database, then serve; 1 when it must not be served."""
    from quantlab_server.auth.keys import KeyringError
    from quantlab_server.cli.settings import central_settings, read_config
    from quantlab_server.service import CentralService
    from quantlab_server.wiring import StartProblem, prepare_database

    logging.basicConfig(level=logging.INFO, handlers=[_log_handler()])
    config = read_config(args.config)
    settings = central_settings(config)
    if settings.database_url.startswith("sqlite"):
        if not args.dev:
            print(
                "The central service needs PostgreSQL: set QUANTLAB_DATABASE_URL (or try --dev).",
                file=sys.stderr,
            )
            return 1
        if not _loopback(args.host):
            print("--dev serves on a loopback address only.", file=sys.stderr)
            return 1
    try:
        prepare_database(settings, upgrade=args.dev)
        asyncio.run(CentralService(settings, args.host, args.port, args.base_url, config).run())
    except (StartProblem, KeyringError) as problem:
        print(f"QuantLab does not start: {problem}", file=sys.stderr)
        return 1
    return 0


def _log_handler() -> logging.Handler:
    """To standard error, in UTC: lines of several machines can be put in order."""
    formatter = logging.Formatter(
        "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    formatter.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    return handler


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
