"""Acts on all tickets of an incident, ticket by ticket through the ordinary commands.

Each ticket has a savepoint of its own: what one refuses holds up no other, and is
reported. The results are stored with what they tell of, so a run that breaks off
goes on where it stood and does nothing twice.
"""

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.changes import note
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import AppError, Conflict, NotFound
from ecopick.core.events import emit
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import attempt
from ecopick.core.validation import wrong_field
from ecopick.domains.tickets.commands.attachments import attach_file
from ecopick.domains.tickets.commands.conversation import post_message
from ecopick.domains.tickets.commands.incidents import leave_incident
from ecopick.domains.tickets.commands.status import transition_ticket_status
from ecopick.domains.tickets.events import IncidentChanged
from ecopick.domains.tickets.files import StoredFile
from ecopick.domains.tickets.incident_inputs import FinishIncident, IncidentMessage
from ecopick.domains.tickets.inputs import AddAttachment, ChangeStatus, PostMessage
from ecopick.domains.tickets.lifecycle import (
    TERMINAL,
    AttachmentType,
    IncidentAct,
    TicketStatus,
)
from ecopick.domains.tickets.models import Attachment, IncidentRun, ScanState, Ticket
from ecopick.domains.tickets.queries.find import lock_ticket

# As many tickets are done while the person waits; more are a job's work.
AT_ONCE = 25


def start_message(session: Session, actor: Actor, key: Any, data: IncidentMessage) -> IncidentRun:
    """Write on the incident and on each of its tickets that is not closed.

    Everybody gets the message on their own ticket and learns of no other.
    """
    parent = lock_ticket(session, actor, getattr(key, "id", key))
    children = _children(session, parent)
    if not children:
        raise Conflict(_("No ticket is part of this incident."), code="no_incident")
    post_message(session, actor, parent.id, PostMessage(body=data.body))
    chosen = [row.id for row in children if row.status not in TERMINAL]
    return _start(session, actor, parent, IncidentAct.MESSAGE, {"body": data.body}, chosen)


def start_finish(session: Session, actor: Actor, key: Any, data: FinishIncident) -> IncidentRun:
    """Bring the incident to the status, then each chosen ticket.

    Refused as a whole where the incident itself cannot get there.
    """
    parent = lock_ticket(session, actor, getattr(key, "id", key))
    children = {row.id for row in _children(session, parent)}
    for name, ids in (("apply", data.apply), ("detach", data.detach)):
        if not set(ids) <= children:
            raise wrong_field(name, _("This ticket is not part of the incident."))
    if parent.status != data.status:
        change = ChangeStatus(status=data.status, reason=data.reason)
        transition_ticket_status(session, actor, parent.id, change)
    request = data.model_dump(mode="json", exclude={"apply"})
    chosen = list(dict.fromkeys((*data.apply, *data.detach)))
    return _start(session, actor, parent, IncidentAct.FINISH, request, chosen)


def _children(session: Session, parent: Ticket) -> list[Ticket]:
    return list(
        session.scalars(
            select(Ticket)
            .where(
                Ticket.property_owner_id == parent.property_owner_id,
                Ticket.parent_id == parent.id,
            )
            .order_by(Ticket.number)
        )
    )


def _start(
    session: Session,
    actor: Actor,
    parent: Ticket,
    act: IncidentAct,
    request: dict[str, Any],
    ticket_ids: list[uuid.UUID],
) -> IncidentRun:
    run = IncidentRun(
        id=new_id(),
        property_owner_id=parent.property_owner_id,
        parent_id=parent.id,
        asked_by_id=actor.user_id,
        act=act,
        request=request,
        ticket_ids=ticket_ids,
        results=[],
        created_at=clock.now(),
        ended_at=None if ticket_ids else clock.now(),
    )
    _keep(session, actor, parent, run)
    return run


@command("ticket:edit", find=lock_ticket, audit_as="TICKET_UPDATED")
def _keep(session: Session, actor: Actor, parent: Ticket, run: IncidentRun) -> None:
    session.add(run)
    note(session, source=f"incident_{run.act.lower()}", count=len(run.ticket_ids))


def advance_run(session: Session, actor: Actor, run_id: uuid.UUID, count: int) -> IncidentRun:
    """Do the next ``count`` tickets of a run, in the name of whoever asked for it."""
    run = session.scalars(
        select(IncidentRun)
        .where(IncidentRun.id == run_id, IncidentRun.asked_by_id == actor.user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    session.info["authorized"] = True
    if run is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    done = len(run.results)
    run.results = run.results + [
        {"ticket_id": str(ticket_id), **_attempt(session, actor, run, ticket_id)}
        for ticket_id in run.ticket_ids[done : done + count]
    ]
    if len(run.results) == len(run.ticket_ids) and run.ended_at is None:
        run.ended_at = clock.now()
        emit(session, actor, IncidentChanged(run.property_owner_id, run.parent_id, run.parent_id))
    session.flush()
    return run


def _attempt(
    session: Session, actor: Actor, run: IncidentRun, ticket_id: uuid.UUID
) -> dict[str, str]:
    """What became of one ticket; a refusal undoes all of its own steps and nothing else."""
    try:
        with attempt(session):
            return {"outcome": _do(session, actor, run, ticket_id)}
    except AppError as error:
        return {"outcome": "refused", "text": str(error.message)}


def _do(session: Session, actor: Actor, run: IncidentRun, ticket_id: uuid.UUID) -> str:
    ticket = lock_ticket(session, actor, ticket_id)
    if ticket.parent_id != run.parent_id:
        raise Conflict(_("This ticket is in no incident."), code="in_incident")
    request = run.request
    if str(ticket_id) in request.get("detach", ()):
        leave_incident(session, actor, ticket_id)
        return "detached"
    if request.get("body"):
        post_message(session, actor, ticket_id, PostMessage(body=request["body"]))
    if run.act is IncidentAct.MESSAGE:
        return "sent"
    status = TicketStatus(request["status"])
    if request["evidence"] and status is TicketStatus.RESOLVED:
        _share_evidence(session, actor, run.parent_id, ticket)
    change = ChangeStatus(status=status, reason=request["reason"])
    transition_ticket_status(session, actor, ticket_id, change)
    return "done"


def _share_evidence(session: Session, actor: Actor, parent_id: uuid.UUID, ticket: Ticket) -> None:
    """The incident's checked proof of work proves this ticket's too: the same stored files."""
    known = set(
        session.scalars(select(Attachment.storage_key).where(Attachment.ticket_id == ticket.id))
    )
    rows = session.scalars(
        select(Attachment)
        .where(
            Attachment.property_owner_id == ticket.property_owner_id,
            Attachment.ticket_id == parent_id,
            Attachment.type == AttachmentType.RESOLUTION_EVIDENCE,
            Attachment.scan_state == ScanState.CLEAN,
            Attachment.message_id.is_(None),
        )
        .order_by(Attachment.created_at)
    ).all()
    data = AddAttachment(type=AttachmentType.RESOLUTION_EVIDENCE)
    for row in rows:
        if row.storage_key not in known:
            attach_file(session, actor, ticket.id, data, _stored(row))


def _stored(row: Attachment) -> StoredFile:
    return StoredFile(
        storage_key=row.storage_key,
        thumbnail_key=row.thumbnail_key,
        file_name=row.file_name,
        content_type=row.content_type or "application/octet-stream",
        size_bytes=row.size_bytes or 0,
        sha256=row.sha256 or b"",
        width=row.width,
        height=row.height,
        is_clean=True,
    )
