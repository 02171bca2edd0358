"""The buildings with what is open in them, and the windows of their façades."""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.audit.models import AuditEvent
from ecopick.domains.property.facade import MAX_WINDOWS, Tone, Window
from ecopick.domains.property.models import Building, Unit
from ecopick.domains.property.policy import visible_to
from ecopick.domains.tickets.lifecycle import WAITING
from ecopick.domains.tickets.models import Assignment, Ticket
from ecopick.domains.tickets.queries.deadlines import at_risk, is_open, past_due
from ecopick.domains.tickets.queries.figures import my_work, no_reply
from ecopick.domains.tickets.queries.filters import in_scope
from ecopick.domains.tickets.queries.windows import floor_number

STATUS_FIELD = '(@.field == "status" || @.field == "tickets.status")'
WAITS = " || ".join(f'@.to == "{status}"' for status in sorted(WAITING))
WAITED = " || ".join(f'@.from == "{status}"' for status in sorted(WAITING))
TONES = {1: Tone.OPEN, 2: Tone.AT_RISK, 3: Tone.PAST_DUE}


@dataclass(frozen=True)
class Place:
    """A building and its open tickets; ``is_shown`` is whether its reader may see it itself."""

    id: uuid.UUID
    name: str
    address: str | None
    time_zone: str
    is_shown: bool
    open: int
    at_risk: int
    past_due: int
    waiting: int
    waiting_since: datetime | None
    no_reply: int
    my_work: int


def changed_to(path: str) -> ColumnElement[bool]:
    """Entries of the audit with a change of status that ``path`` describes."""
    wanted = f"$[*] ? ({STATUS_FIELD} && {path})"
    return func.jsonb_path_exists(AuditEvent.changes, cast(literal(wanted), JSONPATH))


def present_assignment() -> ColumnElement[bool]:
    """How a ticket is joined with its present assignment."""
    return and_(
        Assignment.property_owner_id == Ticket.property_owner_id,
        Assignment.id == Ticket.current_assignment_id,
    )


def places(session: Session, actor: Actor) -> list[Place]:
    """Every building with a ticket that the actor sees, or that they may see, by name."""
    session.info["authorized"] = True
    waits = Ticket.status.in_(sorted(WAITING))
    began = (
        select(func.max(AuditEvent.created_at))
        .where(AuditEvent.ticket_id == Ticket.id, changed_to(f"({WAITS})"))
        .correlate(Ticket)
        .scalar_subquery()
    )
    counted = (
        select(
            Ticket.building_id,
            func.count().label("open"),
            func.count().filter(at_risk()).label("at_risk"),
            func.count().filter(past_due()).label("past_due"),
            func.count().filter(waits).label("waiting"),
            func.min(case((waits, began))).label("waiting_since"),
            func.count().filter(no_reply()).label("no_reply"),
            func.count().filter(my_work(actor)).label("my_work"),
        )
        .select_from(Ticket)
        .outerjoin(Assignment, present_assignment())
        .where(in_scope(actor), is_open())
        .group_by(Ticket.building_id)
        .subquery()
    )
    numbers = ("open", "at_risk", "past_due", "waiting", "no_reply", "my_work")
    shown = and_(Building.property_owner_id.in_(actor.owner_ids), visible_to(actor))
    rows = session.execute(
        select(
            Building.id,
            Building.name,
            Building.address1.label("address"),
            Building.time_zone,
            shown.label("is_shown"),
            counted.c.waiting_since,
            *(func.coalesce(counted.c[name], 0).label(name) for name in numbers),
        )
        .outerjoin(counted, counted.c.building_id == Building.id)
        .where(or_(shown, counted.c.building_id.is_not(None)))
        .order_by(Building.name, Building.id)
    )
    return [Place(**row._mapping) for row in rows]


def only(found: Sequence[Place], building_id: uuid.UUID | None) -> list[Place]:
    """All of them, or the one that is asked for."""
    return [place for place in found if building_id in (None, place.id)]


def home_zone(found: Iterable[Place]) -> str:
    """The clocks of most of the buildings; the product's own where there is none."""
    zones = Counter(place.time_zone for place in found if place.is_shown)
    return max(sorted(zones), key=zones.__getitem__) if zones else "Europe/Berlin"


def by_trouble(found: Iterable[Place], most: int) -> list[Place]:
    """The buildings with most to worry about, ``most`` at most, by name."""
    worst = sorted(
        (place for place in found if place.is_shown),
        key=lambda place: (-place.past_due, -place.at_risk, -place.open, place.name),
    )
    return sorted(worst[:most], key=lambda place: -place.open)


def _storey(floor: str | None) -> int | None:
    """The row of a window: what lies below the ground is drawn on it."""
    number = floor_number(floor)
    return None if number is None else max(0, number)


def windows(
    session: Session, actor: Actor, building_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[Window]]:
    """A window for each unit of these buildings, toned by its most pressing ticket.

    At most 160 a building, those with tickets first.
    """
    worst = func.max(case((past_due(), 3), (at_risk(), 2), else_=1))
    lit = (
        select(Ticket.unit_id, worst.label("tone"))
        .where(in_scope(actor), is_open(), Ticket.building_id.in_(building_ids))
        .group_by(Ticket.unit_id)
        .subquery()
    )
    tone = func.coalesce(lit.c.tone, 0)
    place = func.row_number().over(
        partition_by=Unit.building_id, order_by=(tone.desc(), Unit.label, Unit.id)
    )
    units = (
        select(Unit.building_id, Unit.label, Unit.floor, tone.label("tone"), place.label("place"))
        .outerjoin(lit, lit.c.unit_id == Unit.id)
        .where(Unit.building_id.in_(building_ids))
        .subquery()
    )
    rows = session.execute(
        select(units).where(units.c.place <= MAX_WINDOWS).order_by(units.c.label)
    )
    found: dict[uuid.UUID, list[Window]] = {key: [] for key in building_ids}
    for row in rows:
        tone_of = TONES.get(row.tone, Tone.EMPTY)
        found[row.building_id].append(Window(tone_of, _storey(row.floor), row.label))
    return found
