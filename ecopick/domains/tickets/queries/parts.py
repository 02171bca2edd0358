"""People, vendors and the place of one ticket, each in one statement."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from ecopick.core.roles import OPERATIONS_ROLES
from ecopick.domains.people.models import Membership, User
from ecopick.domains.people.queries import role_counts, shown_name
from ecopick.domains.property.models import Building, PropertyOwner, Unit, UnitSection
from ecopick.domains.sla.targets import Clock
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.outputs import (
    BuildingOut,
    PersonOut,
    SectionOut,
    SlaOut,
    UnitOut,
    VendorOut,
)
from ecopick.domains.vendors.models import VendorOrg


def people_on(
    session: Session,
    ticket: Ticket,
    ids: Iterable[uuid.UUID | None],
    *,
    reachable: frozenset[uuid.UUID] | None,
) -> dict[uuid.UUID, PersonOut]:
    """People by id with the role that counts on this ticket, in one statement."""
    wanted = {user_id for user_id in ids if user_id is not None}
    if not wanted:
        return {}
    rows = session.execute(
        select(
            User.id,
            shown_name.label("name"),
            User.email,
            User.phone,
            Membership.role,
            Membership.property_owner_id,
            VendorOrg.name.label("vendor"),
        )
        .outerjoin(Membership, and_(Membership.user_id == User.id, role_counts()))
        .outerjoin(VendorOrg, VendorOrg.id == Membership.vendor_org_id)
        .where(User.id.in_(wanted))
        .order_by(User.id, Membership.role)
    )
    found: dict[uuid.UUID, PersonOut] = {}
    for row in rows:
        known = reachable is None or row.id in reachable
        person = found.setdefault(
            row.id,
            PersonOut(
                id=row.id,
                name=row.name,
                email=row.email if known else None,
                phone=row.phone if known else None,
            ),
        )
        mine = row.property_owner_id == ticket.property_owner_id
        if mine and (person.role is None or row.role in OPERATIONS_ROLES):
            person.role = row.role
        elif row.vendor and person.role is None:
            person.role, person.organisation = row.role, row.vendor
    return found


def vendors_by_id(
    session: Session, ids: Iterable[uuid.UUID | None], *, contact: bool
) -> dict[uuid.UUID, VendorOut]:
    wanted = {vendor_id for vendor_id in ids if vendor_id is not None}
    if not wanted:
        return {}
    rows = session.execute(
        select(VendorOrg.id, VendorOrg.name, VendorOrg.phone, VendorOrg.email).where(
            VendorOrg.id.in_(wanted)
        )
    )
    return {
        row.id: VendorOut(
            id=row.id, name=row.name, phone=row.phone, email=row.email if contact else None
        )
        for row in rows
    }


def place_of(session: Session, ticket: Ticket) -> dict[str, Any]:
    """Building, unit and section, and the owner's prefix, in one statement."""
    owner = ticket.property_owner_id
    building, unit, section, prefix = session.execute(
        select(Building, Unit, UnitSection, PropertyOwner.ticket_prefix)
        .join(PropertyOwner, PropertyOwner.id == Building.property_owner_id)
        .outerjoin(Unit, and_(Unit.property_owner_id == owner, Unit.id == ticket.unit_id))
        .outerjoin(
            UnitSection,
            and_(UnitSection.property_owner_id == owner, UnitSection.id == ticket.unit_section_id),
        )
        .where(Building.property_owner_id == owner, Building.id == ticket.building_id)
    ).one()
    return {
        "building": BuildingOut.model_validate(building),
        "unit": UnitOut.model_validate(unit) if unit is not None else None,
        "unit_section": SectionOut.model_validate(section) if section is not None else None,
        "reference": f"{prefix}-{ticket.number}",
    }


def sla_out(
    shown: Clock,
    breached_at: datetime | None,
    paused: timedelta = timedelta(0),
    since: datetime | None = None,
) -> SlaOut:
    """The clock in whole minutes."""
    left = shown.left
    return SlaOut(
        state=shown.state.value,
        target_minutes=int(shown.target.total_seconds() // 60),
        due_at=shown.due_at,
        minutes_left=int(left.total_seconds() // 60) if left is not None else None,
        paused_minutes=int(paused.total_seconds() // 60),
        paused_since=since,
        breached_at=breached_at,
    )
