"""Tickets as other pages name them, for whoever may see them."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.domains.property.models import Building, PropertyOwner
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.policy import visible_to


@dataclass(frozen=True)
class Mention:
    """A ticket in a few words."""

    id: uuid.UUID
    reference: str
    title: str
    building_name: str
    time_zone: str
    building_id: uuid.UUID


def mentions(
    session: Session, actor: Actor, ids: Iterable[uuid.UUID | None]
) -> dict[uuid.UUID, Mention]:
    """Visible tickets by id; the others are missing."""
    wanted = {each for each in ids if each is not None}
    if not wanted:
        return {}
    rows = session.execute(
        select(
            Ticket.id,
            Ticket.number,
            Ticket.title,
            PropertyOwner.ticket_prefix,
            Building.name,
            Building.time_zone,
            Ticket.building_id,
        )
        .join(PropertyOwner, PropertyOwner.id == Ticket.property_owner_id)
        .join(
            Building,
            and_(
                Building.property_owner_id == Ticket.property_owner_id,
                Building.id == Ticket.building_id,
            ),
        )
        .where(Ticket.id.in_(wanted), visible_to(actor))
    )
    return {
        row.id: Mention(
            row.id,
            f"{row.ticket_prefix}-{row.number}",
            row.title,
            row.name,
            row.time_zone,
            row.building_id,
        )
        for row in rows
    }
