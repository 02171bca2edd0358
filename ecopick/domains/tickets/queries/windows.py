"""The windows of a building's façade: one a unit."""

import re
import uuid
from collections.abc import Iterable
from typing import Any

from markupsafe import Markup
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ecopick.domains.property.facade import Tone, Window, draw_facade
from ecopick.domains.property.models import Unit
from ecopick.domains.sla.targets import SlaState
from ecopick.domains.tickets.outputs import TicketOut
from ecopick.domains.tickets.queries.gathering import MAX_UNITS

# The façade in the head of a phone's page.
SMALL_COLUMNS, SMALL_WINDOWS = 5, 20
TONES = {
    SlaState.AT_RISK: Tone.AT_RISK,
    SlaState.PAST_DUE: Tone.PAST_DUE,
    SlaState.MISSED: Tone.PAST_DUE,
}


def ticket_facade(session: Session, ticket: TicketOut, *, height: int = 92) -> Markup:
    """The façade of the ticket's building with the window of its unit filled."""
    rows = session.execute(_units_of(ticket.property_owner_id, ticket.building_id)).all()
    return drawn_facade(ticket, rows, height=height)


def drawn_facade(ticket: TicketOut, units: Iterable[Any], *, height: int = 92) -> Markup:
    """The same of units that were read already (their id, label and floor)."""
    tone = TONES.get(SlaState(ticket.sla.state), Tone.OPEN)
    windows = [
        Window(tone if row.id == ticket.unit_id else Tone.EMPTY, floor_number(row.floor), row.label)
        for row in units
    ]
    return draw_facade(ticket.building_id, windows, height=height)


def _units_of(owner_id: uuid.UUID, building_id: uuid.UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(Unit.id, Unit.label, Unit.floor)
        .where(Unit.property_owner_id == owner_id, Unit.building_id == building_id)
        .order_by(Unit.label, Unit.id)
        .limit(MAX_UNITS)
    )


def unit_facade(
    session: Session, owner_id: uuid.UUID, building_id: uuid.UUID, unit_id: uuid.UUID | None
) -> Markup:
    """The façade of a building with the window of one unit lit."""
    rows = session.execute(_units_of(owner_id, building_id)).all()
    windows = [
        Window(Tone.HERE if row.id == unit_id else Tone.EMPTY, floor_number(row.floor), row.label)
        for row in rows
    ]
    return draw_facade(building_id, windows, height=70)


def small_facade(
    session: Session, owner_id: uuid.UUID, building_id: uuid.UUID, unit_id: uuid.UUID | None
) -> Markup:
    """The same for the narrow head of a phone: twenty windows at most, the lit one among them."""
    return _small(session, owner_id, building_id, unit_id, Tone.HERE)


def small_ticket_facade(session: Session, ticket: TicketOut) -> Markup:
    """The narrow façade of a job on a phone; how urgent it is colours the lit window."""
    tone = TONES.get(SlaState(ticket.sla.state), Tone.OPEN)
    unit_id = ticket.unit_id
    return _small(session, ticket.property_owner_id, ticket.building_id, unit_id, tone)


def _small(
    session: Session,
    owner_id: uuid.UUID,
    building_id: uuid.UUID,
    unit_id: uuid.UUID | None,
    tone: Tone,
) -> Markup:
    rows = session.execute(_units_of(owner_id, building_id)).all()
    at = next((index for index, row in enumerate(rows) if row.id == unit_id), 0)
    first = max(0, min(at - SMALL_WINDOWS // 2, len(rows) - SMALL_WINDOWS))
    windows = [
        Window(tone if row.id == unit_id else Tone.EMPTY)
        for row in rows[first : first + SMALL_WINDOWS]
    ]
    return draw_facade(building_id, windows, height=72, columns=SMALL_COLUMNS)


def floor_number(floor: str | None) -> int | None:
    """The number in a floor's name: "3. OG" is 3, "EG" is 0, unknown names None."""
    if floor is None:
        return None
    found = re.search(r"-?\d+", floor)
    if found:
        return int(found.group())
    return 0 if floor.strip().upper() in ("EG", "RDC", "PT", "GF") else None
