"""Who else takes part in a ticket, and with which rights."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.changes import note
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict, NotFound
from ecopick.core.events import emit
from ecopick.core.finding import as_id
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.people.queries import belongs_to
from ecopick.domains.tickets.events import StakeholderAdded, StakeholderRemoved
from ecopick.domains.tickets.inputs import AddStakeholder
from ecopick.domains.tickets.lifecycle import TERMINAL, illegal_transition
from ecopick.domains.tickets.models import StakeholderRole, Ticket, TicketStakeholder
from ecopick.domains.tickets.queries.find import lock_ticket
from ecopick.domains.vendors.queries import linked_vendors


@command("ticket:manage_stakeholders", find=lock_ticket, audit_as="STAKEHOLDER_ADDED")
def add_stakeholder(
    session: Session, actor: Actor, ticket: Ticket, data: AddStakeholder
) -> TicketStakeholder:
    """Let somebody take part; adding again replaces their rights and revives them."""
    if ticket.status in TERMINAL:
        raise Conflict(_("This request is closed; nothing can be added."), code="terminal")
    if not _belongs_here(session, ticket, data.user_id):
        raise wrong_field("user_id", _("This person is not known here."))
    row = _row(session, ticket, data.user_id)
    if row is None:
        row = TicketStakeholder(
            id=new_id(),
            property_owner_id=ticket.property_owner_id,
            ticket_id=ticket.id,
            user_id=data.user_id,
        )
        session.add(row)
    row.role, row.of_household = StakeholderRole(data.role), False
    row.can_view, row.can_comment = data.can_view, data.can_comment
    row.can_edit, row.can_resolve = data.can_edit, data.can_resolve
    row.added_by_id = actor.user_id
    row.added_at = clock.now()
    row.removed_at = None
    note(session, user_id=data.user_id, role=data.role)
    emit(session, actor, StakeholderAdded(ticket.property_owner_id, ticket.id, data.user_id))
    return row


@command("ticket:manage_stakeholders", find=lock_ticket, audit_as="STAKEHOLDER_REMOVED")
def remove_stakeholder(
    session: Session, actor: Actor, ticket: Ticket, user_key: object
) -> TicketStakeholder:
    """End somebody's participation; the row stays."""
    if ticket.status in TERMINAL:
        raise illegal_transition()
    user_id = as_id(user_key)
    row = _row(session, ticket, user_id) if user_id else None
    if row is None or row.removed_at is not None:
        raise NotFound(_("This person does not take part."))
    row.removed_at = clock.now()
    note(session, user_id=row.user_id)
    emit(session, actor, StakeholderRemoved(ticket.property_owner_id, ticket.id, row.user_id))
    return row


def _belongs_here(session: Session, ticket: Ticket, user_id: uuid.UUID) -> bool:
    """Whether the person has to do with the ticket's owner, not only with the actor."""
    vendors = [vendor.id for vendor in linked_vendors(session, ticket.property_owner_id)]
    return belongs_to(session, ticket.property_owner_id, user_id, vendors)


def _row(session: Session, ticket: Ticket, user_id: uuid.UUID) -> TicketStakeholder | None:
    return session.scalars(
        select(TicketStakeholder).where(
            TicketStakeholder.ticket_id == ticket.id, TicketStakeholder.user_id == user_id
        )
    ).one_or_none()
