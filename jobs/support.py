"""Property owners hear at once that an app administrator works for their owner."""

import uuid
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.roles import MembershipRole
from ecopick.domains.auth.models import SupportAccess
from ecopick.domains.notifications import commands
from ecopick.domains.notifications import governance_wording as wording
from ecopick.domains.notifications.audience import people_of
from ecopick.domains.people.queries import staff_with
from ecopick.domains.property.queries import home_of
from ecopick.web.formats import zoned

if TYPE_CHECKING:
    from jobs.subscriptions import StoredEvent


def tell(session: Session, system: Actor, event: "StoredEvent") -> None:
    """Tell every property owner why, and until when; by mail whatever they chose."""
    access = session.scalars(
        select(SupportAccess).where(SupportAccess.id == uuid.UUID(event.payload["access_id"]))
    ).one_or_none()
    if access is None:
        return
    owners = staff_with(
        session, event.property_owner_id, frozenset({MembershipRole.PROPERTY_OWNER}), None
    )
    until = zoned(access.ends_at, home_of(session, event.property_owner_id).time_zone)
    commands.tell(
        session,
        system,
        event.property_owner_id,
        [
            commands.Telling(
                wording.support_started(access.reason, until, access.subject_id is not None),
                people_of(session, {line.id for line in owners}),
                f"support:{access.id}",
            )
        ],
    )
