"""One ticket with all that hangs on it, cut down to what the reader may know.

Vendors learn nothing of people before the job is theirs; team notes and their
files are for the owner's own staff; tenants see who comes, not who declined.
"""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import audit, clock
from ecopick.core.actor import Actor
from ecopick.core.finding import as_id
from ecopick.core.permissions import allows
from ecopick.domains.property.models import Unit
from ecopick.domains.sla.targets import Clock, amber_below, clock_of
from ecopick.domains.tickets.lifecycle import OPEN_ASSIGNMENT, TERMINAL, illegal_transition
from ecopick.domains.tickets.models import (
    Assignment,
    Attachment,
    Message,
    MessageVisibility,
    ScanState,
    Ticket,
    TicketStakeholder,
)
from ecopick.domains.tickets.outputs import (
    AssignmentOut,
    AttachmentOut,
    AuditOut,
    MessageOut,
    PersonOut,
    StakeholderOut,
    TicketOut,
    VendorOut,
)
from ecopick.domains.tickets.outside import is_unconfirmed
from ecopick.domains.tickets.policy import (
    Known,
    is_assignee,
    knowing,
    lives_there,
    open_assignment,
    visible_to,
)
from ecopick.domains.tickets.queries.actions import available_actions
from ecopick.domains.tickets.queries.find import get_ticket
from ecopick.domains.tickets.queries.gathering import Gathered, gather
from ecopick.domains.tickets.queries.history import history
from ecopick.domains.tickets.queries.mentionable import Named
from ecopick.domains.tickets.queries.parts import people_and_vendors, sla_out, somebody
from ecopick.domains.tickets.queries.redaction import hides_people, sees_team
from ecopick.domains.tickets.queries.timeline import Interval, intervals, paused_total

STAFF, TENANT, VENDOR = "staff", "tenant", "vendor"
P = TypeVar("P", bound=MessageOut | AttachmentOut | StakeholderOut)


@dataclass
class TicketView:
    """What a page needs: the ticket as the API shows it, its clock, the reader's side.

    ``row`` is the ticket as stored; ``can`` is what the reader may do beside
    ``available_actions``; ``units`` are those of the building, for staff.
    """

    ticket: TicketOut
    row: Ticket
    clock: Clock
    intervals: list[Interval]
    side: str
    hidden: bool
    can: frozenset[str] = frozenset()
    people: dict[uuid.UUID, PersonOut] = field(default_factory=dict)
    units: list[Unit] = field(default_factory=list)

    @property
    def share_left(self) -> float:
        """The part of the target that is left, 0 to 1."""
        left, target = self.clock.left, self.clock.target
        return max(0.0, min(1.0, left / target)) if left is not None else 0.0

    @property
    def amber_from(self) -> Any:
        """When the chip turns amber."""
        due = self.clock.due_at
        return due - amber_below(self.clock.target) if due else None

    @property
    def paused(self) -> timedelta:
        """All pauses, the running one included."""
        return paused_total(self.intervals)


def side_of(actor: Actor, ticket: Ticket) -> str:
    """As whom the reader sees the ticket: staff, vendor or tenant."""
    if sees_team(actor, ticket):
        return STAFF
    if ticket.reporter_id == actor.user_id or lives_there(actor, ticket):
        return TENANT
    return VENDOR if ticket.vendor_org_id in actor.vendor_org_ids else TENANT


def ticket_view(session: Session, actor: Actor, key: Any) -> TicketView:
    """The visible ticket with its relations; the reading is recorded. Raises NotFound."""
    ticket = get_ticket(session, actor, key)
    audit.read(actor, "VIEW", "Ticket", ticket.id, owner_id=ticket.property_owner_id)
    return build_view(session, actor, ticket)


def ticket_detail(
    session: Session, actor: Actor, key: Any, *, with_audit: bool = False
) -> TicketOut:
    """The visible ticket as the API shows it; staff may ask for its history too."""
    view = ticket_view(session, actor, key)
    if with_audit and view.side == STAFF:
        view.ticket.audit_events = [
            AuditOut.model_validate(entry) for entry in history(session, actor, view.ticket.id)
        ]
    return view.ticket


def ticket_after(session: Session, actor: Actor, key: Any) -> TicketView | None:
    """The ticket after the actor's own change; None if they no longer see it."""
    session.flush()
    session.expire_all()
    ticket_id = as_id(key)
    ticket = session.scalars(
        select(Ticket).where(Ticket.id == ticket_id, visible_to(actor))
    ).one_or_none()
    return build_view(session, actor, ticket) if ticket is not None else None


