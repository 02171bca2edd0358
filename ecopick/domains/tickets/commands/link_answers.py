"""What the holder of a mailed link does, by the same commands as everybody else."""

import datetime as dt
import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.domains.tickets.commands.assignment import respond_assignment, undo_response
from ecopick.domains.tickets.commands.conversation import post_message
from ecopick.domains.tickets.commands.links import note_answer
from ecopick.domains.tickets.commands.status import transition_ticket_status
from ecopick.domains.tickets.inputs import ChangeStatus, PostMessage, RespondAssignment
from ecopick.domains.tickets.lifecycle import AssignmentState, TicketStatus
from ecopick.domains.tickets.link_inputs import ArrivalWindow
from ecopick.domains.tickets.models import Assignment, Message, Ticket
from ecopick.domains.tickets.queries.find import lock_ticket
from ecopick.domains.tickets.queries.links import LinkContext, get_assignment

# The same words again within this time are one message, sent twice.
SAME_MESSAGE_WITHIN = dt.timedelta(minutes=2)


def accept(session: Session, actor: Actor, link: LinkContext, window: ArrivalWindow) -> Assignment:
    """Take the job; a repeat changes nothing, and the first window stays."""
    before = get_assignment(session, link)
    data = RespondAssignment(accept=True, arrival_from=window.start, arrival_until=window.end)
    known = before.version
    assignment = respond_assignment(session, actor, before, data)
    if assignment.version != known:
        _note(session, link, accepted=True)
    return assignment


def decline(session: Session, actor: Actor, link: LinkContext, reason: str) -> Assignment:
    """Leave the job to others; a repeat changes nothing."""
    data = RespondAssignment(accept=False, reason=reason)
    return respond_assignment(session, actor, get_assignment(session, link), data)


def undo(session: Session, actor: Actor, link: LinkContext) -> Assignment:
    """Take the answer back within its quarter of an hour; a repeat changes nothing."""
    assignment = get_assignment(session, link)
    if assignment.state is AssignmentState.PENDING:
        return assignment
    assignment = undo_response(session, actor, assignment)
    _note(session, link, accepted=False)
    return assignment


def _note(session: Session, link: LinkContext, *, accepted: bool) -> None:
    system = Actor.system(link.property_owner_id, via="vendor_link")
    note_answer(session, system, link.id, accepted=accepted)


def write(session: Session, actor: Actor, link: LinkContext, body: str) -> None:
    """A message to everybody on the ticket, once however often it is sent."""
    if not _sent_just_now(session, actor, link.ticket_id, body):
        post_message(session, actor, link.ticket_id, PostMessage(body=body))


def _sent_just_now(session: Session, actor: Actor, ticket_id: uuid.UUID, body: str) -> bool:
    found = session.scalar(
        select(Message.id)
        .where(
            Message.ticket_id == ticket_id,
            Message.author_id == actor.user_id,
            Message.body == body,
            Message.created_at > clock.now() - SAME_MESSAGE_WITHIN,
        )
        .limit(1)
    )
    return found is not None


def finish(session: Session, actor: Actor, link: LinkContext, body: str | None) -> Ticket:
    """Say that the work is done; needs a clean piece of evidence. A repeat changes nothing."""
    ticket = lock_ticket(session, actor, link.ticket_id)
    if ticket.status in (TicketStatus.RESOLVED, TicketStatus.CLOSED):
        return ticket
    if body:
        write(session, actor, link, body)
    return transition_ticket_status(
        session, actor, link.ticket_id, ChangeStatus(status=TicketStatus.RESOLVED)
    )
