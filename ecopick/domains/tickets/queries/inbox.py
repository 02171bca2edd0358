"""A vendor's jobs: asked for, accepted, applied for, and open to apply.

Nobody's name, phone or access note is in any of it.
"""

import uuid
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.db import new_id
from ecopick.core.permissions import authorize
from ecopick.domains.governance.commands.use import take
from ecopick.domains.governance.queries.grants import has_unusual_right, source_of
from ecopick.domains.property.models import Building, PropertyOwner, Unit
from ecopick.domains.property.queries import Home
from ecopick.domains.tickets.lifecycle import (
    ACTIVE,
    OPEN_ASSIGNMENT,
    AssignmentState,
    TicketPriority,
    TicketStatus,
)
from ecopick.domains.tickets.models import Assignment, Ticket
from ecopick.domains.vendors.models import OwnerVendor, VendorOpportunityView, VendorSubscription
from ecopick.domains.vendors.policy import LOOKING, vendors_granted

MAX_ITEMS = 200
Kind = Literal["waiting", "accepted", "applied", "open"]


class InboxItem(BaseModel):
    """A job as the inbox shows it; ``kind`` says what the vendor can do with it.

    ``waiting``: answer it; ``accepted``: do it; ``applied``: the management
    decides; ``open``: apply for it.
    """

    model_config = ConfigDict(from_attributes=True)

    kind: Kind
    ticket_id: uuid.UUID
    reference: str
    title: str
    description: str | None
    category: str
    priority: TicketPriority
    status: TicketStatus
    property_owner_id: uuid.UUID
    property_owner_name: str
    building_name: str
    address: str
    time_zone: str
    country: str | None
    currency: str
    unit_label: str | None
    assignment_id: uuid.UUID | None = None
    vendor_org_id: uuid.UUID | None = None
    respond_by: datetime | None = None
    arrival_from: datetime | None = None
    arrival_until: datetime | None = None
    vendor_deadline: datetime | None = None
    collects_quotes: bool = False
    sla_due_at: datetime | None = None
    created_at: datetime


def inbox(session: Session, actor: Actor) -> list[InboxItem]:
    """What waits first, by its deadline; then accepted work, applications, open jobs.

    At most 200 in all. That an open job was looked at is kept for its owner.

    With an explicit right on a vendor, its jobs for the owner who gave it. Raises
    Forbidden for people without a role at a vendor and without such a right.
    """
    authorize(session, actor, "vendor:view_opportunities", actor)
    _note_use(session, actor)
    assigned = (
        _jobs(Assignment)
        .join(
            Assignment,
            and_(
                Assignment.property_owner_id == Ticket.property_owner_id,
                Assignment.id == Ticket.current_assignment_id,
            ),
        )
        .where(
            or_(
                Assignment.vendor_org_id.in_(actor.vendor_org_ids),
                tuple_(Assignment.property_owner_id, Assignment.vendor_org_id).in_(
                    vendors_granted(actor)
                ),
            ),
            Assignment.state.in_(OPEN_ASSIGNMENT),
            Ticket.status.in_(ACTIVE),
        )
        .order_by(Assignment.respond_by, Ticket.created_at)
        .limit(MAX_ITEMS)
    )
    items = [_item(row, _kind(row.Assignment), row.Assignment) for row in session.execute(assigned)]
    order: list[Kind] = ["waiting", "accepted", "applied"]
    items.sort(key=lambda item: order.index(item.kind))
    offered = (
        _jobs()
        .where(is_open_for(actor))
        .order_by(Ticket.created_at.desc())
        .limit(MAX_ITEMS - len(items))
    )
    open_jobs = [_item(row, "open") for row in session.execute(offered)]
    _note_views(session, actor, [item.ticket_id for item in open_jobs])
    return items + open_jobs


def _note_use(session: Session, actor: Actor) -> None:
    """Where a right that is no plain one shows the jobs, its use is noted."""
    for owner_id, vendor_org_id in session.execute(vendors_granted(actor)).all():
        things = {"VendorOrg": vendor_org_id, "PropertyOwner": owner_id}
        if vendor_org_id in actor.vendor_org_ids or not has_unusual_right(session, actor, things):
            continue
        verb = next(each for each in LOOKING if source_of(session, actor, each, "vendors", things))
        take(session, actor, verb, "vendors", things, None)


