"""The owner's vendors in the order in which they are recommended for one ticket."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.domains.catalog.models import ServiceItem
from ecopick.domains.reports.queries.performance import Scorecard, scorecards, year_ago
from ecopick.domains.reports.ranking import means, score
from ecopick.domains.tickets.lifecycle import (
    LAPSED,
    OPEN_ASSIGNMENT,
    TERMINAL,
    AssignmentState,
    TicketStatus,
)
from ecopick.domains.tickets.models import Assignment, Ticket
from ecopick.domains.tickets.outputs import TicketOut
from ecopick.domains.vendors.lifecycle import CertificateState
from ecopick.domains.vendors.models import (
    OwnerVendor,
    VendorOrg,
    VendorPerformance,
    VendorSubscription,
)
from ecopick.domains.vendors.queries.certificates import state_of_rank, worst_rank
from ecopick.domains.vendors.queries.linked import may_get_work


@dataclass(frozen=True)
class Candidate:
    """A vendor that may be asked, with everything that its place in the order rests on.

    ``does_this`` is that it says, or the owner notes, that it does such work; ``jobs_alike``
    and ``jobs_here`` count solved jobs of the category and in the building.
    """

    id: uuid.UUID
    name: str
    phone: str | None
    card: Scorecard
    does_this: bool
    jobs_alike: int
    jobs_here: int
    open_jobs: int
    has_declined: bool
    papers: CertificateState
    score: float

    @property
    def fits(self) -> bool:
        """Whether it does work of this kind, by what it says or by what it did."""
        return self.does_this or self.jobs_alike > 0


def recommended(session: Session, actor: Actor, ticket: TicketOut | Ticket) -> list[Candidate]:
    """Vendors that may get this ticket, the best first.

    Those that do such work stand before the others, whoever declined it stands last; in
    between counts ``ranking.score``, then the name. The reader may assign the ticket.
    """
    owner_id = ticket.property_owner_id
    rows = session.execute(_facts(ticket)).all()
    cards = scorecards(session, [owner_id], year_ago())
    usual = means(cards.values())
    found = []
    for row in rows:
        card = cards.get(row.id, Scorecard())
        found.append(
            Candidate(
                id=row.id,
                name=row.name,
                phone=row.phone,
                card=card,
                does_this=bool(row.does_this),
                jobs_alike=row.jobs_alike,
                jobs_here=row.jobs_here,
                open_jobs=row.open_jobs,
                has_declined=bool(row.has_declined),
                papers=state_of_rank(row.papers),
                score=score(card, usual, jobs_here=row.jobs_here, open_jobs=row.open_jobs),
            )
        )
    return sorted(found, key=_place)


def _place(one: Candidate) -> tuple[bool, bool, float, str, uuid.UUID]:
    return one.has_declined, not one.fits, -one.score, one.name.casefold(), one.id


def _facts(ticket: TicketOut | Ticket) -> Any:
    owner_id, building_id = ticket.property_owner_id, ticket.building_id
    asked = exists().where(
        Assignment.property_owner_id == owner_id,
        Assignment.ticket_id == ticket.id,
        Assignment.vendor_org_id == VendorOrg.id,
        or_(Assignment.state == AssignmentState.DECLINED, Assignment.reason == LAPSED),
    )
    return (
        select(
            VendorOrg.id,
            VendorOrg.name,
            VendorOrg.phone,
            _does(owner_id, building_id, ticket.category).label("does_this"),
            _solved(owner_id, Ticket.category == ticket.category).label("jobs_alike"),
            _solved(owner_id, Ticket.building_id == building_id).label("jobs_here"),
            open_jobs(owner_id, VendorOrg.id).label("open_jobs"),
            asked.label("has_declined"),
            worst_rank(owner_id, VendorOrg.id).label("papers"),
        )
        .join(OwnerVendor, OwnerVendor.vendor_org_id == VendorOrg.id)
        .where(may_get_work(owner_id))
    )


def _does(owner_id: uuid.UUID, building_id: uuid.UUID, category: str) -> ColumnElement[bool]:
    return or_(
        OwnerVendor.categories.contains([category]),
        exists().where(
            VendorSubscription.property_owner_id == owner_id,
            VendorSubscription.vendor_org_id == VendorOrg.id,
            VendorSubscription.is_active,
            or_(
                VendorSubscription.building_id.is_(None),
                VendorSubscription.building_id == building_id,
            ),
            VendorSubscription.categories.contains([category]),
        ),
        exists().where(
            ServiceItem.vendor_org_id == VendorOrg.id,
            ServiceItem.is_active,
            ServiceItem.category == category,
        ),
    )


def _solved(owner_id: uuid.UUID, where: ColumnElement[bool]) -> ColumnElement[int]:
    """In SQL: how many jobs of the owner a vendor solved that are like this."""
    return (
        select(func.count())
        .select_from(VendorPerformance)
        .join(
            Ticket,
            and_(
                Ticket.property_owner_id == VendorPerformance.property_owner_id,
                Ticket.id == VendorPerformance.ticket_id,
            ),
        )
        .where(
            VendorPerformance.property_owner_id == owner_id,
            VendorPerformance.vendor_org_id == VendorOrg.id,
            where,
        )
        .correlate(VendorOrg)
        .scalar_subquery()
    )


def open_jobs(owner_id: uuid.UUID, vendor: Any) -> ColumnElement[int]:
    """In SQL: how many of the owner's tickets a vendor was asked for or is at."""
    return (
        select(func.count())
        .select_from(Ticket)
        .join(
            Assignment,
            and_(
                Assignment.property_owner_id == Ticket.property_owner_id,
                Assignment.id == Ticket.current_assignment_id,
            ),
        )
        .where(
            Ticket.property_owner_id == owner_id,
            Ticket.status.not_in(TERMINAL | {TicketStatus.RESOLVED}),
            Assignment.vendor_org_id == vendor,
            Assignment.state.in_(OPEN_ASSIGNMENT),
        )
        .correlate(VendorOrg)
        .scalar_subquery()
    )
