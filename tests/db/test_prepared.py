"""Statements compiled once give what they would if they were compiled each time, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import bindparam, insert, literal, select

from quantlab_server.db.base import new_id, now
from quantlab_server.db.engine import Database
from quantlab_server.db.prepared import Prepared
from quantlab_server.db.types import UtcDateTime
from quantlab_server.models.account import Tenant

_t = Tenant.__table__.c
INSERT = Prepared(insert(Tenant).values({column: bindparam(column.name) for column in _t}))
FIND = Prepared(
    select(Tenant.id, Tenant.settings, Tenant.created_at).where(
        Tenant.id.is_not_distinct_from(bindparam("wanted", type_=_t.id.type))
    )
)


def make(database: Database, **values: object) -> UUID:
    id = new_id()
    row = {"id": id, "name": "T", "personal": False, "settings": {}, "created_at": now(), **values}
    with database.transaction(tenant_id=id, user_id=new_id()) as uow:
        assert INSERT.run(uow, **row) == 1
    return id


def test_values_are_converted_both_ways(database: Database) -> None:
    moment = datetime(2026, 11, 21, 12, 30, 0, 123456, UTC)
    id = make(database, settings={"a": [1]}, created_at=moment)
    with database.transaction(tenant_id=id, user_id=id, writes=False) as uow:
        assert tuple(FIND.first(uow, wanted=id)) == (id, {"a": [1]}, moment)
        assert FIND.all(uow, wanted=None) == []


def test_a_value_that_is_computed_is_computed_each_time(database: Database) -> None:
    moments = iter([datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)])
    clock = bindparam(None, callable_=lambda: next(moments), type_=UtcDateTime(), unique=True)
    limit = literal(datetime(2026, 6, 1, tzinfo=UTC), UtcDateTime())
    is_over = Prepared(select((clock > limit).label("over")))
    with database.transaction(writes=False) as uow:
        assert [bool(is_over.first(uow).over) for _ in range(2)] == [False, True]


def test_a_value_that_is_not_given_is_a_mistake_and_not_null(database: Database) -> None:
    with database.transaction(writes=False) as uow, pytest.raises(TypeError, match="wanted"):
        FIND.first(uow)
