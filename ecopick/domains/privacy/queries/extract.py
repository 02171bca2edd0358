"""Everything that is held on a person, row by row, as JSON."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table, or_, select
from sqlalchemy.orm import Session

from ecopick.core.audit.subjects import open_text
from ecopick.core.changes import plain
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.domains.privacy.holdings import (
    NOT_EXPORTED,
    STREAMS,
    UNTOLD_COLUMNS,
    tables,
    told_columns,
)
from ecopick.domains.tickets.models import ScanState

BATCH = 1000


@dataclass
class Extract:
    """Rows by table; ``files`` are uploads as (table's row id, name, storage key)."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    files: list[tuple[str, str]] = field(default_factory=list)
    seen: set[tuple[str, str]] = field(default_factory=set)


def add_rows(
    extract: Extract,
    session: Session,
    person_id: uuid.UUID,
    owner_id: uuid.UUID,
    *,
    only_owned: bool,
) -> None:
    """Add what the scope of ``session`` holds on the person, of one owner or the platform.

    With ``only_owned`` nothing of the account is told, but for the person's profile.
    """
    for table in tables().sorted_tables:
        columns = told_columns(table)
        if table.name == "users":
            columns = [table.c.id]
        elif only_owned and "property_owner_id" not in table.columns:
            continue
        if not columns:
            continue
        query = select(table).where(or_(*(column == person_id for column in columns)))
        if "property_owner_id" in table.columns:
            owned = table.c.property_owner_id == owner_id
            if owner_id == PLATFORM_OWNER_ID:
                owned = or_(owned, table.c.property_owner_id.is_(None))
            query = query.where(owned)
        for row in _rows(session, table, query):
            _add(extract, session, table, dict(row), owner_id)


def _rows(session: Session, table: Table, query: Any) -> Iterator[Any]:
    order = table.c.get("created_at")
    if order is not None:
        query = query.order_by(order)
    yield from session.execute(query.execution_options(yield_per=BATCH)).mappings()


def _add(
    extract: Extract, session: Session, table: Table, row: dict[str, Any], owner_id: uuid.UUID
) -> None:
    key = (table.name, str([row[column.name] for column in table.primary_key.columns]))
    if key in extract.seen:
        return
    extract.seen.add(key)
    if table.name == "attachments" and row["scan_state"] == ScanState.CLEAN:
        extract.files.append((row["file_name"], row["storage_key"]))
    told: dict[str, Any] = {
        name: plain(value)
        for name, value in row.items()
        if value is not None
        and (name not in UNTOLD_COLUMNS or (name == "body" and table.name not in STREAMS))
    }
    if table.name in STREAMS:
        told = _opened(session, owner_id, told)
    extract.rows.setdefault(table.name, []).append(told)


def _opened(session: Session, owner_id: uuid.UUID, value: Any) -> Any:
    match value:
        case str():
            return open_text(session, owner_id, value)
        case dict():
            return {name: _opened(session, owner_id, each) for name, each in value.items()}
        case list():
            return [_opened(session, owner_id, each) for each in value if not _is_untold(each)]
        case _:
            return value


def _is_untold(change: Any) -> bool:
    """Whether it is the change of a secret or of a place in the storage."""
    return isinstance(change, dict) and str(change.get("field", "")).rsplit(".", 1)[
        -1
    ] in UNTOLD_COLUMNS - {"body"}


def left_out() -> dict[str, str]:
    """Tables that are not told, with the reason."""
    return dict(sorted(NOT_EXPORTED.items()))
