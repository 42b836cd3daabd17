"""People who went while a request of theirs, or about them, was under way: no row can be theirs any more."""

from __future__ import annotations

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.exc import IntegrityError

from quantlab_server.db.session import UnitOfWork

_FOREIGN_KEY = "23503"
_IS_THERE = text("SELECT 1 FROM users WHERE tenant_id = :tenant AND id = :user").bindparams(
    bindparam("tenant", type_=Uuid()), bindparam("user", type_=Uuid())
)


def is_dangling(error: IntegrityError) -> bool:
    """Whether a row pointed at one that is not there."""
    state = getattr(error.orig, "sqlstate", None)
    return state == _FOREIGN_KEY or "FOREIGN KEY" in str(error.orig)


def is_there(uow: UnitOfWork) -> bool:
    """Whether the context's person has an account."""
    values = {"tenant": uow.tenant_id, "user": uow.user_id}
    return uow.execute(_IS_THERE, values).one_or_none() is not None
