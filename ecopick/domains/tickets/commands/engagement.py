"""Steps that several commands share: engaging and releasing whoever does the work."""

import uuid
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.changes import note
from ecopick.core.commands import recorded
from ecopick.core.db import new_id
from ecopick.core.events import emit
from ecopick.core.tenancy import SYSTEM_USER_ID
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.sla import commands as sla
from ecopick.domains.sla import targets
from ecopick.domains.sla.models import SLAEventType
from ecopick.domains.sla.queries import paused_since, paused_time
from ecopick.domains.tickets.commands.links import issue_links, revoke_links
from ecopick.domains.tickets.commands.quote_ends import close_offers, end_quotes
from ecopick.domains.tickets.events import TicketAssigned, TicketStatusChanged
from ecopick.domains.tickets.inputs import RespondAssignment
from ecopick.domains.tickets.lifecycle import (
    OPEN_ASSIGNMENT,
    RESPOND_WITHIN,
    Action,
    AssignmentState,
    AssignmentType,
    TicketStatus,
    advance,
    settle,
)
from ecopick.domains.tickets.models import (
    Assignment,
    Quote,
    StakeholderRole,
    Ticket,
    TicketStakeholder,
)
from ecopick.domains.tickets.quote_inputs import OfferQuote


def move(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    action: Action,
    to: TicketStatus | None = None,
) -> None:
    """Advance the ticket with what belongs to every arrow: SLA clock and event.

    Leaving AWAITING_TENANT by any arrow resumes the clock; entering it pauses,
    unless the clock has been breached. Earlier answers can no longer be undone.
    """
    before = ticket.status
    advance(ticket, action, to)
    if before == TicketStatus.AWAITING_TENANT:
        resume_clock(session, ticket)
    if ticket.status == TicketStatus.AWAITING_TENANT and ticket.sla_breached_at is None:
        sla.mark(session, ticket.property_owner_id, ticket.id, SLAEventType.PAUSED)
    if ticket.status not in (TicketStatus.AWAITING_TENANT, TicketStatus.AWAITING_VENDOR):
        ticket.resume_status = None
    fix_answers(session, ticket)
    emit(
        session,
        actor,
        TicketStatusChanged(ticket.property_owner_id, ticket.id, before.value, ticket.status.value),
    )


def fix_answers(session: Session, ticket: Ticket) -> None:
    """Something was built on the answers given so far: none can be undone any more."""
    session.execute(
        update(Assignment)
        .where(Assignment.ticket_id == ticket.id, Assignment.undo_until.is_not(None))
        .values(undo_until=None, updated_at=Assignment.updated_at)
    )


def resume_clock(session: Session, ticket: Ticket) -> None:
    """End the pause: the due time moves by the paused time, and never back."""
    since = paused_since(session, ticket.id)
    if since is None:
        return
    resumed = sla.mark(session, ticket.property_owner_id, ticket.id, SLAEventType.RESUMED)
    if ticket.sla_due_at is not None and ticket.sla_breached_at is None:
        ticket.sla_due_at += max(resumed.occurred_at - since, timedelta(0))
        ticket.sla_warn_at = targets.warn_at(ticket.created_at, ticket.sla_due_at)


def renew_due(session: Session, ticket: Ticket) -> None:
    """The due time that follows from the priority, before solution and breach; part of a command.

    A priority that was changed while the ticket was solved counts once it is reopened.
    """
    if ticket.resolved_at is not None or ticket.sla_breached_at is not None:
        return
    before = ticket.sla_due_at
    due = targets.due_at(ticket.created_at, ticket.priority, paused_time(session, ticket.id))
    if due == before:
        return
    ticket.sla_due_at = due
    ticket.sla_warn_at = targets.warn_at(ticket.created_at, due)
    ticket.sla_warned_at = None
    note(session, due_before=before)


def triage_implicitly(session: Session, actor: Actor, ticket: Ticket, *, source: str) -> None:
    """Triage as a part of assigning or publishing a NEW ticket, with its own entry."""
    if ticket.status != TicketStatus.NEW:
        return
    with recorded(session, actor, "TRIAGED", ticket, source=source):
        move(session, actor, ticket, Action.TRIAGE)
        ticket.triaged_at = clock.now()