def _note_views(session: Session, actor: Actor, ticket_ids: list[uuid.UUID]) -> None:
    """Keep which vendor looked at which open jobs; the first view stays."""
    seen = session.execute(
        select(Ticket.id, Ticket.property_owner_id, VendorSubscription.vendor_org_id)
        .join(VendorSubscription, VendorSubscription.property_owner_id == Ticket.property_owner_id)
        .where(Ticket.id.in_(ticket_ids), _mine(actor), _fits())
        .distinct()
    ).all()
    now = clock.now()
    if not seen:
        return
    session.execute(
        insert(VendorOpportunityView).on_conflict_do_nothing(),
        [
            {
                "id": new_id(),
                "property_owner_id": row.property_owner_id,
                "ticket_id": row.id,
                "vendor_org_id": row.vendor_org_id,
                "viewed_at": now,
                "viewed_by_id": actor.user_id,
            }
            for row in seen
        ],
    )


def note_own_view(session: Session, actor: Actor, ticket_id: uuid.UUID) -> None:
    """Keep that the actor's vendors looked at an open job; the first view stays."""
    _note_views(session, actor, [ticket_id])


def _kind(assignment: Assignment) -> Kind:
    if assignment.state is AssignmentState.ACCEPTED:
        return "accepted"
    return "applied" if assignment.is_claim else "waiting"


def _jobs(*more: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(Ticket, Building, Unit.label, PropertyOwner.name, PropertyOwner.ticket_prefix, *more)
        .join(PropertyOwner, PropertyOwner.id == Ticket.property_owner_id)
        .join(
            Building,
            and_(
                Building.property_owner_id == Ticket.property_owner_id,
                Building.id == Ticket.building_id,
            ),
        )
        .outerjoin(
            Unit,
            and_(Unit.property_owner_id == Ticket.property_owner_id, Unit.id == Ticket.unit_id),
        )
    )


def _item(row: Any, kind: Kind, assignment: Assignment | None = None) -> InboxItem:
    ticket, building = row.Ticket, row.Building
    town = " ".join(part for part in (building.postal_code, building.city) if part)
    return InboxItem(
        kind=kind,
        ticket_id=ticket.id,
        reference=f"{row.ticket_prefix}-{ticket.number}",
        title=ticket.title,
        description=ticket.description,
        category=ticket.category,
        priority=ticket.priority,
        status=ticket.status,
        property_owner_id=ticket.property_owner_id,
        property_owner_name=row.name,
        building_name=building.name,
        address=", ".join(part for part in (building.address1, town) if part),
        time_zone=building.time_zone,
        country=building.country,
        currency=Home(building.time_zone, building.country).currency,
        unit_label=row.label,
        assignment_id=assignment.id if assignment else None,
        vendor_org_id=assignment.vendor_org_id if assignment else None,
        respond_by=assignment.respond_by if assignment else None,
        arrival_from=assignment.arrival_from if assignment else None,
        arrival_until=assignment.arrival_until if assignment else None,
        vendor_deadline=ticket.vendor_deadline,
        collects_quotes=ticket.collects_quotes,
        sla_due_at=ticket.sla_due_at,
        created_at=ticket.created_at,
    )


def job_for_vendor(session: Session, actor: Actor, ticket_id: uuid.UUID) -> InboxItem | None:
    """One job of the actor's vendors, or open to one of them; None for any other."""
    row = session.execute(
        _jobs(Assignment)
        .outerjoin(
            Assignment,
            and_(
                Assignment.property_owner_id == Ticket.property_owner_id,
                Assignment.id == Ticket.current_assignment_id,
            ),
        )
        .where(Ticket.id == ticket_id, Ticket.status.in_(ACTIVE))
    ).one_or_none()
    session.info["authorized"] = True
    if row is None:
        return None
    mine: Assignment | None = row.Assignment
    if mine is not None and mine.state in OPEN_ASSIGNMENT:
        if mine.vendor_org_id in actor.vendor_org_ids:
            return _item(row, _kind(mine), mine)
        return None
    offered = select(exists().where(Ticket.id == ticket_id, is_open_for(actor)))
    return _item(row, "open") if session.scalar(offered) else None


