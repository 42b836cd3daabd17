"""The SECURITY DEFINER functions of PostgreSQL: the only ways across the walls between tenants.

They belong to a role that nobody can log in as, see a fixed search path, and may be executed by the runtime role
only. The tenancy check knows this list and refuses any other.
"""

from __future__ import annotations

from uuid import UUID

from quantlab_server.db import handover, moving
from quantlab_server.db.admin_functions import ADMIN_FUNCTIONS
from quantlab_server.db.audit_functions import AUDIT_FUNCTIONS
from quantlab_server.db.definer import TENANT, USER, Function

_LIVE_INVITATION = (
    "WHERE i.token_hash = in_hash AND i.used_at IS NULL AND i.revoked_at IS NULL"
    " AND i.expires_at > now()"
    # Nobody invites into a role that they could not give today.
    " AND EXISTS (SELECT 1 FROM public.users n WHERE n.tenant_id = i.tenant_id AND n.id = i.user_id"
    " AND n.is_active AND n.deleted_at IS NULL"
    " AND (n.role = 'operator' OR (n.role = 'admin' AND i.role <> 'operator')))"
)
_OPEN_INVITATION = f"{_LIVE_INVITATION} AND (i.email_key IS NULL OR i.email_key = in_email_key)"

FUNCTIONS: tuple[Function, ...] = (
    *AUDIT_FUNCTIONS,
    *ADMIN_FUNCTIONS,
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
        "WITH added AS (INSERT INTO public.device_requests"
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
        "quantlab_purge_devices",
        "in_before timestamptz",
        "bigint",
        "VOLATILE",
        "WITH gone AS (DELETE FROM public.device_requests d WHERE d.expires_at < in_before RETURNING 1)"
        " SELECT count(*) FROM gone",
    ),
    # An invitation ends with the right to invite, also if that comes back.
    Function(
        "quantlab_end_invitations",
        "",
        "void",
        "VOLATILE",
        "DELETE FROM public.invitations i"
        f" WHERE i.tenant_id = {TENANT} AND i.user_id = {USER} AND i.used_at IS NULL",
    ),
    # What the context's person let in before somebody else held the account must not come in after.
    Function(
        "quantlab_drop_devices",
        "",
        "void",
        "VOLATILE",
        "DELETE FROM public.device_requests d"
        f" WHERE d.decider_tenant_id = {TENANT} AND d.decider_id = {USER}",
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
    Function(
        "quantlab_tenants",
        "in_q text, in_before uuid, in_only uuid, in_limit integer",
        "TABLE (id uuid, name varchar, personal boolean, created_at timestamptz, people bigint,"
        " storage bigint)",
        "STABLE",
        "SELECT t.id, t.name, t.personal, t.created_at, (SELECT count(*) FROM public.users u"
        " WHERE u.tenant_id = t.id AND u.deleted_at IS NULL),"
        " (SELECT coalesce(sum(c.used), 0)::bigint FROM public.usage_counters c"
        " WHERE c.tenant_id = t.id AND c.what = 'storage') FROM public.tenants t"
        " WHERE (in_q IS NULL OR strpos(lower(t.name), lower(in_q)) > 0)"
        " AND (in_before IS NULL OR t.id < in_before) AND (in_only IS NULL OR t.id = in_only)"
        f" AND EXISTS (SELECT 1 FROM public.users a WHERE a.id = {USER} AND a.is_active"
        " AND a.deleted_at IS NULL AND a.role = 'operator') ORDER BY t.id DESC LIMIT in_limit",
    ),
    Function(
        "quantlab_hand_over",
        handover.ARGUMENTS,
        handover.RESULT,
        "VOLATILE",
        handover.function_body(TENANT, USER, str(UUID(int=0))),
    ),
    # Who never confirmed the address cannot sign in, and goes after some days.
    Function(
        "quantlab_others_with_role",
        "in_role text, in_user uuid",
        "bigint",
        "STABLE",
        "SELECT count(*) FROM public.users u WHERE u.role = in_role AND u.id <> in_user AND u.is_active"
        " AND u.deleted_at IS NULL AND NOT u.verification_pending"
        f" AND (in_role = 'operator' OR u.tenant_id = {TENANT})",
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
        " AND NOT u.verification_pending AND u.username_key LIKE in_pattern ORDER BY u.username_key LIMIT 10",
    ),
    # An invitation says which tenant somebody comes into; one of several who use it at once gets in.
    Function(
        "quantlab_open_invitation",
        "in_hash bytea, in_email_key varchar",
        "TABLE (tenant_id uuid, role varchar)",
        "STABLE",
        f"SELECT i.tenant_id, i.role FROM public.invitations i {_OPEN_INVITATION}",
    ),
    # What whoever holds an invitation's token is told before it is used.
    Function(
        "quantlab_show_invitation",
        "in_hash bytea",
        "TABLE (tenant_id uuid, tenant varchar, role varchar, email varchar, expires_at timestamptz,"
        " inviter varchar)",
        "STABLE",
        "SELECT i.tenant_id, t.name, i.role, i.email, i.expires_at, u.username"
        " FROM public.invitations i JOIN public.tenants t ON t.id = i.tenant_id"
        " JOIN public.users u ON u.tenant_id = i.tenant_id AND u.id = i.user_id"
        f" {_LIVE_INVITATION}",
    ),
    Function(
        "quantlab_use_invitation",
        "in_hash bytea, in_email_key varchar, in_user uuid",
        "TABLE (tenant_id uuid, role varchar, id uuid)",
        "VOLATILE",
        "UPDATE public.invitations i SET used_at = now(), used_by = in_user"
        f" {_OPEN_INVITATION} RETURNING i.tenant_id, i.role, i.id",
    ),
    # What others' rows say of the context's person, once that person is gone.
    Function(
        "quantlab_forget_gone",
        "",
        "void",
        "VOLATILE",
        f"WITH gone AS (SELECT {TENANT} AS tenant, {USER} AS person WHERE NOT EXISTS"
        f" (SELECT 1 FROM public.users u WHERE u.tenant_id = {TENANT} AND u.id = {USER})),"
        f" written AS (UPDATE public.object_versions v SET author_id = '{UUID(int=0)}' FROM gone"
        " WHERE v.tenant_id = gone.tenant AND v.author_id = gone.person),"
        " drafted AS (DELETE FROM public.object_drafts d USING gone"
        " WHERE d.tenant_id = gone.tenant AND d.drafter_id = gone.person),"
        " trusted AS (DELETE FROM public.object_trust t USING gone"
        " WHERE t.tenant_id = gone.tenant AND t.person_id = gone.person),"
        " opened AS (DELETE FROM public.object_openings o USING gone"
        " WHERE o.tenant_id = gone.tenant AND o.person_id = gone.person),"
        " asked AS (DELETE FROM public.idempotency_keys k USING gone"
        " WHERE k.tenant_id = gone.tenant AND k.user_id = gone.person),"
        " invited AS (UPDATE public.invitations i SET used_by = NULL FROM gone"
        " WHERE i.tenant_id = gone.tenant AND i.used_by = gone.person),"
        " changed AS (UPDATE public.installation_settings s SET changed_by = NULL FROM gone"
        " WHERE s.changed_by = gone.person::text)"
        " DELETE FROM public.factor_challenges c USING gone"
        " WHERE c.tenant_id = gone.tenant AND c.user_id = gone.person",
    ),
    # A personal tenant without anybody, by a statement of its own, which sees who came in meanwhile.
    Function(
        "quantlab_drop_empty_tenant",
        "",
        "void",
        "VOLATILE",
        f"DELETE FROM public.tenants t WHERE t.id = {TENANT} AND t.personal"
        " AND NOT EXISTS (SELECT 1 FROM public.users u WHERE u.tenant_id = t.id)",
    ),
    # Who invited may be no administrator any more, and could not remove its invitations.
    Function(
        "quantlab_purge_invitations",
        "in_before timestamptz",
        "bigint",
        "VOLATILE",
        "WITH gone AS (DELETE FROM public.invitations i"
        f" WHERE i.tenant_id = {TENANT} AND i.user_id = {USER} AND i.expires_at < in_before RETURNING 1)"
        " SELECT count(*) FROM gone",
    ),
    # The context's own person, and only to where an open invitation leads.
    Function(
        "quantlab_move_person",
        "in_hash bytea, in_email_key varchar",
        "TABLE (tenant_id uuid, role varchar, id uuid)",
        "VOLATILE",
        moving.function_body(TENANT, USER, _OPEN_INVITATION),
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
        " WHERE in_what = 'one_time_tokens' AND t.expires_at < in_before"
        " UNION SELECT d.tenant_id, d.id FROM public.users d"
        " WHERE in_what = 'accounts' AND d.deleted_at < in_before"
        " UNION SELECT u.tenant_id, u.id FROM public.users u"
        " WHERE in_what = 'unverified' AND u.verification_pending AND u.created_at < in_before"
        " UNION SELECT c.tenant_id, c.user_id FROM public.factor_challenges c"
        " WHERE in_what = 'challenges' AND c.expires_at < in_before"
        " UNION SELECT i.tenant_id, i.user_id FROM public.invitations i"
        " WHERE in_what = 'invitations' AND i.expires_at < in_before"
        " UNION SELECT p.tenant_id, p.user_id FROM public.totp_factors p"
        " WHERE in_what = 'sealed'",
    ),
)

