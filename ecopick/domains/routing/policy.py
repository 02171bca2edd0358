"""Who may see and change the rules by which requests are assigned: management."""

import uuid
from typing import Protocol

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import policy


class _InBuilding(Protocol):
    property_owner_id: uuid.UUID
    building_id: uuid.UUID


@policy("routing:view", "routing:manage", name="management")
def management(session: Session, actor: Actor, rule: _InBuilding) -> bool:
    """Management roles that count for the rule's building."""
    return actor.owner_id == rule.property_owner_id and actor.is_management(
        rule.property_owner_id, rule.building_id
    )
