"""Arranged visits of a ticket, read for pages, calendars and commands."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.domains.property.models import PropertyOwner
from ecopick.domains.tickets.link_inputs import ArrivalWindow
from ecopick.domains.tickets.models import Assignment, VendorSublink, Visit, VisitCheck
from ecopick.domains.tickets.visit_states import CHECKLISTS, OVER, VisitSide, VisitState


@dataclass(frozen=True)
class VisitView:
    """A visit as pages show it; ``options`` that have passed are left out."""

    row: Visit
    options: tuple[ArrivalWindow, ...]

    @property
    def state(self) -> VisitState:
        """How it stands."""
        return self.row.state

    @property
    def of_vendor(self) -> bool:
        """Whether the vendor made the proposals that lie on the table."""
        return self.row.proposed_by is VisitSide.VENDOR

    @property
    def agreed(self) -> tuple[datetime, datetime] | None:
        """The agreed window."""
        if self.row.arrival_from is None or self.row.arrival_until is None:
            return None
        return self.row.arrival_from, self.row.arrival_until


def assignment_of(session: Session, assignment_id: uuid.UUID) -> Assignment:
    """The row of an assignment that is shown already."""
    return session.scalars(select(Assignment).where(Assignment.id == assignment_id)).one()


def options_of(visit: Visit) -> list[ArrivalWindow]:
    """The proposed windows."""
    return [
        ArrivalWindow(datetime.fromisoformat(each["from"]), datetime.fromisoformat(each["until"]))
        for each in visit.options
    ]


def open_visit(session: Session, assignment_id: uuid.UUID, *, lock: bool = False) -> Visit | None:
    """The visit of an assignment that is neither done nor cancelled."""
    statement = select(Visit).where(Visit.assignment_id == assignment_id, Visit.state.not_in(OVER))
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalars(statement).one_or_none()


def visit_view(session: Session, assignment_id: uuid.UUID | None) -> VisitView | None:
    """The open visit of an assignment, else the last one that was done."""
    if assignment_id is None:
        return None
    row = session.scalars(
        select(Visit)
        .where(Visit.assignment_id == assignment_id, Visit.state != VisitState.CANCELLED)
        .order_by((Visit.state == VisitState.DONE), Visit.created_at.desc(), Visit.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    now = clock.now()
    return VisitView(row, tuple(each for each in options_of(row) if each.end > now))


def last_visit(session: Session, ticket_id: uuid.UUID) -> Visit | None:
    """The newest visit of a ticket, whatever came of it."""
    return session.scalars(
        select(Visit)
        .where(Visit.ticket_id == ticket_id)
        .order_by(Visit.created_at.desc(), Visit.id.desc())
        .limit(1)
    ).one_or_none()


def visits_of(session: Session, ticket_id: uuid.UUID) -> list[Visit]:
    """Every visit of a ticket, oldest first."""
    return list(
        session.scalars(
            select(Visit).where(Visit.ticket_id == ticket_id).order_by(Visit.created_at, Visit.id)
        )
    )


def checks_of(session: Session, assignment_id: uuid.UUID | None) -> list[VisitCheck]:
    """The checklist of an assignment, in its order."""
    if assignment_id is None:
        return []
    return list(
        session.scalars(
            select(VisitCheck)
            .where(VisitCheck.assignment_id == assignment_id)
            .order_by(VisitCheck.position)
        )
    )


def checklist_for(session: Session, owner_id: uuid.UUID, category: str) -> list[str]:
    """What the owner wants checked on jobs of a category."""
    settings = session.scalar(select(PropertyOwner.settings).where(PropertyOwner.id == owner_id))
    lists = (settings or {}).get(CHECKLISTS)
    found = lists.get(category) if isinstance(lists, dict) else None
    return [str(item) for item in found] if isinstance(found, list) else []


def sublinks_of(session: Session, link_id: uuid.UUID) -> list[VendorSublink]:
    """The narrower links that hang on a link and still count, oldest first."""
    return list(
        session.scalars(
            select(VendorSublink)
            .where(VendorSublink.link_id == link_id, VendorSublink.revoked_at.is_(None))
            .order_by(VendorSublink.created_at, VendorSublink.id)
        )
    )
