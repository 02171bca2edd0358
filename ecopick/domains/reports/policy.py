"""Who reads summaries: the owner's own staff, of the buildings where their role counts."""

import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import policy
from ecopick.core.roles import MANAGEMENT_ROLES, OPERATIONS_ROLES


@dataclass(frozen=True)
class Report:
    """A summary of one building, or of all that its reader may see."""

    property_owner_id: uuid.UUID | None
    building_id: uuid.UUID | None = None


@policy("report:view", name="operations")
def operations(session: Session, actor: Actor, report: Report) -> bool:
    """Operations roles of the owner that count for the building, or for any."""
    if report.property_owner_id is None or actor.owner_id != report.property_owner_id:
        return False
    buildings = actor.staff_buildings(report.property_owner_id, OPERATIONS_ROLES)
    if buildings is None:
        return True
    return bool(buildings) if report.building_id is None else report.building_id in buildings


def sees_money(actor: Actor) -> bool:
    """Whether sums are shown: to management, not to other staff."""
    return actor.owner_id is not None and (
        actor.staff_buildings(actor.owner_id, MANAGEMENT_ROLES) != frozenset()
    )
