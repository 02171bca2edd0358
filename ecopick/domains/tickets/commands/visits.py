"""Arranging a visit between vendor and tenant, and what is done on it.

The agreed window of a visit is mirrored by its assignment, so that lists and
deadlines need to know nothing of visits.
"""

import secrets
import uuid

from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.changes import note
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict
from ecopick.core.events import emit
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.property.queries import place_of_code
from ecopick.domains.tickets.events import TicketUpdated, VisitChanged
from ecopick.domains.tickets.lifecycle import TERMINAL, AssignmentState, TicketStatus
from ecopick.domains.tickets.link_inputs import ArrivalWindow
from ecopick.domains.tickets.models import Assignment, Attachment, Ticket, Visit, VisitCheck
from ecopick.domains.tickets.queries.find import lock_assignment, ticket_of
from ecopick.domains.tickets.queries.quotes import is_waiting
from ecopick.domains.tickets.queries.visits import (
    checklist_for,
    checks_of,
    open_visit,
    options_of,
)
from ecopick.domains.tickets.quote_lifecycle import waits_for_approval
from ecopick.domains.tickets.visit_inputs import ProvePlace, TickItem
from ecopick.domains.tickets.visit_states import (
    MOST_OPTIONS,
    REMIND_DAY_BEFORE,
    REMIND_SOON_BEFORE,
    PlaceHow,
    VisitSide,
    VisitState,
    VisitStep,
    proceed,
)

V = VisitState
# Read aloud and written on a slip without mistakes.
CODE_LETTERS, CODE_LENGTH = "ACDEFHJKLMNPQRTUVWXY34679", 5


def begin_visit(
    session: Session, actor: Actor, assignment: Assignment, *, told: bool = True
) -> Visit | None:
    """The job was accepted: its visit and its checklist; part of a command.

    With a window of arrival the visit is agreed at once; the tenant may still ask for
    another time. None for the owner's own staff. ``told`` is whether the acceptance itself
    tells of the window; else the visit does.
    """
    if assignment.vendor_org_id is None:
        return None
    ticket = ticket_of(session, assignment)
    _copy_checklist(session, assignment, ticket)
    if assignment.arrival_from is None or assignment.arrival_until is None:
        return None
    visit = _new_visit(session, assignment, VisitSide.VENDOR)
    window = ArrivalWindow(assignment.arrival_from, assignment.arrival_until)
    _agree(visit, assignment, window)
    session.flush()
    if not told:
        _tell(session, actor, visit, VisitStep.CONFIRMED)
    return visit


def _copy_checklist(session: Session, assignment: Assignment, ticket: Ticket) -> None:
    if checks_of(session, assignment.id):
        return
    items = checklist_for(session, ticket.property_owner_id, ticket.category)
    for position, item in enumerate(items):
        session.add(
            VisitCheck(
                id=new_id(),
                property_owner_id=assignment.property_owner_id,
                ticket_id=assignment.ticket_id,
                assignment_id=assignment.id,
                position=position,
                item=item,
                created_at=clock.now(),
            )
        )


def _new_visit(session: Session, assignment: Assignment, side: VisitSide) -> Visit:
    now = clock.now()
    visit = Visit(
        id=new_id(),
        property_owner_id=assignment.property_owner_id,
        ticket_id=assignment.ticket_id,
        assignment_id=assignment.id,
        vendor_org_id=assignment.vendor_org_id,
        state=V.PROPOSED,
        proposed_by=side,
        options=[],
        sequence=0,
        code="".join(secrets.choice(CODE_LETTERS) for _place in range(CODE_LENGTH)),
        created_at=now,
        updated_at=now,
    )
    session.add(visit)
    return visit


def _agree(visit: Visit, assignment: Assignment, window: ArrivalWindow) -> None:
    """The window counts; who hears of it just now needs no reminder of it soon after."""
    now = clock.now()
    proceed(visit, V.CONFIRMED)
    visit.arrival_from, visit.arrival_until = window.start, window.end
    visit.options, visit.note = [], None
    visit.sequence += 1
    visit.reminded_day_at = now if window.start - now <= REMIND_DAY_BEFORE else None
    visit.reminded_soon_at = now if window.start - now <= REMIND_SOON_BEFORE else None
    assignment.arrival_from, assignment.arrival_until = window.start, window.end


def end_visit(session: Session, actor: Actor, assignment_id: uuid.UUID, to: VisitState) -> None:
    """The job is done, or goes to somebody else; part of a command."""
    visit = open_visit(session, assignment_id, lock=True)
    if visit is None:
        return
    if to is V.DONE and visit.state is V.PROPOSED:
        to = V.CANCELLED
    proceed(visit, to)
    visit.options = []
    if to is V.DONE:
        visit.done_at = clock.now()
        _tell(session, actor, visit, VisitStep.DONE)
    else:
        visit.cancelled_at = clock.now()
        visit.sequence += 1
        _tell(session, actor, visit, VisitStep.CANCELLED)


