"""Who else has a ticket open now. Staff learn of each other and of the vendor at work."""

import uuid
from typing import Any

from flask import Blueprint

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.policy import open_assignment
from ecopick.domains.tickets.queries.find import get_ticket
from ecopick.domains.tickets.queries.readers import Viewer, viewers_among
from ecopick.domains.tickets.queries.redaction import hides_people, sees_team
from ecopick.web.access import background
from ecopick.web.render import render
from ecopick.web.state import current_actor, db_session, presence


def add_viewing(pages: Blueprint) -> None:
    """Give the pages of tickets the route that open pages ask."""
    pages.get("/tickets/<ticket_id>/viewing")(viewing)


@background
def viewing(ticket_id: str) -> Any:
    """Open pages ask this now and then, and tell by it that they are still open."""
    session, actor = db_session(), current_actor()
    ticket = get_ticket(session, actor, ticket_id)
    if sees_team(actor, ticket):
        return render("tickets/_viewing.html", ticket=ticket, viewers=others_viewing(actor, ticket))
    if not hides_people(actor, ticket, open_assignment(session, ticket)):
        come(actor, ticket)
    return "", 204


def come(actor: Actor, ticket: Ticket) -> list[uuid.UUID]:
    """Note that the reader has the ticket open; who else has. Tenants are noted nowhere, and
    an administrator who acts for somebody is not shown as that person."""
    noted = sees_team(actor, ticket) or ticket.vendor_org_id in actor.vendor_org_ids
    shown = actor.user_id if noted and actor.support is None else None
    place = f"{ticket.property_owner_id}:{ticket.id}"
    found = presence().come(place, shown, clock.now().timestamp())
    return [each for each in found if each != actor.user_id]


def others_viewing(actor: Actor, ticket: Ticket) -> list[Viewer]:
    """Who else has the ticket open, for a member of its team; one statement if anybody has."""
    others = come(actor, ticket)
    return viewers_among(db_session(), ticket, others) if others else []
