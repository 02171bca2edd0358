"""Whom a ticket can be given to, and who can be asked to take part."""

import uuid

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.errors import Forbidden
from ecopick.core.roles import MANAGEMENT_ROLES, TENANT_ROLES
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.people.models import Membership, User, UserUnit
from ecopick.domains.people.queries import org_members, role_counts, shown_name, tie_counts
from ecopick.domains.property.outputs import PlaceBuilding
from ecopick.domains.property.queries import places
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.outputs import MemberOut, NamedOut, TicketOut, VendorOrgOut
from ecopick.domains.vendors.queries import linked_vendors


def _must_manage(session: Session, actor: Actor) -> uuid.UUID:
    """The owner for whom the actor assigns work. Raises Forbidden for anybody else."""
    session.info["authorized"] = True
    owner_id = actor.owner_id
    buildings = actor.staff_buildings(owner_id, MANAGEMENT_ROLES) if owner_id else frozenset()
    if owner_id is None or buildings == frozenset():
        raise Forbidden(_("You do not have permission to do this."))
    return owner_id


def members(
    session: Session, actor: Actor, building_id: uuid.UUID | None = None
) -> list[MemberOut]:
    """Staff of the actor's owner, by name; managers only."""
    _must_manage(session, actor)
    return [
        MemberOut(
            id=row.user_id,
            user_id=row.user_id,
            name=row.name,
            email=row.email,
            roles=row.roles,
            building_ids=row.building_ids,
        )
        for row in org_members(session, actor, building_id)
    ]


def vendor_orgs(session: Session, actor: Actor) -> list[VendorOrgOut]:
    """Vendors of the actor's owner that may get work, by name; managers only."""
    owner_id = _must_manage(session, actor)
    return [
        VendorOrgOut.model_validate(row) for row in linked_vendors(session, owner_id, for_work=True)
    ]


def participants(session: Session, actor: Actor, ticket: Ticket | TicketOut) -> list[NamedOut]:
    """People who may be asked to take part: the owner's staff and those who use the place."""
    _must_manage(session, actor)
    staff = select(Membership.user_id).where(
        Membership.property_owner_id == ticket.property_owner_id,
        or_(Membership.tenant_company_id.is_(None), Membership.role.in_(TENANT_ROLES)),
        or_(Membership.building_id.is_(None), Membership.building_id == ticket.building_id),
        role_counts(),
    )
    users = select(UserUnit.user_id).where(
        UserUnit.property_owner_id == ticket.property_owner_id,
        UserUnit.unit_id == ticket.unit_id,
        tie_counts(),
    )
    rows = session.execute(
        select(User.id, shown_name.label("name"))
        .where(or_(User.id.in_(staff), User.id.in_(users)), User.is_system.is_(False))
        .order_by(shown_name, User.id)
        .limit(200)
    )
    return [NamedOut(id=row.id, name=row.name) for row in rows]


def report_places(session: Session, actor: Actor) -> list[PlaceBuilding]:
    """Buildings, units and areas for which the actor may report."""
    session.info["authorized"] = True
    return places(session, actor)
