"""People and vendors of one ticket, and its clock in figures."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, Text, and_, cast, literal, null, select
from sqlalchemy.orm import Session

from ecopick.core.roles import OPERATIONS_ROLES
from ecopick.core.text import gettext as _
from ecopick.domains.people.models import Membership, User
from ecopick.domains.people.queries import role_counts, shown_name
from ecopick.domains.sla.targets import Clock
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.outputs import PersonOut, SlaOut, VendorOut
from ecopick.domains.vendors.models import VendorOrg


def people_and_vendors(
    session: Session,
    ticket: Ticket,
    people: Iterable[uuid.UUID | None],
    vendors: Iterable[uuid.UUID | None],
    *,
    reachable: frozenset[uuid.UUID] | None,
    contact: bool,
) -> tuple[dict[uuid.UUID, PersonOut], dict[uuid.UUID, VendorOut]]:
    """People by id with the role that counts on this ticket, and firms, in one statement.

    ``reachable`` are those whose phone and address are told (None: everybody's), the address
    in place of a name that nobody gave too; ``contact`` says whether the firms' addresses are.
    """
    wanted = {user_id for user_id in people if user_id is not None}
    firms = {vendor_id for vendor_id in vendors if vendor_id is not None}
    rows = session.execute(_people(wanted).union_all(_firms(firms))) if wanted or firms else ()
    found: dict[uuid.UUID, PersonOut] = {}
    named: dict[uuid.UUID, VendorOut] = {}
    for row in rows:
        if row.is_firm:
            named[row.id] = VendorOut(
                id=row.id, name=row.name, phone=row.phone, email=row.email if contact else None
            )
            continue
        known = reachable is None or row.id in reachable
        name = row.name if known or row.name != row.email else _("Somebody")
        person = found.setdefault(
            row.id,
            PersonOut(
                id=row.id,
                name=name,
                email=row.email if known else None,
                phone=row.phone if known else None,
            ),
        )
        mine = row.property_owner_id == ticket.property_owner_id
        if mine and (person.role is None or row.role in OPERATIONS_ROLES):
            person.role = row.role
        elif row.vendor and person.role is None:
            person.role, person.organisation = row.role, row.vendor
    return found, named


def somebody(ticket: Ticket, *, told: bool) -> PersonOut:
    """Whoever reported from outside and has not proved their address; ``told`` is whether the
    reader learns which address that is."""
    return PersonOut(
        id=ticket.reporter_id,
        name=(ticket.reporter_email if told else None) or _("Somebody without an account"),
    )


def _people(wanted: set[uuid.UUID]) -> Select[*tuple[Any, ...]]:
    """One row for each role in force, or one without."""
    return (
        select(
            literal(False).label("is_firm"),
            User.id,
            shown_name.label("name"),
            cast(User.email, Text).label("email"),
            User.phone,
            Membership.role,
            Membership.property_owner_id,
            VendorOrg.name.label("vendor"),
        )
        .outerjoin(Membership, and_(Membership.user_id == User.id, role_counts()))
        .outerjoin(VendorOrg, VendorOrg.id == Membership.vendor_org_id)
        .where(User.id.in_(wanted))
    )


def _firms(wanted: set[uuid.UUID]) -> Select[*tuple[Any, ...]]:
    return select(
        literal(True),
        VendorOrg.id,
        VendorOrg.name,
        cast(VendorOrg.email, Text),
        VendorOrg.phone,
        null(),
        null(),
        null(),
    ).where(VendorOrg.id.in_(wanted))


def sla_out(
    shown: Clock,
    breached_at: datetime | None,
    paused: timedelta = timedelta(0),
    since: datetime | None = None,
) -> SlaOut:
    """The clock in whole minutes."""
    left = shown.left
    return SlaOut(
        state=shown.state.value,
        target_minutes=int(shown.target.total_seconds() // 60),
        due_at=shown.due_at,
        minutes_left=int(left.total_seconds() // 60) if left is not None else None,
        paused_minutes=int(paused.total_seconds() // 60),
        paused_since=since,
        breached_at=breached_at,
    )
