"""What rights stand on: every domain registers how its things are found.

A finder answers a thing that the actor may see, or None.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.domains.property import policy as property_policy
from ecopick.domains.property.models import Building, PropertyOwner, Unit


@dataclass(frozen=True)
class Resource:
    """One thing on which a right stands; no building where it is the whole owner."""

    kind: str
    id: uuid.UUID
    property_owner_id: uuid.UUID
    building_id: uuid.UUID | None
    name: str


Finder = Callable[[Session, Actor, uuid.UUID], Resource | None]
_finders: dict[str, Finder] = {}


def resource(kind: str) -> Callable[[Finder], Finder]:
    """Register how a kind of thing is found."""

    def register(finder: Finder) -> Finder:
        _finders[kind] = finder
        return finder

    return register


def find_resource(
    session: Session, actor: Actor, kind: str, resource_id: uuid.UUID
) -> Resource | None:
    """The thing, if the actor may see it."""
    finder = _finders.get(kind)
    return finder(session, actor, resource_id) if finder is not None else None


@resource("PropertyOwner")
def _owner(session: Session, actor: Actor, owner_id: uuid.UUID) -> Resource | None:
    if owner_id != actor.owner_id:
        return None
    found = session.get(PropertyOwner, owner_id)
    return Resource("PropertyOwner", found.id, found.id, None, found.name) if found else None


@resource("Building")
def _building(session: Session, actor: Actor, building_id: uuid.UUID) -> Resource | None:
    found = session.scalar(
        select(Building).where(Building.id == building_id, property_policy.visible_to(actor))
    )
    if found is None:
        return None
    return Resource("Building", found.id, found.property_owner_id, found.id, found.name)


@resource("Unit")
def _unit(session: Session, actor: Actor, unit_id: uuid.UUID) -> Resource | None:
    found = session.scalar(
        select(Unit).where(Unit.id == unit_id, property_policy.units_visible_to(actor))
    )
    if found is None:
        return None
    return Resource("Unit", found.id, found.property_owner_id, found.building_id, found.label)
