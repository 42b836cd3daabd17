"""When an account was deleted: it can be had back for some days."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "9e42d7c1b6f8"
down_revision = "8c41d7e2b935"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column; nobody is deleted."""
    with op.batch_alter_table("users") as table:
        table.add_column(sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """The table as it was; deleted accounts stay disabled."""
    with op.batch_alter_table("users") as table:
        table.drop_column("deleted_at")
