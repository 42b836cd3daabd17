"""What operators change of the whole installation at run time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "d2f7a80c6e15"
down_revision = "1d7f3a9c54e2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table, empty: everything is as configured."""
    op.create_table(
        "installation_settings",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column(
            "value",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_installation_settings")),
    )


def downgrade() -> None:
    """Without the table: kill switches are off, and everything is as configured."""
    op.drop_table("installation_settings")
