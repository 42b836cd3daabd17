"""What Alembic runs: migrations in one transaction, then the tenant policies made anew.

``quantlab_server.db.migrate`` opens the connection, takes the lock and commits.
"""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from quantlab_server.db import migrate, policies
from quantlab_server.db.types import Json, UtcDateTime
from quantlab_server.models import Base


def render_item(kind: str, item: Any, autogen: Any) -> str | Literal[False]:
    """Migrations spell types out: they must mean the same when our own types change."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and item is Json:
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


def run(connection: Connection) -> None:
    """Run what is asked for on an open transaction."""
    postgresql = connection.dialect.name == "postgresql"
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=not postgresql,
        render_item=render_item,
        compare_type=True,
        transaction_per_migration=False,
    )
    roles = context.config.attributes.get("roles")
    if postgresql and roles is not None:
        # Policies name columns and so would stand in the way of changing them. The owner's stay: backfills need them.
        policies.remove(connection)
    context.run_migrations()
    if postgresql and roles is not None and migrate.is_at_head(connection):
        policies.apply(connection, roles)


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    # Alembic's own command line is for writing revisions; `quantlab db upgrade` also makes the policies.
    with migrate.owner_transaction() as opened:
        run(opened)
