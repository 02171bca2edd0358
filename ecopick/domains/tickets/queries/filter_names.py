"""Names behind the ids of filters, and what can be chosen for a filter."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import and_, exists, literal, or_, select, union_all
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.finding import as_id
from ecopick.domains.people.models import Membership, User, UserUnit
from ecopick.domains.people.queries import org_members, shown_name
from ecopick.domains.property import policy as property_policy
from ecopick.domains.property.models import Building, Unit
from ecopick.domains.property.queries import buildings
from ecopick.domains.tickets.inputs import ListTickets
from ecopick.domains.vendors.models import OwnerVendor, VendorOrg
from ecopick.domains.vendors.queries import linked_vendors

MAX_UNITS = 300
Choice = tuple[str, str]


def filter_names(session: Session, actor: Actor, filters: ListTickets) -> dict[str, str]:
    """Names by id of what the filters name, in one statement; the unknown are missing."""
    people = [as_id(each) for each in filters.assigned_to]
    wanted: set[uuid.UUID] = {each for each in people if each is not None}
    wanted.update(filters.building_id, filters.unit_id, filters.reporter_id, filters.vendor_org_id)
    if not wanted or actor.owner_id is None:
        return {}
    owner = actor.owner_id
    here = or_(
        exists().where(Membership.user_id == User.id, Membership.property_owner_id == owner),
        exists().where(UserUnit.user_id == User.id, UserUnit.property_owner_id == owner),
    )
    rows = session.execute(
        union_all(
            select(Building.id, Building.name.label("name")).where(
                Building.id.in_(wanted), property_policy.visible_to(actor)
            ),
            select(Unit.id, Unit.label).where(
                Unit.id.in_(wanted), property_policy.units_visible_to(actor)
            ),
            select(VendorOrg.id, VendorOrg.name).where(
                VendorOrg.id.in_(wanted),
                exists().where(
                    OwnerVendor.vendor_org_id == VendorOrg.id,
                    OwnerVendor.property_owner_id == owner,
                ),
            ),
            select(User.id, shown_name).where(User.id.in_(wanted), here),
        )
    )
    return {str(row.id): row.name for row in rows}


@dataclass(frozen=True)
class Choices:
    """What can be chosen for the filters that name something, each as (id, name)."""

    buildings: list[Choice] = field(default_factory=list)
    units: list[Choice] = field(default_factory=list)
    staff: list[Choice] = field(default_factory=list)
    vendors: list[Choice] = field(default_factory=list)


def filter_choices(session: Session, actor: Actor, chosen: Iterable[uuid.UUID]) -> Choices:
    """Buildings, staff and vendors of the actor's owner, and the units of ``chosen`` buildings."""
    places = [(str(each.id), each.name) for each in buildings(session, actor)]
    wanted = list(chosen)
    units: list[Choice] = []
    if wanted:
        rows = session.execute(
            select(Unit.id, Unit.label, Building.name)
            .join(
                Building,
                and_(
                    Building.property_owner_id == Unit.property_owner_id,
                    Building.id == Unit.building_id,
                ),
            )
            .where(Unit.building_id.in_(wanted), property_policy.units_visible_to(actor))
            .order_by(Building.name, Unit.label, Unit.id)
            .limit(literal(MAX_UNITS))
        )
        units = [(str(row.id), f"{row.name}, {row.label}") for row in rows]
    staff = {str(each.user_id): each.name for each in org_members(session, actor)}
    vendors = linked_vendors(session, actor.owner_id) if actor.owner_id else []
    return Choices(
        places, units, list(staff.items()), [(str(each.id), each.name) for each in vendors]
    )
