"""The owner whose limits are read, or locked for a change."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.finding import as_id, missing
from ecopick.domains.property.models import PropertyOwner


def find_owner(session: Session, actor: Actor, key: Any) -> PropertyOwner:
    """The owner for whom the actor acts. Raises NotFound for any other."""
    return _owner(session, actor, key, lock=False)


def lock_owner_limits(session: Session, actor: Actor, key: Any) -> PropertyOwner:
    """The same, locked and fresh, for a change."""
    return _owner(session, actor, key, lock=True)


def _owner(session: Session, actor: Actor, key: Any, *, lock: bool) -> PropertyOwner:
    session.info["authorized"] = True
    owner_id = as_id(key)
    query = select(PropertyOwner).where(PropertyOwner.id == owner_id)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    mine = owner_id is not None and owner_id == actor.owner_id
    found = session.scalars(query).one_or_none() if mine else None
    if found is None:
        raise missing(actor, "PropertyOwner", key)
    return found
