"""Row-level security of PostgreSQL as data: who sees which row of which table, and what the runtime role may do.

Applied after every upgrade, in its transaction, so this is always the whole truth. Within a tenant a person sees
its own rows, and what others share with it. Three rules hold for every table of a tenant:

- FORCE ROW LEVEL SECURITY, so that the owner of the table is under the policies too;
- a restrictive policy ``tenant`` for the runtime role, which no permissive policy can widen;
- a permissive policy ``owner_all`` for the owner, so that backfills see every row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, text

from quantlab_server.db.definer import TENANT, USER
from quantlab_server.db.functions import FUNCTIONS, LOOKUP_GRANTS

Command = Literal["ALL", "SELECT", "INSERT", "UPDATE", "DELETE"]

LOOKUP_ROLE = "ql_lookup"
OWNER_POLICY = "owner_all"
TENANT_POLICY = "tenant"
LOOKUP_POLICY = "lookup"
_CRUD = "SELECT, INSERT, UPDATE, DELETE"


@dataclass(frozen=True, slots=True)
class Roles:
    """Names of the roles in this installation; ``backup`` is None where there is none."""

    owner: str
    runtime: str
    backup: str | None = None
    lookup: str = LOOKUP_ROLE


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy for the runtime role; ``check`` (new rows) defaults to ``using`` (rows that are there)."""

    name: str
    command: Command
    using: str
    check: str | None = None
    restrictive: bool = False


@dataclass(frozen=True, slots=True)
class TablePolicies:
    """A table's policies and what is granted to the runtime role.

    ``tenant`` is the expression that must equal the context's tenant; None: the table has none.
    """

    policies: tuple[Policy, ...] = ()
    grants: str = _CRUD
    tenant: str | None = "tenant_id"


_OWN = Policy("own", "ALL", f"user_id = {USER}")
# Jobs of a tenant: in its context, and nobody's.
_JOB = f"{USER} IS NULL"
# The installation's own chain of audit rows; no tenant has this id.
_NO_TENANT = "'00000000-0000-0000-0000-000000000000'"


def _shared(*access: str) -> str:
    """Ids of objects that others share with the context's user."""
    listed = ", ".join(f"'{one}'" for one in access)
    return (
        f"SELECT s.object_id FROM object_shares s WHERE s.tenant_id = {TENANT}"
        f" AND s.grantee_id = {USER} AND s.access IN ({listed})"
    )


def _visible(table: str) -> str:
    """The row's object can be seen: saved_objects' own policies answer."""
    return (
        "EXISTS (SELECT 1 FROM saved_objects o"
        f" WHERE o.tenant_id = {table}.tenant_id AND o.id = {table}.object_id)"
    )


def _editable(table: str) -> str:
    """The row's object can be seen and is shared for editing."""
    return f"object_id IN ({_shared('edit')}) AND {_visible(table)}"


# Owners who let the context's user edit something: an editor's save stores content and counts bytes for them.
_EDITED_OWNERS = (
    f"user_id IN (SELECT s.user_id FROM object_shares s WHERE s.tenant_id = {TENANT}"
    f" AND s.grantee_id = {USER} AND s.access = 'edit')"
)
_CONTENT_IN_SIGHT = (
    "EXISTS (SELECT 1 FROM object_versions v WHERE v.tenant_id = contents.tenant_id"
    " AND v.user_id = contents.user_id AND v.content_hash = contents.hash)"
)

