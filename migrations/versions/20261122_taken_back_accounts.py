"""When an account was taken back: what was saved in it before is not its person's own work."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b7e1f4a90c32"
down_revision = "9e42d7c1b6f8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column; nobody's account was taken back."""
    with op.batch_alter_table("users") as table:
        table.add_column(sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """The table as it was; what somebody else had saved in an account may run by itself again."""
    with op.batch_alter_table("users") as table:
        table.drop_column("taken_back_at")
