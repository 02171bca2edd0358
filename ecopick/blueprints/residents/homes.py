"""What a person sees of their own homes."""

from collections import defaultdict
from typing import Any

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.domains.people.outputs import MyUnit, TiedPerson
from ecopick.domains.people.queries import my_units, tied_people
from ecopick.domains.tickets.queries.household import open_counts
from ecopick.domains.tickets.queries.windows import unit_facade


class Home(BaseModel):
    """A unit with the people who live in or use it, and its requests under way."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    unit: MyUnit
    people: list[TiedPerson]
    open_requests: int


def homes(session: Session, actor: Actor) -> list[Home]:
    """The person's own units; people are named only where the person lives or works too."""
    units = [unit for unit in my_units(session, actor) if unit.relationship is not None]
    ids = [unit.unit_id for unit in units]
    people: dict[Any, list[TiedPerson]] = defaultdict(list)
    for person in tied_people(session, actor.user_id, ids):
        people[person.unit_id].append(person)
    counts = open_counts(session, actor, ids)
    return [
        Home(unit=unit, people=people[unit.unit_id], open_requests=counts.get(unit.unit_id, 0))
        for unit in units
    ]


def picture(session: Session, home: Home) -> Markup | None:
    """The building with the window of the home lit."""
    unit = home.unit
    return unit_facade(session, unit.property_owner_id, unit.building_id, unit.unit_id)
