"""The SECURITY DEFINER functions of PostgreSQL: the only ways across the walls between tenants.

They belong to a role that nobody can log in as, see a fixed search path, and may be executed by the runtime role
only. The tenancy check knows this list and refuses any other.
"""

from __future__ import annotations

from dataclasses import dataclass

TENANT = "(SELECT nullif(current_setting('quantlab.tenant_id', true), '')::uuid)"
USER = "(SELECT nullif(current_setting('quantlab.user_id', true), '')::uuid)"


@dataclass(frozen=True, slots=True)
class Function:
    """A function by its name, arguments, result and body (one SQL statement)."""

    name: str
    arguments: str
    result: str
    volatility: str
    body: str

    @property
    def signature(self) -> str:
        """``name(types)``, as GRANT and DROP take it."""
        kinds = ", ".join(part.split()[-1] for part in self.arguments.split(",") if part.strip())
        return f"{self.name}({kinds})"

    def create(self) -> str:
        """The statement that makes it."""
        return (
            f"CREATE OR REPLACE FUNCTION public.{self.name}({self.arguments}) RETURNS {self.result}"
            f" LANGUAGE sql {self.volatility} SECURITY DEFINER PARALLEL UNSAFE"
            f" SET search_path = pg_catalog, pg_temp AS $quantlab$ {self.body} $quantlab$"
        )


_OPEN_INVITATION = (
    "WHERE i.token_hash = in_hash AND i.used_at IS NULL AND i.expires_at > now()"
    " AND (i.email_key IS NULL OR i.email_key = in_email_key)"
)

_IS_ADMIN = (
    f"EXISTS (SELECT 1 FROM public.users a WHERE a.id = {USER} AND a.is_active AND a.deleted_at IS NULL"
    f" AND (a.role = 'operator' OR (a.role = 'admin' AND a.tenant_id = {TENANT})))"
)

