"""The SECURITY DEFINER functions of the audit chains, which cross tenants or remove what nobody else may."""

from __future__ import annotations

from quantlab_server.db.definer import TENANT, Function

_NO_TENANT = "'00000000-0000-0000-0000-000000000000'"


def _steps(table: str) -> str:
    """Every tenant of a table whose key starts with it, by steps along the index instead of row by row."""
    return (
        f"step AS ((SELECT r.tenant_id FROM public.{table} r ORDER BY 1 LIMIT 1)"
        f" UNION ALL SELECT (SELECT r.tenant_id FROM public.{table} r WHERE r.tenant_id > step.tenant_id"
        " ORDER BY 1 LIMIT 1) FROM step WHERE step.tenant_id IS NOT NULL)"
    )


AUDIT_FUNCTIONS: tuple[Function, ...] = (
    # Chains of audit rows: those with rows to seal, and all there may be.
    Function(
        "quantlab_unsealed_chains",
        "",
        "SETOF uuid",
        "STABLE",
        "SELECT DISTINCT u.chain_id FROM public.audit_unsealed u",
    ),
    Function(
        "quantlab_audit_chains",
        "",
        "SETOF uuid",
        "STABLE",
        f"WITH RECURSIVE {_steps('audit_events')}"
        " SELECT step.tenant_id FROM step WHERE step.tenant_id IS NOT NULL"
        " UNION SELECT t.id FROM public.tenants t"
        " UNION SELECT c.tenant_id FROM public.audit_checkpoints c"
        " UNION SELECT u.chain_id FROM public.audit_unsealed u",
    ),
    # Those whose end no checkpoint covers, or that begin with rows signed before an instant.
    Function(
        "quantlab_audit_due",
        "in_before timestamptz",
        "SETOF uuid",
        "STABLE",
        f"WITH RECURSIVE {_steps('audit_seals')}"
        " SELECT step.tenant_id FROM step WHERE step.tenant_id IS NOT NULL AND ("
        "(SELECT s.seq FROM public.audit_seals s WHERE s.tenant_id = step.tenant_id"
        " ORDER BY s.seq DESC LIMIT 1) > coalesce((SELECT c.seq FROM public.audit_checkpoints c"
        " WHERE c.tenant_id = step.tenant_id ORDER BY c.seq DESC LIMIT 1), 0)"
        " OR (SELECT c.at FROM public.audit_checkpoints c WHERE c.tenant_id = step.tenant_id"
        " AND c.kind = 'sealed' ORDER BY c.seq LIMIT 1) < in_before)",
    ),
    # Retention: the one way to remove audit rows, up to a mark that was signed, and nothing of the last 30 days.
    Function(
        "quantlab_expire_audit",
        "in_upto bigint",
        "bigint",
        "VOLATILE",
        "WITH mark AS (SELECT c.seq FROM public.audit_checkpoints c"
        f" WHERE c.tenant_id = {TENANT} AND c.kind = 'retention' AND c.seq = in_upto AND NOT EXISTS ("
        "SELECT 1 FROM public.audit_seals s LEFT JOIN public.audit_events e"
        " ON e.tenant_id = s.tenant_id AND e.id = s.event_id"
        " LEFT JOIN public.installation_events i ON i.id = s.event_id"
        f" WHERE s.tenant_id = {TENANT} AND s.seq <= c.seq"
        " AND coalesce(e.at, i.at) > now() - interval '30 days')),"
        " old AS (DELETE FROM public.audit_seals s USING mark"
        f" WHERE s.tenant_id = {TENANT} AND s.seq <= mark.seq RETURNING s.event_id),"
        " events AS (DELETE FROM public.audit_events e USING old"
        f" WHERE e.tenant_id = {TENANT} AND e.id = old.event_id),"
        " others AS (DELETE FROM public.installation_events i USING old"
        f" WHERE {TENANT} = {_NO_TENANT} AND i.id = old.event_id),"
        " points AS (DELETE FROM public.audit_checkpoints c USING mark"
        f" WHERE c.tenant_id = {TENANT} AND c.seq <= mark.seq"
        " AND NOT (c.seq = mark.seq AND c.kind = 'retention'))"
        " SELECT count(*) FROM old",
    ),
)
