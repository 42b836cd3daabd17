"""``quantlab doctor``: what is right and what is not, one line each, with what to do."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quantlab_server.config import Settings


_NEWEST = 100  # rows of a chain
_CHAINS = 50
_MANY = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: ``state`` is ok, note or problem; only a problem makes the command fail."""

    state: str
    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.state:<8} {self.subject:<14} {self.text}"


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "doctor",
        help="check configuration, database, Redis, keys and extension",
        description="Check this installation. Exit status 1 when something has to be done.",
    )
    parser.add_argument("--config", help="a Jupyter configuration file with our settings")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print every finding; 1 when one is a problem."""
    findings = list(examine(args.config))
    for finding in findings:
        print(finding)
    return int(any(finding.state == "problem" for finding in findings))


def examine(config: str | None) -> Iterator[Finding]:
    """Every finding; a check that breaks down is itself a problem."""
    from traitlets import TraitError
    from traitlets.config.loader import ConfigFileNotFound

    from quantlab_server.cli.settings import installed_settings

    try:
        settings = installed_settings(config)
    except (TraitError, ConfigFileNotFound) as error:
        yield Finding("problem", "configuration", str(error))
        return
    for name, check in _CHECKS:
        try:
            yield from check(settings)
        except Exception as error:
            yield Finding("problem", name, f"the check failed: {type(error).__name__}")


def _configuration(settings: Settings) -> Iterator[Finding]:
    place = "PostgreSQL" if settings.mode == "central" else settings.data_dir
    yield Finding("ok", "configuration", f"mode {settings.mode}, data in {place}")
    in_hub = "JUPYTERHUB_SERVICE_PREFIX" in os.environ
    if in_hub and "JUPYTERHUB_USER" in os.environ and settings.mode == "central":
        yield Finding(
            "problem",
            "configuration",
            "a database URL in a user's server: whoever holds it can become anyone. Unset QUANTLAB_DATABASE_URL",
        )
    if in_hub and not os.environ.get("JUPYTERHUB_HOST"):
        yield Finding(
            "problem",
            "hub",
            "all users share one origin: one person's page can act as another. Set JupyterHub.subdomain_host",
        )
    if settings.mode == "central" and not settings.public_url:
        yield Finding(
            "note", "configuration", "QUANTLAB_PUBLIC_URL is not set: links cannot be made"
        )


def _database(settings: Settings) -> Iterator[Finding]:
    from quantlab_server.db.migrate import DatabaseNotReady, check_database, sqlite_path

    path = sqlite_path(settings)
    if path is not None and not path.exists():
        yield Finding("ok", "database", "not there yet; made at the first start")
        return
    try:
        problems = check_database(settings)
    except DatabaseNotReady as error:
        yield Finding("problem", "database", str(error))
        return
    for problem in problems:
        yield Finding("problem", "database", str(problem))
    if not problems:
        yield Finding("ok", "database", "reachable, up to date, tenants are kept apart")


def _redis(settings: Settings) -> Iterator[Finding]:
    if not settings.redis_url:
        if settings.mode == "central":
            yield Finding(
                "note", "redis", "QUANTLAB_REDIS_URL is not set: right for one process only"
            )
        else:
            yield Finding("ok", "redis", "not used")
        return
    from redis import Redis, RedisError

    try:
        client = Redis.from_url(settings.redis_url, socket_timeout=3, socket_connect_timeout=3)
        client.ping()
        client.close()
    except (RedisError, ValueError) as error:
        yield Finding(
            "problem", "redis", f"does not answer ({type(error).__name__}): see QUANTLAB_REDIS_URL"
        )
    else:
        yield Finding("ok", "redis", "answers")


def _mail(settings: Settings) -> Iterator[Finding]:
    from quantlab_server.mail.smtp import SmtpUrlError, parse_smtp_url

    if not settings.smtp_url:
        yield Finding(
            "ok" if settings.embedded else "note",
            "mail",
            "QUANTLAB_SMTP_URL is not set: addresses are not verified, and forgotten passwords are reset with"
            " `quantlab user reset-password`",
        )
        return
    try:
        server = parse_smtp_url(settings)
    except SmtpUrlError as error:
        yield Finding("problem", "mail", str(error))
        return
    if not settings.public_url:
        yield Finding(
            "problem",
            "mail",
            "QUANTLAB_PUBLIC_URL is not set: mails cannot have links, none is sent",
        )
        return
    reason = asyncio.run(server.check())
    if reason is None:
        yield Finding("ok", "mail", "the mail server answers; addresses are verified")
    else:
        yield Finding("problem", "mail", f"the mail server: {reason}; see QUANTLAB_SMTP_URL")


def _keys(settings: Settings) -> Iterator[Finding]:
    from quantlab_server.auth.keys import FILE_NAME, KEYS, KEYS_FILE, KeyringError, load_keyring

    given = os.environ.get(KEYS) or os.environ.get(KEYS_FILE)
    if settings.embedded and not given and not (settings.data_dir / FILE_NAME).exists():
        yield Finding("ok", "keys", "not there yet; made at the first start")
        return
    try:
        keyring = load_keyring(settings.data_dir, embedded=settings.embedded)
    except KeyringError as error:
        yield Finding("problem", "keys", str(error))
    else:
        yield Finding("ok", "keys", f"{keyring.active.kid} ({keyring.active.alg}) signs")


def _audit(settings: Settings) -> Iterator[Finding]:
    """The newest rows only: `quantlab audit verify` checks all of them."""
    from quantlab_server.audit.seals.verify import Verifier, chain_name
    from quantlab_server.auth.keys import KeyringError, load_keyring
    from quantlab_server.db.engine import Database
    from quantlab_server.db.migrate import check_database, sqlite_path

    path = sqlite_path(settings)
    if (path is not None and not path.exists()) or check_database(settings):
        return
    database = Database(settings)
    try:
        keyring = load_keyring(settings.data_dir, embedded=settings.embedded)
        verifier = Verifier(database, keyring)
        chains = verifier.chains()
        # One tenant per person on an open service: some of them tell enough.
        reports = [verifier.check(chain, last=_NEWEST) for chain in chains[:_CHAINS]]
    except KeyringError:
        return
    finally:
        database.close()
    wrong = [report for report in reports if report.faults]
    for report in wrong:
        text = f"{chain_name(report.chain)}: {report.faults[0]}. Run: quantlab audit verify"
        yield Finding("problem", "audit", text)
    waiting = sum(report.waiting for report in reports)
    if waiting >= _MANY:
        text = (
            f"{waiting} rows wait for their seal. Is a server running? Or run: quantlab audit seal"
        )
        yield Finding("note", "audit", text)
    if not wrong:
        yield Finding("ok", "audit", f"the newest rows of {len(reports)} chains are as sealed")


def _extension(settings: Settings) -> Iterator[Finding]:
    from jupyter_core.paths import jupyter_config_path, jupyter_path
    from jupyter_server.extension.config import ExtensionConfigManager

    if settings.mode == "central":
        return
    enabled: dict[str, bool] = {}
    # As Jupyter reads them: later folders are weaker.
    for folder in reversed(jupyter_config_path()):
        manager = ExtensionConfigManager(read_config_path=[folder])
        enabled.update(manager.get_jpserver_extensions())
    if enabled.get("quantlab_server"):
        yield Finding("ok", "server", "the Jupyter server extension is enabled")
    else:
        yield Finding(
            "problem", "server", "not enabled. Run: jupyter server extension enable quantlab_server"
        )
    folders = [
        os.path.join(path, "@quantlab", "labextension") for path in jupyter_path("labextensions")
    ]
    if any(os.path.exists(os.path.join(folder, "package.json")) for folder in folders):
        yield Finding("ok", "lab", "the JupyterLab extension is installed")
    else:
        yield Finding(
            "problem", "lab", "the JupyterLab extension is missing. Reinstall quantlab-ext"
        )


_CHECKS: tuple[tuple[str, Callable[[Settings], Iterator[Finding]]], ...] = (
    ("configuration", _configuration),
    ("database", _database),
    ("redis", _redis),
    ("mail", _mail),
    ("keys", _keys),
    ("audit", _audit),
    ("extension", _extension),
)
