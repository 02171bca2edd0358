"""Asking for a list as a file that a worker makes, and calling it off."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.desk_inputs import ExportTickets
from ecopick.domains.tickets.lifecycle import ListExportState
from ecopick.domains.tickets.models import ListExport
from ecopick.domains.tickets.queries.export import count_rows, find_list_export, note_export

AT_A_TIME = 3


def _nothing(session: Session, actor: Actor, key: object) -> None:
    return None


@command("ticket:export_list", find=_nothing)
def ask_for_list(
    session: Session, actor: Actor, subject: None, data: ExportTickets, columns: list[str]
) -> ListExport:
    """A file that a worker makes in the asker's language; at most three wait at a time."""
    waiting = session.scalars(
        select(ListExport.id).where(
            ListExport.user_id == actor.user_id, ListExport.state == ListExportState.WAITING
        )
    ).all()
    if len(waiting) >= AT_A_TIME:
        raise Conflict(
            _("Three of your lists are being prepared. Please wait for one of them."),
            code="too_many_waiting",
        )
    assert actor.owner_id is not None
    made = ListExport(
        id=new_id(),
        property_owner_id=actor.owner_id,
        user_id=actor.user_id,
        language=actor.language,
        format=data.format,
        filters=data.model_dump(
            mode="json", exclude_defaults=True, exclude={"cursor", "limit", "format", "columns"}
        ),
        columns=columns,
        state=ListExportState.WAITING,
        rows_total=count_rows(session, actor, data),
        created_at=clock.now(),
    )
    session.add(made)
    note_export(actor, data, made.rows_total, list_export=str(made.id))
    return made


@command("ticket:export_list", find=find_list_export)
def cancel_list(session: Session, actor: Actor, export: ListExport) -> ListExport:
    """Call a file off; one that is ready or gone stays as it is."""
    if export.state is ListExportState.WAITING:
        export.state = ListExportState.CANCELLED
    return export


def wanted(export: ListExport) -> ExportTickets:
    """The list that was asked for, as its filters were kept."""
    told: dict[str, Any] = {**export.filters, "format": export.format, "columns": export.columns}
    return ExportTickets.model_validate(told)
