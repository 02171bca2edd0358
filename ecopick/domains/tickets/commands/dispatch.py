"""A vendor's answer to a job that it was asked to do, or that is open to vendors."""

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.finding import as_id, missing
from ecopick.core.permissions import authorize
from ecopick.domains.governance.queries import granted
from ecopick.domains.tickets.commands.assignment import respond_assignment
from ecopick.domains.tickets.commands.opportunities import claim
from ecopick.domains.tickets.inputs import RespondAssignment
from ecopick.domains.tickets.lifecycle import (
    OPEN_ASSIGNMENT,
    AssignmentState,
    illegal_transition,
)
from ecopick.domains.tickets.models import Assignment
from ecopick.domains.tickets.queries.find import get_ticket
from ecopick.domains.tickets.queries.inbox import eligible_vendor


def respond_dispatch(
    session: Session, actor: Actor, ticket_key: Any, data: RespondAssignment
) -> None:
    """Accept or decline the vendor's assignment, or apply for an open job.

    Passing on an open job changes nothing; declining takes an application back.
    The same answer again shows the same result. Raises NotFound for jobs that are neither the vendor's nor
    open to it,
    Forbidden for people who see the ticket and work for no vendor.
    """
    mine = _latest(session, actor, ticket_key)
    answered = AssignmentState.ACCEPTED if data.accept else AssignmentState.DECLINED
    if mine is not None and mine.is_claim and data.accept and mine.state in OPEN_ASSIGNMENT:
        session.info["authorized"] = True
        return
    if mine is not None and mine.state in (AssignmentState.PENDING, answered):
        respond_assignment(session, actor, mine, data)
        return
    _apply(session, actor, ticket_key, data, known=mine is not None)


def _latest(session: Session, actor: Actor, ticket_key: Any) -> Assignment | None:
    """The last assignment of one's own vendor, or of one for which a right lets one answer."""
    ticket_id = as_id(ticket_key)
    if ticket_id is None:
        return None
    by_right = granted(
        actor,
        "respond_assignment",
        "vendors",
        {"VendorOrg": Assignment.vendor_org_id, "PropertyOwner": Assignment.property_owner_id},
    )
    return session.scalars(
        select(Assignment)
        .where(
            Assignment.ticket_id == ticket_id,
            or_(Assignment.vendor_org_id.in_(actor.vendor_org_ids), by_right),
        )
        .order_by(Assignment.created_at.desc(), Assignment.id.desc())
        .limit(1)
    ).one_or_none()


def _apply(
    session: Session, actor: Actor, ticket_key: Any, data: RespondAssignment, *, known: bool
) -> None:
    ticket_id = as_id(ticket_key)
    vendor_id = eligible_vendor(session, actor, ticket_id) if ticket_id else None
    session.info["authorized"] = True
    if ticket_id is None or vendor_id is None:
        if known:
            raise illegal_transition()
        get_ticket(session, actor, ticket_key)
        authorize(session, actor, "vendor:view_opportunities", actor)
        raise missing(actor, "Ticket", ticket_key)
    if data.accept:
        claim(session, actor, ticket_id, vendor_id, data)