def _tell(session: Session, actor: Actor, visit: Visit, step: VisitStep) -> None:
    note(session, source="visit", step=step.value)
    event = VisitChanged(visit.property_owner_id, visit.ticket_id, visit.id, step.value)
    emit(session, actor, event)


def _refuse_ended(session: Session, assignment: Assignment) -> Ticket:
    ticket = ticket_of(session, assignment)
    if ticket.status in TERMINAL or ticket.status is TicketStatus.RESOLVED:
        raise Conflict(_("The work is reported as done."), code="illegal_transition")
    if assignment.state is not AssignmentState.ACCEPTED:
        raise Conflict(_("This vendor does not have the job."), code="illegal_transition")
    return ticket


def _refuse_waiting(session: Session, assignment: Assignment) -> None:
    """Nobody sets off for work whose price is not approved yet."""
    if is_waiting(session, ticket_of(session, assignment)):
        raise waits_for_approval()


def _stored(windows: list[ArrivalWindow]) -> list[dict[str, str]]:
    return [{"from": each.start.isoformat(), "until": each.end.isoformat()} for each in windows]


@command("visit:arrange", find=lock_assignment, audit_as="TICKET_UPDATED")
def propose_times(
    session: Session,
    actor: Actor,
    assignment: Assignment,
    windows: list[ArrivalWindow],
    words: str | None = None,
) -> Visit:
    """The vendor offers up to three windows; a time agreed before no longer stands.

    Somebody who was there and has to come again ends this visit and begins another.
    """
    if not 1 <= len(windows) <= MOST_OPTIONS:
        raise wrong_field("date", _("Please propose one to three times."))
    _refuse_ended(session, assignment)
    visit = open_visit(session, assignment.id, lock=True)
    if visit is not None and visit.state is V.ARRIVED:
        end_visit(session, actor, assignment.id, V.DONE)
        session.flush()
        visit = None
    visit = visit or _new_visit(session, assignment, VisitSide.VENDOR)
    proceed(visit, V.PROPOSED)
    if visit.arrival_from is not None:
        visit.sequence += 1
    visit.arrival_from = visit.arrival_until = None
    assignment.arrival_from = assignment.arrival_until = None
    visit.proposed_by, visit.options, visit.note = VisitSide.VENDOR, _stored(windows), words
    visit.on_the_way_at = None
    assignment.undo_until = None
    _tell(session, actor, visit, VisitStep.PROPOSED)
    return visit


@command("visit:answer", find=lock_assignment, audit_as="TICKET_UPDATED")
def pick_time(
    session: Session, actor: Actor, assignment: Assignment, window: ArrivalWindow
) -> Visit:
    """The tenant takes one of the vendor's windows; the same once more changes nothing."""
    return _pick(session, actor, assignment, window, VisitSide.VENDOR)


@command("visit:arrange", find=lock_assignment, audit_as="TICKET_UPDATED")
def confirm_time(
    session: Session, actor: Actor, assignment: Assignment, window: ArrivalWindow
) -> Visit:
    """The vendor takes one of the tenant's windows; the same once more changes nothing."""
    return _pick(session, actor, assignment, window, VisitSide.TENANT)


def _pick(
    session: Session,
    actor: Actor,
    assignment: Assignment,
    window: ArrivalWindow,
    proposed_by: VisitSide,
) -> Visit:
    _refuse_ended(session, assignment)
    visit = open_visit(session, assignment.id, lock=True)
    if visit is None:
        raise Conflict(_("No time is proposed at the moment."), code="illegal_transition")
    agreed = (visit.arrival_from, visit.arrival_until)
    if visit.state is V.CONFIRMED and agreed == (window.start, window.end):
        return visit
    if visit.proposed_by is not proposed_by or window not in options_of(visit):
        raise Conflict(
            _("This time is no longer offered. Please look at the newest ones."), code="not_offered"
        )
    if window.end <= clock.now():
        raise wrong_field("window", _("This time has already passed. Please choose another."))
    _agree(visit, assignment, window)
    assignment.undo_until = None
    _tell(session, actor, visit, VisitStep.CONFIRMED)
    return visit


@command("visit:answer", find=lock_assignment, audit_as="TICKET_UPDATED")
def ask_other_time(
    session: Session,
    actor: Actor,
    assignment: Assignment,
    windows: list[ArrivalWindow],
    words: str | None,
) -> Visit:
    """The tenant asks for another time, in words or with windows of their own.

    A time that was agreed stays until the vendor moves it.
    """
    _refuse_ended(session, assignment)
    visit = open_visit(session, assignment.id, lock=True)
    visit = visit or _new_visit(session, assignment, VisitSide.TENANT)
    if visit.state not in (V.PROPOSED, V.CONFIRMED):
        raise Conflict(_("Somebody is already on the way."), code="illegal_transition")
    visit.proposed_by, visit.options, visit.note = VisitSide.TENANT, _stored(windows), words
    _tell(session, actor, visit, VisitStep.ASKED)
    return visit


