"""Random sequences of calls around a vendor's visit never reach an illegal state."""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import AppError
from ecopick.domains.tickets.commands import visits
from ecopick.domains.tickets.commands.assignment import (
    assign_ticket,
    cancel_assignment,
    respond_assignment,
    undo_response,
)
from ecopick.domains.tickets.commands.status import transition_ticket_status
from ecopick.domains.tickets.commands.visit_reminders import due_visits, remind
from ecopick.domains.tickets.inputs import (
    AssignTicket,
    CancelAssignment,
    ChangeStatus,
    RespondAssignment,
)
from ecopick.domains.tickets.lifecycle import OPEN_ASSIGNMENT, AssignmentState, TicketStatus
from ecopick.domains.tickets.link_inputs import ArrivalWindow
from ecopick.domains.tickets.models import Assignment, Ticket, Visit
from ecopick.domains.tickets.queries.visits import open_visit, options_of
from ecopick.domains.tickets.visit_states import OVER, VisitState
from tests.domains.tickets.test_main_line import add_evidence, report
from tests.factories import World

WALKS = 300 if os.environ.get("ECOPICK_FULL") else 15
PEOPLE = ("vendor", "vendor", "vendor_tech", "resident", "resident", "manager", "vendor_two")
Step = Callable[[Session, Actor, Any, Ticket], Any]


def _window(hours: int) -> ArrivalWindow:
    start = clock.now() + timedelta(hours=hours)
    return ArrivalWindow(start, start + timedelta(hours=2))


def _offered(session: Session, key: Any) -> ArrivalWindow:
    found = open_visit(session, key)
    options = options_of(found) if found is not None else []
    return options[0] if options else _window(1)


def _answer(session: Session, actor: Actor, key: Any, *, accept: bool, timed: bool = True) -> Any:
    window = _window(30)
    data = RespondAssignment(
        accept=accept,
        arrival_from=window.start if accept and timed else None,
        arrival_until=window.end if accept and timed else None,
        reason=None if accept else "No",
    )
    return respond_assignment(session, actor, key, data)


def _remind(session: Session, actor: Actor, key: Any, ticket: Ticket) -> None:
    system = Actor.system(ticket.property_owner_id)
    for visit_id in due_visits(session, ticket.property_owner_id):
        remind(session, system, visit_id)


def _to(status: TicketStatus) -> Step:
    return lambda s, a, k, t: transition_ticket_status(s, a, t.id, ChangeStatus(status=status))


STEPS: dict[str, Step] = {
    "accept": lambda s, a, k, t: _answer(s, a, k, accept=True),
    "accept_untimed": lambda s, a, k, t: _answer(s, a, k, accept=True, timed=False),
    "decline": lambda s, a, k, t: _answer(s, a, k, accept=False),
    "undo": lambda s, a, k, t: undo_response(s, a, k),
    "propose": lambda s, a, k, t: visits.propose_times(s, a, k, [_window(5), _window(26)]),
    "pick": lambda s, a, k, t: visits.pick_time(s, a, k, _offered(s, k)),
    "confirm": lambda s, a, k, t: visits.confirm_time(s, a, k, _offered(s, k)),
    "ask": lambda s, a, k, t: visits.ask_other_time(s, a, k, [_window(8)], "Lieber später"),
    "set_off": lambda s, a, k, t: visits.set_off(s, a, k),
    "arrive": lambda s, a, k, t: visits.arrive(s, a, k),
    "remind": _remind,
    "resolve": _to(TicketStatus.RESOLVED),
    "reopen": _to(TicketStatus.IN_PROGRESS),
    "close": _to(TicketStatus.CLOSED),
    "cancel": _to(TicketStatus.CANCELLED),
    "take_back": lambda s, a, k, t: cancel_assignment(s, a, t.id, CancelAssignment()),
    "dispatch": lambda s, a, k, t: assign_ticket(
        s, a, t.id, AssignTicket(type="VENDOR", vendor_org_id=t.vendor_org_id or k)
    ),
}


def check(world: World, ticket_id: Any) -> None:
    """What holds after every call, whoever made it."""
    with world.database.transaction(Actor.system(world.owner_id).scope) as session:
        rows = session.scalars(select(Visit).where(Visit.ticket_id == ticket_id)).all()
        jobs = {
            row.id: row
            for row in session.scalars(select(Assignment).where(Assignment.ticket_id == ticket_id))
        }
        ticket = session.get_one(Ticket, ticket_id)
        for job in jobs.values():
            mine = [row for row in rows if row.assignment_id == job.id]
            live = [row for row in mine if row.state not in OVER]
            assert len(live) <= 1
            if job.state not in OPEN_ASSIGNMENT or job.state is AssignmentState.PENDING:
                assert not live
            agreed = [row for row in live if row.state is VisitState.CONFIRMED]
            if agreed:
                assert (job.arrival_from, job.arrival_until) == (
                    agreed[0].arrival_from,
                    agreed[0].arrival_until,
                )
            if live and live[0].state is VisitState.PROPOSED:
                assert job.arrival_from is None
        for row in rows:
            assert (row.done_at is not None) == (row.state is VisitState.DONE)
            assert (row.cancelled_at is not None) == (row.state is VisitState.CANCELLED)
            assert len(row.options) <= 3
            if row.state is VisitState.ARRIVED:
                assert row.arrived_at is not None
            if row.state in OVER:
                assert row.options == []
        if ticket.status in (TicketStatus.CLOSED, TicketStatus.CANCELLED, TicketStatus.RESOLVED):
            assert all(row.state in OVER for row in rows)


@settings(
    max_examples=WALKS,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=not os.environ.get("ECOPICK_FULL"),
)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(STEPS)), st.sampled_from(PEOPLE), st.integers(0, 400)),
        min_size=4,
        max_size=14,
    )
)
def test_no_sequence_of_calls_reaches_an_illegal_state(
    world: World, walk: list[tuple[str, str, int]]
) -> None:
    clock.reset()
    ticket = report(world)
    add_evidence(world, ticket)
    manager = world.actor("manager")
    asked = AssignTicket(type="VENDOR", vendor_org_id=world.vendor_org_id)
    with world.database.transaction(manager.scope) as session:
        key = assign_ticket(session, manager, ticket.id, asked).id
    for name, who, minutes in [("accept", "vendor", 0), *walk]:
        clock.shift(timedelta(minutes=minutes))
        actor = world.actor(who)
        try:
            with world.database.transaction(actor.scope) as session:
                current = session.get(Ticket, ticket.id) or ticket
                if name == "dispatch":
                    STEPS[name](session, actor, world.vendor_org_id, current)
                else:
                    STEPS[name](session, actor, key, current)
        except AppError:
            pass
        check(world, ticket.id)
        key = latest(world, ticket.id)


def latest(world: World, ticket_id: Any) -> Any:
    """The newest assignment: what the calls are about."""
    with world.database.transaction(Actor.system(world.owner_id).scope) as session:
        return session.scalar(
            select(Assignment.id)
            .where(Assignment.ticket_id == ticket_id)
            .order_by(Assignment.created_at.desc(), Assignment.id.desc())
            .limit(1)
        )
