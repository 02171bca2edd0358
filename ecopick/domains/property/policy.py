"""Who may see and manage buildings and units, and for which places one may report.

``visible_to`` and ``units_visible_to`` select exactly the rows for which
``building:view`` and ``unit:view`` are granted.
"""

import uuid
from collections.abc import Callable
from datetime import date
from typing import Protocol

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from ecopick.core import clock
from ecopick.core.actor import Actor, MembershipFact
from ecopick.core.permissions import policy
from ecopick.core.roles import OPERATIONS_ROLES, TENANT_ROLES, MembershipRole
from ecopick.domains.property.models import Building, Lease, LeaseUnit, Unit, UnitType

# What a building's users share: everyone who lives or works there may report it.
SHARED_UNIT_TYPES = frozenset({UnitType.COMMON_AREA, UnitType.AMENITY, UnitType.ROOFTOP})


class _InBuilding(Protocol):
    """A building, or anything that stands in one."""

    id: uuid.UUID
    property_owner_id: uuid.UUID


def _building_id(subject: _InBuilding) -> uuid.UUID:
    found: uuid.UUID = getattr(subject, "building_id", subject.id)
    return found


# Leases of the tenant companies for which a person acts.


def lease_runs(today: date | None = None) -> ColumnElement[bool]:
    """Active leases: switched on, and today within their dates."""
    day = today or clock.now().date()
    return and_(
        Lease.is_active,
        Lease.start_date <= day,
        or_(Lease.end_date.is_(None), Lease.end_date >= day),
    )


def tenant_facts(actor: Actor) -> tuple[MembershipFact, ...]:
    """The actor's roles in tenant companies."""
    return tuple(
        m for m in actor.memberships if m.tenant_company_id is not None and m.role in TENANT_ROLES
    )


def leases_of(actor: Actor) -> ColumnElement[bool]:
    """Active leases of the actor's tenant companies, within each role's building."""
    reach = [
        and_(
            Lease.property_owner_id == m.property_owner_id,
            Lease.tenant_company_id == m.tenant_company_id,
            *([Lease.building_id == m.building_id] if m.building_id is not None else []),
        )
        for m in tenant_facts(actor)
    ]
    return and_(lease_runs(), or_(*reach)) if reach else false()


def leased_buildings(actor: Actor) -> Select[uuid.UUID]:
    """Ids of the buildings in which the actor's tenant companies lease."""
    return select(Lease.building_id).where(leases_of(actor))


def leased_units(actor: Actor) -> Select[uuid.UUID]:
    """Ids of the units that the actor's tenant companies lease.

    A role narrowed to one unit reaches only that unit.
    """
    facts = tenant_facts(actor)
    narrowed = [
        and_(
            Lease.tenant_company_id == m.tenant_company_id,
            *([Lease.building_id == m.building_id] if m.building_id is not None else []),
            *([LeaseUnit.unit_id == m.unit_id] if m.unit_id is not None else []),
        )
        for m in facts
    ]
    query = select(LeaseUnit.unit_id).join(
        Lease,
        and_(
            Lease.property_owner_id == LeaseUnit.property_owner_id, Lease.id == LeaseUnit.lease_id
        ),
    )
    return query.where(leases_of(actor), or_(false(), *narrowed))


# Buildings.

# Further ways to see a building that domains above this one know: explicit rights.
ALSO_VISIBLE: list[Callable[[Actor], ColumnElement[bool]]] = []


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Buildings that the actor may see, within the owners of the scope.

    Staff see the buildings of the owner for whom they act (one building where
    the role is narrowed), people those in which they have a unit, tenant roles
    those that their company leases.
    """
    if actor.kind == "system" or actor.break_glass_reason:
        return true()
    allowed = _staff(actor, Building.property_owner_id, Building.id)
    own = {u.building_id for u in actor.user_units} | _named_buildings(actor)
    if own:
        allowed.append(Building.id.in_(own))
    if tenant_facts(actor):
        allowed.append(Building.id.in_(leased_buildings(actor)))
    allowed += [condition(actor) for condition in ALSO_VISIBLE]
    return or_(*allowed) if allowed else false()


def _staff(
    actor: Actor,
    owner: InstrumentedAttribute[uuid.UUID],
    building: InstrumentedAttribute[uuid.UUID],
) -> list[ColumnElement[bool]]:
    """Rows of the owner for whom the actor works, within a narrowed role's building."""
    if actor.owner_id is None:
        return []
    buildings = actor.staff_buildings(actor.owner_id, OPERATIONS_ROLES)
    if buildings is None:
        return [owner == actor.owner_id]
    return [and_(owner == actor.owner_id, building.in_(buildings))] if buildings else []


