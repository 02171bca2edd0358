"""The mailed links to an open job: one for each person at the vendors that may apply.

A link's token is computed from its own row, so that the mail can be written
again after a crash; the table holds only its hash.
"""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock, crypto
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import NotFound
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.models import OpportunityLink, Ticket
from ecopick.domains.tickets.queries.inbox import interested_vendors
from ecopick.domains.vendors.queries import recipients

PURPOSE = "opportunity_link"


def opportunity_token(link_id: uuid.UUID, recipient_id: uuid.UUID) -> str:
    """The secret part of the link's address: 256 bits, never stored."""
    return crypto.token(PURPOSE, link_id, recipient_id)


def _find_job(session: Session, actor: Actor, key: uuid.UUID) -> Ticket:
    return session.scalars(select(Ticket).where(Ticket.id == key)).one()


@command("system:opportunity_links", find=_find_job)
def issue_opportunity_links(session: Session, system: Actor, ticket: Ticket) -> int:
    """A link for everybody at the vendors that may apply now and who has none; how many.

    Published again, the job keeps the links that were mailed.
    """
    have = set(
        session.scalars(
            select(OpportunityLink.recipient_id).where(OpportunityLink.ticket_id == ticket.id)
        )
    )
    made = 0
    for vendor_org_id in sorted(interested_vendors(session, ticket.id)):
        for person in recipients(session, vendor_org_id):
            if person.user_id in have:
                continue
            have.add(person.user_id)
            session.add(_link(ticket, vendor_org_id, person.user_id))
            made += 1
    session.flush()
    return made


def _link(ticket: Ticket, vendor_org_id: uuid.UUID, recipient_id: uuid.UUID) -> OpportunityLink:
    link_id = new_id()
    return OpportunityLink(
        id=link_id,
        property_owner_id=ticket.property_owner_id,
        ticket_id=ticket.id,
        vendor_org_id=vendor_org_id,
        recipient_id=recipient_id,
        token_hash=crypto.token_hash(opportunity_token(link_id, recipient_id)),
        created_at=clock.now(),
    )


def _find_link(session: Session, actor: Actor, key: uuid.UUID) -> OpportunityLink:
    link = session.scalars(select(OpportunityLink).where(OpportunityLink.id == key)).one_or_none()
    if link is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    return link


@command("system:opportunity_links", find=_find_link)
def note_opportunity_fetched(session: Session, system: Actor, link: OpportunityLink) -> None:
    """Keep when the page was first fetched: by a person or by a scanner, nobody knows."""
    if link.fetched_at is None:
        link.fetched_at = clock.now()