def shown_after(session: Session, actor: Actor, key: Any, made: P) -> P:
    """What was just added to a ticket as its reader sees it there, with the people named."""
    view = ticket_after(session, actor, key)
    if view is None:
        return made
    parts = (*view.ticket.messages, *view.ticket.attachments, *view.ticket.stakeholders)
    return next((row for row in parts if isinstance(row, type(made)) and row.id == made.id), made)


def current_assignment(session: Session, actor: Actor, key: Any) -> Assignment:
    """The open assignment of a visible ticket. Raises NotFound, or Conflict without one."""
    found = open_assignment(session, get_ticket(session, actor, key))
    if found is None:
        raise illegal_transition()
    return found


def claim_of(session: Session, actor: Actor, key: Any, asked: uuid.UUID | None) -> Assignment:
    """The application that waits for confirmation; Conflict if it is not the one asked for."""
    found = current_assignment(session, actor, key)
    if not found.is_claim or asked not in (None, found.id):
        raise illegal_transition()
    return found


def build_view(session: Session, actor: Actor, ticket: Ticket) -> TicketView:
    """Everything about a ticket that was found for the actor."""
    side = side_of(actor, ticket)
    staff = side == STAFF
    rows = gather(session, actor, ticket, with_units=staff)
    current = next(
        (row for row in rows.assignments if row.id == ticket.current_assignment_id), None
    )
    hidden = hides_people(actor, ticket, current)
    messages = [] if hidden else _messages(rows, with_team=staff)
    named = Named.of(rows.mentions, messages)
    attachments = [] if hidden else _attachments(rows, messages)
    stakeholders = rows.stakeholders if staff else []
    shown = _shown_assignments(actor, rows.assignments, side)
    people, vendors = people_and_vendors(
        session,
        ticket,
        {
            None if hidden else ticket.reporter_id,
            *(row.author_id for row in messages),
            *named.all,
            *(row.uploaded_by_id for row in attachments),
            *(row.user_id for row in stakeholders),
            *(row.assigned_to_user_id for row in shown),
        },
        {ticket.vendor_org_id, *(row.vendor_org_id for row in shown)},
        reachable=_reachable(actor, ticket, staff=staff, hidden=hidden),
        contact=staff,
    )
    if is_unconfirmed(ticket):
        people[ticket.reporter_id] = somebody(ticket, told=staff)
    ended_at = ticket.resolved_at or ticket.cancelled_at
    spans = intervals(rows.sla_events, ticket.created_at, ended_at)
    paused_since = next((span.start for span in spans if span.paused and span.running), None)
    shown_clock = clock_of(
        status=ticket.status,
        priority=ticket.priority,
        due=ticket.sla_due_at,
        breached_at=ticket.sla_breached_at,
        resolved_at=ticket.resolved_at,
        paused_at=paused_since,
        now=clock.now(),
    )
    files = [_attachment(row, people) for row in attachments]
    with knowing(session, _facts(actor, ticket, rows)):
        actions = available_actions(session, actor, ticket, price_waits=rows.price_waits)
        can = _rights(session, actor, ticket)
    out = TicketOut.model_validate(
        {
            **{name: getattr(ticket, name) for name in _OWN},
            "building": rows.building,
            "unit": rows.unit,
            "unit_section": rows.section,
            "reference": f"{rows.prefix}-{ticket.number}",
            "access_note": None if hidden else ticket.access_note,
            "reporter_id": None if hidden else ticket.reporter_id,
            "reporter": None if hidden else people.get(ticket.reporter_id),
            "is_confirmed": not is_unconfirmed(ticket),
            "followers": rows.followers,
            "tenant_company_id": None if hidden else ticket.tenant_company_id,
            "parent_id": ticket.parent_id if staff else None,
            "vendor_org": vendors.get(ticket.vendor_org_id) if ticket.vendor_org_id else None,
            "sla": sla_out(shown_clock, ticket.sla_breached_at, paused_total(spans), paused_since),
            "assignments": [_assignment(row, people, vendors, side) for row in shown],
            "messages": [_message(row, people, files, named) for row in messages],
            "attachments": files,
            "stakeholders": [_stakeholder(row, people) for row in stakeholders],
            "available_actions": actions,
        }
    )
    return TicketView(out, ticket, shown_clock, spans, side, hidden, can, people, rows.units)


