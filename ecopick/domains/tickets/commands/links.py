"""The mailed links of a vendor: one for each recipient of an assignment.

A link's token is computed from its own row, so that the mail can be written
again after a crash; the table holds only its hash.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from ecopick.core import clock, crypto
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict, NotFound
from ecopick.core.events import emit
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.commands.visits import end_visit
from ecopick.domains.tickets.events import LinkRenewed
from ecopick.domains.tickets.lifecycle import (
    LINK_AFTER_RESOLVED,
    LINK_UNANSWERED,
    OPEN_ASSIGNMENT,
    AssignmentState,
    illegal_transition,
)
from ecopick.domains.tickets.models import Assignment, VendorLink
from ecopick.domains.tickets.queries.find import get_ticket, lock_assignment
from ecopick.domains.tickets.visit_states import VisitState
from ecopick.domains.vendors.queries import recipients

PURPOSE = "vendor_link"


def link_token(link: VendorLink) -> str:
    """The secret part of the link's address: 256 bits, never stored."""
    return crypto.token(PURPOSE, link.assignment_id, link.recipient_id, link.version)


def own_token(session: Session, actor: Actor, ticket_key: Any) -> str | None:
    """The token of the person's own newest link to a visible ticket; None where none counts."""
    ticket = get_ticket(session, actor, ticket_key)
    link = session.scalars(
        select(VendorLink)
        .join(Assignment, Assignment.id == VendorLink.assignment_id)
        .where(
            Assignment.ticket_id == ticket.id,
            Assignment.state.in_(OPEN_ASSIGNMENT),
            VendorLink.recipient_id == actor.user_id,
            VendorLink.revoked_at.is_(None),
        )
        .order_by(VendorLink.created_at.desc(), VendorLink.version.desc())
        .limit(1)
    ).one_or_none()
    return link_token(link) if link is not None else None


@command("visit:work", find=lock_assignment, audit_as="ENTITY_CREATED")
def take_own_link(session: Session, actor: Actor, assignment: Assignment) -> VendorLink:
    """A link to an accepted job for somebody of the vendor who was not there when it was sent."""
    if assignment.vendor_org_id is None:
        raise illegal_transition()
    return _issue(session, assignment, assignment.vendor_org_id, actor.user_id)


def issue_links(session: Session, assignment: Assignment) -> list[VendorLink]:
    """One link for each person at the vendor who may answer; part of a command.

    An unanswered link ends with ``respond_by`` and never lives over 72 hours.
    """
    if assignment.vendor_org_id is None:
        return []
    issued = [
        _issue(session, assignment, assignment.vendor_org_id, recipient.user_id)
        for recipient in recipients(session, assignment.vendor_org_id)
    ]
    session.flush()
    return issued


def _issue(
    session: Session, assignment: Assignment, vendor_org_id: uuid.UUID, recipient_id: uuid.UUID
) -> VendorLink:
    earlier = session.scalar(
        select(func.max(VendorLink.version)).where(
            VendorLink.assignment_id == assignment.id, VendorLink.recipient_id == recipient_id
        )
    )
    link = VendorLink(
        id=new_id(),
        property_owner_id=assignment.property_owner_id,
        assignment_id=assignment.id,
        vendor_org_id=vendor_org_id,
        recipient_id=recipient_id,
        version=(earlier or 0) + 1,
        expires_at=_expiry(assignment),
        created_at=clock.now(),
    )
    link.token_hash = crypto.token_hash(link_token(link))
    session.add(link)
    return link


def _expiry(assignment: Assignment) -> datetime:
    latest = clock.now() + LINK_UNANSWERED
    return min(assignment.respond_by, latest) if assignment.respond_by else latest


def revoke_links(session: Session, assignment: Assignment) -> None:
    """End every link and the visit of an assignment that goes to somebody else; part of a
    command."""
    session.execute(
        update(VendorLink)
        .where(VendorLink.assignment_id == assignment.id, VendorLink.revoked_at.is_(None))
        .values(revoked_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )
    system = Actor.system(assignment.property_owner_id, via="vendor_link")
    end_visit(session, system, assignment.id, VisitState.CANCELLED)


def _find_link(session: Session, actor: Actor, key: uuid.UUID) -> VendorLink:
    link = session.scalars(select(VendorLink).where(VendorLink.id == key)).one_or_none()
    if link is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    return link


@command("system:vendor_links", find=_find_link)
def note_fetched(session: Session, actor: Actor, link: VendorLink) -> None:
    """Keep when the page was first fetched: by a person or by a scanner, nobody knows.

    Bookkeeping of the system; it says nothing about having been seen.
    """
    if link.fetched_at is None:
        link.fetched_at = clock.now()


@command("visit:renew_link", find=_find_link, audit_as="ENTITY_CREATED")
def renew_link(session: Session, actor: Actor, link: VendorLink) -> VendorLink:
    """A link of an accepted job whose time has passed is mailed anew, good for thirty days.

    Its recipient alone learns the address. A second wish finds the link that was made.
    Raises Conflict where the job was never accepted.
    """
    assignment = session.scalars(
        select(Assignment).where(Assignment.id == link.assignment_id).with_for_update()
    ).one()
    if assignment.state is not AssignmentState.ACCEPTED or link.revoked_at is not None:
        raise Conflict(_("This job is no longer yours, or its link has ended."), code="link_ended")
    newest = session.scalars(
        select(VendorLink)
        .where(
            VendorLink.assignment_id == link.assignment_id,
            VendorLink.recipient_id == link.recipient_id,
        )
        .order_by(VendorLink.version.desc())
        .limit(1)
    ).one()
    if newest.expires_at > clock.now():
        return newest
    made = _issue(session, assignment, link.vendor_org_id, link.recipient_id)
    made.expires_at = clock.now() + LINK_AFTER_RESOLVED
    session.flush()
    emit(session, actor, LinkRenewed(link.property_owner_id, assignment.ticket_id, made.id))
    return made


@command("system:vendor_links", find=_find_link)
def note_answer(session: Session, actor: Actor, link: VendorLink, *, accepted: bool) -> None:
    """Keep that the job was accepted through this link, or that this was taken back."""
    link.accepted_at = (link.accepted_at or clock.now()) if accepted else None
