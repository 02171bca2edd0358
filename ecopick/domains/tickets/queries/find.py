"""Finding one row for a command: visible or 404, then locked and fresh.

The ticket is locked before its children, always in that order, with FOR NO KEY
UPDATE: a plain FOR UPDATE would block the insertion of child rows.
"""

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.finding import as_id, missing
from ecopick.domains.governance.commands.use import take
from ecopick.domains.governance.queries.grants import has_unusual_right
from ecopick.domains.tickets.models import Assignment, Ticket
from ecopick.domains.tickets.policy import stands_in, view_rules, visible_to


def get_ticket(session: Session, actor: Actor, key: Any) -> Ticket:
    """The visible ticket, for reading. Raises NotFound."""
    ticket_id = as_id(key)
    ticket = (
        session.scalars(
            select(Ticket).where(Ticket.id == ticket_id, visible_to(actor))
        ).one_or_none()
        if ticket_id
        else None
    )
    session.info["authorized"] = True
    if ticket is None:
        raise missing(actor, "Ticket", key)
    if not plainly_visible(actor, ticket):
        _note_reading(session, actor, ticket)
    return ticket


def plainly_visible(actor: Actor, ticket: Ticket) -> bool:
    """Whether a role, a home or a vendor already lets the actor see the ticket."""
    return (
        actor.kind != "user"
        or actor.break_glass_reason is not None
        or ticket.reporter_id == actor.user_id
        or actor.is_operations(ticket.property_owner_id, ticket.building_id)
        or (ticket.vendor_org_id is not None and ticket.vendor_org_id in actor.vendor_org_ids)
    )


def _note_reading(session: Session, actor: Actor, ticket: Ticket) -> None:
    """Where only an explicit right opens the ticket, its use is noted."""
    conditions = [condition for name, condition in view_rules(actor) if name != "permission"]
    rights = stands_in(ticket)
    opened = select(exists().where(Ticket.id == ticket.id, or_(*conditions)))
    if has_unusual_right(session, actor, rights) and not session.scalar(opened):
        take(session, actor, "view", "tickets", rights, ticket.building_id)


def lock_ticket(session: Session, actor: Actor, key: Any) -> Ticket:
    """The visible ticket, locked and fresh, for writing. Raises NotFound."""
    ticket = get_ticket(session, actor, key)
    return relock(session, ticket)


def lock_tickets(session: Session, actor: Actor, keys: Iterable[Any]) -> dict[uuid.UUID, Ticket]:
    """Those of the tickets that are visible, locked and fresh, in one statement.

    They are locked in the order of their ids, so that two people who work on the
    same ones wait for each other instead of blocking each other.
    """
    ids = {found for found in map(as_id, keys) if found is not None}
    rows = session.scalars(
        select(Ticket)
        .where(Ticket.id.in_(ids), visible_to(actor))
        .order_by(Ticket.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    session.info["authorized"] = True
    for ticket in rows:
        if not plainly_visible(actor, ticket):
            _note_reading(session, actor, ticket)
    return {ticket.id: ticket for ticket in rows}


def lock_open_job(session: Session, actor: Actor, key: Any) -> Ticket:
    """A job that is open to vendors, locked: visible to vendors of the owner
    before it is theirs. Raises NotFound."""
    ticket_id = as_id(key)
    ticket = (
        session.scalars(
            select(Ticket).where(
                Ticket.id == ticket_id, or_(Ticket.open_to_vendors, visible_to(actor))
            )
        ).one_or_none()
        if ticket_id and actor.vendor_org_ids
        else None
    )
    if ticket is None:
        raise missing(actor, "Ticket", key)
    return relock(session, ticket)


def relock(session: Session, ticket: Ticket) -> Ticket:
    """Lock a ticket that is already known, and read it again."""
    return session.scalars(
        select(Ticket)
        .where(Ticket.id == ticket.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def lock_assignment(session: Session, actor: Actor, key: Any) -> Assignment:
    """The assignment of a visible ticket; ticket and assignment locked and fresh."""
    assignment_id = as_id(key)
    ticket_id = (
        session.scalar(select(Assignment.ticket_id).where(Assignment.id == assignment_id))
        if assignment_id
        else None
    )
    if ticket_id is None:
        raise missing(actor, "Assignment", key)
    lock_ticket(session, actor, ticket_id)
    return fresh_assignment(session, ticket_id, assignment_id)


def fresh_assignment(
    session: Session, ticket_id: uuid.UUID, assignment_id: uuid.UUID | None
) -> Assignment:
    """One assignment of a locked ticket, locked and fresh."""
    return session.scalars(
        select(Assignment)
        .where(Assignment.ticket_id == ticket_id, Assignment.id == assignment_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def ticket_of(session: Session, assignment: Assignment) -> Ticket:
    """The ticket of an assignment that is already locked."""
    return session.scalars(select(Ticket).where(Ticket.id == assignment.ticket_id)).one()
