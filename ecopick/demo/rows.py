"""Rows in the making: collected by table, completed, inserted in the order of their keys."""

import functools
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Table, insert, inspect

from ecopick.core.db import Base

NAMESPACE = uuid.UUID("6f0a0d2e-3c1b-5a54-9f3e-ec0910c0de40")

Row = dict[str, Any]


def uid(*name: object) -> uuid.UUID:
    """The id of what bears this name: always the same one."""
    return uuid.uuid5(NAMESPACE, "/".join(str(part) for part in name))


class Rows:
    """Rows by table."""

    def __init__(self) -> None:
        self._rows: dict[Table, list[Row]] = {}

    def add(self, model: type[Base], at: datetime, **values: Any) -> Row:
        """Collect a row; what is not given gets the model's default, times get ``at``."""
        table = table_of(model)
        row = {
            name: default() if callable(default) else default
            for name, default in _blank(table).items()
            if name not in values
        }
        for name in ("created_at", "updated_at"):
            if name in row:
                row[name] = at
        row.update(values)
        self._rows.setdefault(table, []).append(row)
        return row

    def of(self, model: type[Base]) -> list[Row]:
        """The rows of one table."""
        return self._rows.get(table_of(model), [])

    def counts(self) -> dict[str, int]:
        """How many rows each table gets."""
        return {table.name: len(rows) for table, rows in self._rows.items()}

    def insert(self, connection: Connection, order: Iterable[type[Base]]) -> None:
        """Insert the rows of these tables, one table after the other."""
        for model in order:
            if rows := self.of(model):
                connection.execute(insert(table_of(model)), rows)


def table_of(model: type[Base]) -> Table:
    """The model's table."""
    return cast(Table, inspect(model).local_table)


_blanks: dict[Table, Row] = {}


def _blank(table: Table) -> Row:
    """Every column that a row carries, with its default: a value or what makes one."""
    if table not in _blanks:
        blank: Row = {}
        for column in table.columns:
            if column.computed is not None or column.identity is not None:
                continue
            if column.server_default is not None:
                continue
            default = column.default
            if default is None:
                blank[column.name] = None
            elif default.is_scalar:
                blank[column.name] = getattr(default, "arg", None)
            else:
                blank[column.name] = functools.partial(cast(Any, default).arg, None)
        _blanks[table] = blank
    return _blanks[table]
