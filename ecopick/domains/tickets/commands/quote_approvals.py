"""Approvals of quotes above the owner's limit: asked for, and what follows from their end."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.commands import recorded
from ecopick.core.events import emit
from ecopick.core.tenancy import SYSTEM_USER_ID
from ecopick.domains.governance.commands.approvals import submit
from ecopick.domains.governance.inputs import RequestApproval, RequestLine
from ecopick.domains.governance.policy import Desk
from ecopick.domains.governance.queries.approvals import pick_approver
from ecopick.domains.governance.resources import Resource
from ecopick.domains.tickets.events import QuoteWaiting
from ecopick.domains.tickets.models import Quote
from ecopick.domains.tickets.queries.quotes import ticket_of_quote
from ecopick.domains.tickets.quote_lifecycle import QuoteState, settle_quote
from ecopick.domains.vendors.queries import vendor_names

ACTION = "cost:approve"


def ask_automatically(session: Session, system: Actor, quote: Quote) -> None:
    """Ask two people of the owner's management, one after the other, for a price above the limit.

    Where there is one manager, the other owner role is the second; where there is nobody
    else, that one decides alone. Without anybody the quote stays as it is offered.
    """
    ticket = ticket_of_quote(session, quote)
    owner_id, building_id = ticket.property_owner_id, ticket.building_id
    first = pick_approver(session, owner_id, building_id, SYSTEM_USER_ID)
    if first is None:
        return
    second = pick_approver(session, owner_id, building_id, first)
    with recorded(session, system, "ENTITY_STATUS_CHANGED", quote, source="limit"):
        ask(session, system, quote, second or first, [first] if second else [])


def ask(
    session: Session,
    actor: Actor,
    quote: Quote,
    approver_id: uuid.UUID | None = None,
    reviewer_ids: list[uuid.UUID] | None = None,
) -> None:
    """Ask for the approval of a quote, which waits from now on; part of a command.

    Raises Invalid where nobody but whoever asks could decide.
    """
    ticket = ticket_of_quote(session, quote)
    vendor = vendor_names(session, [quote.vendor_org_id]).get(quote.vendor_org_id, "")
    data = RequestApproval(
        action=ACTION,
        approver_id=approver_id,
        reviewer_ids=reviewer_ids or [],
        title=f"{ticket.title}, {vendor}"[:200].rstrip(", "),
        reason=quote.note,
        amount=quote.net_amount,
        currency=quote.currency,
        lines=_lines(quote),
    )
    about = Resource(
        "Ticket", ticket.id, ticket.property_owner_id, ticket.building_id, ticket.title
    )
    desk = Desk(ticket.property_owner_id, ticket.building_id)
    request = submit(session, actor, desk, data, about, ticket.id)
    quote.approval_id = request.id
    quote.accepted_by_id = actor.audit_user_id
    settle_quote(quote, QuoteState.WAITING)
    session.flush()
    emit(session, actor, QuoteWaiting(quote.property_owner_id, ticket.id, quote.id))


def _lines(quote: Quote) -> list[RequestLine]:
    return [
        RequestLine(text=line["description"], quantity=line["quantity"], amount=line["amount"])
        for line in quote.line_items
    ]


def quote_waiting_for(session: Session, approval_id: uuid.UUID) -> Quote | None:
    """The quote that waits for an approval."""
    return session.scalars(
        select(Quote).where(Quote.approval_id == approval_id, Quote.state == QuoteState.WAITING)
    ).one_or_none()
