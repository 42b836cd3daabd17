"""Accounts that their own person deleted: the person may take that back, others may not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1d7f3a9c54e2"
down_revision = "b7e1f4a90c32"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column; nobody is leaving."""
    with op.batch_alter_table("users") as table:
        table.add_column(
            sa.Column("is_leaving", sa.Boolean(), server_default=sa.false(), nullable=False)
        )


def downgrade() -> None:
    """The table as it was; accounts that were leaving stay deleted, and their people cannot take that back."""
    with op.batch_alter_table("users") as table:
        table.drop_column("is_leaving")