def _facts(actor: Actor, ticket: Ticket, rows: Gathered) -> Known:
    """What the rules ask about the ticket, from what was read anyway."""
    return Known(
        ticket_id=ticket.id,
        user_id=actor.user_id,
        assignment=next((row for row in rows.assignments if row.state in OPEN_ASSIGNMENT), None),
        participation=next(
            (
                row
                for row in rows.stakeholders
                if row.user_id == actor.user_id and not row.of_household
            ),
            None,
        ),
        holds_rights=rows.holds_rights,
    )


_OWN = (
    "id",
    "property_owner_id",
    "number",
    "title",
    "description",
    "category",
    "priority",
    "status",
    "resume_status",
    "channel",
    "building_id",
    "unit_id",
    "unit_section_id",
    "current_assignment_id",
    "vendor_org_id",
    "open_to_vendors",
    "vendor_deadline",
    "collects_quotes",
    "sla_due_at",
    "sla_breached_at",
    "triaged_at",
    "resolved_at",
    "closed_at",
    "cancelled_at",
    "version",
    "created_at",
    "updated_at",
)


def _messages(rows: Gathered, *, with_team: bool) -> list[Message]:
    everyone = MessageVisibility.EVERYONE
    return [row for row in rows.messages if with_team or row.visibility is everyone]


def _attachments(rows: Gathered, messages: list[Message]) -> list[Attachment]:
    """Files whose message the reader sees; infected ones are not listed."""
    readable = {row.id for row in messages}
    return [
        row
        for row in rows.attachments
        if (row.message_id is None or row.message_id in readable)
        and row.scan_state is not ScanState.INFECTED
    ]


def _shown_assignments(actor: Actor, rows: list[Assignment], side: str) -> list[Assignment]:
    if side == STAFF:
        return rows
    if side == VENDOR:
        return [row for row in rows if is_assignee(actor, row)]
    return [row for row in rows if row.state in OPEN_ASSIGNMENT]


def _reachable(
    actor: Actor, ticket: Ticket, *, staff: bool, hidden: bool
) -> frozenset[uuid.UUID] | None:
    """Whose phone and address the reader learns; None for everybody's."""
    if staff:
        return None
    vendor = ticket.vendor_org_id is not None and ticket.vendor_org_id in actor.vendor_org_ids
    return frozenset({ticket.reporter_id}) if vendor and not hidden else frozenset({actor.user_id})


def _assignment(
    row: Assignment,
    people: dict[uuid.UUID, PersonOut],
    vendors: dict[uuid.UUID, VendorOut],
    side: str,
) -> AssignmentOut:
    out = AssignmentOut.model_validate(row)
    if row.assigned_to_user_id is not None:
        out.assigned_to = people.get(row.assigned_to_user_id)
    if row.vendor_org_id is not None:
        out.vendor_org = vendors.get(row.vendor_org_id)
    if side == TENANT:
        out.reason = None
    return out


def _attachment(row: Attachment, people: dict[uuid.UUID, PersonOut]) -> AttachmentOut:
    base = f"/api/attachments/{row.id}"
    clean = row.scan_state is ScanState.CLEAN
    return AttachmentOut.model_validate(row).model_copy(
        update={
            "uploaded_by": people.get(row.uploaded_by_id),
            "download_url": f"{base}/download" if clean else None,
            "thumbnail_url": f"{base}/thumbnail" if clean and row.thumbnail_key else None,
        }
    )


def _message(
    row: Message, people: dict[uuid.UUID, PersonOut], files: list[AttachmentOut], named: Named
) -> MessageOut:
    return MessageOut(
        id=row.id,
        ticket_id=row.ticket_id,
        author_id=row.author_id,
        author=people.get(row.author_id),
        body=row.body,
        visibility=row.visibility,
        attachments=[item for item in files if item.message_id == row.id],
        mentions=[people[each] for each in named.by_message.get(row.id, ()) if each in people],
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _stakeholder(row: TicketStakeholder, people: dict[uuid.UUID, PersonOut]) -> StakeholderOut:
    out = StakeholderOut.model_validate(row)
    out.user = people.get(row.user_id)
    return out


def _rights(session: Session, actor: Actor, ticket: Ticket) -> frozenset[str]:
    """What the actor may do beside the lifecycle's actions: edit, comment, note, attach,
    assign, take part in choosing participants, export. Closed and cancelled tickets
    can only be exported."""
    names = ("edit", "comment", "note", "attach", "assign", "manage_stakeholders", "export")
    return frozenset(
        name
        for name in (names if ticket.status not in TERMINAL else ("export",))
        if allows(session, actor, f"ticket:{name}", ticket)
    )
