"""The first page of tenants and vendors: their requests and jobs, what waits for them first."""

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Response
from markupsafe import Markup
from sqlalchemy.orm import Session

from ecopick.blueprints.tickets.steps import tenant_words
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.roles import TENANT_STAFF_ROLES
from ecopick.domains.people.queries import my_units
from ecopick.domains.tickets.inputs import ListTickets
from ecopick.domains.tickets.lifecycle import TERMINAL, TicketStatus
from ecopick.domains.tickets.queries.inbox import InboxItem, inbox
from ecopick.domains.tickets.queries.list import TicketLine, list_tickets
from ecopick.domains.tickets.queries.windows import unit_facade
from ecopick.web.render import render
from ecopick.web.state import current_actor, db_session

MOST_REQUESTS = 50
MOST_DONE = 3
MOST_JOBS = 5
# The tenant has to answer, or to say whether it is fixed.
ASKS = (TicketStatus.AWAITING_TENANT, TicketStatus.RESOLVED)


@dataclass(frozen=True)
class Home:
    """The place that somebody lives or works in, drawn with its window lit."""

    label: str
    building_name: str
    units: int
    facade: Markup


@dataclass(frozen=True)
class Jobs:
    """A vendor's work: to be answered, then by arrival, and what is open to apply for."""

    waiting: list[InboxItem]
    coming: list[InboxItem]
    applied: int
    open: list[InboxItem]
    count: int


def own_page() -> Response:
    """What the person is asked, what is under way, and what they can do next."""
    session, actor = db_session(), current_actor()
    is_vendor = bool(actor.vendor_org_ids)
    is_tenant = bool(actor.user_units or actor.tenant_roles) or not is_vendor
    rows = _requests(session, actor) if is_tenant else []
    going_on = [row for row in rows if row.status not in TERMINAL and row.status not in ASKS]
    done = [row for row in rows if row.status in TERMINAL]
    return render(
        "reports/own.html",
        "reports/_own.html",
        home=_home(session, actor) if is_tenant else None,
        jobs=_jobs(session, actor) if is_vendor else None,
        is_tenant=is_tenant,
        is_company=bool(actor.tenant_company_ids(TENANT_STAFF_ROLES)),
        asked=[row for row in rows if row.status in ASKS],
        going_on=going_on,
        done=done[:MOST_DONE],
        more=len(done) > MOST_DONE or len(rows) == MOST_REQUESTS,
        tenant_words=tenant_words,
        now=clock.now(),
    )


def _requests(session: Session, actor: Actor) -> list[TicketLine]:
    """The newest requests, but for those that the person sees only as a vendor."""
    page = list_tickets(session, actor, ListTickets(view="all", limit=MOST_REQUESTS))
    homes = {home.unit_id for home in actor.user_units}
    return [
        row
        for row in page.items
        if row.vendor_org_id not in actor.vendor_org_ids
        or row.reporter_id == actor.user_id
        or row.unit_id in homes
    ]


def _home(session: Session, actor: Actor) -> Home | None:
    units = my_units(session, actor)
    if not units:
        return None
    chosen = next((unit for unit in units if unit.is_primary), units[0])
    facade = unit_facade(session, chosen.property_owner_id, chosen.building_id, chosen.unit_id)
    return Home(chosen.label, chosen.building_name, len(units), facade)


def _jobs(session: Session, actor: Actor) -> Jobs:
    items = inbox(session, actor)

    def of(kind: str) -> list[InboxItem]:
        return [item for item in items if item.kind == kind]

    coming = sorted(
        of("accepted"), key=lambda item: item.arrival_from or datetime.max.replace(tzinfo=UTC)
    )
    return Jobs(
        waiting=of("waiting")[:MOST_JOBS],
        coming=coming[:MOST_JOBS],
        applied=len(of("applied")),
        open=of("open")[:MOST_JOBS],
        count=len(items),
    )
