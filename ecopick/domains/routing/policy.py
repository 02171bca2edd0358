"""Who may see and change the rules by which requests are assigned: management."""

import uuid
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import Rule, policy
from ecopick.domains.governance.commands.use import uses_right
from ecopick.domains.governance.queries import has_grant
from ecopick.domains.governance.resources import Resource, resource
from ecopick.domains.property.models import Building
from ecopick.domains.routing.models import RoutingRule


class _InBuilding(Protocol):
    property_owner_id: uuid.UUID
    building_id: uuid.UUID


@policy("routing:view", "routing:manage", name="management")
def management(session: Session, actor: Actor, rule: _InBuilding) -> bool:
    """Management roles that count for the rule's building."""
    return actor.owner_id == rule.property_owner_id and actor.is_management(
        rule.property_owner_id, rule.building_id
    )


def _stands_on(rule: _InBuilding) -> dict[str, uuid.UUID]:
    """The rule, its building and its owner; one that is being made has no id yet."""
    rule_id = getattr(rule, "id", None)
    own = {"RoutingRule": rule_id} if rule_id is not None else {}
    return own | {"Building": rule.building_id, "PropertyOwner": rule.property_owner_id}


def _right(verb: str) -> Rule:
    def permission(session: Session, actor: Actor, rule: _InBuilding) -> bool:
        """An explicit right on the rule, its building or the whole owner."""
        return has_grant(session, actor, verb, "routing", _stands_on(rule))

    return permission


for _verb in ("view", "manage"):
    policy(
        f"routing:{_verb}",
        name="permission",
        on_use=uses_right(_verb, "routing", _stands_on, building_of=lambda rule: rule.building_id),
    )(_right(_verb))


@resource("RoutingRule")
def _as_resource(session: Session, actor: Actor, rule_id: uuid.UUID) -> Resource | None:
    """A rule of a building that the actor manages, by its category and building."""
    row = session.execute(
        select(RoutingRule, Building.name)
        .join(Building, Building.id == RoutingRule.building_id)
        .where(RoutingRule.id == rule_id)
    ).one_or_none()
    if row is None or not management(session, actor, row.RoutingRule):
        return None
    rule = row.RoutingRule
    return Resource("RoutingRule", rule.id, rule.property_owner_id, rule.building_id, row.name)