@command("visit:work", find=lock_assignment, audit_as="TICKET_UPDATED")
def set_off(session: Session, actor: Actor, assignment: Assignment) -> Visit:
    """Somebody is on the way; a repeat changes nothing.

    Raises Conflict ``waiting_for_approval`` while the price waits to be approved.
    """
    _refuse_ended(session, assignment)
    visit = _at_work(session, assignment)
    if visit.state in (V.ON_THE_WAY, V.ARRIVED):
        return visit
    _refuse_waiting(session, assignment)
    proceed(visit, V.ON_THE_WAY)
    visit.on_the_way_at, visit.options, visit.note = clock.now(), [], None
    assignment.undo_until = None
    _tell(session, actor, visit, VisitStep.ON_THE_WAY)
    return visit


@command("visit:work", find=lock_assignment, audit_as="TICKET_UPDATED")
def arrive(session: Session, actor: Actor, assignment: Assignment) -> Visit:
    """Somebody is there; a repeat changes nothing.

    Raises Conflict ``waiting_for_approval`` while the price waits to be approved.
    """
    _refuse_ended(session, assignment)
    visit = _at_work(session, assignment)
    if visit.state is not V.ARRIVED:
        _arrived(session, actor, assignment, visit)
    return visit


def _at_work(session: Session, assignment: Assignment) -> Visit:
    """The open visit, or one that begins without having been arranged."""
    found = open_visit(session, assignment.id, lock=True)
    return found or _new_visit(session, assignment, VisitSide.VENDOR)


def _arrived(session: Session, actor: Actor, assignment: Assignment, visit: Visit) -> None:
    _refuse_waiting(session, assignment)
    proceed(visit, V.ARRIVED)
    visit.arrived_at, visit.options, visit.note = clock.now(), [], None
    assignment.undo_until = None
    _tell(session, actor, visit, VisitStep.ARRIVED)


@command("visit:work", find=lock_assignment, audit_as="TICKET_UPDATED")
def tick_item(session: Session, actor: Actor, assignment: Assignment, data: TickItem) -> VisitCheck:
    """An item of the checklist is done, or after all not; who and when is kept."""
    _refuse_ended(session, assignment)
    row = next(
        (each for each in checks_of(session, assignment.id) if each.position == data.position), None
    )
    if row is None:
        raise wrong_field("position", _("Please choose one of the options."))
    if (row.ticked_at is not None) == data.ticked:
        return row
    if data.ticked:
        row.ticked_at, row.ticked_by_id = clock.now(), actor.user_id
        row.ticked_name = actor.typed_name
    else:
        row.ticked_at = row.ticked_by_id = row.ticked_name = None
    note(session, source="visit", step=VisitStep.CHECKED.value)
    emit(session, actor, TicketUpdated(row.property_owner_id, row.ticket_id))
    return row


@command("visit:work", find=lock_assignment, audit_as="TICKET_UPDATED")
def prove_place(session: Session, actor: Actor, assignment: Assignment, data: ProvePlace) -> Visit:
    """The code of the building was read at the place: somebody is there.

    Raises Invalid under ``code`` for the code of another building and for unknown ones.
    """
    ticket = _refuse_ended(session, assignment)
    place = place_of_code(session, data.code)
    if place is None or not place.counts or place.building_id != ticket.building_id:
        raise wrong_field("code", _("This is not a code of this building."))
    visit = _at_work(session, assignment)
    if visit.place_at is not None:
        return visit
    if visit.state is not V.ARRIVED:
        _arrived(session, actor, assignment, visit)
    visit.place_at = clock.now()
    visit.place_how = PlaceHow.SCANNED if data.scanned else PlaceHow.TYPED
    _tell(session, actor, visit, VisitStep.PROVED)
    return visit


@command("visit:work", find=lock_assignment, audit_as="TICKET_UPDATED")
def prove_photo(session: Session, actor: Actor, assignment: Assignment, photo: Attachment) -> Visit:
    """A photo that shows the visit's code is kept with it; a later one replaces it."""
    _refuse_ended(session, assignment)
    visit = _at_work(session, assignment)
    if visit.state is not V.ARRIVED:
        _arrived(session, actor, assignment, visit)
    visit.photo_id, visit.photo_at = photo.id, clock.now()
    _tell(session, actor, visit, VisitStep.PROVED)
    return visit
