"""Requests for roles and homes: whoever can confirm them is told, then whoever asked."""

import uuid
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.roles import MANAGEMENT_ROLES, MembershipRole
from ecopick.core.text import LazyText
from ecopick.domains.notifications import commands
from ecopick.domains.notifications import membership_wording as wording
from ecopick.domains.notifications.audience import people_of
from ecopick.domains.notifications.wording import Notice
from ecopick.domains.people.lifecycle import MembershipStatus
from ecopick.domains.people.models import Membership
from ecopick.domains.people.queries import company_administrators, people, staff_with
from ecopick.domains.property.models import Building, PropertyOwner, TenantCompany, Unit
from ecopick.web.label_tables import LABELS

if TYPE_CHECKING:
    from jobs.subscriptions import StoredEvent


def tell(session: Session, system: Actor, event: "StoredEvent") -> None:
    """Tell of a request, of its confirmation, or of its refusal.

    Nobody is told of what they did themselves, or of a role that was in force and ended.
    """
    found = session.scalars(
        select(Membership).where(Membership.id == uuid.UUID(event.payload["membership_id"]))
    ).one_or_none()
    if found is None:
        return
    notice, ids = _news(session, event.name, found)
    told = people_of(session, ids - {event.actor_id} if event.actor_id else ids)
    if notice is None or not told:
        return
    telling = commands.Telling(
        notice, told, f"{event.name}:{found.id}", resource=("Membership", found.id)
    )
    commands.tell(session, system, event.property_owner_id, [telling])


def _news(
    session: Session, name: str, membership: Membership
) -> tuple[Notice | None, set[uuid.UUID]]:
    role, where = _role(membership), _where(session, membership)
    if name == "membership.confirmed":
        return wording.confirmed(role, where), {membership.user_id}
    if membership.status is not MembershipStatus.PENDING:
        return None, set()
    if name == "membership.ended":
        return wording.refused(role, where), {membership.user_id}
    if membership.ended_at is not None:
        return None, set()
    asker = people(session, [membership.user_id]).get(membership.user_id)
    notice = wording.requested(asker.name if asker else "—", role, where)
    return notice, _deciding(session, membership)


def _deciding(session: Session, membership: Membership) -> set[uuid.UUID]:
    """Whoever may confirm it: management of the place, only owners for that very role,
    and the administrators of the tenant company."""
    owner_id = membership.property_owner_id
    if owner_id is None:
        return set()
    is_owner = membership.role is MembershipRole.PROPERTY_OWNER
    roles = frozenset({MembershipRole.PROPERTY_OWNER}) if is_owner else MANAGEMENT_ROLES
    found = {line.id for line in staff_with(session, owner_id, roles, membership.building_id)}
    if membership.tenant_company_id is not None:
        found |= company_administrators(session, membership.tenant_company_id)
    return found


def _role(membership: Membership) -> LazyText | str:
    role = membership.role.value
    return LABELS["MembershipRole"].get(role, role)


def _where(session: Session, membership: Membership) -> str:
    """The company or the owner, the building and the unit, as far as the role names them."""
    names = [
        session.scalar(select(TenantCompany.name).where(TenantCompany.id == key))
        if (key := membership.tenant_company_id)
        else session.scalar(
            select(PropertyOwner.name).where(PropertyOwner.id == membership.property_owner_id)
        ),
        session.scalar(select(Building.name).where(Building.id == membership.building_id)),
        session.scalar(select(Unit.label).where(Unit.id == membership.unit_id)),
    ]
    return ", ".join(name for name in names if name)