# What the functions' owner may read or change; nothing more.
_GRANTS: dict[str, str] = {
    "login_identities": "SELECT, INSERT, DELETE",
    "tenants": "SELECT (id, name, personal, created_at), DELETE",
    "users": "SELECT (tenant_id, id, username, username_key, email, role, tier, tier_expires_at, is_active,"
    " is_local, created_at, deleted_at, verification_pending)",
    "object_shares": "SELECT (tenant_id, object_id, user_id, grantee_id, access, created_at)",
    "saved_objects": "SELECT (tenant_id, user_id, deleted_at)",
    "installation_settings": "SELECT (changed_by), UPDATE (changed_by)",
    "idempotency_keys": "SELECT (tenant_id, user_id, created_at), DELETE",
    "object_versions": "SELECT (tenant_id, author_id), UPDATE (author_id)",
    "object_drafts": "SELECT (tenant_id, drafter_id), DELETE",
    "object_trust": "SELECT (tenant_id, person_id), DELETE",
    "object_openings": "SELECT (tenant_id, person_id), DELETE",
    "usage_counters": "SELECT (tenant_id, what, used)",
    "sessions": "SELECT (tenant_id, user_id, expires_at, last_used_at)",
    "audit_events": "SELECT, DELETE",
    "installation_events": "SELECT (id, at), DELETE",
    "audit_unsealed": "SELECT (chain_id)",
    "audit_seals": "SELECT (tenant_id, seq, event_id), DELETE",
    "audit_checkpoints": "SELECT (tenant_id, seq, kind, at), DELETE",
    "refresh_tokens": "SELECT (tenant_id, user_id, expires_at)",
    "device_requests": "SELECT, INSERT, UPDATE, DELETE",
    "api_tokens": "SELECT (tenant_id, user_id, id, token_hash, expires_at)",
    "one_time_tokens": "SELECT (tenant_id, user_id, expires_at)",
    "invitations": "SELECT (tenant_id, id, user_id, role, email, email_key, token_hash, expires_at, used_at, used_by,"
    " revoked_at), UPDATE (used_at, used_by), DELETE",
    "totp_factors": "SELECT (tenant_id, user_id)",
    "factor_challenges": "SELECT (tenant_id, user_id, expires_at), DELETE",
    "outgoing_mail": "SELECT (tenant_id, user_id, due_at, failed_at)",
}
_MORE = (moving.grants(), handover.grants())
LOOKUP_GRANTS: dict[str, str] = {
    table: ", ".join(one[table] for one in (_GRANTS, *_MORE) if table in one)
    for table in sorted(set(_GRANTS).union(*_MORE))
}
