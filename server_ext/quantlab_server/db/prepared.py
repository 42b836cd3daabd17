"""Core statements compiled once and run on the driver's own cursor.

Executing a statement through SQLAlchemy costs about 100 µs more than the driver itself does: building the cache key,
the execution context, the result. On paths where that counts, repositories declare a :class:`Prepared` at module
level. The SQL and the conversions of values are still SQLAlchemy's.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import BindParameter, Delete, Dialect, Insert, Select, Update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from quantlab_server.db.session import UnitOfWork

Statement = Select[*tuple[Any, ...]] | Insert | Update | Delete
Convert = Callable[[Any], Any]

# Name, conversion to the driver's value, what gives the value when the caller gives none: None where the caller must.
_Bind = tuple[str, Convert | None, Callable[[], Any] | None]


@dataclass(frozen=True, slots=True)
class _Plan:
    sql: str
    positional: bool
    binds: tuple[_Bind, ...]
    # Conversions of result columns: (index, function).
    converts: tuple[tuple[int, Convert], ...]
    row: Callable[..., Any]
    driver_error: type[Exception]


class Prepared:
    """A statement with named ``bindparam``s, for both databases.

    Inserts must name every column (``values(column=bindparam(...))``): Python-side defaults are not applied.
    Lists as values (``IN``) are not supported.
    """

    __slots__ = ("_plans", "_statements")

    def __init__(self, statement: Statement, *, on_postgresql: Statement | None = None) -> None:
        """``on_postgresql`` is for what only dialects' own constructs can say, such as ``ON CONFLICT``."""
        self._statements = (statement, statement if on_postgresql is None else on_postgresql)
        self._plans: dict[str, _Plan] = {}

    def all(self, uow: UnitOfWork, **values: Any) -> list[Any]:
        """Every row, as named tuples.

        Raises:
            sqlalchemy.exc.DBAPIError: as SQLAlchemy itself would raise it.
        """
        plan, cursor = self._execute(uow, values)
        rows = cursor.fetchall()
        cursor.close()
        return [_convert(plan, row) for row in rows]

    def first(self, uow: UnitOfWork, **values: Any) -> Any:
        """The first row as a named tuple, or None."""
        plan, cursor = self._execute(uow, values)
        # A statement with RETURNING is only done on SQLite once every row was read.
        rows = cursor.fetchall()
        cursor.close()
        return _convert(plan, rows[0]) if rows else None

    def run(self, uow: UnitOfWork, **values: Any) -> int:
        """How many rows the statement touched."""
        _, cursor = self._execute(uow, values)
        count: int = cursor.rowcount
        cursor.close()
        return count

    def _execute(self, uow: UnitOfWork, values: Mapping[str, Any]) -> tuple[_Plan, Any]:
        connection = uow.connection
        dialect = connection.dialect
        plan = self._plans.get(dialect.name) or self._prepare(dialect)
        given: Any = [_value(values, bind) for bind in plan.binds]
        if not plan.positional:
            given = {bind[0]: value for bind, value in zip(plan.binds, given, strict=True)}
        driver = connection.connection.driver_connection
        assert driver is not None
        try:
            cursor = driver.cursor()
            cursor.execute(plan.sql, given)
        except plan.driver_error as error:
            lost = dialect.is_disconnect(error, driver, None)  # type: ignore[arg-type]  # the driver's own type
            if lost:
                connection.invalidate(error)
            raise DBAPIError.instance(
                plan.sql,
                None,
                error,
                plan.driver_error,
                hide_parameters=True,
                connection_invalidated=lost,
                dialect=dialect,
            ) from error
        return plan, cursor

    def _prepare(self, dialect: Dialect) -> _Plan:
        statement = self._statements[dialect.name == "postgresql"]
        compiled = statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        names = compiled.positiontup if compiled.positional else compiled.bind_names.values()
        binds = []
        for name in names or ():
            bind = compiled.binds[name]
            binds.append((name, _bind_convert(bind.type, dialect), _default(bind)))
        columns = list(statement.exported_columns)
        converts = [(i, _result_convert(column.type, dialect)) for i, column in enumerate(columns)]
        # A plain namedtuple: the names are known at run time only.
        row: Any = namedtuple("Row", [str(column.key) for column in columns]) if columns else tuple
        plan = _Plan(
            sql=compiled.string,
            positional=compiled.positional,
            binds=tuple(binds),
            converts=tuple((i, convert) for i, convert in converts if convert is not None),
            row=row._make if columns else tuple,
            driver_error=dialect.loaded_dbapi.Error,
        )
        self._plans[dialect.name] = plan
        return plan


def _default(bind: BindParameter[Any]) -> Callable[[], Any] | None:
    if bind.required:
        return None
    # A callable gives a new value each time: the clock.
    return bind.callable or partial(_same, bind.value)


def _same(value: Any) -> Any:
    return value


def _value(values: Mapping[str, Any], bind: _Bind) -> Any:
    name, convert, default = bind
    if name in values:
        value = values[name]
    elif default is None:
        # A value that a statement needs and the caller did not give is a mistake of ours, never NULL.
        raise TypeError(f"no value for {name}")
    else:
        value = default()
    return value if convert is None else convert(value)


def _convert(plan: _Plan, row: Any) -> Any:
    if plan.converts:
        values = list(row)
        for index, convert in plan.converts:
            values[index] = convert(values[index])
        return plan.row(values)
    return plan.row(row)


def _bind_convert(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _result_convert(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    # The column type that the driver reports only matters to types that we do not use.
    return kind.dialect_impl(dialect).result_processor(dialect, None)
