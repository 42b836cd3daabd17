"""How a person's rows get into another tenant: what moves, what ends, what stays.

Whatever table has ``tenant_id`` and ``user_id`` moves unless it is named here, so that a new one cannot be forgotten.
On PostgreSQL all of it is one statement of a SECURITY DEFINER function, which moves nobody but the context's own person
and only to where an open invitation leads: foreign keys are checked when the statement ends, and row-level security is
widened for nobody. On SQLite the same conditions run one after the other, with foreign keys checked at the commit.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Row, String, Uuid, bindparam, text

from quantlab_server.db.session import UnitOfWork
from quantlab_server.models import Base

# The tenant's own record of what happened there.
STAYS = frozenset({"audit_events"})

_OWN = "t.tenant_id = {tenant} AND t.user_id = {user}"
# Of the person alone; what others keep about these objects ends.
_ALONE = {
    "object_drafts": "drafter_id",
    "object_trust": "person_id",
    "object_openings": "person_id",
}

# What is worth nothing elsewhere: tokens that name the tenant, ways into it, and what hangs on access in it.
ENDS: dict[str, str] = {
    "sessions": _OWN,
    "refresh_tokens": _OWN,
    "one_time_tokens": _OWN,
    "factor_challenges": _OWN,
    "invitations": _OWN,
    "device_requests": "t.decider_tenant_id = {tenant} AND t.decider_id = {user}",
    "object_shares": "t.tenant_id = {tenant} AND (t.user_id = {user} OR t.grantee_id = {user})",
    **{
        table: f"t.tenant_id = {{tenant}} AND (t.user_id = {{user}}) <> (t.{person} = {{user}})"
        for table, person in _ALONE.items()
    },
}
_COLUMNS = {
    "device_requests": "decider_tenant_id, decider_id",
    "object_shares": "tenant_id, user_id, grantee_id",
    **{table: f"tenant_id, user_id, {person}" for table, person in _ALONE.items()},
}


def moves() -> dict[str, str]:
    """Which rows move, by table: an SQL condition on ``t`` with ``{tenant}`` and ``{user}``."""
    found = {"users": "t.tenant_id = {tenant} AND t.id = {user}"}
    for name, table in sorted(Base.metadata.tables.items()):
        if name in STAYS or not {"tenant_id", "user_id"} <= set(table.columns.keys()):
            continue
        if name in _ALONE:
            found[name] = f"{_OWN} AND t.{_ALONE[name]} = {{user}}"
        elif name not in ENDS:
            found[name] = _OWN
    return found


def _filled(condition: str, here: dict[str, str]) -> str:
    return condition.replace("{tenant}", here["tenant"]).replace("{user}", here["user"])


def function_body(tenant: str, user: str, is_open: str) -> str:
    """The one statement of the function, for expressions that are the context's tenant and user."""
    here = {"tenant": tenant, "user": user}
    parts = [
        "WITH way AS (UPDATE public.invitations i SET used_at = now(), used_by = p.id"
        f" FROM public.users p {is_open} AND p.tenant_id = {tenant} AND p.id = {user}"
        " AND i.tenant_id <> p.tenant_id RETURNING i.tenant_id, i.role, i.id)"
    ]
    for table, which in ENDS.items():
        condition = _filled(which, here)
        parts.append(f"e_{table} AS (DELETE FROM public.{table} t USING way WHERE {condition})")
    for table, which in moves().items():
        role = ", role = way.role" if table == "users" else ""
        parts.append(
            f"m_{table} AS (UPDATE public.{table} t SET tenant_id = way.tenant_id{role} FROM way"
            f" WHERE {_filled(which, here)})"
        )
    return ", ".join(parts) + " SELECT way.tenant_id, way.role, way.id FROM way"


def grants() -> dict[str, str]:
    """What the function's owner may do for it, by table: see keys and change the tenant, or delete."""
    found = {}
    for table in moves():
        columns = "tenant_id, id" if table == "users" else _COLUMNS.get(table, "tenant_id, user_id")
        changed = "tenant_id, role" if table == "users" else "tenant_id"
        found[table] = f"SELECT ({columns}), UPDATE ({changed})"
    for table in ENDS:
        seen = f"SELECT ({_COLUMNS.get(table, 'tenant_id, user_id')}), DELETE"
        found[table] = f"{found[table]}, DELETE" if table in found else seen
    return found


_MOVE = (
    text("SELECT t.tenant_id, t.role, t.id FROM quantlab_move_person(:hash, :email_key) AS t")
    .bindparams(bindparam("email_key", type_=String()))
    .columns(tenant_id=Uuid(), role=String(), id=Uuid())
)


def move_person(uow: UnitOfWork, token_hash: bytes, email_key: str) -> Row[Any] | None:
    """On PostgreSQL: use an invitation up and move the context's person; the invitation, None when it is no good."""
    return uow.execute(_MOVE, {"hash": token_hash, "email_key": email_key}).one_or_none()


def move_rows(uow: UnitOfWork, tenant_id: UUID, role: str) -> None:
    """On SQLite: move the context's person into a tenant, with a role."""
    # Until the commit, which checks them.
    uow.execute(text("PRAGMA defer_foreign_keys = ON"))
    here = {"tenant": ":tenant", "user": ":user"}
    values = {"tenant": uow.tenant_id, "user": uow.user_id}
    kinds = [bindparam(name, type_=Uuid()) for name in values]
    for table, which in ENDS.items():
        statement = f"DELETE FROM {table} AS t WHERE {_filled(which, here)}"
        uow.execute(text(statement).bindparams(*kinds), values)
    for table, which in moves().items():
        more = {"role": role} if table == "users" else {}
        changes = ", ".join(f"{name} = :{name}" for name in ("tenant_id", *more))
        statement = f"UPDATE {table} AS t SET {changes} WHERE {_filled(which, here)}"
        uow.execute(
            text(statement).bindparams(*kinds, bindparam("tenant_id", type_=Uuid())),
            {**values, "tenant_id": tenant_id, **more},
        )
