"""Many rows in one statement: their columns go as arrays, so that the rules of row security
are asked once and not for every row."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import FromClause, Table, bindparam, column, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.db import Base

Facts = dict[str, Any]


def table_of(model: type[Base]) -> Table:
    """The table behind a model."""
    table: Table = model.__table__  # type: ignore[assignment]
    return table


def unnested(types: Mapping[str, Any], facts: Sequence[Facts]) -> FromClause:
    """Rows of these columns as something to select from and to join with."""
    arrays = (
        bindparam(None, [each[name] for each in facts], type_=ARRAY(kind))
        for name, kind in types.items()
    )
    columns = (column(name, kind) for name, kind in types.items())
    return func.unnest(*arrays).table_valued(*columns).render_derived()


def insert_many(model: type[Base], facts: Sequence[Facts]) -> Insert:
    """The statement that inserts rows, all with the same columns; others get their defaults."""
    table = table_of(model)
    types = {name: table.c[name].type for name in facts[0]}
    rows = unnested(types, facts)
    return insert(table).from_select(list(types), select(*rows.c))


def add_all(session: Session, model: type[Base], facts: Sequence[Facts]) -> None:
    """Insert many rows at once."""
    if facts:
        session.execute(insert_many(model, facts))


def change_all(
    session: Session,
    model: type[Base],
    rows: Sequence[tuple[uuid.UUID, Facts]],
    *,
    keep: Iterable[str] = (),
) -> None:
    """Change many rows by id, all in the same columns; a None in ``keep`` leaves the old value."""
    if not rows or not rows[0][1]:
        return
    table, kept = table_of(model), frozenset(keep)
    types = {name: table.c[name].type for name in rows[0][1]}
    given = unnested(
        {"of_id": table.c.id.type, **types}, [{"of_id": key, **facts} for key, facts in rows]
    )
    values: Facts = {
        name: func.coalesce(given.c[name], table.c[name]) if name in kept else given.c[name]
        for name in types
    }
    if "version" in table.c:
        values["version"] = table.c.version + 1
    session.execute(
        update(table).where(table.c.id == given.c.of_id).values(**values, updated_at=clock.now())
    )
