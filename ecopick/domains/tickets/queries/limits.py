"""The owner whose limits are kept, locked for a change."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.domains.property.models import PropertyOwner
from ecopick.domains.tickets.queries.find import as_id, missing


def lock_owner_limits(session: Session, actor: Actor, key: Any) -> PropertyOwner:
    """The owner for whom the actor acts, locked and fresh. Raises NotFound for any other."""
    session.info["authorized"] = True
    owner_id = as_id(key)
    found = (
        session.scalars(
            select(PropertyOwner)
            .where(PropertyOwner.id == owner_id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        ).one_or_none()
        if owner_id is not None and owner_id == actor.owner_id
        else None
    )
    if found is None:
        raise missing(actor, "PropertyOwner", key)
    return found
