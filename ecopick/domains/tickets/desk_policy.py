"""Who may act on many tickets at once, and who may take the list away as a file."""

from sqlalchemy import ColumnElement, exists, false, or_, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import policy
from ecopick.core.roles import MANAGEMENT_ROLES
from ecopick.domains.governance.queries import granted
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.policy import GRANTED_ON, in_buildings_of


def exportable_by(actor: Actor) -> ColumnElement[bool]:
    """The tickets that ``actor`` may take away, as a condition beside ``visible_to``.

    The same rules as for one ticket: management of its building, or an explicit right.
    """
    rules = [
        in_buildings_of(actor, MANAGEMENT_ROLES),
        granted(actor, "export", "tickets", GRANTED_ON),
    ]
    if actor.is_app_admin and actor.break_glass_reason and actor.owner_id:
        rules.append(Ticket.property_owner_id == actor.owner_id)
    return or_(false(), *rules)


@policy("ticket:export_list", name="management")
def manages_somewhere(session: Session, actor: Actor, subject: object) -> bool:
    """Any management role with the owner; the file holds the tickets that it counts for."""
    return actor.owner_id is not None and (
        actor.staff_buildings(actor.owner_id, MANAGEMENT_ROLES) != frozenset()
    )


@policy("ticket:export_list", name="permission")
def may_export_something(session: Session, actor: Actor, subject: object) -> bool:
    """An explicit right to export any ticket, building or the whole owner."""
    held = granted(actor, "export", "tickets", GRANTED_ON)
    return bool(
        session.scalar(select(exists().where(Ticket.property_owner_id.in_(actor.owner_ids), held)))
    )


@policy("ticket:bulk", name="operations")
def works_on_tickets(session: Session, actor: Actor, subject: object) -> bool:
    """The owner's staff; what happens to each ticket is asked for that ticket."""
    return actor.is_staff