def engage(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    kind: AssignmentType,
    *,
    user_id: uuid.UUID | None = None,
    vendor_org_id: uuid.UUID | None = None,
) -> Assignment:
    """Ask a person or a vendor; whoever was asked before is released.

    A RESOLVED ticket reopens by this. A job that was open to vendors is so again
    if the answer is no and its deadline has not passed.
    """
    disengage(session, ticket, AssignmentState.CANCELLED)
    now = clock.now()
    assignment = Assignment(
        id=new_id(),
        property_owner_id=ticket.property_owner_id,
        ticket_id=ticket.id,
        type=kind,
        state=AssignmentState.PENDING,
        assigned_to_user_id=user_id,
        vendor_org_id=vendor_org_id,
        respond_by=now + RESPOND_WITHIN[ticket.priority],
        version=1,
        is_claim=False,
        created_at=now,
        updated_at=now,
    )
    session.add(assignment)
    session.flush()
    move(session, actor, ticket, Action.ASSIGN)
    ticket.resolved_at = None
    ticket.current_assignment_id = assignment.id
    ticket.vendor_org_id = vendor_org_id
    close_offers(session, ticket, keep=vendor_org_id)
    if kind == AssignmentType.VENDOR:
        issue_links(session, assignment)
    emit(session, actor, TicketAssigned(ticket.property_owner_id, ticket.id, assignment.id))
    return assignment


def disengage(
    session: Session, ticket: Ticket, state: AssignmentState, reason: str | None = None
) -> Assignment | None:
    """End the open assignment, its links and its participation; answers it."""
    assignment = session.scalars(
        select(Assignment)
        .where(Assignment.ticket_id == ticket.id, Assignment.state.in_(OPEN_ASSIGNMENT))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if assignment is None:
        return None
    settle(assignment, state)
    if reason is not None:
        assignment.reason = reason
    revoke_links(session, assignment)
    end_quotes(session, ticket, assignment.vendor_org_id)
    leave(session, ticket, assignment)
    ticket.current_assignment_id = None
    ticket.vendor_org_id = None
    session.flush()
    return assignment


def join(
    session: Session,
    ticket: Ticket,
    user_id: uuid.UUID,
    role: StakeholderRole,
    added_by: uuid.UUID,
) -> None:
    """Make whoever does the work a participant who can comment and resolve."""
    row = session.scalars(
        select(TicketStakeholder).where(
            TicketStakeholder.ticket_id == ticket.id, TicketStakeholder.user_id == user_id
        )
    ).one_or_none()
    if row is None:
        row = TicketStakeholder(
            id=new_id(),
            property_owner_id=ticket.property_owner_id,
            ticket_id=ticket.id,
            user_id=user_id,
        )
        session.add(row)
    row.role, row.of_household = role, False
    row.can_view = row.can_comment = row.can_resolve = True
    row.can_edit = False
    row.added_by_id = added_by
    row.added_at = clock.now()
    row.removed_at = None


def leave(session: Session, ticket: Ticket, assignment: Assignment) -> None:
    """End the participation that an assignment had brought."""
    role = (
        StakeholderRole.VENDOR
        if assignment.type == AssignmentType.VENDOR
        else StakeholderRole.ASSIGNEE
    )
    for row in session.scalars(
        select(TicketStakeholder).where(
            TicketStakeholder.ticket_id == ticket.id,
            TicketStakeholder.role == role,
            TicketStakeholder.removed_at.is_(None),
        )
    ):
        row.removed_at = clock.now()


def set_arrival(assignment: Assignment | Quote, data: RespondAssignment | OfferQuote) -> None:
    """Keep when the assignee will come, or would. Raises Invalid for half a window, one that ends
    before it begins, and one that has passed."""
    start, end = data.arrival_from, data.arrival_until
    if (start is None) != (end is None):
        raise wrong_field("arrival_until", _("Please give both ends of the arrival window."))
    if start is not None and end is not None:
        if start.tzinfo is None or end.tzinfo is None:
            raise wrong_field("arrival_from", _("Please give the time with its time zone."))
        if end <= start:
            raise wrong_field("arrival_until", _("The window must end after it begins."))
        if end <= clock.now():
            raise wrong_field("arrival_from", _("This time has already passed."))
    assignment.arrival_from, assignment.arrival_until = start, end


def author_id(actor: Actor) -> uuid.UUID:
    """Whom to name as the one who added something; the system has a user of its own, who
    also stands for people that nobody knows yet."""
    return actor.audit_user_id or SYSTEM_USER_ID
