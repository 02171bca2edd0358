"""Requests of people without an account: who stands for them, and what a link opens."""

import uuid
from typing import Protocol

from sqlalchemy import ColumnElement, false

from ecopick.core.actor import Actor
from ecopick.core.tenancy import SYSTEM_USER_ID
from ecopick.domains.tickets.models import OUTSIDE_CHANNELS, Ticket, TicketChannel

# How somebody without an account comes in; kept in the audit log.
FORM, REPORTER_LINK, FOLLOWER_LINK = "public_form", "request_link", "follower_link"
MAIL = "mail"


class HasReporter(Protocol):
    """A ticket, as stored or as shown."""

    @property
    def channel(self) -> TicketChannel: ...
    @property
    def reporter_id(self) -> uuid.UUID | None: ...


def is_unconfirmed(ticket: HasReporter) -> bool:
    """Whether nobody stands for the request yet: it came from outside, and the address of
    whoever wrote it is not proved."""
    return ticket.channel in OUTSIDE_CHANNELS and ticket.reporter_id == SYSTEM_USER_ID


def of_link(actor: Actor) -> ColumnElement[bool]:
    """The one ticket of somebody without an account, as a condition of a query."""
    return Ticket.id == actor.ticket_id if actor.ticket_id is not None else false()


def reports_by_link(actor: Actor, ticket: Ticket) -> bool:
    """Whether the actor holds the private link of whoever reported the ticket."""
    return actor.kind == "public" and actor.via == REPORTER_LINK and actor.ticket_id == ticket.id
