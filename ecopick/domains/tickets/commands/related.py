"""Links between tickets: duplicates and causes."""

import uuid
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.changes import note
from ecopick.core.commands import command, recorded
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict, NotFound
from ecopick.core.events import emit
from ecopick.core.finding import as_id, missing
from ecopick.core.permissions import authorize
from ecopick.core.text import gettext
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.tickets.commands.engagement import author_id
from ecopick.domains.tickets.commands.stakeholders import add_stakeholder
from ecopick.domains.tickets.commands.status import transition_ticket_status
from ecopick.domains.tickets.events import TicketLinked
from ecopick.domains.tickets.incident_inputs import LinkTickets
from ecopick.domains.tickets.inputs import AddStakeholder, ChangeStatus
from ecopick.domains.tickets.lifecycle import TERMINAL, LinkKind, TicketStatus
from ecopick.domains.tickets.models import Ticket, TicketLink
from ecopick.domains.tickets.queries.find import lock_ticket, lock_tickets
from ecopick.domains.tickets.queries.references import reference_of

_WAYS = {True: "linked", False: "unlinked"}


def link_tickets(session: Session, actor: Actor, key: Any, data: LinkTickets) -> TicketLink:
    """Say that the ticket is a duplicate of another one, or was caused by it.

    Both must be visible and may be edited, of one owner, and the ticket itself not
    closed. With a duplicate, everything that was asked for happens, or nothing.
    """
    ticket, other = _both(session, actor, key, data.other_id)
    link = _row(session, ticket, other, data.kind)
    _link(session, actor, ticket, other, link)
    if data.kind is LinkKind.DUPLICATE_OF:
        if data.follow:
            _let_follow(session, actor, ticket, other)
        if data.cancel:
            words = gettext("Duplicate of %(number)s", number=reference_of(session, other))
            cancelled = ChangeStatus(status=TicketStatus.CANCELLED, reason=words)
            transition_ticket_status(session, actor, ticket.id, cancelled)
    return link


def unlink_tickets(session: Session, actor: Actor, key: Any, link_key: Any) -> TicketLink:
    """Take a link of the ticket away; the row stays."""
    link, ticket, other = _existing(session, actor, key, link_key)
    if link.removed_at is None:
        _unlink(session, actor, ticket, other, link)
    return link


def restore_link(session: Session, actor: Actor, key: Any, link_key: Any) -> TicketLink:
    """Bring back a link that was taken away, unless it contradicts others by now."""
    link, ticket, other = _existing(session, actor, key, link_key)
    if link.removed_at is not None:
        _link(session, actor, ticket, other, link)
    return link


def _both(session: Session, actor: Actor, key: Any, other_id: uuid.UUID) -> tuple[Ticket, Ticket]:
    found = lock_tickets(session, actor, (key, other_id))
    ticket, other = found.get(as_id(key) or other_id), found.get(other_id)
    if ticket is None or as_id(key) is None:
        raise missing(actor, "Ticket", key)
    if other is None or other.property_owner_id != ticket.property_owner_id:
        raise wrong_field("other_id", _("This ticket is not known here."))
    if other is ticket:
        raise wrong_field("other_id", _("A ticket cannot be linked to itself."))
    return ticket, other


def _existing(
    session: Session, actor: Actor, key: Any, link_key: Any
) -> tuple[TicketLink, Ticket, Ticket]:
    """The link, with the tickets that it leads from and to."""
    link_id = as_id(link_key)
    link = session.get(TicketLink, link_id) if link_id else None
    if link is None or as_id(key) not in (link.from_id, link.to_id):
        lock_ticket(session, actor, key)
        raise NotFound(_("There is nothing here, or you cannot see it."))
    found = lock_tickets(session, actor, (link.from_id, link.to_id))
    if len(found) < 2:
        raise missing(actor, "Ticket", key)
    session.refresh(link)
    return link, found[link.from_id], found[link.to_id]


