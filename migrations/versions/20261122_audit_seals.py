"""Seals of audit rows, kept beside them; what was recorded before waits to be sealed like new rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "4e7a9c15d2b8"
down_revision = "d2f7a80c6e15"
branch_labels = None
depends_on = None

_INSTALLATION = "'00000000-0000-0000-0000-000000000000'"
_EVENTS = {"audit_events": "NEW.tenant_id", "installation_events": _INSTALLATION}


def upgrade() -> None:
    """Three tables, and triggers that queue each new event."""
    op.create_table(
        "audit_unsealed",
        sa.Column("chain_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "event_id", name=op.f("pk_audit_unsealed")),
    )
    op.create_table(
        "audit_seals",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "seq", name=op.f("pk_audit_seals")),
        sa.UniqueConstraint(
            "tenant_id", "event_id", name=op.f("uq_audit_seals_tenant_id_event_id")
        ),
    )
    op.create_table(
        "audit_checkpoints",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "seq", "kind", name=op.f("pk_audit_checkpoints")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _postgresql()
    else:
        _sqlite()


def _postgresql() -> None:
    for table, chain in _EVENTS.items():
        op.execute(
            f"CREATE FUNCTION public.{table}_queue() RETURNS trigger LANGUAGE plpgsql"
            " SET search_path = pg_catalog, pg_temp AS $$ BEGIN"
            f" INSERT INTO public.audit_unsealed (chain_id, event_id) VALUES ({chain}, NEW.id);"
            " RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_queue AFTER INSERT ON public.{table}"
            f" FOR EACH ROW EXECUTE FUNCTION public.{table}_queue()"
        )
    op.execute("INSERT INTO audit_unsealed SELECT tenant_id, id FROM audit_events")
    op.execute(f"INSERT INTO audit_unsealed SELECT {_INSTALLATION}, id FROM installation_events")


def _sqlite() -> None:
    """Also what PostgreSQL's grants do: nothing of it is changed, and removed only up to a mark of retention."""
    nobody = _INSTALLATION.replace("-", "")
    marked = (
        "SELECT 1 FROM audit_checkpoints c WHERE c.kind = 'retention' AND c.tenant_id = {chain}"
    )
    sealed = (
        marked + " AND c.seq >= (SELECT s.seq FROM audit_seals s"
        " WHERE s.tenant_id = c.tenant_id AND s.event_id = OLD.id)"
    )
    kept = {
        "audit_events": sealed.format(chain="OLD.tenant_id"),
        "installation_events": sealed.format(chain=nobody),
        "audit_seals": marked.format(chain="OLD.tenant_id") + " AND c.seq >= OLD.seq",
        "audit_checkpoints": marked.format(chain="OLD.tenant_id")
        + " AND (c.seq > OLD.seq OR (c.seq = OLD.seq AND OLD.kind = 'sealed'))",
    }
    for table, rule in kept.items():
        op.execute(
            f"CREATE TRIGGER {table}_fixed BEFORE UPDATE ON {table} BEGIN"
            " SELECT RAISE(ABORT, 'audit rows are never changed'); END"
        )
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} WHEN NOT EXISTS ({rule}) BEGIN"
            " SELECT RAISE(ABORT, 'audit rows are removed by retention only'); END"
        )
    for table, chain in _EVENTS.items():
        chain = chain.replace("-", "")
        op.execute(
            f"CREATE TRIGGER {table}_queue AFTER INSERT ON {table} BEGIN"
            f" INSERT INTO audit_unsealed (chain_id, event_id) VALUES ({chain}, NEW.id); END"
        )
    op.execute("INSERT INTO audit_unsealed SELECT tenant_id, id FROM audit_events")
    op.execute(f"INSERT INTO audit_unsealed SELECT {nobody}, id FROM installation_events")


def downgrade() -> None:
    """Without seals: what they proved can be proved no more. The events stay."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table in _EVENTS:
        if postgresql:
            op.execute(f"DROP TRIGGER {table}_queue ON public.{table}")
            op.execute(f"DROP FUNCTION public.{table}_queue()")
        else:
            for what in ("queue", "fixed", "kept"):
                op.execute(f"DROP TRIGGER {table}_{what}")
    for table in ("audit_unsealed", "audit_seals", "audit_checkpoints"):
        op.drop_table(table)
