"""The roles of PostgreSQL, made once by a superuser: who owns, who serves, who backs up.

``ql_owner`` owns and migrates; the runtime role owns nothing and lives under the policies; ``ql_backup`` reads
everything; ``ql_lookup`` owns the look-up functions and nobody can log in as it. Roles named in the configured URLs
are used instead of the default names.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

import psycopg
from psycopg import sql
from sqlalchemy import URL

from quantlab_server.db.engine import parse_url
from quantlab_server.db.policies import LOOKUP_ROLE
from quantlab_server.db.role_names import BACKUP_ROLE, OWNER_ROLE, RUNTIME_ROLE


@dataclass(slots=True)
class RolesReport:
    """What was done. ``urls`` holds the setting's name and the URL of every role that got a new password."""

    done: list[str] = field(default_factory=list)
    urls: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Login:
    setting: str
    role: str
    password: str | None
    attributes: str


def init_roles(
    admin_url: str,
    *,
    runtime_url: str = "",
    owner_url: str = "",
    backup_url: str = "",
    reset_passwords: bool = False,
) -> RolesReport:
    """Create the roles and give the database of ``admin_url`` to the owner role. Idempotent.

    A role keeps its password unless its URL names one or ``reset_passwords`` asks for a new one.

    Args:
        admin_url: a superuser's URL of the QuantLab database (which exists and is empty, or ours).
        runtime_url, owner_url, backup_url: configured URLs, or empty for the default names.

    Raises:
        psycopg.Error: no connection, or not enough rights.
        ValueError: ``admin_url`` is not PostgreSQL, or two roles have the same name.
    """
    admin = _postgres(admin_url)
    logins = (
        _login("QUANTLAB_OWNER_DATABASE_URL", owner_url, OWNER_ROLE, "NOBYPASSRLS"),
        _login("QUANTLAB_DATABASE_URL", runtime_url, RUNTIME_ROLE, "NOBYPASSRLS"),
        _login("QUANTLAB_BACKUP_DATABASE_URL", backup_url, BACKUP_ROLE, "BYPASSRLS"),
    )
    names = [login.role for login in logins]
    if len(set(names)) < len(names) or admin.username in names:
        raise ValueError("Owner, runtime, backup and administrator must be different roles.")
    report = RolesReport()
    with _connect(admin) as connection:
        # Two operators at once: the second waits and finds everything made.
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('quantlab roles'))")
        for login in logins:
            _make_login(connection, login, admin, reset_passwords, report)
        _make_lookup(connection, report)
        _hand_over(connection, admin.database or "", names, report)
    return report


def _postgres(url: str) -> URL:
    parsed = parse_url(url)
    if parsed.get_backend_name() != "postgresql":
        raise ValueError("Roles exist on PostgreSQL only; SQLite needs none.")
    return parsed


def _login(setting: str, url: str, default: str, attributes: str) -> _Login:
    parsed = _postgres(url) if url else None
    return _Login(
        setting,
        (parsed.username if parsed else None) or default,
        str(parsed.password) if parsed and parsed.password else None,
        attributes,
    )


def _connect(url: URL) -> psycopg.Connection[tuple[object, ...]]:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, connect_timeout=10)


def _make_login(
    connection: psycopg.Connection[tuple[object, ...]],
    login: _Login,
    admin: URL,
    reset: bool,
    report: RolesReport,
) -> None:
    role = sql.Identifier(login.role)
    known = connection.execute(
        "SELECT rolsuper FROM pg_roles WHERE rolname = %s", (login.role,)
    ).fetchone()
    if known is not None and known[0]:
        raise ValueError(
            f"The role {login.role} is a superuser; name another one in {login.setting}."
        )
    attributes = sql.SQL(
        f"LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION {login.attributes}"
    )
    verb = "CREATE" if known is None else "ALTER"
    connection.execute(sql.SQL(verb + " ROLE {} ").format(role) + attributes)
    report.done.append(f"{'made' if known is None else 'kept'} role {login.role}")
    password = login.password
    if password is None and (known is None or reset):
        password = secrets.token_urlsafe(24)
        report.urls[login.setting] = (
            admin.set(username=login.role, password=password)
            .render_as_string(hide_password=False)
            .replace("postgresql+psycopg", "postgresql")
        )
    if password is not None:
        # Hashed here, so that the server's log never holds it.
        hashed = connection.pgconn.encrypt_password(
            password.encode(), login.role.encode(), b"scram-sha-256"
        ).decode()
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(hashed)))


def _make_lookup(connection: psycopg.Connection[tuple[object, ...]], report: RolesReport) -> None:
    known = connection.execute(
        "SELECT 1 FROM pg_roles WHERE rolname = %s", (LOOKUP_ROLE,)
    ).fetchone()
    verb = "ALTER" if known else "CREATE"
    connection.execute(
        sql.SQL(
            verb + " ROLE {} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
        ).format(sql.Identifier(LOOKUP_ROLE))
    )
    report.done.append(f"{'kept' if known else 'made'} role {LOOKUP_ROLE}")


def _hand_over(
    connection: psycopg.Connection[tuple[object, ...]],
    database: str,
    names: list[str],
    report: RolesReport,
) -> None:
    owner, runtime, backup = (sql.Identifier(name) for name in names)
    target = sql.Identifier(database)
    for statement in (
        sql.SQL("GRANT {} TO {}").format(sql.Identifier(LOOKUP_ROLE), owner),
        sql.SQL("ALTER DATABASE {} OWNER TO {}").format(target, owner),
        sql.SQL("ALTER SCHEMA public OWNER TO {}").format(owner),
        sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC"),
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(target),
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}").format(target, runtime, backup),
    ):
        connection.execute(statement)
    report.done.append(f"the database {database} belongs to {names[0]}")
