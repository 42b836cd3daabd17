"""What ``quantlab audit`` does; imported only when it runs."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

from quantlab_server.audit.seals import repository
from quantlab_server.audit.seals.chain import INSTALLATION, Checkpoint
from quantlab_server.audit.seals.sealer import AuditSealer
from quantlab_server.audit.seals.verify import Verifier, chain_name
from quantlab_server.audit.service import AuditService
from quantlab_server.audit.tags import AuditTag
from quantlab_server.auth.keys import Keyring, KeyringError, load_keyring
from quantlab_server.cli.operating import Refused, prepare
from quantlab_server.cli.settings import installed_settings
from quantlab_server.config import Settings
from quantlab_server.db.engine import Database
from quantlab_server.db.migrate import DatabaseNotReady

_PAGE = 1000
# As Checkpoint.line writes it, wherever in a line.
_CHECKPOINT = re.compile(r"\{[^{}]*\"signature\"[^{}]*\}")

Act = Callable[[argparse.Namespace, Settings, Database, Keyring], int]


def run(args: argparse.Namespace, act: Act) -> int:
    """Open database and keyring and do ``act``; 1 when it cannot be done."""
    settings = installed_settings(args.config)
    try:
        prepare(settings)
        keyring = load_keyring(settings.data_dir, embedded=settings.embedded)
        database = Database(settings)
        try:
            return act(args, settings, database, keyring)
        finally:
            database.close()
    except (Refused, DatabaseNotReady, KeyringError) as problem:
        print(f"quantlab: {problem}", file=sys.stderr)
        return 1


def verify(
    args: argparse.Namespace, settings: Settings, database: Database, keyring: Keyring
) -> int:
    """Print every fault; 1 when there is one."""
    verifier = Verifier(database, keyring)
    known = list(_logged(args.log)) if args.log else []
    # A chain of which nothing is left is known by the log alone.
    chains = _chosen(args.tenant, {*verifier.chains(), *(one.chain for one in known)})
    rows = waiting = faults = 0
    for chain in chains:
        report = verifier.check(chain, known=known)
        rows, waiting = rows + report.rows, waiting + report.waiting
        faults += len(report.faults)
        for fault in report.faults:
            print(f"{chain_name(chain)}: {fault}")
    counts = f"{rows} sealed rows in {len(chains)} chains, {waiting} not yet sealed"
    if faults:
        print(f"NOT as they were sealed: {faults} faults ({counts})")
        return 1
    print(f"All rows are as they were sealed ({counts}).")
    return 0


def export(
    args: argparse.Namespace, settings: Settings, database: Database, keyring: Keyring
) -> int:
    """Print sealed events as JSON Lines; control and other characters beyond ASCII are escaped."""
    count = 0
    for chain in _chosen(args.tenant, set(Verifier(database, keyring).chains())):
        for line in _lines(database, chain):
            print(line)
            count += 1
    with database.transaction() as uow:
        detail = {"by": "operator", "events": count, "tenant": args.tenant}
        AuditService().installation(uow, AuditTag.AUDIT_EXPORTED, detail=detail)
    return 0


def seal(args: argparse.Namespace, settings: Settings, database: Database, keyring: Keyring) -> int:
    """Seal everything that waits."""
    sealer = AuditSealer(settings.audit, database, keyring)
    sealed = 0
    for chain in {*sealer.waiting(), *sealer.due()}:
        more = True
        while more:
            done = sealer.seal(chain, conclude=True)
            sealed, more = sealed + done.sealed, done.more
    print(f"Sealed {sealed} rows.")
    return 0


def expire(
    args: argparse.Namespace, settings: Settings, database: Database, keyring: Keyring
) -> int:
    """Remove what is older than its days."""
    sealer = AuditSealer(settings.audit, database, keyring)
    removed = 0
    for chain in sealer.due():
        while gone := sealer.expire(chain):
            removed += gone
    print(f"Removed {removed} rows older than {settings.audit.retention_days} days.")
    return 0


def _chosen(given: str | None, chains: set[UUID]) -> list[UUID]:
    if given is None:
        return sorted(chains)
    if given == "installation":
        return [INSTALLATION]
    try:
        wanted = UUID(given)
    except ValueError:
        raise Refused("Give the id of a tenant, or the word installation.") from None
    if wanted not in chains:
        raise Refused("There are no events of such a tenant.")
    return [wanted]


def _lines(database: Database, chain: UUID) -> Iterator[str]:
    after = 0
    while True:
        with database.transaction(tenant_id=chain, writes=False) as uow:
            rows = repository.list_rows(uow, chain, after, _PAGE)
        for row in rows:
            values = {"chain": chain, **row, "mac": row["mac"].hex()}
            yield json.dumps(values, default=str)
        if len(rows) < _PAGE:
            return
        after = rows[-1]["seq"]


def _logged(place: str) -> Iterator[Checkpoint]:
    try:
        text = sys.stdin.read() if place == "-" else Path(place).read_text("utf-8", "replace")
    except OSError as problem:
        raise Refused(f"The log cannot be read: {problem.strerror}.") from None
    for found in _CHECKPOINT.findall(text):
        try:
            yield Checkpoint.parse(found)
        except ValueError:
            continue
