"""The SECURITY DEFINER functions of administration, which answer nobody but an active admin of the context's tenant or
an operator.

PostgreSQL reads no more for a page than the page: a function is a wall that no condition or limit gets through from
outside, so both are arguments.
"""

from __future__ import annotations

from quantlab_server.db.definer import TENANT, USER, Function

_IS_ADMIN = (
    f"EXISTS (SELECT 1 FROM public.users a WHERE a.id = {USER} AND a.is_active AND a.deleted_at IS NULL"
    f" AND (a.role = 'operator' OR (a.role = 'admin' AND a.tenant_id = {TENANT})))"
)

_PERSON = (
    "TABLE (id uuid, username varchar, username_key varchar, email varchar, role varchar, tier varchar,"
    " tier_expires_at timestamptz, is_active boolean, is_local boolean, created_at timestamptz,"
    " deleted_at timestamptz, last_seen_at timestamptz)"
)
_PERSON_COLUMNS = (
    "u.id, u.username, u.username_key, u.email, u.role, u.tier, u.tier_expires_at, u.is_active,"
    " u.is_local, u.created_at, u.deleted_at"
)
_LAST_SEEN = (
    "(SELECT max(s.last_used_at) FROM public.sessions s"
    f" WHERE s.tenant_id = {TENANT} AND s.user_id = p.id)"
)
_PEOPLE_FILTER = "in_q text, in_role text, in_tier text, in_state text"
_MATCHES = (
    "(in_q IS NULL OR strpos(lower(u.username), lower(in_q)) > 0"
    " OR strpos(lower(u.email), lower(in_q)) > 0)"
    " AND (in_role IS NULL OR u.role = in_role) AND (in_tier IS NULL OR u.tier = in_tier)"
    " AND CASE in_state WHEN 'deleted' THEN u.deleted_at IS NOT NULL"
    " WHEN 'active' THEN u.deleted_at IS NULL AND u.is_active"
    " WHEN 'disabled' THEN u.deleted_at IS NULL AND NOT u.is_active ELSE true END"
)


def _people(column: str, after: str, descending: bool) -> str:
    """A page in one order. The orders are branches, so that each can go along an index."""
    step, order = ("<", " DESC") if descending else (">", "")
    return (
        f"(SELECT {_PERSON_COLUMNS} FROM public.users u WHERE u.tenant_id = {TENANT} AND {_IS_ADMIN}"
        f" AND in_sort = '{column}' AND in_descending = {descending} AND {_MATCHES}"
        f" AND (in_after_id IS NULL OR (u.{column}, u.id) {step} ({after}, in_after_id))"
        f" ORDER BY u.{column}{order}, u.id{order} LIMIT in_limit)"
    )


_EVENT_COLUMNS = (
    "e.id, e.user_id, e.actor_id, e.at, e.tag, e.subject_id, e.request_id, e.address, e.detail"
)


def _events(user: str) -> str:
    """A page of everybody's events, along their ids, or of one person's, among that person's."""
    return (
        f"(SELECT {_EVENT_COLUMNS} FROM public.audit_events e WHERE e.tenant_id = {TENANT} AND {_IS_ADMIN}"
        f" AND {user} AND e.id < coalesce(in_before, 'ffffffff-ffff-ffff-ffff-ffffffffffff')"
        " AND e.at >= coalesce(in_since, '-infinity') AND e.at < coalesce(in_until, 'infinity')"
        " AND (in_tag IS NULL OR starts_with(e.tag, in_tag))"
        " AND (in_actor IS NULL OR e.actor_id = in_actor)"
        " ORDER BY e.id DESC LIMIT in_limit)"
    )


ADMIN_FUNCTIONS: tuple[Function, ...] = (
    Function(
        "quantlab_people",
        f"{_PEOPLE_FILTER}, in_sort text, in_descending boolean, in_after_key text,"
        " in_after_at timestamptz, in_after_id uuid, in_limit integer",
        _PERSON,
        "STABLE",
        f"SELECT p.*, {_LAST_SEEN} FROM ("
        + " UNION ALL ".join(
            _people(column, after, descending)
            for column, after in (("username_key", "in_after_key"), ("created_at", "in_after_at"))
            for descending in (False, True)
        )
        + ") p",
    ),
    Function(
        "quantlab_person",
        "in_user uuid",
        _PERSON,
        "STABLE",
        f"SELECT p.*, {_LAST_SEEN} FROM (SELECT {_PERSON_COLUMNS} FROM public.users u"
        f" WHERE u.tenant_id = {TENANT} AND u.id = in_user AND {_IS_ADMIN}) p",
    ),
    Function(
        "quantlab_count_people",
        _PEOPLE_FILTER,
        "bigint",
        "STABLE",
        f"SELECT count(*) FROM public.users u WHERE u.tenant_id = {TENANT} AND {_IS_ADMIN} AND {_MATCHES}",
    ),
    Function(
        "quantlab_count_others",
        "in_user uuid",
        "bigint",
        "STABLE",
        f"SELECT count(*) FROM public.users u WHERE u.tenant_id = {TENANT} AND {_IS_ADMIN}"
        " AND u.id <> in_user AND u.deleted_at IS NULL",
    ),
    # Operators are of any tenant, and each sees who of them changed a setting.
    Function(
        "quantlab_operator_names",
        "in_ids uuid[]",
        "TABLE (id uuid, username varchar)",
        "STABLE",
        "SELECT u.id, u.username FROM public.users u WHERE u.id = ANY (in_ids)"
        f" AND EXISTS (SELECT 1 FROM public.users a WHERE a.id = {USER} AND a.is_active"
        " AND a.deleted_at IS NULL AND a.role = 'operator') AND EXISTS (SELECT 1"
        " FROM public.installation_settings s WHERE s.changed_by = u.id::text)",
    ),
    Function(
        "quantlab_events",
        "in_tag text, in_user uuid, in_actor uuid, in_since timestamptz, in_until timestamptz,"
        " in_before uuid, in_limit integer",
        "TABLE (id uuid, user_id uuid, actor_id uuid, at timestamptz, tag varchar, subject_id uuid,"
        " request_id varchar, address varchar, detail jsonb, sealed boolean)",
        "STABLE",
        "SELECT p.*, EXISTS (SELECT 1 FROM public.audit_seals s"
        f" WHERE s.tenant_id = {TENANT} AND s.event_id = p.id) FROM ("
        f"{_events('in_user IS NULL')} UNION ALL {_events('e.user_id = in_user')}) p",
    ),
)
