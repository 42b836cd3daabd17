"""Second factors: one-time codes, recovery codes, passkeys and their challenges."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "3c9a5e71d0b2"
down_revision = "3b9e6d20a7f1"
branch_labels = None
depends_on = None


def _owned() -> list[sa.Column[object]]:
    return [
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
    ]


def _keys(table: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["users.tenant_id", "users.id"],
            name=op.f(f"fk_{table}_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f(f"pk_{table}")),
    ]


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Four tables, and whether a person has a second factor."""
    with op.batch_alter_table("users") as table:
        table.add_column(
            sa.Column("has_second_factor", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    op.create_table(
        "totp_factors",
        *_owned(),
        sa.Column("kid", sa.String(64), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        _moment("created_at"),
        _moment("confirmed_at", nullable=True),
        _moment("last_used_at", nullable=True),
        *_keys("totp_factors"),
        sa.UniqueConstraint("tenant_id", "user_id", name=op.f("uq_totp_factors_tenant_id_user_id")),
    )
    op.create_table(
        "recovery_codes",
        *_owned(),
        sa.Column("code_hash", sa.LargeBinary(32), nullable=False),
        _moment("created_at"),
        _moment("used_at", nullable=True),
        *_keys("recovery_codes"),
        sa.UniqueConstraint(
            "tenant_id",
            "user_id",
            "code_hash",
            name=op.f("uq_recovery_codes_tenant_id_user_id_code_hash"),
        ),
    )
    op.create_table(
        "passkeys",
        *_owned(),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("rp_id", sa.String(253), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column(
            "transports",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=False,
        ),
        sa.Column("synced", sa.Boolean(), nullable=False),
        _moment("created_at"),
        _moment("last_used_at", nullable=True),
        *_keys("passkeys"),
        sa.UniqueConstraint(
            "tenant_id",
            "user_id",
            "credential_id",
            name=op.f("uq_passkeys_tenant_id_user_id_credential_id"),
        ),
    )
    op.create_table(
        "factor_challenges",
        *_owned(),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("challenge", sa.LargeBinary(64), nullable=False),
        _moment("expires_at"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_factor_challenges")),
    )
    op.create_index(
        "ix_factor_challenges_expires_at", "factor_challenges", ["tenant_id", "expires_at"]
    )


def downgrade() -> None:
    """The tables as they were; second factors are lost, so passwords alone sign in again."""
    op.drop_table("factor_challenges")
    op.drop_table("passkeys")
    op.drop_table("recovery_codes")
    op.drop_table("totp_factors")
    op.execute("DELETE FROM login_identities WHERE kind = 'passkey'")
    with op.batch_alter_table("users") as table:
        table.drop_column("has_second_factor")
