"""Outgoing mail, one-time tokens of mailed links, and accounts that still have to confirm their address."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "3b9e6d20a7f1"
down_revision = "5be0c7a41d93"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables, and two columns of users."""
    with op.batch_alter_table("users") as table:
        for name in ("verification_pending", "username_pending"):
            table.add_column(
                sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)
            )
    op.create_table(
        "outgoing_mail",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=100), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_outgoing_mail_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_outgoing_mail")),
    )
    op.create_index("ix_outgoing_mail_due", "outgoing_mail", ["failed_at", "due_at"])
    op.create_index("ix_outgoing_mail_user", "outgoing_mail", ["tenant_id", "user_id"])
    op.create_table(
        "one_time_tokens",
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("email_key", sa.String(length=700), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_one_time_tokens_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_one_time_tokens")),
        sa.UniqueConstraint(
            "tenant_id",
            "user_id",
            "purpose",
            "email_key",
            name=op.f("uq_one_time_tokens_tenant_id_user_id_purpose_email_key"),
        ),
    )
    op.create_index("ix_one_time_tokens_expires", "one_time_tokens", ["expires_at"])


def downgrade() -> None:
    """The tables as they were: mails that wait and links that were mailed are lost."""
    op.drop_table("one_time_tokens")
    op.drop_table("outgoing_mail")
    with op.batch_alter_table("users") as table:
        table.drop_column("username_pending")
        table.drop_column("verification_pending")
