"""Functions of administration take filters and a limit: those without are in nobody's list any more."""

from __future__ import annotations

from alembic import op

revision = "6c20f4b8d17e"
down_revision = "d4a7c15e90b2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The new ones are made after the revisions."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS public.quantlab_people()")
        op.execute("DROP FUNCTION IF EXISTS public.quantlab_events()")


def downgrade() -> None:
    """Nothing: a release before makes its own."""
