"""The main job's steps, through real commands."""

from datetime import timedelta
from typing import Any

from ecopick.core import clock
from ecopick.domains.tickets.commands.assignment import assign_ticket, respond_assignment
from ecopick.domains.tickets.commands.conversation import post_message
from ecopick.domains.tickets.commands.intake import create_ticket
from ecopick.domains.tickets.inputs import (
    AssignTicket,
    CreateTicket,
    PostMessage,
    RespondAssignment,
)
from ecopick.domains.tickets.models import Assignment, Ticket
from tests.factories import World

SECRET_NOTE = "Der Schlüssel liegt unter der Matte"


def report(world: World, who: str = "resident", **values: Any) -> Ticket:
    """A burst pipe."""
    actor = world.actor(who)
    data = CreateTicket.model_validate(
        {
            "building_id": world.building_id,
            "unit_id": world.unit_id,
            "title": "Rohrbruch in der Küche",
            "description": "Bitte bei Resident klingeln",
            "category": "plumbing",
            "priority": "HIGH",
            "access_note": SECRET_NOTE,
            **values,
        }
    )
    with world.database.transaction(actor.scope) as session:
        return create_ticket(session, actor, data)


def send_to_vendor(world: World, ticket: Ticket, *, second: bool = False) -> Assignment:
    """The manager sends the ticket to a vendor."""
    vendor = world.second_vendor_org_id if second else world.vendor_org_id
    return assign(world, ticket, type="VENDOR", vendor_org_id=vendor)


def assign(world: World, ticket: Ticket, **values: Any) -> Assignment:
    """The manager assigns the ticket."""
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        return assign_ticket(session, manager, ticket.id, AssignTicket.model_validate(values))


def answer(
    world: World, assignment: Assignment, who: str = "vendor", *, accept: bool = True
) -> None:
    """The vendor accepts with a window, or declines."""
    actor = world.actor(who)
    start = (clock.now() + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
    data = (
        RespondAssignment(accept=True, arrival_from=start, arrival_until=start + timedelta(hours=2))
        if accept
        else RespondAssignment(accept=False, reason="Kein Termin frei")
    )
    with world.database.transaction(actor.scope) as session:
        respond_assignment(session, actor, assignment.id, data)


def say(world: World, ticket: Ticket, who: str, body: str, visibility: str = "everyone") -> None:
    """Somebody writes."""
    actor = world.actor(who)
    data = PostMessage.model_validate({"body": body, "visibility": visibility})
    with world.database.transaction(actor.scope) as session:
        post_message(session, actor, ticket.id, data)