def _named_buildings(actor: Actor) -> set[uuid.UUID]:
    """Buildings named by an occupant's or resident's own role, without a company."""
    return {
        m.building_id
        for m in actor.memberships
        if m.building_id is not None
        and m.tenant_company_id is None
        and m.role in (MembershipRole.RESIDENT, MembershipRole.TENANT_OCCUPANT)
    }


@policy("building:view", "unit:view", "place_code:view")
def building_staff(session: Session, actor: Actor, subject: _InBuilding) -> bool:
    """Operations roles that count for this building."""
    return actor.owner_id == subject.property_owner_id and actor.is_operations(
        subject.property_owner_id, _building_id(subject)
    )


@policy("building:view", "unit:view")
def building_occupant(session: Session, actor: Actor, subject: _InBuilding) -> bool:
    """People with a unit in this building, or with a role that names it."""
    building_id = _building_id(subject)
    return building_id in _named_buildings(actor) or any(
        u.building_id == building_id for u in actor.user_units
    )


@policy("building:view", "unit:view")
def building_tenant(session: Session, actor: Actor, subject: _InBuilding) -> bool:
    """Roles in a tenant company with an active lease in this building."""
    if not tenant_facts(actor):
        return False
    found = session.scalar(
        select(Lease.id).where(leases_of(actor), Lease.building_id == _building_id(subject))
    )
    return found is not None


@policy("building:manage", "unit:manage")
def building_management(session: Session, actor: Actor, subject: _InBuilding) -> bool:
    """Management roles that count for this building."""
    return actor.owner_id == subject.property_owner_id and actor.is_management(
        subject.property_owner_id, _building_id(subject)
    )


def units_visible_to(actor: Actor) -> ColumnElement[bool]:
    """Units that the actor may see: those of every building that they may see."""
    if actor.kind == "system" or actor.break_glass_reason:
        return true()
    return Unit.building_id.in_(select(Building.id).where(visible_to(actor)))


# Places for which a request may be made.


def may_report_at(
    session: Session, actor: Actor, building: Building, unit: Unit | None = None
) -> bool:
    """Whether the actor may report something in this building or unit.

    Operations staff: everywhere in their buildings. People: their own units
    that allow it. Tenant roles: what their company leases. Both also the
    shared areas of such a building, and the building itself.
    """
    if unit is not None and unit.building_id != building.id:
        return False
    if building_staff(session, actor, building):
        return True
    for tie in actor.user_units:
        if tie.building_id == building.id and tie.can_raise_tickets:
            if unit is None or unit.unit_type in SHARED_UNIT_TYPES or tie.unit_id == unit.id:
                return True
    if not tenant_facts(actor):
        return False
    if unit is None or unit.unit_type in SHARED_UNIT_TYPES:
        return building_tenant(session, actor, building)
    found = session.scalar(leased_units(actor).where(LeaseUnit.unit_id == unit.id).limit(1))
    return found is not None


def reportable_buildings(actor: Actor) -> ColumnElement[bool]:
    """Buildings in which ``may_report_at`` holds for the building itself."""
    allowed = _staff(actor, Building.property_owner_id, Building.id)
    own = {u.building_id for u in actor.user_units if u.can_raise_tickets}
    if own:
        allowed.append(Building.id.in_(own))
    if tenant_facts(actor):
        allowed.append(Building.id.in_(leased_buildings(actor)))
    return or_(*allowed) if allowed else false()


def reportable_units(actor: Actor) -> ColumnElement[bool]:
    """Units for which ``may_report_at`` holds."""
    allowed = _staff(actor, Unit.property_owner_id, Unit.building_id)
    own = [u for u in actor.user_units if u.can_raise_tickets]
    shared = Unit.unit_type.in_(SHARED_UNIT_TYPES)
    if own:
        allowed.append(Unit.id.in_({u.unit_id for u in own}))
        allowed.append(and_(shared, Unit.building_id.in_({u.building_id for u in own})))
    if tenant_facts(actor):
        allowed.append(Unit.id.in_(leased_units(actor)))
        allowed.append(and_(shared, Unit.building_id.in_(leased_buildings(actor))))
    return or_(*allowed) if allowed else false()
