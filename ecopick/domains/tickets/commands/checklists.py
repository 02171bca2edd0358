"""What an owner wants checked on the jobs of each category."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.finding import missing
from ecopick.domains.property.models import PropertyOwner
from ecopick.domains.tickets.visit_inputs import SetChecklists
from ecopick.domains.tickets.visit_states import CHECKLISTS


def lock_owner(session: Session, actor: Actor, key: Any) -> PropertyOwner:
    """The owner for whom the actor acts, locked and fresh. Raises NotFound."""
    found = session.scalars(
        select(PropertyOwner)
        .where(PropertyOwner.id == actor.owner_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise missing(actor, "PropertyOwner", key)
    return found


@command("visit:checklists", find=lock_owner, audit_as="ENTITY_UPDATED")
def keep_checklists(
    session: Session, actor: Actor, owner: PropertyOwner, data: SetChecklists
) -> PropertyOwner:
    """Keep the lists; jobs that are accepted already keep theirs."""
    kept = {name: items for name, items in data.lists().items() if items}
    owner.settings = {**owner.settings, CHECKLISTS: kept}
    return owner
