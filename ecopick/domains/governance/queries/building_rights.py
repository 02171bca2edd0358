"""Explicit rights on buildings, beside those that come with roles and homes."""

import uuid
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import Rule, policy
from ecopick.domains.governance.queries.grants import granted, has_grant
from ecopick.domains.property import policy as property_policy
from ecopick.domains.property.models import Building


def _stands_on(place: Any) -> dict[str, uuid.UUID]:
    building_id = getattr(place, "building_id", place.id)
    return {"Building": building_id, "PropertyOwner": place.property_owner_id}


def _right(verb: str) -> Rule:
    def permission(session: Session, actor: Actor, place: Any) -> bool:
        """An explicit right on the building or the whole owner."""
        return has_grant(session, actor, verb, "buildings", _stands_on(place))

    return permission


for _verb in ("view", "manage"):
    policy(f"building:{_verb}", f"unit:{_verb}", name="permission")(_right(_verb))


def _visible(actor: Actor) -> ColumnElement[bool]:
    on = {"Building": Building.id, "PropertyOwner": Building.property_owner_id}
    return granted(actor, "view", "buildings", on)


property_policy.ALSO_VISIBLE.append(_visible)
