"""Pages of buildings."""

import uuid
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from flask import Blueprint
from markupsafe import Markup
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.text import ngettext
from ecopick.domains.property import queries
from ecopick.domains.property.facade import SEVERITY, Tone, Window, draw_facade
from ecopick.domains.property.outputs import BuildingLine
from ecopick.domains.sla.targets import SlaState
from ecopick.domains.tickets.queries.buildings import open_tickets
from ecopick.web.access import current_language
from ecopick.web.render import render
from ecopick.web.state import current_actor, db_session

pages = Blueprint("property", __name__)

_TONES = {SlaState.PAST_DUE: Tone.PAST_DUE, SlaState.AT_RISK: Tone.AT_RISK}


@dataclass(frozen=True)
class BuildingCard:
    """A building with its drawing and its figures."""

    building: BuildingLine
    facade: Markup
    href: str
    units: int
    open: int
    past_due: int


@pages.get("/buildings")
def list_buildings() -> Any:
    """The buildings that the person may see, one window for each unit."""
    session, actor = db_session(), current_actor()
    return render(
        "property/buildings.html",
        cards=_cards(session, actor),
        shapes_form=actor.owner_id is not None and actor.is_management(actor.owner_id),
    )


def _cards(session: Session, actor: Actor) -> list[BuildingCard]:
    tones: dict[uuid.UUID, dict[uuid.UUID | None, Tone]] = defaultdict(dict)
    counts: dict[uuid.UUID, list[SlaState]] = defaultdict(list)
    for ticket in open_tickets(session, actor):
        tone = _TONES.get(ticket.state, Tone.OPEN)
        worst = tones[ticket.building_id].get(ticket.unit_id, Tone.EMPTY)
        tones[ticket.building_id][ticket.unit_id] = max(worst, tone, key=SEVERITY.index)
        counts[ticket.building_id].append(ticket.state)
    units = queries.units_by_building(session, actor)
    cards = []
    for building in queries.buildings(session, actor):
        windows = [
            Window(tones[building.id].get(unit.id, Tone.EMPTY), _floor(unit.floor), unit.label)
            for unit in units[building.id]
        ]
        states = counts[building.id]
        facade = draw_facade(building.id, windows, title=_told(building, states), height=120)
        cards.append(
            BuildingCard(
                building,
                facade,
                f"/{current_language()}/tickets?building_id={building.id}",
                len(windows),
                len(states),
                states.count(SlaState.PAST_DUE),
            )
        )
    return cards


def _told(building: BuildingLine, states: list[SlaState]) -> str:
    """What the drawing shows, in words."""
    count = len(states)
    told = ngettext("%(num)s open ticket", "%(num)s open tickets", count)
    return f"{building.name}: {told}"


def _floor(text: str | None) -> int | None:
    """The storey as a number; None for names such as "mezzanine"."""
    try:
        return int(text) if text is not None else None
    except ValueError:
        return None
