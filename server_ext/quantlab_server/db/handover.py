"""How saved objects get from one person of a tenant to another: what moves, what ends.

Every table that hangs on ``saved_objects`` by its owner moves, so that a new one cannot be forgotten; of what is one
person's alone, the rows that have no meaning under the new owner end. On PostgreSQL all of it is one statement of a
SECURITY DEFINER function, which answers to an active administrator of the context's tenant or an operator only: foreign
keys are checked when the statement ends, and nobody may write versions in another's name for it. On SQLite the same
conditions run one after the other, with foreign keys checked at the commit (``versioning/repository/handover.py``).
"""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint

from quantlab_server.models import Base

# Rows that end, by table: those of which the column says one of these people.
ENDS: dict[str, tuple[str, tuple[str, ...]]] = {
    # The new owner needs no share.
    "object_shares": ("grantee_id", ("receiver",)),
    # Unsaved edits of who has no access any more.
    "object_drafts": ("drafter_id", ("giver",)),
    "object_openings": ("person_id", ("giver",)),
    # What the receiver ran was somebody else's; as the owner it has to look again.
    "object_trust": ("person_id", ("giver", "receiver")),
}


def children() -> tuple[str, ...]:
    """The tables whose rows belong to an object and name its owner."""
    return tuple(
        name
        for name, table in sorted(Base.metadata.tables.items())
        for key in table.constraints
        if isinstance(key, ForeignKeyConstraint)
        and key.referred_table.name == "saved_objects"
        and "user_id" in key.column_keys
    )


ARGUMENTS = (
    "in_giver uuid, in_receiver uuid, in_ids uuid[], in_names text[], in_keys text[],"
    " in_texts text[], in_now timestamptz"
)
RESULT = "TABLE (moved bigint, added bigint, drafts bigint, dropped bigint)"


def function_body(tenant: str, user: str, no_project: str) -> str:
    """The one statement of the function, for expressions that are the context's tenant and user.

    It answers how many objects moved, and bytes: of content that the receiver did not have, of drafts that moved, and
    of drafts that ended.
    """
    parts = [_way(tenant, user), _OWN, _KEPT, _SIZES]
    for table in children():
        here = "t.tenant_id = own.tenant_id AND t.object_id = own.id"
        stays = ""
        if table in ENDS:
            column, people = ENDS[table]
            ends = f"t.{column} IN ({', '.join(f'own.{one}' for one in people)})"
            stays = f" AND NOT {ends}"
            parts.append(
                f"e_{table} AS (DELETE FROM public.{table} t USING own WHERE {here} AND {ends})"
            )
        parts.append(
            f"m_{table} AS (UPDATE public.{table} t SET user_id = own.receiver FROM own"
            f" WHERE {here}{stays})"
        )
    parts.append(
        "moved AS (UPDATE public.saved_objects t SET user_id = own.receiver, name = own.name,"
        " name_key = own.name_key, search_text = own.search_text,"
        f" project_key = '{no_project}', pinned = false FROM own"
        " WHERE t.tenant_id = own.tenant_id AND t.id = own.id RETURNING 1)"
    )
    return f"WITH {', '.join(parts)} {_FIGURES}"


def _way(tenant: str, user: str) -> str:
    # Nobody acts on somebody above: an admin neither takes from an operator nor loads onto one.
    return (
        "way AS (SELECT g.tenant_id, g.id AS giver, r.id AS receiver FROM public.users g"
        " JOIN public.users r ON r.tenant_id = g.tenant_id AND r.id = in_receiver AND r.id <> g.id"
        f" AND r.is_active AND r.deleted_at IS NULL WHERE g.tenant_id = {tenant} AND g.id = in_giver"
        f" AND EXISTS (SELECT 1 FROM public.users a WHERE a.id = {user} AND a.is_active"
        " AND a.deleted_at IS NULL AND (a.role = 'operator' OR (a.role = 'admin'"
        f" AND a.tenant_id = {tenant} AND g.role <> 'operator' AND r.role <> 'operator'))))"
    )


_OWN = (
    "own AS (SELECT way.*, c.id, c.name, c.name_key, c.search_text FROM way"
    " CROSS JOIN unnest(in_ids, in_names, in_keys, in_texts) AS c (id, name, name_key, search_text)"
    " JOIN public.saved_objects o ON o.tenant_id = way.tenant_id AND o.user_id = way.giver"
    " AND o.id = c.id AND o.deleted_at IS NULL)"
)
# Written again where the receiver has it, unchanged, which takes its lock as every save does.
_KEPT = (
    "kept AS (INSERT INTO public.contents (tenant_id, user_id, hash, data, created_at)"
    " SELECT w.tenant_id, w.receiver, c.hash, c.data, in_now FROM way w"
    " JOIN public.contents c ON c.tenant_id = w.tenant_id AND c.user_id = w.giver"
    " WHERE c.hash IN (SELECT v.content_hash FROM public.object_versions v"
    " JOIN own ON own.tenant_id = v.tenant_id AND own.id = v.object_id)"
    " ON CONFLICT (tenant_id, user_id, hash) DO UPDATE SET created_at = contents.created_at"
    " RETURNING created_at, length(data) AS bytes)"
)
_SIZES = (
    "sizes AS (SELECT d.drafter_id = own.giver AS ends, d.stored_bytes AS bytes"
    " FROM public.object_drafts d JOIN own ON own.tenant_id = d.tenant_id"
    " AND own.id = d.object_id WHERE NOT d.discarded)"
)
_FIGURES = (
    "SELECT (SELECT count(*) FROM moved),"
    " (SELECT coalesce(sum(k.bytes), 0)::bigint FROM kept k WHERE k.created_at = in_now),"
    " (SELECT coalesce(sum(s.bytes), 0)::bigint FROM sizes s WHERE NOT s.ends),"
    " (SELECT coalesce(sum(s.bytes), 0)::bigint FROM sizes s WHERE s.ends)"
)


def grants() -> dict[str, str]:
    """What the function's owner may do for it, by table."""
    found = {
        "saved_objects": "SELECT (id), UPDATE (user_id, name, name_key, search_text, project_key, pinned)",
        "contents": "SELECT, INSERT, UPDATE (created_at)",
    }
    more = {"object_versions": ", content_hash", "object_drafts": ", stored_bytes, discarded"}
    for table in children():
        person = f", {ENDS[table][0]}" if table in ENDS else ""
        seen = f"SELECT (tenant_id, user_id, object_id{person}{more.get(table, '')})"
        deletes = ", DELETE" if table in ENDS else ""
        found[table] = f"{seen}, UPDATE (user_id){deletes}"
    return found
