"""Queries on ``installation_settings``. On PostgreSQL everybody reads, and active operators write."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, delete, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from quantlab_server.db.base import now
from quantlab_server.db.session import UnitOfWork
from quantlab_server.errors import Forbidden
from quantlab_server.installation.state import Stored
from quantlab_server.models.account import User
from quantlab_server.models.installation import InstallationSetting

# SQLSTATE of what a policy or a missing right refuses.
_REFUSED = "42501"
_OPERATORS = (
    text("SELECT id, username FROM quantlab_operator_names(:ids)")
    .bindparams(bindparam("ids", type_=ARRAY(Uuid())))
    .columns(id=Uuid())
)
_LIST = select(
    InstallationSetting.name,
    InstallationSetting.value,
    InstallationSetting.changed_at,
    InstallationSetting.changed_by,
)


def list_settings(uow: UnitOfWork) -> dict[str, Stored]:
    """Every value that was set, by name."""
    return {
        row.name: Stored(row.value, row.changed_at, row.changed_by) for row in uow.execute(_LIST)
    }


def list_named_settings(uow: UnitOfWork) -> dict[str, Stored]:
    """The same, with the name of each operator in place of the id; for operators, nobody is named to others."""
    found = list_settings(uow)
    ids = [UUID(one.changed_by) for one in found.values() if one.changed_by is not None]
    names = _operator_names(uow, ids) if ids and uow.user_id is not None else {}
    return {
        name: replace(one, changed_by=names.get(one.changed_by or ""))
        for name, one in found.items()
    }


def _operator_names(uow: UnitOfWork, ids: list[UUID]) -> dict[str, str]:
    if uow.is_postgresql:
        rows = uow.execute(_OPERATORS, {"ids": ids})
    else:
        rows = uow.execute(select(User.id, User.username).where(User.id.in_(ids)))
    return {str(row.id): row.username for row in rows}


def put_setting(uow: UnitOfWork, name: str, value: dict[str, Any], by: str | None) -> None:
    """Set a value.

    Raises:
        Forbidden: the database refuses it: the context's person is no active operator.
    """
    insert = postgresql.insert if uow.is_postgresql else sqlite.insert
    row = {"name": name, "value": value, "changed_at": now(), "changed_by": by}
    changed = {key: row[key] for key in ("value", "changed_at", "changed_by")}
    statement = insert(InstallationSetting).values(row)
    try:
        with uow.savepoint():
            uow.execute(statement.on_conflict_do_update(index_elements=["name"], set_=changed))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _REFUSED:
            raise
        raise Forbidden("Only an operator can do this.", code="insufficient_scope") from None


def delete_setting(uow: UnitOfWork, name: str) -> None:
    """Have it as configured again."""
    uow.execute(delete(InstallationSetting).where(InstallationSetting.name == name))
