"""What stands behind a mailed link: which job, for whom, and whether it still counts."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import DateTime, Integer, LargeBinary, Text, Uuid, cast, column, func, select
from sqlalchemy.orm import Session

from ecopick.core import clock, crypto
from ecopick.core.actor import Actor
from ecopick.core.roles import OPERATIONS_ROLES
from ecopick.core.tenancy import Scope
from ecopick.core.text import gettext as _
from ecopick.core.uow import Database
from ecopick.domains.auth.queries.actors import load_user_actor
from ecopick.domains.people.models import User, UserUnit
from ecopick.domains.people.queries import shown_name, tie_counts
from ecopick.domains.property.models import PropertyOwner
from ecopick.domains.sla.targets import Clock
from ecopick.domains.tickets.lifecycle import (
    LAPSED,
    LINK_AFTER_RESOLVED,
    AssignmentState,
    TicketStatus,
)
from ecopick.domains.tickets.models import Assignment, Ticket, VendorSublink, VisitCheck
from ecopick.domains.tickets.outputs import AttachmentOut, PersonOut, TicketOut
from ecopick.domains.tickets.policy import answer_stands_alone
from ecopick.domains.tickets.queries.detail import build_view
from ecopick.domains.tickets.queries.quotes import is_waiting
from ecopick.domains.tickets.queries.visits import (
    VisitView,
    checks_of,
    sublinks_of,
    visit_view,
)
from ecopick.domains.tickets.visit_policy import SUBLINK
from ecopick.domains.vendors.models import VendorOrg


class LinkState(StrEnum):
    """What the link is good for now."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True)
class LinkContext:
    """A link that exists: its job, its recipient as the actor, and its state.

    ``expires_at`` counts while the job is unanswered.
    """

    id: uuid.UUID
    version: int
    property_owner_id: uuid.UUID
    assignment_id: uuid.UUID
    ticket_id: uuid.UUID
    assignment_version: int
    vendor_org_id: uuid.UUID
    actor: Actor
    state: LinkState
    building_id: uuid.UUID
    was_accepted: bool = False
    sublink_id: uuid.UUID | None = None

    @property
    def shows_prices(self) -> bool:
        """Whether its holder may know of money: a technician's narrower link may not."""
        return self.sublink_id is None

    @property
    def holder_id(self) -> uuid.UUID:
        """What tells this link from every other: its own row, or that of the narrower one."""
        return self.sublink_id or self.id


def open_link(database: Database, token: str) -> LinkContext | None:
    """The link behind ``token``; None for a token that was never issued.

    Read in transactions of its own, first without any scope, then in the
    owner's. A recipient who left the vendor finds the link revoked. A technician's
    narrower link acts as its parent's recipient and ends with it.
    """
    found = _own_link(database, token)
    if found is not None:
        return _context(database, found)
    narrow = _narrow_link(database, token)
    if narrow is None:
        return None
    link = _context(database, _parent(narrow), via=SUBLINK)
    if link is None:
        return None
    open_now = narrow.revoked_at is None and link.state is LinkState.ACCEPTED
    ended = link.state if link.state is LinkState.EXPIRED else LinkState.REVOKED
    return replace(
        link,
        actor=replace(link.actor, typed_name=narrow.name),
        state=LinkState.ACCEPTED if open_now else ended,
        sublink_id=narrow.id,
    )


@dataclass(frozen=True)
class _Stored:
    """A mailed link as the database knows it."""

    id: uuid.UUID
    property_owner_id: uuid.UUID
    assignment_id: uuid.UUID
    vendor_org_id: uuid.UUID
    recipient_id: uuid.UUID
    version: int
    expires_at: datetime
    revoked_at: datetime | None


def _own_link(database: Database, token: str) -> _Stored | None:
    with database.transaction(Scope()) as session:
        found = func.find_vendor_link(cast(crypto.token_hash(token), LargeBinary)).table_valued(
            column("id", Uuid),
            column("property_owner_id", Uuid),
            column("assignment_id", Uuid),
            column("vendor_org_id", Uuid),
            column("recipient_id", Uuid),
            column("version", Integer),
            column("expires_at", DateTime(timezone=True)),
            column("revoked_at", DateTime(timezone=True)),
        )
        row = session.execute(select(found)).one_or_none()
    return _Stored(**row._mapping) if row is not None else None


