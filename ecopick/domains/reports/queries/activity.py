"""What happened last on the tickets of one's buildings, from the business audit."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Text,
    Uuid,
    cast,
    false,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.audit.models import AuditAction, AuditEvent
from ecopick.core.roles import OPERATIONS_ROLES
from ecopick.domains.people.models import Membership, User
from ecopick.domains.people.queries import role_counts, shown_name
from ecopick.domains.property.models import PropertyOwner
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.queries.figures import in_staff_buildings
from ecopick.domains.tickets.queries.filters import in_scope
from ecopick.domains.vendors.models import VendorOrg

A = AuditAction
TOLD = (
    A.TICKET_CREATED,
    A.STATUS_CHANGED,
    A.TRIAGED,
    A.ASSIGNED,
    A.DISPATCHED,
    A.VENDOR_ACCEPTED,
    A.VENDOR_DECLINED,
    A.MESSAGE_POSTED,
    A.ATTACHMENT_UPLOADED,
    A.RESOLVED,
    A.CLOSED,
    A.CANCELLED,
)
# Files that were sent together are told as one.
READ_AHEAD = 4


@dataclass
class Happening:
    """Something that somebody did; ``count`` times in a row on the same ticket."""

    id: uuid.UUID
    at: datetime
    action: AuditAction
    ticket_id: uuid.UUID
    reference: str
    actor_id: uuid.UUID | None
    name: str | None
    vendor: str | None
    whom: str | None
    status: str | None
    is_note: bool
    by_reporter: bool
    count: int = 1


def activity(
    session: Session, actor: Actor, building_id: uuid.UUID | None = None, limit: int = 6
) -> list[Happening]:
    """The last ``limit`` happenings on tickets in the actor's buildings; staff only."""
    session.info["authorized"] = True
    ticket = _its_ticket(actor, building_id)
    rows = session.execute(
        select(
            AuditEvent.id,
            AuditEvent.created_at.label("at"),
            AuditEvent.action,
            ticket.c.id.label("ticket_id"),
            ticket.c.reference,
            AuditEvent.actor_id,
            shown_name.label("name"),
            _vendor_of_actor().label("vendor"),
            func.coalesce(
                _named(User, shown_name, "assigned_to_user_id"),
                _named(VendorOrg, VendorOrg.name, "vendor_org_id"),
            ).label("whom"),
            _value("status").label("status"),
            func.coalesce(_value("visibility") == "team", false()).label("is_note"),
            (AuditEvent.actor_id == ticket.c.reporter_id).label("by_reporter"),
        )
        .select_from(AuditEvent)
        .join(ticket, true())
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .where(
            AuditEvent.property_owner_id == actor.owner_id,
            AuditEvent.actor_id.is_not(None),
            AuditEvent.action.in_(TOLD),
        )
        .order_by(AuditEvent.created_at.desc(), AuditEvent.id.desc())
        .limit(limit * READ_AHEAD)
    )
    return _folded(rows)[:limit]


def _its_ticket(actor: Actor, building_id: uuid.UUID | None) -> FromClause:
    """The ticket of an entry, if it is one of the actor's.

    The entries are read from the newest on, until there are enough of them; with
    ``offset`` the database is kept from reading all tickets first.
    """
    place = [] if building_id is None else [Ticket.building_id == building_id]
    return (
        select(
            Ticket.id,
            Ticket.reporter_id,
            func.concat(PropertyOwner.ticket_prefix, "-", Ticket.number).label("reference"),
        )
        .join(PropertyOwner, PropertyOwner.id == Ticket.property_owner_id)
        .where(
            Ticket.property_owner_id == AuditEvent.property_owner_id,
            Ticket.id == AuditEvent.ticket_id,
            in_scope(actor),
            in_staff_buildings(actor, OPERATIONS_ROLES),
            *place,
        )
        .correlate(AuditEvent)
        .offset(0)
        .lateral("its_ticket")
    )


def _folded(rows: Any) -> list[Happening]:
    """Reviewing as a part of assigning, and files sent together, are one happening."""
    found: list[Happening] = []
    for row in rows:
        item = Happening(**row._mapping)
        last = found[-1] if found else None
        same = last and (last.actor_id, last.ticket_id) == (item.actor_id, item.ticket_id)
        if same and last and last.action == item.action == A.ATTACHMENT_UPLOADED:
            last.count += 1
        elif not (same and item.action == A.TRIAGED):
            found.append(item)
    return found


def _path(field: str) -> Any:
    """The changes of a field, which may carry the name of its table."""
    tables = ("", "tickets.", "assignments.", "messages.")
    names = " || ".join(f'@.field == "{table}{field}"' for table in tables)
    return cast(literal(f"$[*] ? ({names})"), JSONPATH)


def _value(field: str) -> ColumnElement[str]:
    """What a field was changed to, as text."""
    change = func.jsonb_path_query_first(AuditEvent.changes, _path(field))
    return func.jsonb_extract_path_text(change, "to", type_=Text)


def _named(model: Any, name: ColumnElement[str] | Any, field: str) -> Any:
    query: Select[str] = select(name).where(model.id == cast(_value(field), Uuid))
    return query.correlate(AuditEvent).scalar_subquery()


def _vendor_of_actor() -> Any:
    """The vendor for whom whoever acted works, if they work for one."""
    return (
        select(VendorOrg.name)
        .join(Membership, Membership.vendor_org_id == VendorOrg.id)
        .where(Membership.user_id == AuditEvent.actor_id, role_counts())
        .order_by(VendorOrg.name)
        .limit(1)
        .correlate(AuditEvent)
        .scalar_subquery()
    )
