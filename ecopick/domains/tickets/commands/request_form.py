"""How an owner's public form looks: its categories, whether it is open, its words on privacy."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.errors import NotFound
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.property.models import PropertyOwner
from ecopick.domains.tickets.public_inputs import ShapeForm
from ecopick.domains.tickets.queries.public_requests import SETTINGS


def own_ground(session: Session, actor: Actor) -> PropertyOwner:
    """The owner for whom the actor acts. Raises NotFound for people of no owner."""
    return _ground(session, actor, select(PropertyOwner))


def _locked(session: Session, actor: Actor, key: Any) -> PropertyOwner:
    return _ground(session, actor, select(PropertyOwner).with_for_update(key_share=True))


def _ground(session: Session, actor: Actor, query: Select[PropertyOwner]) -> PropertyOwner:
    found = session.scalars(query.where(PropertyOwner.id == actor.owner_id)).one_or_none()
    if found is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    return found


@command("request_form:manage", find=_locked, audit_as="ENTITY_UPDATED")
def shape_form(
    session: Session, actor: Actor, owner: PropertyOwner, data: ShapeForm
) -> PropertyOwner:
    """Keep how the form of all the owner's buildings looks; it counts from now on."""
    owner.settings = {**owner.settings, SETTINGS: data.settings()}
    return owner