def _narrow_link(database: Database, token: str) -> Any:
    with database.transaction(Scope()) as session:
        names = ("link_id", "property_owner_id", "assignment_id", "vendor_org_id", "recipient_id")
        moments = ("revoked_at", "expires_at", "link_revoked_at")
        found = func.find_vendor_sublink(cast(crypto.token_hash(token), LargeBinary)).table_valued(
            column("id", Uuid),
            column("name", Text),
            column("version", Integer),
            *(column(name, Uuid) for name in names),
            *(column(name, DateTime(timezone=True)) for name in moments),
        )
        return session.execute(select(found)).one_or_none()


def _parent(narrow: Any) -> _Stored:
    return _Stored(
        id=narrow.link_id,
        property_owner_id=narrow.property_owner_id,
        assignment_id=narrow.assignment_id,
        vendor_org_id=narrow.vendor_org_id,
        recipient_id=narrow.recipient_id,
        version=narrow.version,
        expires_at=narrow.expires_at,
        revoked_at=narrow.link_revoked_at,
    )


def _context(database: Database, link: _Stored, via: str = "vendor_link") -> LinkContext | None:
    actor = load_user_actor(
        database, link.recipient_id, link.property_owner_id, kind="link", via=via
    )
    if actor is None:
        return None
    facts = tuple(m for m in actor.memberships if m.vendor_org_id == link.vendor_org_id)
    actor = replace(actor, memberships=facts)
    with database.transaction(actor.scope) as session:
        assignment, ticket = session.execute(
            select(Assignment, Ticket)
            .join(Ticket, Ticket.id == Assignment.ticket_id)
            .where(
                Assignment.property_owner_id == link.property_owner_id,
                Assignment.id == link.assignment_id,
            )
        ).one()
    state = _state(assignment, ticket, link.expires_at, revoked=link.revoked_at is not None)
    return LinkContext(
        id=link.id,
        version=link.version,
        property_owner_id=link.property_owner_id,
        assignment_id=assignment.id,
        ticket_id=ticket.id,
        assignment_version=assignment.version,
        vendor_org_id=link.vendor_org_id,
        actor=actor,
        state=state if facts else LinkState.REVOKED,
        building_id=ticket.building_id,
        was_accepted=assignment.state is AssignmentState.ACCEPTED,
    )


def _state(
    assignment: Assignment, ticket: Ticket, expires_at: datetime, *, revoked: bool
) -> LinkState:
    """An unanswered link ends with its time, an accepted one 30 days after the solution."""
    match assignment.state:
        case AssignmentState.PENDING:
            if revoked:
                return LinkState.REVOKED
            return LinkState.WAITING if clock.now() < expires_at else LinkState.EXPIRED
        case AssignmentState.ACCEPTED:
            if revoked:
                return LinkState.REVOKED
            ended = ticket.resolved_at
            # A link that was asked for again afterwards counts for thirty days more.
            if ended is not None and clock.now() >= max(ended + LINK_AFTER_RESOLVED, expires_at):
                return LinkState.EXPIRED
            return LinkState.ACCEPTED
        case AssignmentState.DECLINED:
            return LinkState.DECLINED
        case _:
            lapsed = assignment.reason == LAPSED
            return LinkState.EXPIRED if lapsed else LinkState.REVOKED


@dataclass(frozen=True)
class Occupant:
    """Whom the vendor will meet; known only after acceptance."""

    name: str
    phone: str | None


@dataclass(frozen=True)
class Job:
    """What the page of a link shows; people and files only once the job is accepted."""

    ticket: TicketOut
    clock: Clock
    amber_from: datetime | None
    owner_name: str
    vendor_name: str
    respond_by: datetime | None
    arrival_from: datetime | None
    arrival_until: datetime | None
    can_undo: bool
    answered_here: bool
    can_finish: bool
    occupant: Occupant | None
    visit: VisitView | None = None
    checks: tuple[VisitCheck, ...] = ()
    sublinks: tuple[VendorSublink, ...] = ()
    # Nobody sets off while the price waits to be approved.
    rests: bool = False

    @property
    def is_solved(self) -> bool:
        """Whether nothing is left to do."""
        return self.ticket.status in (TicketStatus.RESOLVED, TicketStatus.CLOSED)

    def files(self, *, evidence: bool) -> list[AttachmentOut]:
        """Photos of the work done, or the other files that belong to no message."""
        proof = self.visit.row.photo_id if self.visit is not None else None
        return [
            item
            for item in self.ticket.attachments
            if item.is_evidence == evidence and item.message_id is None and item.id != proof
        ]


