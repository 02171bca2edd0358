"""Codes of places: issuing, retiring, replacing."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.changes import note
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.property.code_queries import Spot, lock_code, read_codes
from ecopick.domains.property.codes import new_code
from ecopick.domains.property.inputs import IssueCodes, RetireCode
from ecopick.domains.property.models import Building, PlaceCode
from ecopick.domains.property.queries import Key, find_building


def _lock_building(session: Session, actor: Actor, key: Key) -> Building:
    """The building, locked: codes of one building are issued one after another."""
    building = find_building(session, actor, key)
    session.execute(
        select(Building.id).where(Building.id == building.id).with_for_update(key_share=True)
    )
    return building


@command("building:manage", find=_lock_building, audit_as="ENTITY_CREATED")
def issue_codes(
    session: Session, actor: Actor, building: Building, data: IssueCodes
) -> list[PlaceCode]:
    """A code for each chosen place that has none of this category; those that were made.

    ``Invalid`` where no place was chosen, or one that is not in this building.
    """
    coded = read_codes(session, building)
    known = {each.spot: each for each in coded.spots}
    made = []
    for spot in _chosen(data, known):
        if spot not in known:
            raise wrong_field("place", _("Please choose places of this building."))
        if all(each.category != data.category for each in known[spot].codes):
            made.append(_issue(session, actor, building, spot, data.category))
    note(session, place_codes=[each.id for each in made], category=data.category)
    return made


def _chosen(data: IssueCodes, known: Iterable[Spot]) -> list[Spot]:
    if data.all_places:
        return list(known)
    spots: list[Spot] = [(None, None)] if data.building else []
    spots += [(unit_id, None) for unit_id in data.unit_id]
    wanted = set(data.unit_section_id)
    inside = [spot for spot in known if spot[1] in wanted]
    if len(inside) != len(wanted):
        raise wrong_field("place", _("Please choose places of this building."))
    if not spots and not inside:
        raise wrong_field("place", _("Please choose at least one place."))
    return list(dict.fromkeys([*spots, *inside]))


def _issue(
    session: Session, actor: Actor, at: Building | PlaceCode, spot: Spot, category: str | None
) -> PlaceCode:
    made = PlaceCode(
        id=new_id(),
        property_owner_id=at.property_owner_id,
        building_id=at.building_id if isinstance(at, PlaceCode) else at.id,
        unit_id=spot[0],
        unit_section_id=spot[1],
        category=category,
        code=new_code(),
        issued_by_id=actor.audit_user_id,
    )
    session.add(made)
    session.flush()
    return made


@command("building:manage", find=lock_code, audit_as="ENTITY_DEACTIVATED")
def retire_code(session: Session, actor: Actor, code: PlaceCode, data: RetireCode) -> PlaceCode:
    """End a code: whoever scans it reads the note. ``Conflict`` where it has ended already."""
    _end(actor, code, data)
    return code


@command("building:manage", find=lock_code, audit_as="ENTITY_UPDATED")
def replace_code(session: Session, actor: Actor, code: PlaceCode, data: RetireCode) -> PlaceCode:
    """A new code for the place; the old one tells the note and leads on to the new one.

    ``Conflict`` where the old one has ended already.
    """
    _end(actor, code, data)
    session.flush()
    made = _issue(session, actor, code, (code.unit_id, code.unit_section_id), code.category)
    code.replaced_by_id = made.id
    return made


def _end(actor: Actor, code: PlaceCode, data: RetireCode) -> None:
    if code.retired_at is not None:
        raise Conflict(_("This code was retired already."), code="retired")
    code.retired_at = clock.now()
    code.retired_by_id = actor.audit_user_id
    code.note = data.note
