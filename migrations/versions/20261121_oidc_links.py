"""Log-ins at OpenID Connect providers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5be0c7a41d93"
down_revision = "5b1c9e7f3a20"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Which log-ins lead to which account."""
    op.create_table(
        "oidc_links",
        sa.Column("provider", sa.String(length=31), nullable=False),
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_oidc_links_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_oidc_links")),
        sa.UniqueConstraint(
            "tenant_id", "issuer", "subject", name=op.f("uq_oidc_links_tenant_id_issuer_subject")
        ),
    )
    op.create_index("ix_oidc_links_user", "oidc_links", ["tenant_id", "user_id"], unique=False)


def downgrade() -> None:
    """Links are lost; their identities would lead to accounts that do not show them."""
    op.execute("DELETE FROM login_identities WHERE kind = 'oidc'")
    op.drop_index("ix_oidc_links_user", table_name="oidc_links")
    op.drop_table("oidc_links")
