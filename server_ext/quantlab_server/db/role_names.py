"""Which roles an installation uses: those that its URLs name, else the default ones."""

from __future__ import annotations

from sqlalchemy import URL

from quantlab_server.db.engine import parse_url
from quantlab_server.db.policies import Roles

OWNER_ROLE, RUNTIME_ROLE, BACKUP_ROLE = "ql_owner", "ql_runtime", "ql_backup"


def role_of(url: str | URL | None) -> str | None:
    """The role that a URL logs in as."""
    if not url:
        return None
    return (parse_url(url) if isinstance(url, str) else url).username


def configured_roles(
    runtime_url: str, owner_url: str, backup_url: str, *, known: frozenset[str]
) -> Roles:
    """Names of the roles as configured; ``known`` are the roles that exist (a missing backup role is left out).

    Raises:
        ValueError: the runtime URL names the owner.
    """
    owner = role_of(owner_url) or OWNER_ROLE
    runtime = role_of(runtime_url) or RUNTIME_ROLE
    if runtime == owner:
        raise ValueError(
            "QUANTLAB_DATABASE_URL and QUANTLAB_OWNER_DATABASE_URL name the same role: the service "
            "would own its tables and see every tenant. Run: quantlab db init-roles"
        )
    backup = role_of(backup_url) or BACKUP_ROLE
    return Roles(owner=owner, runtime=runtime, backup=backup if backup in known else None)
