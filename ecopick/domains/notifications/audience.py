"""Who has to know: the people around one ticket.

Read with the system's scope of one owner; every list is sorted and names each
person once. The system user is nobody.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ecopick.core.roles import MANAGEMENT_ROLES, OPERATIONS_ROLES, VENDOR_ROLES
from ecopick.domains.people.models import Membership, User
from ecopick.domains.people.queries import display_name, role_counts, staff_with
from ecopick.domains.tickets.lifecycle import AssignmentState, AssignmentType
from ecopick.domains.tickets.models import (
    Assignment,
    StakeholderRole,
    Ticket,
    TicketStakeholder,
    VendorLink,
)
from ecopick.domains.tickets.policy import open_assignment
from ecopick.domains.tickets.queries.following import takes_part
from ecopick.domains.tickets.queries.inbox import interested_vendors
from ecopick.domains.vendors import queries as vendors


class Side(StrEnum):
    """From where somebody looks at a ticket; it decides the words and the link."""

    STAFF = "staff"
    TENANT = "tenant"
    VENDOR = "vendor"


@dataclass(frozen=True)
class Person:
    """Somebody to tell."""

    user_id: uuid.UUID
    name: str
    language: str
    side: Side


def people(session: Session, ticket: Ticket, ids: Iterable[uuid.UUID | None]) -> tuple[Person, ...]:
    """The people with these ids who are in the owner's scope, and their sides."""
    wanted = {user_id for user_id in ids if user_id is not None}
    if not wanted:
        return ()
    sides = _sides(session, ticket, wanted)
    rows = session.scalars(
        select(User).where(User.id.in_(wanted), User.is_system.is_(False)).order_by(User.id)
    )
    return tuple(
        Person(row.id, display_name(row), row.language, sides.get(row.id, Side.TENANT))
        for row in rows
    )


def people_of(session: Session, ids: set[uuid.UUID]) -> tuple[Person, ...]:
    """People to be told about something other than a ticket."""
    rows = session.scalars(select(User).where(User.id.in_(ids)).order_by(User.id))
    return tuple(Person(row.id, display_name(row), row.language, Side.STAFF) for row in rows)


def _sides(session: Session, ticket: Ticket, ids: set[uuid.UUID]) -> dict[uuid.UUID, Side]:
    rows = session.execute(
        select(Membership.user_id, Membership.role).where(
            Membership.user_id.in_(ids),
            role_counts(),
            or_(
                Membership.vendor_org_id.is_not(None),
                Membership.property_owner_id == ticket.property_owner_id,
            ),
            Membership.tenant_company_id.is_(None),
            or_(Membership.building_id.is_(None), Membership.building_id == ticket.building_id),
        )
    ).all()
    found = {row.user_id: Side.VENDOR for row in rows if row.role in VENDOR_ROLES}
    return found | {row.user_id: Side.STAFF for row in rows if row.role in OPERATIONS_ROLES}


def management(session: Session, ticket: Ticket) -> set[uuid.UUID]:
    """Everyone whose management role counts for the ticket's building."""
    return {
        line.id
        for line in staff_with(
            session, ticket.property_owner_id, MANAGEMENT_ROLES, ticket.building_id
        )
    }


def participants(session: Session, ticket: Ticket) -> set[uuid.UUID]:
    """Stakeholders who may look at the ticket now; followers of the home who moved out may not.

    Somebody from a vendor counts only while their vendor has accepted: until
    then nothing of what people write is for them.
    """
    rows = session.execute(
        select(TicketStakeholder.user_id, TicketStakeholder.role).where(
            TicketStakeholder.ticket_id == ticket.id,
            takes_part(),
            TicketStakeholder.can_view,
        )
    ).all()
    accepted = _accepted_vendor_people(session, ticket)
    from_vendors = _vendor_people(session, {row.user_id for row in rows})
    return {
        row.user_id
        for row in rows
        if (row.role != StakeholderRole.VENDOR and row.user_id not in from_vendors)
        or row.user_id in accepted
    }


def _vendor_people(session: Session, ids: set[uuid.UUID]) -> set[uuid.UUID]:
    return set(
        session.scalars(
            select(Membership.user_id).where(
                Membership.user_id.in_(ids), Membership.role.in_(VENDOR_ROLES), role_counts()
            )
        )
    )


def _accepted_vendor_people(session: Session, ticket: Ticket) -> set[uuid.UUID]:
    return set(
        session.scalars(
            select(Membership.user_id)
            .join(Assignment, Assignment.vendor_org_id == Membership.vendor_org_id)
            .where(
                Assignment.ticket_id == ticket.id,
                Assignment.state == AssignmentState.ACCEPTED,
                Membership.role.in_(VENDOR_ROLES),
                role_counts(),
            )
        )
    )


def assignee(session: Session, ticket: Ticket) -> set[uuid.UUID]:
    """The member of the staff who has or was asked to take the ticket."""
    found = open_assignment(session, ticket)
    if found is None or found.type != AssignmentType.INTERNAL or not found.assigned_to_user_id:
        return set()
    return {found.assigned_to_user_id}


def asked(session: Session, assignment: Assignment) -> set[uuid.UUID]:
    """Whom an assignment asks: the member of the staff, or everyone with a mailed link."""
    if assignment.type == AssignmentType.INTERNAL:
        return {assignment.assigned_to_user_id} if assignment.assigned_to_user_id else set()
    return set(
        session.scalars(
            select(VendorLink.recipient_id).where(VendorLink.assignment_id == assignment.id)
        )
    )


def visitors(session: Session, assignment_id: uuid.UUID) -> set[uuid.UUID]:
    """Everybody at the vendor who holds a link to the accepted job."""
    return set(
        session.scalars(
            select(VendorLink.recipient_id).where(
                VendorLink.assignment_id == assignment_id, VendorLink.revoked_at.is_(None)
            )
        )
    )


def eligible_vendor_people(session: Session, ticket: Ticket) -> set[uuid.UUID]:
    """Everyone at the vendors that want to hear of this open job."""
    return {
        person.user_id
        for vendor_org_id in interested_vendors(session, ticket.id)
        for person in vendors.recipients(session, vendor_org_id)
    }
