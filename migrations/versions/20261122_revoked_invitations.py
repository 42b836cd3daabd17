"""Invitations that were taken back stay in the list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "d4a7c15e90b2"
down_revision = "4e7a9c15d2b8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column, empty for those that are there."""
    op.add_column("invitations", sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Without the column; what was taken back would be open again, so it goes."""
    op.execute("DELETE FROM invitations WHERE revoked_at IS NOT NULL")
    with op.batch_alter_table("invitations") as table:
        table.drop_column("revoked_at")