def read_job(session: Session, link: LinkContext) -> Job:
    """The job behind a link that waits or was accepted, cut to what its holder may know."""
    ticket = session.scalars(select(Ticket).where(Ticket.id == link.ticket_id)).one()
    assignment = get_assignment(session, link)
    view = build_view(session, link.actor, ticket)
    accepted = link.state is LinkState.ACCEPTED and not view.hidden
    session.info["authorized"] = True
    owner, vendor = names(session, link)
    return Job(
        ticket=view.ticket,
        clock=view.clock,
        amber_from=view.amber_from,
        owner_name=owner,
        vendor_name=vendor,
        respond_by=assignment.respond_by,
        arrival_from=assignment.arrival_from,
        arrival_until=assignment.arrival_until,
        can_undo=link.shows_prices and can_undo(session, link, assignment, ticket),
        answered_here=assignment.responded_by_id == link.actor.user_id,
        can_finish="resolve" in view.ticket.available_actions,
        occupant=_occupant(session, ticket, view.ticket.reporter) if accepted else None,
        visit=visit_view(session, assignment.id) if accepted else None,
        checks=tuple(checks_of(session, assignment.id)) if accepted else (),
        sublinks=tuple(sublinks_of(session, link.id)) if accepted and link.shows_prices else (),
        rests=is_waiting(session, ticket),
    )


def get_assignment(session: Session, link: LinkContext) -> Assignment:
    """The assignment of a link, for the commands that answer it."""
    return session.scalars(
        select(Assignment).where(
            Assignment.property_owner_id == link.property_owner_id,
            Assignment.id == link.assignment_id,
        )
    ).one()


def names(session: Session, link: LinkContext) -> tuple[str, str]:
    """The names of the owner and of the vendor."""
    owner = session.scalar(
        select(PropertyOwner.name).where(PropertyOwner.id == link.property_owner_id)
    )
    vendor = session.scalar(select(VendorOrg.name).where(VendorOrg.id == link.vendor_org_id))
    return owner or "", vendor or ""


def can_undo(
    session: Session, link: LinkContext, assignment: Assignment, ticket: Ticket | None = None
) -> bool:
    """Whether the recipient may still take their answer back."""
    if assignment.undo_until is None or clock.now() > assignment.undo_until:
        return False
    if assignment.responded_by_id != link.actor.user_id:
        return False
    found = ticket or session.scalars(select(Ticket).where(Ticket.id == link.ticket_id)).one()
    return answer_stands_alone(session, found, assignment)


def _occupant(session: Session, ticket: Ticket, reporter: PersonOut | None) -> Occupant | None:
    """Whoever reported it if they live there, else the unit's main resident, else the
    reporter, unless they are of the owner's staff."""
    if ticket.unit_id is not None:
        row = session.execute(
            select(User.id, shown_name.label("name"), User.email, User.phone)
            .join(UserUnit, UserUnit.user_id == User.id)
            .where(
                UserUnit.property_owner_id == ticket.property_owner_id,
                UserUnit.unit_id == ticket.unit_id,
                tie_counts(),
            )
            .order_by(
                (User.id == ticket.reporter_id).desc(), UserUnit.is_primary.desc(), UserUnit.id
            )
            .limit(1)
        ).one_or_none()
        if row is not None:
            # The vendor learns the reporter's address, nobody else's in place of a name.
            told = row.id == ticket.reporter_id or row.name != row.email
            return Occupant(row.name if told else _("Somebody"), row.phone)
    if reporter is None or reporter.role in OPERATIONS_ROLES:
        return None
    return Occupant(reporter.name, reporter.phone)
