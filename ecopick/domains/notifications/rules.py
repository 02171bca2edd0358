"""Who is told what when something happens to a ticket.

One function an event, named in ``RULES``. Whoever caused the event is not told.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.tenancy import SYSTEM_USER_ID
from ecopick.domains.notifications import (
    audience,
    quote_rules,
    request_wording,
    visit_wording,
    wording,
)
from ecopick.domains.notifications.commands import Telling
from ecopick.domains.notifications.facts import TicketFacts, ticket_facts
from ecopick.domains.notifications.wording import Notice
from ecopick.domains.tickets.lifecycle import LAPSED, AssignmentState, AssignmentType, TicketStatus
from ecopick.domains.tickets.models import (
    Assignment,
    Message,
    MessageMention,
    MessageVisibility,
    Ticket,
    VendorLink,
    Visit,
)
from ecopick.domains.tickets.outside import is_unconfirmed
from ecopick.domains.tickets.queries.following import following_people
from ecopick.domains.tickets.visit_states import VisitStep
from ecopick.domains.vendors.models import VendorOrg
from ecopick.domains.vendors.queries import recipients

S = TicketStatus
SAME_MOMENT = timedelta(seconds=10)


@dataclass(frozen=True)
class Happening:
    """A stored event of a ticket."""

    id: uuid.UUID
    name: str
    property_owner_id: uuid.UUID
    ticket_id: uuid.UUID
    actor_id: uuid.UUID | None
    payload: dict[str, Any]
    at: datetime

    def ref(self, name: str) -> uuid.UUID:
        """The id that the event carries under ``name``."""
        return uuid.UUID(str(self.payload[name]))


@dataclass(frozen=True)
class Case:
    """What the rules work on."""

    session: Session
    event: Happening
    facts: TicketFacts

    @property
    def ticket(self) -> Ticket:
        """The ticket as it is now."""
        return self.facts.ticket

    def tell(
        self, notice: Notice | None, ids: Iterable[uuid.UUID | None], key: str = ""
    ) -> list[Telling]:
        """``notice`` for these people, but for the one who caused it."""
        if notice is None:
            return []
        others = set(ids) - {self.event.actor_id}
        people = audience.people(self.session, self.ticket, others)
        return [Telling(notice, people, f"{self.event.id}{key}", self.ticket.id)] if people else []

    def assignment(self) -> Assignment:
        """The assignment that the event is about."""
        return self.session.scalars(
            select(Assignment).where(Assignment.id == self.event.ref("assignment_id"))
        ).one()


def tellings_for(session: Session, event: Happening) -> list[Telling]:
    """Everything to be told because of ``event``; nothing where the ticket is out of scope."""
    rule = RULES.get(event.name)
    facts = ticket_facts(session, event.ticket_id) if rule else None
    if rule is None or facts is None:
        return []
    return rule(Case(session, event, facts))


def _created(case: Case) -> list[Telling]:
    """Of a report that nobody stands for yet only the app tells: it causes no mail."""
    managers = audience.management(case.session, case.ticket)
    if case.event.name == "ticket.created" and is_unconfirmed(case.ticket):
        return case.tell(request_wording.unconfirmed(case.facts), managers)
    return case.tell(wording.created(case.facts), managers)


def _unrouted(case: Case) -> list[Telling]:
    managers = audience.management(case.session, case.ticket)
    told = case.tell(wording.unrouted(case.facts), managers)
    # A manager who reported it still has to choose: nobody is left out here.
    return told or _to_all(case, wording.unrouted(case.facts), managers)


def _to_all(case: Case, notice: Notice, ids: Iterable[uuid.UUID], key: str = "") -> list[Telling]:
    people = audience.people(case.session, case.ticket, ids)
    return [Telling(notice, people, f"{case.event.id}{key}", case.ticket.id)] if people else []


def _assigned(case: Case) -> list[Telling]:
    assignment = case.assignment()
    if assignment.is_claim:
        who = _who(case, assignment)
        managers = audience.management(case.session, case.ticket)
        return case.tell(wording.claimed(case.facts, who), managers)
    before = _recalled(case)
    if assignment.type == AssignmentType.INTERNAL:
        notice = wording.assigned(case.facts, assignment.respond_by)
        return before + case.tell(notice, audience.asked(case.session, assignment))
    people = audience.people(case.session, case.ticket, audience.asked(case.session, assignment))
    if not people:
        return before + undeliverable(case.session, assignment)
    notice = wording.dispatched(case.facts, assignment.respond_by)
    return [*before, Telling(notice, people, str(case.event.id), case.ticket.id)]


def _recalled(case: Case) -> list[Telling]:
    """Tell whoever had the job that it went elsewhere, or that the ticket was cancelled.

    Their assignment ended in the transaction of this very event.
    """
    rows = case.session.scalars(
        select(Assignment).where(
            Assignment.ticket_id == case.ticket.id,
            Assignment.state == AssignmentState.CANCELLED,
            Assignment.reason.is_distinct_from(LAPSED),
            Assignment.updated_at.between(case.event.at - SAME_MOMENT, case.event.at + SAME_MOMENT),
        )
    )
    told: list[Telling] = []
    for row in rows:
        told += _tell_recalled(case, row)
    return told


def _tell_recalled(case: Case, assignment: Assignment) -> list[Telling]:
    people = audience.people(
        case.session,
        case.ticket,
        audience.asked(case.session, assignment) - {case.event.actor_id},
    )
    notice = wording.recalled(case.facts)
    key = f"recalled:{assignment.id}:{assignment.version}"
    return [Telling(notice, people, key, case.ticket.id)] if people else []


def undeliverable(session: Session, assignment: Assignment) -> list[Telling]:
    """Tell management that a vendor cannot be reached by mail; once an assignment."""
    facts = ticket_facts(session, assignment.ticket_id)
    if facts is None:
        return []
    people = audience.people(session, facts.ticket, audience.management(session, facts.ticket))
    notice = wording.undeliverable(facts, _vendor_name(session, assignment))
    return [Telling(notice, people, f"undeliverable:{assignment.id}", facts.ticket.id)]


def _accepted(case: Case) -> list[Telling]:
    assignment = case.assignment()
    arrival = _arrival(assignment)
    notice = wording.accepted(case.facts, _who(case, assignment), arrival)
    managers = audience.management(case.session, case.ticket)
    told = case.tell(notice, managers | {case.ticket.reporter_id})
    if assignment.is_claim and assignment.vendor_org_id is not None:
        firm = {each.user_id for each in recipients(case.session, assignment.vendor_org_id)}
        told += case.tell(wording.confirmed(case.facts), firm, ":vendor")
    elif arrival is not None and assignment.type is AssignmentType.VENDOR:
        people = audience.visitors(case.session, assignment.id)
        told += _to_all(case, visit_wording.kept(case.facts, arrival), people, ":visit")
    return told


def _arrival(assignment: Assignment) -> tuple[datetime, datetime | None] | None:
    if assignment.arrival_from is None:
        return None
    return assignment.arrival_from, assignment.arrival_until


def _declined(case: Case) -> list[Telling]:
    assignment = case.assignment()
    notice = wording.declined(case.facts, _who(case, assignment), assignment.reason)
    return case.tell(notice, audience.management(case.session, case.ticket))


def _lapsed(case: Case) -> list[Telling]:
    notice = wording.lapsed(case.facts, _who(case, case.assignment()))
    return case.tell(notice, audience.management(case.session, case.ticket))


def _cancelled(case: Case) -> list[Telling]:
    return _tell_recalled(case, case.assignment())


def _undone(case: Case) -> list[Telling]:
    notice = wording.undone(case.facts, _who(case, case.assignment()))
    return case.tell(notice, audience.management(case.session, case.ticket))


def _published(case: Case) -> list[Telling]:
    people = audience.eligible_vendor_people(case.session, case.ticket)
    return case.tell(wording.published(case.facts), people)


def _status_changed(case: Case) -> list[Telling]:
    before, after = S(case.event.payload["before"]), S(case.event.payload["after"])
    reporter = {case.ticket.reporter_id}
    if before is S.VENDOR_OPPORTUNITY and after is S.TRIAGED:
        managers = audience.management(case.session, case.ticket)
        return case.tell(wording.withdrawn(case.facts), managers)
    if after is S.IN_PROGRESS and before in (S.ASSIGNED, S.VENDOR_PENDING):
        return []  # The acceptance tells who comes.
    if before is S.IN_PROGRESS and after in (S.ASSIGNED, S.TRIAGED, S.VENDOR_OPPORTUNITY):
        return case.tell(wording.appointment_off(case.facts), reporter)
    if after is S.TRIAGED and before is not S.NEW:
        return []
    people = reporter | audience.participants(case.session, case.ticket)
    told = _recalled(case) if after is S.CANCELLED else []
    neighbours = following_people(case.session, case.ticket) - people
    told += case.tell(request_wording.followed(case.facts, after), neighbours, ":followed")
    return told + case.tell(
        wording.status(case.facts, after), people | audience.assignee(case.session, case.ticket)
    )


def _message(case: Case) -> list[Telling]:
    found = case.session.scalars(
        select(Message).where(Message.id == case.event.ref("message_id"))
    ).one()
    managers = audience.management(case.session, case.ticket)
    people = audience.participants(case.session, case.ticket)
    people |= audience.assignee(case.session, case.ticket) | {case.ticket.reporter_id}
    if found.visibility == MessageVisibility.TEAM:
        people = _staff_only(case, people)
    named = _named(case, found.id)
    named &= people | _staff_only(case, named)
    people -= named | {found.author_id}
    managers -= people | named | {found.author_id}
    unknown = is_unconfirmed(case.ticket) and found.author_id == SYSTEM_USER_ID
    who = request_wording.SOMEBODY if unknown else _name(case, found.author_id)
    mailed = not unknown and not case.event.payload.get("quiet")
    told = case.tell(wording.mentioned(case.facts, who, found.body), named, ":named")
    told += case.tell(wording.message(case.facts, who, found.body, by_mail=mailed), people)
    # Where nobody of the staff takes part yet, a mail must reach management.
    alone = mailed and not _staff_only(case, people | named)
    return told + case.tell(
        wording.message(case.facts, who, found.body, by_mail=alone), managers, ":management"
    )


def _named(case: Case, message_id: uuid.UUID) -> set[uuid.UUID]:
    rows = select(MessageMention.user_id).where(MessageMention.message_id == message_id)
    return set(case.session.scalars(rows))


def _staff_only(case: Case, ids: set[uuid.UUID]) -> set[uuid.UUID]:
    people = audience.people(case.session, case.ticket, ids)
    return {person.user_id for person in people if person.side is audience.Side.STAFF}


def _added(case: Case) -> list[Telling]:
    return case.tell(wording.added(case.facts), {case.event.ref("user_id")})


def _visit_changed(case: Case) -> list[Telling]:
    """Everybody around the visit, but for small steps: the vendor's people, whoever reported
    it and, where it was moved, management."""
    visit = case.session.scalars(select(Visit).where(Visit.id == case.event.ref("visit_id"))).one()
    who = case.session.scalar(select(VendorOrg.name).where(VendorOrg.id == visit.vendor_org_id))
    step = VisitStep(case.event.payload["step"])
    notice = visit_wording.visit(case.facts, visit, step, who or "—")
    people: set[uuid.UUID] = {case.ticket.reporter_id}
    if step not in (VisitStep.ON_THE_WAY, VisitStep.ARRIVED):
        people |= audience.visitors(case.session, visit.assignment_id)
    if step in (VisitStep.PROPOSED, VisitStep.CONFIRMED):
        people |= audience.management(case.session, case.ticket)
    return case.tell(notice, people)


def _link_renewed(case: Case) -> list[Telling]:
    link = case.session.scalars(
        select(VendorLink).where(VendorLink.id == case.event.ref("link_id"))
    ).one()
    return _to_all(case, visit_wording.renewed(case.facts), {link.recipient_id})


def _responsible(case: Case) -> set[uuid.UUID]:
    return audience.management(case.session, case.ticket) | audience.assignee(
        case.session, case.ticket
    )


def _due_soon(case: Case) -> list[Telling]:
    return case.tell(wording.due_soon(case.facts), _responsible(case))


def _past_due(case: Case) -> list[Telling]:
    return case.tell(wording.past_due(case.facts), _responsible(case))


def _who(case: Case, assignment: Assignment) -> str:
    if assignment.type == AssignmentType.VENDOR:
        return _vendor_name(case.session, assignment)
    return _name(case, assignment.assigned_to_user_id)


def _vendor_name(session: Session, assignment: Assignment) -> str:
    name = session.scalar(select(VendorOrg.name).where(VendorOrg.id == assignment.vendor_org_id))
    return name or "—"


def _name(case: Case, user_id: uuid.UUID | None) -> str:
    found = audience.people(case.session, case.ticket, {user_id})
    return found[0].name if found else case.facts.owner_name


RULES: dict[str, Callable[[Case], list[Telling]]] = {
    "ticket.created": _created,
    "ticket.confirmed": _created,
    "ticket.unrouted": _unrouted,
    "ticket.assigned": _assigned,
    "ticket.published": _published,
    "ticket.status_changed": _status_changed,
    "ticket.message": _message,
    "ticket.stakeholder_added": _added,
    "assignment.accepted": _accepted,
    "assignment.declined": _declined,
    "assignment.lapsed": _lapsed,
    "assignment.cancelled": _cancelled,
    "assignment.undone": _undone,
    "visit.changed": _visit_changed,
    "vendor_link.renewed": _link_renewed,
    "sla.warning": _due_soon,
    "sla.breached": _past_due,
    **quote_rules.RULES,
}
