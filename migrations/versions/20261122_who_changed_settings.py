"""Who changed a setting of the installation is an id: names were kept, also of people who are gone."""

from __future__ import annotations

from alembic import op

revision = "93b5e2d07a4c"
down_revision = "6c20f4b8d17e"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A handful of rows; whose they were is in the audit log."""
    op.execute("UPDATE installation_settings SET changed_by = NULL")


def downgrade() -> None:
    """Ids would be shown as names."""
    op.execute("UPDATE installation_settings SET changed_by = NULL")
