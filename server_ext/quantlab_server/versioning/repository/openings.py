"""When people last opened what is saved."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam
from sqlalchemy.dialects import postgresql, sqlite

from quantlab_server.db.prepared import Prepared
from quantlab_server.db.session import UnitOfWork
from quantlab_server.versioning.repository.tables import OPENINGS, of_an_object

p = OPENINGS.c


def _note(dialect: Any) -> Any:
    statement = dialect.insert(OPENINGS).values({c: bindparam(c.name) for c in p})
    return statement.on_conflict_do_update(
        index_elements=[p.tenant_id, p.object_id, p.person_id],
        set_={"opened_at": statement.excluded.opened_at},
    )


_NOTE = Prepared(_note(sqlite), on_postgresql=_note(postgresql))


@of_an_object()
def note(uow: UnitOfWork, **values: Any) -> None:
    """Remember that ``person_id`` opened ``object_id`` of owner ``user_id`` at ``opened_at``."""
    _NOTE.run(uow, **values)