TABLES: dict[str, TablePolicies] = {
    "tenants": TablePolicies(tenant="id", policies=(Policy("own", "ALL", f"id = {TENANT}"),)),
    "users": TablePolicies((Policy("own", "ALL", f"id = {USER}"),)),
    # No right at all: only the look-up functions reach it.
    "login_identities": TablePolicies((), grants=""),
    # Nobody's until somebody decides, so of no tenant; reached the same way.
    "device_requests": TablePolicies((), grants="", tenant=None),
    "sessions": TablePolicies((_OWN,)),
    "refresh_tokens": TablePolicies((_OWN,)),
    "api_tokens": TablePolicies((_OWN,)),
    "oidc_links": TablePolicies((_OWN,)),
    "one_time_tokens": TablePolicies((_OWN,)),
    # Administrators see and change those of their tenant; using one is a look-up function.
    "invitations": TablePolicies(
        (
            Policy(
                "admin",
                "ALL",
                "EXISTS (SELECT 1 FROM users u WHERE u.tenant_id = invitations.tenant_id"
                f" AND u.id = {USER} AND u.role IN ('admin', 'operator'))",
            ),
        ),
        # What was used or taken back is history.
        grants="SELECT, INSERT, UPDATE (token_hash, expires_at, revoked_at)",
    ),
    "outgoing_mail": TablePolicies((_OWN,)),
    "totp_factors": TablePolicies((_OWN,)),
    "recovery_codes": TablePolicies((_OWN,)),
    "passkeys": TablePolicies((_OWN,)),
    "factor_challenges": TablePolicies((_OWN,), grants="SELECT, INSERT, DELETE"),
    "projects": TablePolicies((_OWN,)),
    "idempotency_keys": TablePolicies((_OWN,)),
    "saved_objects": TablePolicies(
        (
            _OWN,
            Policy(
                "shared_read", "SELECT", f"deleted_at IS NULL AND id IN ({_shared('view', 'edit')})"
            ),
            Policy("shared_edit", "UPDATE", f"deleted_at IS NULL AND id IN ({_shared('edit')})"),
        )
    ),
    # The foreign key through the owner keeps anyone from sharing what is not theirs.
    "object_shares": TablePolicies(
        (
            _OWN,
            Policy("grantee", "SELECT", f"grantee_id = {USER}"),
            Policy("leave", "DELETE", f"grantee_id = {USER}"),
        )
    ),
    "object_versions": TablePolicies(
        (
            _OWN,
            Policy("shared_read", "SELECT", _visible("object_versions")),
            Policy("shared_write", "INSERT", _editable("object_versions")),
            # Whose hand a version is from decides whether it may run by itself: nobody signs for another.
            Policy("author", "INSERT", f"author_id = {USER}", restrictive=True),
        ),
        grants="SELECT, INSERT, DELETE",
    ),
    "contents": TablePolicies(
        (
            _OWN,
            Policy("shared_read", "SELECT", _CONTENT_IN_SIGHT),
            Policy("shared_write", "INSERT", _EDITED_OWNERS),
            # To lock a row that a new version is going to name; see the grant.
            Policy("shared_lock", "UPDATE", f"{_EDITED_OWNERS} AND {_CONTENT_IN_SIGHT}"),
        ),
        # Content never changes: its hash is its name. One column may be written, which is what locks need.
        grants="SELECT, INSERT, DELETE, UPDATE (created_at)",
    ),
    "object_drafts": TablePolicies(
        (Policy("own", "ALL", f"drafter_id = {USER} AND {_visible('object_drafts')}"),)
    ),
    "object_trust": TablePolicies(
        (Policy("own", "ALL", f"person_id = {USER} AND {_visible('object_trust')}"),)
    ),
    "object_openings": TablePolicies(
        (Policy("own", "ALL", f"person_id = {USER} AND {_visible('object_openings')}"),)
    ),
    "object_thumbnails": TablePolicies(
        (
            _OWN,
            Policy("shared_read", "SELECT", _visible("object_thumbnails")),
            Policy("shared_write", "ALL", _editable("object_thumbnails")),
        )
    ),
    "object_tags": TablePolicies(
        (
            _OWN,
            Policy("shared_read", "SELECT", _visible("object_tags")),
            Policy("shared_write", "ALL", _editable("object_tags")),
        )
    ),
    "usage_counters": TablePolicies((_OWN, Policy("shared_edit", "ALL", _EDITED_OWNERS))),
    "audit_events": TablePolicies(
        (
            Policy("own", "SELECT", f"user_id = {USER}"),
            Policy(
                "act",
                "INSERT",
                f"actor_id = {USER} OR (actor_id IS NULL AND user_id = {USER})",
            ),
            Policy("seal", "SELECT", _JOB),
        ),
        grants="SELECT, INSERT",
    ),
    # Of no tenant and not secret; the role of whoever writes is looked at in the database too.
    "installation_settings": TablePolicies(
        (
            Policy("read", "SELECT", "true"),
            Policy(
                "operator",
                "ALL",
                f"EXISTS (SELECT 1 FROM users u WHERE u.id = {USER}"
                " AND u.role = 'operator' AND u.is_active)",
            ),
        ),
        tenant=None,
    ),
    "installation_events": TablePolicies(
        (
            Policy("write", "INSERT", "true"),
            Policy("seal", "SELECT", f"{TENANT} = {_NO_TENANT} AND {_JOB}"),
        ),
        grants="SELECT, INSERT",
        tenant=None,
    ),
    # Ids only. Whoever writes an event queues it, also one of the installation in the context of a tenant.
    "audit_unsealed": TablePolicies(
        (
            Policy("queue", "INSERT", f"chain_id = {TENANT} OR chain_id = {_NO_TENANT}"),
            Policy("seal", "SELECT", f"chain_id = {TENANT} AND {_JOB}"),
            Policy("sealed", "DELETE", f"chain_id = {TENANT} AND {_JOB}"),
        ),
        grants="SELECT, INSERT, DELETE",
        tenant=None,
    ),
    "audit_seals": TablePolicies((Policy("seal", "ALL", _JOB),), grants="SELECT, INSERT"),
    "audit_checkpoints": TablePolicies((Policy("seal", "ALL", _JOB),), grants="SELECT, INSERT"),
}