FUNCTIONS: tuple[Function, ...] = (
    Function(
        "quantlab_find_identity",
        "in_kind text, in_value text",
        "TABLE (tenant_id uuid, user_id uuid)",
        "STABLE",
        "SELECT i.tenant_id, i.user_id FROM public.login_identities i"
        " WHERE i.kind = in_kind AND i.normalised_value = in_value",
    ),
    Function(
        "quantlab_add_identity",
        "in_kind text, in_value text",
        "boolean",
        "VOLATILE",
        "WITH added AS (INSERT INTO public.login_identities"
        " (kind, normalised_value, tenant_id, user_id, created_at)"
        f" SELECT in_kind, in_value, {TENANT},"
        f" CASE WHEN in_kind = 'tenant' THEN NULL ELSE {USER} END, now()"
        " ON CONFLICT DO NOTHING RETURNING 1)"
        " SELECT EXISTS (SELECT 1 FROM added)",
    ),
    Function(
        "quantlab_drop_identity",
        "in_kind text, in_value text",
        "boolean",
        "VOLATILE",
        "WITH gone AS (DELETE FROM public.login_identities i"
        f" WHERE i.kind = in_kind AND i.normalised_value = in_value AND i.tenant_id = {TENANT}"
        f" AND (i.user_id = {USER} OR (in_kind = 'tenant' AND i.user_id IS NULL)) RETURNING 1)"
        " SELECT EXISTS (SELECT 1 FROM gone)",
    ),
    Function(
        "quantlab_release_identities",
        "in_kind text",
        "void",
        "VOLATILE",
        "DELETE FROM public.login_identities i"
        f" WHERE i.kind = in_kind AND i.tenant_id = {TENANT} AND i.user_id = {USER}",
    ),
    Function(
        "quantlab_find_api_token",
        "in_hash bytea",
        "TABLE (tenant_id uuid, user_id uuid, id uuid)",
        "STABLE",
        "SELECT a.tenant_id, a.user_id, a.id FROM public.api_tokens a WHERE a.token_hash = in_hash",
    ),
    Function(
        "quantlab_add_device",
        "in_device bytea, in_user bytea, in_client text, in_address text, in_scopes text,"
        " in_now timestamptz, in_expires timestamptz",
        "boolean",
        "VOLATILE",
        "WITH gone AS (DELETE FROM public.device_requests d"
        " WHERE d.expires_at < in_now - interval '1 hour'),"
        " added AS (INSERT INTO public.device_requests"
        " (device_hash, user_hash, client_name, address, scopes, created_at, expires_at)"
        " VALUES (in_device, in_user, in_client, in_address, in_scopes, in_now, in_expires)"
        " ON CONFLICT DO NOTHING RETURNING 1)"
        " SELECT EXISTS (SELECT 1 FROM added)",
    ),
    Function(
        "quantlab_pending_device",
        "in_user bytea, in_now timestamptz",
        "TABLE (client_name varchar, address varchar, scopes varchar, created_at timestamptz,"
        " expires_at timestamptz)",
        "STABLE",
        "SELECT d.client_name, d.address, d.scopes, d.created_at, d.expires_at"
        " FROM public.device_requests d"
        " WHERE d.user_hash = in_user AND d.decision IS NULL AND d.expires_at > in_now",
    ),
    Function(
        "quantlab_decide_device",
        "in_user bytea, in_now timestamptz, in_decision text, in_scopes text",
        "boolean",
        "VOLATILE",
        "WITH decided AS (UPDATE public.device_requests d"
        f" SET decision = in_decision, scopes = in_scopes,"
        f" decider_tenant_id = {TENANT}, decider_id = {USER}"
        " WHERE d.user_hash = in_user AND d.decision IS NULL AND d.expires_at > in_now RETURNING 1)"
        " SELECT EXISTS (SELECT 1 FROM decided)",
    ),
    Function(
        "quantlab_poll_device",
        "in_device bytea, in_now timestamptz",
        "TABLE (decision varchar, tenant_id uuid, user_id uuid, client_name varchar,"
        " scopes varchar, expires_at timestamptz, polled_at timestamptz)",
        "VOLATILE",
        "WITH old AS (SELECT * FROM public.device_requests d"
        " WHERE d.device_hash = in_device FOR UPDATE),"
        " polled AS (UPDATE public.device_requests d SET polled_at = in_now FROM old"
        " WHERE d.device_hash = old.device_hash)"
        " SELECT old.decision, old.decider_tenant_id, old.decider_id, old.client_name, old.scopes,"
        " old.expires_at, old.polled_at FROM old",
    ),
    Function(
        "quantlab_take_device",
        "in_device bytea",
        "boolean",
        "VOLATILE",
        "WITH taken AS (DELETE FROM public.device_requests d"
        " WHERE d.device_hash = in_device AND d.decision = 'approved' RETURNING 1)"
        " SELECT EXISTS (SELECT 1 FROM taken)",
    ),
    Function(
        "quantlab_tenant_ids",
        "",
        "SETOF uuid",
        "STABLE",
        "SELECT t.id FROM public.tenants t",
    ),
    Function(
        "quantlab_user_names",
        "in_ids uuid[]",
        "TABLE (id uuid, username varchar)",
        "STABLE",
        "SELECT u.id, u.username FROM public.users u"
        f" WHERE u.tenant_id = {TENANT} AND u.id = ANY (in_ids)",
    ),
    # Administration: nothing for anybody but an active admin of the context's tenant, or an operator.
    Function(
        "quantlab_people",
        "",
        "TABLE (id uuid, username varchar, username_key varchar, email varchar, role varchar, tier varchar,"
        " tier_expires_at timestamptz, is_active boolean, is_local boolean, created_at timestamptz,"
        " deleted_at timestamptz, last_seen_at timestamptz)",
        "STABLE",
        "SELECT u.id, u.username, u.username_key, u.email, u.role, u.tier, u.tier_expires_at, u.is_active,"
        " u.is_local, u.created_at, u.deleted_at, (SELECT max(s.last_used_at) FROM public.sessions s"
        " WHERE s.tenant_id = u.tenant_id AND s.user_id = u.id)"
        f" FROM public.users u WHERE u.tenant_id = {TENANT} AND {_IS_ADMIN}",
    ),
    Function(
        "quantlab_events",
        "",
        "TABLE (id uuid, user_id uuid, actor_id uuid, at timestamptz, tag varchar, subject_id uuid,"
        " request_id varchar, address varchar, detail jsonb)",
        "STABLE",
        "SELECT e.id, e.user_id, e.actor_id, e.at, e.tag, e.subject_id, e.request_id, e.address, e.detail"
        f" FROM public.audit_events e WHERE e.tenant_id = {TENANT} AND {_IS_ADMIN}",
    ),
    Function(
        "quantlab_others_with_role",
        "in_role text, in_user uuid",
        "bigint",
        "STABLE",
        "SELECT count(*) FROM public.users u WHERE u.role = in_role AND u.id <> in_user AND u.is_active"
        f" AND u.deleted_at IS NULL AND (in_role = 'operator' OR u.tenant_id = {TENANT})",
    ),
    # An editor's save counts against the owner's storage, whose limit depends on the owner's tier.
    Function(
        "quantlab_owner_tier",
        "in_user uuid",
        "varchar",
        "STABLE",
        "SELECT CASE WHEN u.tier_expires_at <= now() THEN 'free' ELSE u.tier END FROM public.users u"
        f" WHERE u.tenant_id = {TENANT} AND u.id = in_user AND EXISTS ("
        "SELECT 1 FROM public.object_shares s WHERE s.tenant_id = u.tenant_id"
        f" AND s.user_id = u.id AND s.grantee_id = {USER})",
    ),
    # Who has access is shown to everybody who has it. A policy on object_shares cannot ask object_shares itself.
    Function(
        "quantlab_object_shares",
        "in_object uuid",
        "TABLE (grantee_id uuid, username varchar, access varchar, created_at timestamptz)",
        "STABLE",
        "SELECT s.grantee_id, u.username, s.access, s.created_at FROM public.object_shares s"
        " JOIN public.users u ON u.tenant_id = s.tenant_id AND u.id = s.grantee_id"
        f" WHERE s.tenant_id = {TENANT} AND s.object_id = in_object AND (s.user_id = {USER}"
        " OR EXISTS (SELECT 1 FROM public.object_shares m WHERE m.tenant_id = s.tenant_id"
        f" AND m.object_id = s.object_id AND m.grantee_id = {USER}))"
        " ORDER BY u.username_key",
    ),
    # Colleagues, to share with: names only, and few at a time.
    Function(
        "quantlab_people_like",
        "in_pattern text",
        "TABLE (id uuid, username varchar)",
        "STABLE",
        "SELECT u.id, u.username FROM public.users u"
        f" WHERE u.tenant_id = {TENANT} AND u.id <> {USER} AND u.is_active"
        " AND u.username_key LIKE in_pattern ORDER BY u.username_key LIMIT 10",
    ),
    # An invitation says which tenant somebody comes into; one of several who use it at once gets in.
    Function(
        "quantlab_open_invitation",
        "in_hash bytea, in_email_key varchar",
        "TABLE (tenant_id uuid, role varchar)",
        "STABLE",
        f"SELECT i.tenant_id, i.role FROM public.invitations i {_OPEN_INVITATION}",
    ),
    Function(
        "quantlab_use_invitation",
        "in_hash bytea, in_email_key varchar, in_user uuid",
        "TABLE (tenant_id uuid, role varchar)",
        "VOLATILE",
        "UPDATE public.invitations i SET used_at = now(), used_by = in_user"
        f" {_OPEN_INVITATION} RETURNING i.tenant_id, i.role",
    ),
    Function(
        "quantlab_due",
        "in_what text, in_before timestamptz",
        "TABLE (tenant_id uuid, user_id uuid)",
        "STABLE",
        "SELECT o.tenant_id, o.user_id FROM public.saved_objects o"
        " WHERE in_what = 'objects' AND o.deleted_at < in_before"
        " UNION SELECT k.tenant_id, k.user_id FROM public.idempotency_keys k"
        " WHERE in_what = 'keys' AND k.created_at < in_before"
        " UNION SELECT s.tenant_id, s.user_id FROM public.sessions s"
        " WHERE in_what = 'sessions' AND s.expires_at < in_before"
        " UNION SELECT r.tenant_id, r.user_id FROM public.refresh_tokens r"
        " WHERE in_what = 'sessions' AND r.expires_at < in_before"
        " UNION SELECT a.tenant_id, a.user_id FROM public.api_tokens a"
        " WHERE in_what = 'sessions' AND a.expires_at < in_before"
        " UNION SELECT m.tenant_id, m.user_id FROM public.outgoing_mail m"
        " WHERE in_what = 'mail' AND m.failed_at IS NULL AND m.due_at < in_before"
        " UNION SELECT f.tenant_id, f.user_id FROM public.outgoing_mail f"
        " WHERE in_what = 'failed_mail' AND f.failed_at < in_before"
        " UNION SELECT t.tenant_id, t.user_id FROM public.one_time_tokens t"
        " WHERE in_what = 'one_time_tokens' AND t.expires_at < in_before",
    ),
)

