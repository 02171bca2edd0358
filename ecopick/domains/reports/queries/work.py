"""The tickets of the dashboard: my work, and what is past due with whom to call."""

import uuid
from dataclasses import dataclass

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.domains.reports.queries.places import present_assignment
from ecopick.domains.tickets.models import Assignment, Ticket
from ecopick.domains.tickets.queries.deadlines import past_due
from ecopick.domains.tickets.queries.figures import my_work
from ecopick.domains.tickets.queries.filters import in_scope
from ecopick.domains.tickets.queries.list import TicketLine, line_of, lines
from ecopick.domains.vendors.models import VendorOrg


@dataclass(frozen=True)
class LateLine:
    """A ticket past due, and the telephone of its vendor where it has one."""

    line: TicketLine
    vendor_phone: str | None


def work(
    session: Session,
    actor: Actor,
    building_id: uuid.UUID | None = None,
    *,
    mine: int = 0,
    late: int = 0,
) -> tuple[list[TicketLine], list[LateLine]]:
    """The first ``mine`` tickets of the actor's work and the first ``late`` past due.

    What is due soonest comes first in both; one statement.
    """
    session.info["authorized"] = True
    place = [] if building_id is None else [Ticket.building_id == building_id]
    order = (Ticket.sla_due_at.asc().nulls_last(), Ticket.id)

    def first(condition: object, limit: int) -> Select[uuid.UUID]:
        return (
            select(Ticket.id)
            .outerjoin(Assignment, present_assignment())
            .where(in_scope(actor), condition, *place)  # type: ignore[arg-type]
            .order_by(*order)
            .limit(limit)
            .correlate(None)
        )

    wanted = [
        Ticket.id.in_(first(condition, limit))
        for condition, limit in ((my_work(actor), mine), (past_due(), late))
        if limit
    ]
    rows = session.execute(
        lines(actor)
        .add_columns(
            my_work(actor).label("is_mine"),
            past_due().label("is_late"),
            VendorOrg.phone.label("vendor_phone"),
        )
        .where(or_(*wanted))
        .order_by(*order)
    ).all()
    return (
        [line_of(row) for row in rows if row.is_mine][:mine],
        [LateLine(line_of(row), row.vendor_phone) for row in rows if row.is_late][:late],
    )
