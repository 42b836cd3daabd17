"""Proof, from the catalogue, that the database itself keeps tenants apart. On SQLite: that the file is one person's.

Runs at start with the runtime role's own connection, and by ``quantlab db check``. Every rule has a name; a problem
says the rule, the thing and what to do. A server that finds one refuses to serve.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from quantlab_server.db.functions import FUNCTIONS
from quantlab_server.db.policies import (
    LOOKUP_ROLE,
    OWNER_POLICY,
    PLAIN_TABLES,
    TABLES,
    TENANT_POLICY,
)
from quantlab_server.db.sqlite import driver_of
from quantlab_server.models import Base

_UPGRADE = "Run: quantlab db upgrade"
_RESTORE = "Somebody removed it: look at `quantlab audit verify`, then restore a backup"
# What lets each event wait for its seal; and, where there are no grants, keeps events and seals from being changed.
_QUEUES = {"audit_events_queue", "installation_events_queue"}
_KEPT = {
    f"{table}_{what}"
    for table in ("audit_events", "installation_events", "audit_seals", "audit_checkpoints")
    for what in ("fixed", "kept")
}
_ROLES = "Run: quantlab db init-roles, then quantlab db upgrade"


@dataclass(frozen=True, slots=True)
class Problem:
    """A broken rule: its name, what breaks it, what to do."""

    rule: str
    subject: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.subject}. {self.remedy}"


@dataclass(frozen=True, slots=True)
class _Catalogue:
    """What the checks read, so that each of them is a plain function."""

    connection: Connection
    runtime: str

    def rows(self, query: str, **values: Any) -> list[Any]:
        return list(self.connection.execute(text(query), values))


def check(connection: Connection, *, runtime: str | None = None) -> list[Problem]:
    """Problems of an open transaction's database; empty when tenants are kept apart.

    ``runtime`` is the role that the service logs in as (default: this connection's own).
    """
    if connection.dialect.name != "postgresql":
        return list(_sqlite(connection))
    catalogue = _Catalogue(
        connection, runtime or connection.execute(text("SELECT session_user")).scalar_one()
    )
    found: list[Problem] = []
    for rule in _RULES:
        found.extend(rule(catalogue))
    return found


def _sqlite(connection: Connection) -> Iterator[Problem]:
    # The schema's own integrity: names of tables and whether foreign keys are enforced here.
    driver = driver_of(connection)
    if driver.execute("PRAGMA foreign_keys").fetchone() != (1,):
        yield Problem("foreign-keys", "foreign keys are off", "Open it with QuantLab only")
    names = {
        row[0] for row in driver.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    for table in sorted(set(Base.metadata.tables) - names):
        yield Problem("table-missing", f"table {table}", _UPGRADE)
    triggers = {
        row[0] for row in driver.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    }
    for trigger in sorted((_QUEUES | _KEPT) - triggers):
        yield Problem("trigger-missing", f"trigger {trigger}: audit rows are not kept", _RESTORE)


def _role(db: _Catalogue) -> Iterator[Problem]:
    rows = db.rows(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolreplication, rolcreatedb FROM pg_roles"
        " WHERE rolname = :role",
        role=db.runtime,
    )
    if not rows:
        yield Problem("role-missing", f"role {db.runtime}", _ROLES)
        return
    superuser, bypass, create_role, replication, create_db = rows[0]
    if superuser:
        yield Problem("role-superuser", f"role {db.runtime} is a superuser", _ROLES)
    if bypass:
        yield Problem("role-bypassrls", f"role {db.runtime} may bypass row-level security", _ROLES)
    if create_role or replication or create_db:
        yield Problem("role-attributes", f"role {db.runtime} may make roles or copies", _ROLES)


def _membership(db: _Catalogue) -> Iterator[Problem]:
    """Member, directly or not, of a role that stands above the policies."""
    query = """
        WITH RECURSIVE up AS (
            SELECT m.roleid FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = :role
            UNION SELECT m.roleid FROM pg_auth_members m JOIN up ON m.member = up.roleid)
        SELECT r.rolname FROM up JOIN pg_roles r ON r.oid = up.roleid
        WHERE r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolname = :lookup
           OR r.rolname LIKE 'pg\\_%'
           OR EXISTS (SELECT 1 FROM pg_class c WHERE c.relowner = r.oid AND c.relnamespace = 'public'::regnamespace)
           OR r.oid = (SELECT d.datdba FROM pg_database d WHERE d.datname = current_database())
    """
    for (name,) in db.rows(query, role=db.runtime, lookup=LOOKUP_ROLE):
        yield Problem(
            "role-member", f"role {db.runtime} is a member of {name}", f"REVOKE {name} FROM it"
        )


def _ownership(db: _Catalogue) -> Iterator[Problem]:
    query = """
        SELECT 'relation ' || c.relname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
            WHERE r.rolname = :role AND c.relnamespace NOT IN
                (SELECT oid FROM pg_namespace WHERE nspname LIKE 'pg\\_temp%' OR nspname LIKE 'pg\\_toast%')
        UNION ALL SELECT 'function ' || p.proname FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
            WHERE r.rolname = :role
        UNION ALL SELECT 'schema ' || n.nspname FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner
            WHERE r.rolname = :role AND n.nspname NOT LIKE 'pg\\_temp%' AND n.nspname NOT LIKE 'pg\\_toast%'
        UNION ALL SELECT 'database ' || d.datname FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba
            WHERE r.rolname = :role
    """
    for (what,) in db.rows(query, role=db.runtime):
        yield Problem("role-owns", f"role {db.runtime} owns {what}", _ROLES)
    if db.rows(
        "SELECT 1 WHERE has_schema_privilege(:role, 'public', 'CREATE')"
        " OR has_database_privilege(:role, current_database(), 'CREATE')",
        role=db.runtime,
    ):
        yield Problem("role-creates", f"role {db.runtime} may create tables or schemas", _UPGRADE)


def _tables(db: _Catalogue) -> Iterator[Problem]:
    """Every table and partition is known, and under FORCE ROW LEVEL SECURITY."""
    known = set(TABLES) | set(PLAIN_TABLES)
    rows = db.rows(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relispartition FROM pg_class c"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'f')"
        " AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')"
    )
    names = {row.relname for row in rows}
    for table in sorted(known - names):
        yield Problem("table-missing", f"table {table}", _UPGRADE)
    for row in rows:
        if row.relname in PLAIN_TABLES:
            continue
        if row.relname not in known and not row.relispartition:
            yield Problem(
                "table-unknown", f"table {row.relname} has no policies", "Declare or drop it"
            )
        if not row.relrowsecurity:
            yield Problem("rls-off", f"table {row.relname} has no row-level security", _UPGRADE)
        elif not row.relforcerowsecurity:
            yield Problem("rls-not-forced", f"table {row.relname} is open to its owner", _UPGRADE)


def _tenant_policies(db: _Catalogue) -> Iterator[Problem]:
    """A restrictive policy on the context's tenant for everything the runtime role may do."""
    rows = db.rows(
        "SELECT tablename, policyname, permissive, roles::text[] AS roles, cmd, qual, with_check"
        " FROM pg_policies WHERE schemaname = 'public'"
    )
    by_name = {(row.tablename, row.policyname): row for row in rows}
    tables = db.rows(
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace"
        " AND c.relkind IN ('r', 'p') AND (c.relname = 'tenants' OR EXISTS (SELECT 1 FROM pg_attribute a"
        " WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped))"
    )
    for (table,) in tables:
        policy = by_name.get((table, TENANT_POLICY))
        column = "id" if table == "tenants" else "tenant_id"
        if policy is None or not _fences(policy, column, db.runtime):
            yield Problem("tenant-policy", f"table {table} lacks its restrictive policy", _UPGRADE)
    for row in rows:
        declared = (
            {p.name for p in TABLES[row.tablename].policies} if row.tablename in TABLES else set()
        )
        for_runtime = {"public", db.runtime} & set(row.roles)
        if for_runtime and row.policyname not in declared | {TENANT_POLICY}:
            yield Problem(
                "policy-unknown",
                f"policy {row.policyname} on {row.tablename} is not ours",
                "Drop it",
            )
        if row.policyname in declared and not _as_declared(row, db.runtime):
            yield Problem(
                "policy-changed",
                f"policy {row.policyname} on {row.tablename} is not ours",
                _UPGRADE,
            )
        if "public" in row.roles:
            yield Problem(
                "policy-public",
                f"policy {row.policyname} on {row.tablename} is for everyone",
                _UPGRADE,
            )
    for table, rules in TABLES.items():
        for name in sorted({p.name for p in rules.policies} | {OWNER_POLICY}):
            if (table, name) not in by_name:
                yield Problem("policy-missing", f"policy {name} on {table}", _UPGRADE)


def _as_declared(row: Any, runtime: str) -> bool:
    """Whether a policy is the declared one, as far as the catalogue's own spelling can tell."""
    policy = next(p for p in TABLES[row.tablename].policies if p.name == row.policyname)
    checks = policy.command in ("ALL", "INSERT", "UPDATE")
    spelled = [(row.qual, policy.using)] if policy.command != "INSERT" else []
    spelled += [(row.with_check, policy.check or policy.using)] if checks else []
    return (
        row.cmd == policy.command
        and (row.permissive == "RESTRICTIVE") == policy.restrictive
        and list(row.roles) == [runtime]
        and all(_same_names(actual or "", declared) for actual, declared in spelled)
    )


def _same_names(actual: str, declared: str) -> bool:
    """Whether two spellings of an expression name the same columns, tables and settings equally often."""
    ignored = {"text", "uuid", "true", "false", "and", "or", "character", "varying", "timestamp", "any", "array",
               "in", "as", "where", "from", "select", "exists", "null", "nullif", "bpchar", "varchar"}  # fmt: skip
    words = [set(re.findall(r"[a-z_]{2,}", text.lower())) - ignored for text in (actual, declared)]
    return words[0] == words[1] and (actual == "true") == (declared == "true")


def _fences(policy: Any, column: str, runtime: str) -> bool:
    """Whether a policy restricts every command of the role to the context's tenant."""
    setting = "current_setting('quantlab.tenant_id'"
    return (
        policy.permissive == "RESTRICTIVE"
        and policy.cmd == "ALL"
        and runtime in policy.roles
        and all(
            (expression or "").replace("(", "").startswith(f"{column} = ")
            and setting in expression
            and "NULLIF" in expression
            and " OR " not in expression
            for expression in (policy.qual, policy.with_check or policy.qual)
        )
    )


def _keys(db: _Catalogue) -> Iterator[Problem]:
    """Primary, unique and foreign keys (and unique indexes) of tenant tables start with the tenant."""
    query = """
        SELECT c.relname AS table, i.relname AS key, a.attname AS first FROM pg_index x
        JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]
        WHERE x.indisunique AND c.relnamespace = 'public'::regnamespace
        UNION ALL
        SELECT c.relname, k.conname, a.attname FROM pg_constraint k
        JOIN pg_class c ON c.oid = k.conrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
        WHERE k.contype = 'f' AND c.relnamespace = 'public'::regnamespace
    """
    for row in db.rows(query):
        rules = TABLES.get(row.table)
        # login_identities is the one key that is unique over the installation; nobody reaches it directly.
        if rules is None or rules.tenant is None or row.key == "pk_login_identities":
            continue
        if row.first != rules.tenant:
            yield Problem(
                "key-tenant", f"{row.key} of {row.table} does not start with the tenant", "Fix it"
            )


def _views(db: _Catalogue) -> Iterator[Problem]:
    rows = db.rows(
        "SELECT c.relname, c.relkind::text AS kind, coalesce(array_to_string(c.reloptions, ','), '') AS options"
        " FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('v', 'm')"
        " AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')"
    )
    for row in rows:
        if row.kind == "m":
            yield Problem(
                "matview", f"materialised view {row.relname} knows no policies", "Drop it"
            )
        elif not {"security_invoker=true", "security_invoker=on"} & set(row.options.split(",")):
            yield Problem(
                "view-owner-rights",
                f"view {row.relname} reads with its owner's rights",
                "ALTER VIEW … SET (security_invoker = true)",
            )


def _functions(db: _Catalogue) -> Iterator[Problem]:
    """Only the declared SECURITY DEFINER functions, with a fixed search path, of the role without log-in."""
    rows = db.rows(
        "SELECT p.proname, p.prosecdef, p.prosrc, coalesce(array_to_string(p.proconfig, ','), '') AS config,"
        " r.rolname AS owner, r.rolcanlogin, r.rolsuper OR r.rolbypassrls AS above,"
        " EXISTS (SELECT 1 FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g"
        "  WHERE g.grantee = 0) AS for_public"
        " FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner"
        " JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND p.prosecdef"
    )
    known = {function.name: function for function in FUNCTIONS}
    for row in rows:
        function = known.get(row.proname)
        if function is None:
            yield Problem(
                "function-unknown", f"function {row.proname} runs as {row.owner}", "Drop it"
            )
            continue
        if row.config.replace(" ", "") != "search_path=pg_catalog,pg_temp":
            yield Problem("function-search-path", f"function {row.proname}", _UPGRADE)
        if row.rolcanlogin or row.above or row.owner != LOOKUP_ROLE:
            yield Problem("function-owner", f"function {row.proname} runs as {row.owner}", _UPGRADE)
        if row.for_public:
            yield Problem("function-public", f"function {row.proname} is for everyone", _UPGRADE)
        if row.prosrc.strip() != function.body.strip():
            yield Problem("function-changed", f"function {row.proname} is not ours", _UPGRADE)
    for name in sorted(set(known) - {row.proname for row in rows}):
        yield Problem("function-missing", f"function {name}", _UPGRADE)


def _triggers(db: _Catalogue) -> Iterator[Problem]:
    """Each event waits for its seal."""
    rows = db.rows(
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
    )
    for trigger in sorted(_QUEUES - {row.tgname for row in rows}):
        yield Problem("trigger-missing", f"trigger {trigger}: audit rows are not sealed", _RESTORE)


def _grants(db: _Catalogue) -> Iterator[Problem]:
    """The runtime role may do what is declared, and nothing more: no change of an audit row above all."""
    actual: dict[str, set[str]] = {}
    for row in db.rows(_GRANTED, role=db.runtime):
        actual.setdefault(row.relname, set()).add(
            f"{row.privilege} ({row.attname})" if row.attname else row.privilege
        )
    declared = {table: _split(rules.grants) for table, rules in TABLES.items()}
    declared |= {table: _split(grants) for table, grants in PLAIN_TABLES.items()}
    for table, wanted in sorted(declared.items()):
        more, less = actual.get(table, set()) - wanted, wanted - actual.get(table, set())
        if more:
            yield Problem("grant-too-much", f"{', '.join(sorted(more))} on {table}", _UPGRADE)
        if less:
            yield Problem("grant-missing", f"{', '.join(sorted(less))} on {table}", _UPGRADE)


# What the role may do on whole tables, and on single columns of tables where not on the whole.
_GRANTED = """
    WITH tables AS (SELECT oid, relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'f'))
    SELECT t.relname, p.privilege, NULL AS attname FROM tables t
        CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])
            AS p(privilege)
        WHERE has_table_privilege(:role, t.oid, p.privilege)
    UNION ALL SELECT t.relname, p.privilege, a.attname FROM tables t
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
        CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) AS p(privilege)
        WHERE a.attacl IS NOT NULL AND NOT has_table_privilege(:role, t.oid, p.privilege)
            AND has_column_privilege(:role, t.oid, a.attnum, p.privilege)
"""


def _split(grants: str) -> set[str]:
    """``SELECT, UPDATE (a, b)`` as SELECT, UPDATE (a), UPDATE (b)."""
    parts: set[str] = set()
    for privilege, columns in re.findall(r"(\w+)\s*(?:\(([^)]*)\))?", grants):
        parts |= (
            {f"{privilege} ({one.strip()})" for one in columns.split(",")}
            if columns
            else {privilege}
        )
    return parts


_RULES: tuple[Callable[[_Catalogue], Iterator[Problem]], ...] = (
    _role,
    _membership,
    _ownership,
    _tables,
    _tenant_policies,
    _keys,
    _views,
    _functions,
    _triggers,
    _grants,
)