# Tables that are nobody's: what the runtime role may do with them.
PLAIN_TABLES = {"alembic_version": "SELECT"}


def remove(connection: Connection) -> None:
    """Drop every policy but the owner's, and the functions, so that migrations may change what they name."""
    rows = connection.execute(
        text(
            "SELECT tablename, policyname FROM pg_policies"
            " WHERE schemaname = 'public' AND policyname <> :kept"
        ),
        {"kept": OWNER_POLICY},
    ).all()
    for table, policy in rows:
        _run(connection, f'DROP POLICY "{policy}" ON public."{table}"')
    for function in FUNCTIONS:
        _run(connection, f"DROP FUNCTION IF EXISTS public.{function.signature}")


def apply(connection: Connection, roles: Roles) -> None:
    """Make policies, grants and functions; the owner's transaction is open and the tables are at head.

    Raises:
        sqlalchemy.exc.ProgrammingError: a role is missing (``quantlab db init-roles`` makes them).
    """
    quote = connection.dialect.identifier_preparer.quote
    runtime, lookup = quote(roles.runtime), quote(roles.lookup)
    for role in ("PUBLIC", runtime, lookup):
        _run(connection, f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")
        _run(connection, f"REVOKE CREATE ON SCHEMA public FROM {role}")
    for role in (runtime, lookup):
        _run(connection, f"GRANT USAGE ON SCHEMA public TO {role}")
    database = quote(connection.execute(text("SELECT current_database()")).scalar_one())
    _run(connection, f"GRANT CONNECT ON DATABASE {database} TO {runtime}")
    for table, rules in TABLES.items():
        _apply_table(connection, table, rules, roles)
    for table, grants in PLAIN_TABLES.items():
        _run(connection, f'GRANT {grants} ON public."{table}" TO {runtime}')
    _apply_functions(connection, roles)
    if roles.backup is not None:
        _run(connection, f"GRANT USAGE ON SCHEMA public TO {quote(roles.backup)}")
        _run(connection, f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {quote(roles.backup)}")


def _apply_table(connection: Connection, table: str, rules: TablePolicies, roles: Roles) -> None:
    quote = connection.dialect.identifier_preparer.quote
    _run(connection, f'ALTER TABLE public."{table}" ENABLE ROW LEVEL SECURITY')
    _run(connection, f'ALTER TABLE public."{table}" FORCE ROW LEVEL SECURITY')
    _run(connection, f'DROP POLICY IF EXISTS {OWNER_POLICY} ON public."{table}"')
    _run(
        connection,
        f'CREATE POLICY {OWNER_POLICY} ON public."{table}" TO {quote(roles.owner)} USING (true)',
    )
    policies = list(rules.policies)
    if rules.tenant is not None:
        policies.append(
            Policy(TENANT_POLICY, "ALL", f"{rules.tenant} = {TENANT}", restrictive=True)
        )
    for policy in policies:
        _run(connection, _create(table, policy, quote(roles.runtime)))
    if rules.grants:
        _run(connection, f'GRANT {rules.grants} ON public."{table}" TO {quote(roles.runtime)}')
    if table in LOOKUP_GRANTS:
        lookup = quote(roles.lookup)
        _run(
            connection,
            f'CREATE POLICY {LOOKUP_POLICY} ON public."{table}" TO {lookup} USING (true)',
        )
        _run(connection, f'GRANT {LOOKUP_GRANTS[table]} ON public."{table}" TO {lookup}')


def _create(table: str, policy: Policy, role: str) -> str:
    kind = "RESTRICTIVE" if policy.restrictive else "PERMISSIVE"
    parts = [
        f'CREATE POLICY {policy.name} ON public."{table}" AS {kind} FOR {policy.command} TO {role}'
    ]
    if policy.command != "INSERT":
        parts.append(f"USING ({policy.using})")
    if policy.command in ("ALL", "INSERT", "UPDATE"):
        parts.append(f"WITH CHECK ({policy.check or policy.using})")
    return " ".join(parts)


def _apply_functions(connection: Connection, roles: Roles) -> None:
    quote = connection.dialect.identifier_preparer.quote
    runtime, lookup = quote(roles.runtime), quote(roles.lookup)
    # A function's new owner needs CREATE on the schema at that moment, and never again.
    _run(connection, f"GRANT CREATE ON SCHEMA public TO {lookup}")
    for function in FUNCTIONS:
        _run(connection, f"DROP FUNCTION IF EXISTS public.{function.signature}")
        _run(connection, function.create())
        _run(connection, f"REVOKE ALL ON FUNCTION public.{function.signature} FROM PUBLIC")
        _run(connection, f"GRANT EXECUTE ON FUNCTION public.{function.signature} TO {runtime}")
        _run(connection, f"ALTER FUNCTION public.{function.signature} OWNER TO {lookup}")
    _run(connection, f"REVOKE CREATE ON SCHEMA public FROM {lookup}")


def _run(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)
