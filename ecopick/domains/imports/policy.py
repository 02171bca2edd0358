"""Who may take over tables: whoever leads all of the owner's buildings."""

from typing import Any

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import policy


@policy("import:run")
def owner_wide_management(session: Session, actor: Actor, subject: Any) -> bool:
    """Management roles that count for all buildings of the owner."""
    owner_id = getattr(subject, "property_owner_id", actor.owner_id)
    return owner_id is not None and owner_id == actor.owner_id and actor.is_management(owner_id)