def _row(session: Session, ticket: Ticket, other: Ticket, kind: LinkKind) -> TicketLink:
    """The row for this link, which may have been there before. Raises Conflict if it is live."""
    found = session.scalars(
        select(TicketLink).where(
            TicketLink.property_owner_id == ticket.property_owner_id,
            TicketLink.from_id == ticket.id,
            TicketLink.to_id == other.id,
            TicketLink.kind == kind,
        )
    ).one_or_none()
    if found is None:
        return TicketLink(
            id=new_id(),
            property_owner_id=ticket.property_owner_id,
            from_id=ticket.id,
            to_id=other.id,
            kind=kind,
        )
    if found.removed_at is None:
        raise Conflict(_("These tickets are linked already."), code="linked")
    return found


@command("ticket:edit", find=lock_ticket, audit_as="TICKET_UPDATED")
def _link(session: Session, actor: Actor, ticket: Ticket, other: Ticket, link: TicketLink) -> None:
    if ticket.status in TERMINAL:
        raise Conflict(_("This request is closed and cannot be changed."), code="terminal")
    if link.kind is LinkKind.DUPLICATE_OF:
        _check_duplicate(session, ticket, other)
    link.created_by_id = author_id(actor)
    link.created_at = clock.now()
    link.removed_at = None
    session.add(link)
    _tell(session, actor, ticket, other, link, live=True)


@command("ticket:edit", find=lock_ticket, audit_as="TICKET_UPDATED")
def _unlink(
    session: Session, actor: Actor, ticket: Ticket, other: Ticket, link: TicketLink
) -> None:
    link.removed_at = clock.now()
    _tell(session, actor, ticket, other, link, live=False)


def _tell(
    session: Session, actor: Actor, ticket: Ticket, other: Ticket, link: TicketLink, *, live: bool
) -> None:
    """The other ticket may be edited too; both histories and both open pages say it."""
    authorize(session, actor, "ticket:edit", other, using=True)
    note(session, source=_WAYS[live], link=link.kind, other=reference_of(session, other))
    passive = {"link": f"{link.kind}_BY_OTHER", "other": reference_of(session, ticket)}
    with recorded(session, actor, "TICKET_UPDATED", other, source=_WAYS[live], **passive):
        emit(
            session,
            actor,
            TicketLinked(other.property_owner_id, other.id, ticket.id, link.kind, live),
        )
    emit(
        session, actor, TicketLinked(ticket.property_owner_id, ticket.id, other.id, link.kind, live)
    )


def _check_duplicate(session: Session, ticket: Ticket, other: Ticket) -> None:
    """No ticket has two originals, none is in the end a duplicate of itself.

    The owner's links are taken one after another, since a circle may close over
    tickets that two people lock at the same time.
    """
    session.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"),
        {"name": f"ticket_links:{ticket.property_owner_id}"},
    )
    original = _original_of(session, ticket.id)
    if original is not None and original != other.id:
        raise Conflict(_("This is a duplicate of another ticket already."), code="linked")
    step: uuid.UUID | None = other.id
    while step is not None:
        if step == ticket.id:
            raise Conflict(_("The other one is a duplicate of this ticket."), code="circle")
        step = _original_of(session, step)


def _original_of(session: Session, ticket_id: uuid.UUID) -> uuid.UUID | None:
    return session.scalar(
        select(TicketLink.to_id).where(
            TicketLink.from_id == ticket_id,
            TicketLink.kind == LinkKind.DUPLICATE_OF,
            TicketLink.removed_at.is_(None),
        )
    )


def _let_follow(session: Session, actor: Actor, ticket: Ticket, other: Ticket) -> None:
    """Whoever reported the duplicate reads the original from now on."""
    if ticket.reporter_id == other.reporter_id:
        return
    data = AddStakeholder(user_id=ticket.reporter_id, role="observer", can_comment=False)
    add_stakeholder(session, actor, other.id, data)
