"""The list as a file: the same rows, filters and order, without pages.

Rows are read through a cursor of the server, a few hundred at a time, so a list of
any length takes the same memory.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from ecopick.core import audit, clock
from ecopick.core.actor import Actor
from ecopick.core.finding import as_id, missing
from ecopick.core.permissions import authorize
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.domains.tickets.desk_inputs import ExportTickets
from ecopick.domains.tickets.desk_policy import exportable_by
from ecopick.domains.tickets.lifecycle import ListExportState
from ecopick.domains.tickets.models import ListExport
from ecopick.domains.tickets.queries.lines import TicketLine, line_of
from ecopick.domains.tickets.queries.list import matching
from ecopick.domains.tickets.queries.sorting import in_order

BATCH = 500
RECENT = 20


def count_rows(session: Session, actor: Actor, filters: ExportTickets) -> int:
    """How many tickets the file would hold. Raises Forbidden."""
    authorize(session, actor, "ticket:export_list", None)
    rows = _rows(session, actor, filters).order_by(None).subquery()
    return int(session.scalar(select(func.count()).select_from(rows)) or 0)


def note_export(actor: Actor, filters: ExportTickets, rows: int, **more: Any) -> None:
    """Record that a list leaves the house: its filters and size, not what was looked for."""
    told = filters.model_dump(
        mode="json", exclude_defaults=True, exclude={"cursor", "limit", "q", "format"}
    )
    audit.read(
        actor,
        "EXPORT",
        "Ticket",
        None,
        owner_id=actor.owner_id or PLATFORM_OWNER_ID,
        metadata={**told, "format": filters.format.value, "rows": rows, **more},
    )


def export_rows(session: Session, actor: Actor, filters: ExportTickets) -> Iterator[TicketLine]:
    """Every row of the list that the actor may take away, in the list's order.

    ``count_rows`` asks for the right first.
    """
    session.info["authorized"] = True
    result = session.execute(_rows(session, actor, filters), execution_options={"yield_per": BATCH})
    for part in result.partitions():
        for row in part:
            yield line_of(row)


def _rows(session: Session, actor: Actor, filters: ExportTickets) -> Select[*tuple[Any, ...]]:
    statement, order, _found = matching(session, actor, filters)
    return in_order(statement.where(exportable_by(actor)), order, None)


def exports_of(session: Session, actor: Actor) -> list[ListExport]:
    """One's own files of lists, newest first. Raises Forbidden."""
    authorize(session, actor, "ticket:export_list", None)
    rows = session.scalars(
        _own(actor).order_by(ListExport.created_at.desc(), ListExport.id.desc()).limit(RECENT)
    )
    return list(rows)


def find_list_export(session: Session, actor: Actor, key: Any) -> ListExport:
    """One of one's own files, fresh. Raises NotFound."""
    session.info["authorized"] = True
    found = session.scalars(
        _own(actor).where(ListExport.id == as_id(key)).execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise missing(actor, "ListExport", key)
    return found


def _own(actor: Actor) -> Select[ListExport]:
    return select(ListExport).where(
        ListExport.property_owner_id == actor.owner_id, ListExport.user_id == actor.user_id
    )


def keep_progress(session: Session, export: ListExport, **facts: Any) -> bool:
    """Store how far a file is; False where it is no longer wanted."""
    kept = session.execute(
        update(ListExport)
        .where(ListExport.id == export.id, ListExport.state == ListExportState.WAITING)
        .values(**facts)
        .returning(ListExport.id),
        execution_options={"synchronize_session": False},
    ).one_or_none()
    return kept is not None


def seconds_left(export: ListExport) -> int | None:
    """An estimate of the time that a file still takes; None while there is nothing to go by."""
    if export.started_at is None or not export.rows_done or not export.rows_total:
        return None
    used = (clock.now() - export.started_at).total_seconds()
    return round(used * max(export.rows_total - export.rows_done, 0) / export.rows_done)