def is_open_for(actor: Actor) -> ColumnElement[bool]:
    """Open jobs for which one of the actor's vendors, or one they may look after, may apply."""
    return and_(
        Ticket.open_to_vendors,
        Ticket.status == TicketStatus.VENDOR_OPPORTUNITY,
        or_(Ticket.vendor_deadline.is_(None), Ticket.vendor_deadline > clock.now()),
        exists(_subscriptions(actor)),
    )


def eligible_vendor(session: Session, actor: Actor, ticket_id: uuid.UUID) -> uuid.UUID | None:
    """The actor's vendor that may apply for the job; None where there is none."""
    return session.scalar(
        select(VendorSubscription.vendor_org_id)
        .join(Ticket, Ticket.property_owner_id == VendorSubscription.property_owner_id)
        .where(Ticket.id == ticket_id, Ticket.open_to_vendors, _mine(actor), _fits())
        .order_by(VendorSubscription.vendor_org_id)
        .limit(1)
    )


def _subscriptions(actor: Actor) -> Select[uuid.UUID]:
    return (
        select(VendorSubscription.id)
        .where(
            VendorSubscription.property_owner_id == Ticket.property_owner_id,
            or_(
                _mine(actor),
                tuple_(VendorSubscription.property_owner_id, VendorSubscription.vendor_org_id).in_(
                    vendors_granted(actor)
                ),
            ),
            _fits(),
        )
        .correlate(Ticket)
    )


def interested_vendors(session: Session, ticket_id: uuid.UUID) -> set[uuid.UUID]:
    """Vendors that want to hear of an open job and may apply for it."""
    return set(
        session.scalars(
            select(VendorSubscription.vendor_org_id)
            .join(Ticket, Ticket.property_owner_id == VendorSubscription.property_owner_id)
            .where(Ticket.id == ticket_id, _fits())
        )
    )


def _mine(actor: Actor) -> ColumnElement[bool]:
    return VendorSubscription.vendor_org_id.in_(actor.vendor_org_ids)


def _fits() -> ColumnElement[bool]:
    """A live subscription of a vendor of the owner that is not blocked: building, category and
    priority fit, and the vendor has fewer accepted jobs than it takes at once."""
    subscription = VendorSubscription
    running, job = aliased(Assignment), aliased(Ticket)
    accepted = (
        select(func.count())
        .select_from(running)
        .join(
            job,
            and_(
                job.property_owner_id == running.property_owner_id,
                job.current_assignment_id == running.id,
            ),
        )
        .where(
            running.vendor_org_id == subscription.vendor_org_id,
            running.state == AssignmentState.ACCEPTED,
            job.status.in_(ACTIVE),
        )
        .correlate(subscription)
        .scalar_subquery()
    )
    wanted = case(
        (Ticket.priority == TicketPriority.URGENT, subscription.notify_urgent),
        (Ticket.priority == TicketPriority.HIGH, subscription.notify_high),
        (Ticket.priority == TicketPriority.MEDIUM, subscription.notify_medium),
        else_=subscription.notify_low,
    )
    return and_(
        subscription.is_active,
        exists(
            select(OwnerVendor.id)
            .where(
                OwnerVendor.property_owner_id == subscription.property_owner_id,
                OwnerVendor.vendor_org_id == subscription.vendor_org_id,
                OwnerVendor.ended_at.is_(None),
                OwnerVendor.blocked_at.is_(None),
            )
            .correlate(subscription)
        ),
        or_(subscription.building_id.is_(None), subscription.building_id == Ticket.building_id),
        Ticket.category == func.any(subscription.categories),
        wanted,
        or_(
            subscription.max_concurrent_jobs.is_(None),
            accepted < subscription.max_concurrent_jobs,
        ),
    )
