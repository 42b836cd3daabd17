"""Log-in by device code."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c8d02e61b7f4"
down_revision = "3c9a5e71d0b2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table."""
    op.create_table(
        "device_requests",
        sa.Column("device_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("client_name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.String(length=1000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.String(length=10), nullable=True),
        sa.Column("decider_tenant_id", sa.Uuid(), nullable=True),
        sa.Column("decider_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "decision IN ('approved', 'denied')", name=op.f("ck_device_requests_decision")
        ),
        sa.ForeignKeyConstraint(
            ["decider_tenant_id", "decider_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_device_requests_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("device_hash", name=op.f("pk_device_requests")),
        sa.UniqueConstraint("user_hash", name=op.f("uq_device_requests_user_hash")),
    )
    op.create_index(
        "ix_device_requests_user", "device_requests", ["decider_tenant_id", "decider_id"]
    )


def downgrade() -> None:
    """The tables as they were; who waits to be let in asks again."""
    op.drop_table("device_requests")
