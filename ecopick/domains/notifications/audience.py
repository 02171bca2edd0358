"""Who has to know: the people around one ticket.

Read with the system's scope of one owner; every list is sorted and names each
person once. The system user is nobody.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import any_, literal, or_, select
from sqlalchemy.orm import Session

from ecopick.core.roles import MANAGEMENT_ROLES, OPERATIONS_ROLES, VENDOR_ROLES
from ecopick.domains.people.models import Membership, User
from ecopick.domains.people.queries import display_name, role_counts, staff_with
from ecopick.domains.tickets.lifecycle import AssignmentState, AssignmentType, TicketStatus
from ecopick.domains.tickets.models import (
    Assignment,
    StakeholderRole,
    Ticket,
    TicketStakeholder,
    VendorLink,
)
from ecopick.domains.vendors import queries as vendors
from ecopick.domains.vendors.models import OwnerVendor, VendorSubscription


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
    """Stakeholders who may look at the ticket now.

    Somebody from a vendor counts only while their vendor has accepted: until
    then nothing of what people write is for them.
    """
    rows = session.execute(
        select(TicketStakeholder.user_id, TicketStakeholder.role).where(
            TicketStakeholder.ticket_id == ticket.id,
            TicketStakeholder.removed_at.is_(None),
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


def open_assignment(session: Session, ticket: Ticket) -> Assignment | None:
    """The assignment that is pending or accepted, if any."""
    return session.scalars(
        select(Assignment).where(
            Assignment.ticket_id == ticket.id,
            Assignment.state.in_((AssignmentState.PENDING, AssignmentState.ACCEPTED)),
        )
    ).one_or_none()


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


def eligible_vendor_people(session: Session, ticket: Ticket) -> set[uuid.UUID]:
    """Everyone at the vendors that want to hear of this open job.

    An active subscription for the building and category that wants this
    priority, with fewer accepted open jobs than it allows.
    """
    wants = getattr(VendorSubscription, f"notify_{ticket.priority.value.lower()}")
    rows = session.scalars(
        select(VendorSubscription)
        .join(
            OwnerVendor,
            (OwnerVendor.vendor_org_id == VendorSubscription.vendor_org_id)
            & (OwnerVendor.property_owner_id == VendorSubscription.property_owner_id),
        )
        .where(
            VendorSubscription.property_owner_id == ticket.property_owner_id,
            OwnerVendor.ended_at.is_(None),
            VendorSubscription.is_active,
            wants,
            or_(
                VendorSubscription.building_id.is_(None),
                VendorSubscription.building_id == ticket.building_id,
            ),
            literal(ticket.category) == any_(VendorSubscription.categories),
        )
    )
    found: set[uuid.UUID] = set()
    for row in rows:
        if row.max_concurrent_jobs is not None:
            if _open_jobs(session, row.vendor_org_id) >= row.max_concurrent_jobs:
                continue
        found |= {person.user_id for person in vendors.recipients(session, row.vendor_org_id)}
    return found


def _open_jobs(session: Session, vendor_org_id: uuid.UUID) -> int:
    rows = session.scalars(
        select(Assignment.id)
        .join(Ticket, Ticket.id == Assignment.ticket_id)
        .where(
            Assignment.vendor_org_id == vendor_org_id,
            Assignment.state == AssignmentState.ACCEPTED,
            Ticket.status.not_in(
                (TicketStatus.RESOLVED, TicketStatus.CLOSED, TicketStatus.CANCELLED)
            ),
        )
    )
    return len(rows.all())
