"""Incidents: tickets about one outage, joined under a parent.

There are two levels only: a parent has no parent, its tickets have none below them.
The tickets keep their own status, people and clocks.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.changes import note
from ecopick.core.commands import command, recorded
from ecopick.core.errors import Conflict
from ecopick.core.events import emit
from ecopick.core.finding import as_id
from ecopick.core.finding import missing as missing_ticket
from ecopick.core.permissions import authorize
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.tickets.commands.intake import create_ticket
from ecopick.domains.tickets.events import IncidentChanged
from ecopick.domains.tickets.incident_inputs import CreateIncident, JoinIncident
from ecopick.domains.tickets.inputs import CreateTicket
from ecopick.domains.tickets.lifecycle import ACTIVE, TERMINAL
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.queries.find import get_ticket, lock_ticket, lock_tickets
from ecopick.domains.tickets.queries.references import reference_of, references_of


def create_incident(session: Session, actor: Actor, data: CreateIncident) -> Ticket:
    """A new parent for the tickets; it is numbered and timed as any ticket, and not routed."""
    new = CreateTicket(
        building_id=data.building_id,
        title=data.title,
        description=data.description,
        category=data.category,
        priority=data.priority,
        auto_route=False,
    )
    parent = create_ticket(session, actor, new)
    return join_incident(session, actor, parent.id, JoinIncident(ticket_id=data.ticket_id))


def join_incident(session: Session, actor: Actor, key: Any, data: JoinIncident) -> Ticket:
    """Join tickets under the open ticket ``key``: all of them, or none.

    Each must be visible and may be edited, of the same owner, not closed, in no other
    incident and none itself. Answers the parent.
    """
    found = lock_tickets(session, actor, (key, *data.ticket_id))
    parent_id = as_id(key)
    parent = found.get(parent_id) if parent_id else None
    if parent is None:
        raise missing_ticket(actor, "Ticket", key)
    children: list[Ticket] = []
    for ticket_id in dict.fromkeys(data.ticket_id):
        child = found.get(ticket_id)
        if child is None or child.property_owner_id != parent.property_owner_id:
            raise wrong_field("ticket_id", _("This ticket is not known here."))
        if child is parent:
            raise wrong_field("ticket_id", _("An incident cannot be part of itself."))
        if child.parent_id != parent.id:
            children.append(child)
    _join(session, actor, parent, children)
    return parent


@command("ticket:edit", find=lock_ticket, audit_as="TICKET_UPDATED")
def _join(session: Session, actor: Actor, parent: Ticket, children: Sequence[Ticket]) -> None:
    _check_parent(session, parent)
    _check_children(session, children)
    number, *numbers = references_of(session, [parent, *children])
    note(session, source="incident_joined", tickets=numbers)
    for child in children:
        authorize(session, actor, "ticket:edit", child, using=True)
        with recorded(
            session, actor, "TICKET_UPDATED", child, source="incident_joined", other=number
        ):
            child.parent_id = parent.id
            emit(session, actor, IncidentChanged(child.property_owner_id, child.id, parent.id))
    emit(session, actor, IncidentChanged(parent.property_owner_id, parent.id, parent.id))


def _check_parent(session: Session, parent: Ticket) -> None:
    if parent.status not in ACTIVE:
        raise Conflict(_("The incident is no longer open."), code="terminal")
    if parent.parent_id is not None:
        raise Conflict(
            _("%(number)s is part of an incident itself.", number=reference_of(session, parent)),
            code="in_incident",
        )


def _check_children(session: Session, children: Sequence[Ticket]) -> None:
    """Names the first ticket that cannot join, with the reason."""
    parents = set(
        session.scalars(
            select(Ticket.parent_id).where(Ticket.parent_id.in_([row.id for row in children]))
        )
    )
    for child in children:
        if child.status in TERMINAL:
            words, code = _("%(number)s is closed and cannot join an incident."), "terminal"
        elif child.parent_id is not None:
            words, code = _("%(number)s is part of another incident."), "in_incident"
        elif child.id in parents:
            words, code = _("%(number)s is an incident itself."), "in_incident"
        else:
            continue
        raise Conflict(_numbered(words, reference_of(session, child)), code=code)


def _numbered(words: Any, number: str) -> str:
    return str(words) % {"number": number}


def leave_incident(session: Session, actor: Actor, key: Any) -> uuid.UUID:
    """Take the ticket out of its incident; answers the parent's id."""
    parent_id = get_ticket(session, actor, key).parent_id
    found = lock_tickets(session, actor, (key, parent_id))
    child = found[as_id(key) or uuid.UUID(int=0)]
    if parent_id is None or child.parent_id != parent_id:
        raise Conflict(_("This ticket is in no incident."), code="in_incident")
    parent = found.get(parent_id)
    if parent is None:
        raise missing_ticket(actor, "Ticket", parent_id)
    _leave(session, actor, child, parent)
    return parent.id


@command("ticket:edit", find=lock_ticket, audit_as="TICKET_UPDATED")
def _leave(session: Session, actor: Actor, child: Ticket, parent: Ticket) -> None:
    authorize(session, actor, "ticket:edit", parent, using=True)
    number, other = references_of(session, [child, parent])
    note(session, source="incident_left", other=other)
    with recorded(
        session, actor, "TICKET_UPDATED", parent, source="incident_left", tickets=[number]
    ):
        emit(session, actor, IncidentChanged(parent.property_owner_id, parent.id, parent.id))
    child.parent_id = None
    emit(session, actor, IncidentChanged(child.property_owner_id, child.id, parent.id))
