"""Thumbnails of saved objects, and when people last opened them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7d1f0a52c9e4"
down_revision = "c01267ba5afa"
branch_labels = None
depends_on = None

_OBJECT = ["saved_objects.tenant_id", "saved_objects.user_id", "saved_objects.id"]


def upgrade() -> None:
    """Two tables, and which version an object's thumbnail shows."""
    with op.batch_alter_table("saved_objects") as table:
        table.add_column(sa.Column("thumbnail_version", sa.Integer(), nullable=True))
    op.create_table(
        "object_thumbnails",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id", "object_id"],
            _OBJECT,
            name=op.f("fk_object_thumbnails_saved_objects"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "object_id", name=op.f("pk_object_thumbnails")),
    )
    op.create_table(
        "object_openings",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id", "object_id"],
            _OBJECT,
            name=op.f("fk_object_openings_saved_objects"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "object_id", "person_id", name=op.f("pk_object_openings")
        ),
    )


def downgrade() -> None:
    """The tables as they were; thumbnails are lost, and who opened what.

    Their bytes leave the counters of storage too.
    """
    op.execute(
        "UPDATE usage_counters SET used = used - ("
        "SELECT coalesce(sum(length(t.data)), 0) FROM object_thumbnails t"
        " WHERE t.tenant_id = usage_counters.tenant_id AND t.user_id = usage_counters.user_id"
        ") WHERE what = 'storage'"
    )
    op.drop_table("object_openings")
    op.drop_table("object_thumbnails")
    with op.batch_alter_table("saved_objects") as table:
        table.drop_column("thumbnail_version")