# What the functions' owner may read or change; nothing more.
LOOKUP_GRANTS: dict[str, str] = {
    "login_identities": "SELECT, INSERT, DELETE",
    "tenants": "SELECT (id)",
    "users": "SELECT (tenant_id, id, username, username_key, email, role, tier, tier_expires_at, is_active,"
    " is_local, created_at, deleted_at)",
    "object_shares": "SELECT (tenant_id, object_id, user_id, grantee_id, access, created_at)",
    "saved_objects": "SELECT (tenant_id, user_id, deleted_at)",
    "idempotency_keys": "SELECT (tenant_id, user_id, created_at)",
    "sessions": "SELECT (tenant_id, user_id, expires_at, last_used_at)",
    "audit_events": "SELECT",
    "refresh_tokens": "SELECT (tenant_id, user_id, expires_at)",
    "device_requests": "SELECT, INSERT, UPDATE, DELETE",
    "api_tokens": "SELECT (tenant_id, user_id, id, token_hash, expires_at)",
    "one_time_tokens": "SELECT (tenant_id, user_id, expires_at)",
    "invitations": "SELECT (tenant_id, role, email_key, token_hash, expires_at, used_at),"
    " UPDATE (used_at, used_by)",
    "outgoing_mail": "SELECT (tenant_id, user_id, due_at, failed_at)",
}
