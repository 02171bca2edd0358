"""Random sequences of commands by random people never reach an illegal state."""

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
from ecopick.domains.sla.queries import events_of
from ecopick.domains.tickets.commands.assignment import (
    assign_ticket,
    cancel_assignment,
    lapse_assignment,
    respond_assignment,
    undo_response,
)
from ecopick.domains.tickets.commands.conversation import post_message
from ecopick.domains.tickets.commands.opportunities import (
    claim,
    confirm_claim,
    publish_opportunity,
    refuse_claim,
)
from ecopick.domains.tickets.commands.status import mark_breached, transition_ticket_status
from ecopick.domains.tickets.inputs import (
    AssignTicket,
    CancelAssignment,
    ChangeStatus,
    PostMessage,
    PublishOpportunity,
    RespondAssignment,
)
from ecopick.domains.tickets.lifecycle import (
    ACTIVE,
    OPEN_ASSIGNMENT,
    AssignmentState,
    TicketStatus,
)
from ecopick.domains.tickets.models import Assignment, Ticket
from ecopick.domains.tickets.queries.find import get_ticket
from tests.domains.tickets.test_main_line import add_evidence, report
from tests.factories import World

# A job that vendors may apply for, or may again once whoever was asked says no.
S_OPEN = ACTIVE - {TicketStatus.NEW, TicketStatus.TRIAGED, TicketStatus.IN_PROGRESS}
WALKS = 400 if os.environ.get("ECOPICK_FULL") else 25
PEOPLE = ("manager", "caretaker", "resident", "vendor", "vendor_two")

Step = Callable[[Session, Actor, World, Ticket], Any]


def _answer(accept: bool) -> Step:
    def step(session: Session, actor: Actor, world: World, ticket: Ticket) -> Any:
        return respond_assignment(
            session, actor, _latest(session, ticket), RespondAssignment(accept=accept)
        )

    return step


def _latest(session: Session, ticket: Ticket) -> Any:
    return session.scalar(
        select(Assignment.id)
        .where(Assignment.ticket_id == ticket.id)
        .order_by(Assignment.created_at.desc())
        .limit(1)
    )


def _to(status: TicketStatus) -> Step:
    return lambda session, actor, world, ticket: transition_ticket_status(
        session, actor, ticket.id, ChangeStatus(status=status)
    )


STEPS: dict[str, Step] = {
    **{f"to_{status.lower()}": _to(status) for status in TicketStatus},
    "dispatch": lambda s, a, w, t: assign_ticket(
        s, a, t.id, AssignTicket(type="VENDOR", vendor_org_id=w.vendor_org_id)
    ),
    "assign": lambda s, a, w, t: assign_ticket(
        s, a, t.id, AssignTicket(type="INTERNAL", assigned_to_user_id=w.people["caretaker"])
    ),
    "accept": _answer(True),
    "decline": _answer(False),
    "undo": lambda s, a, w, t: undo_response(s, a, _latest(s, t)),
    "take_back": lambda s, a, w, t: cancel_assignment(s, a, t.id, CancelAssignment()),
    "write": lambda s, a, w, t: post_message(s, a, t.id, PostMessage(body="Guten Tag")),
    "publish": lambda s, a, w, t: publish_opportunity(s, a, t.id, PublishOpportunity()),
    "publish_for_an_hour": lambda s, a, w, t: publish_opportunity(
        s, a, t.id, PublishOpportunity(vendor_deadline=clock.now() + timedelta(hours=1))
    ),
    "sweep": lambda s, a, w, t: mark_breached(s, Actor.system(w.owner_id), w.owner_id, clock.now()),
    "withdraw": lambda s, a, w, t: publish_opportunity(s, a, t.id, PublishOpportunity(open=False)),
    "claim": lambda s, a, w, t: claim(s, a, t.id, w.vendor_org_id),
    "confirm": lambda s, a, w, t: confirm_claim(s, a, t.id),
    "refuse": lambda s, a, w, t: refuse_claim(s, a, t.id),
    "lapse": lambda s, a, w, t: lapse_assignment(s, Actor.system(w.owner_id), _latest(s, t)),
}


def check(world: World, ticket_id: Any) -> None:
    """What holds after every command, whatever happened before."""
    system = Actor.system(world.owner_id)
    with world.database.transaction(system.scope) as session:
        ticket = get_ticket(session, system, ticket_id)
        assignments = session.scalars(
            select(Assignment).where(Assignment.ticket_id == ticket_id)
        ).all()
        marks = "".join(event.type.value[0] for event in events_of(session, ticket_id))
        open_now = [row for row in assignments if row.state in OPEN_ASSIGNMENT]
        assert len(open_now) <= 1
        current = open_now[0] if open_now else None
        S = TicketStatus
        if ticket.status not in (S.RESOLVED, S.CLOSED):
            assert ticket.current_assignment_id == (current.id if current else None)
            assert ticket.vendor_org_id == (current.vendor_org_id if current else None)
        if ticket.status == S.ASSIGNED:
            assert current is not None
            assert current.state in OPEN_ASSIGNMENT
        if ticket.status == S.IN_PROGRESS and current is not None:
            assert current.state == AssignmentState.ACCEPTED
        if ticket.status in (S.RESOLVED, S.CLOSED):
            assert current is None or current.state == AssignmentState.ACCEPTED
        if ticket.open_to_vendors:
            assert ticket.status in S_OPEN
        if ticket.status == S.VENDOR_OPPORTUNITY:
            assert ticket.open_to_vendors
        if ticket.status in (S.NEW, S.TRIAGED, S.CANCELLED, S.VENDOR_OPPORTUNITY):
            assert current is None
        assert (ticket.resolved_at is not None) == (ticket.status in (S.RESOLVED, S.CLOSED))
        assert (ticket.closed_at is not None) == (ticket.status == S.CLOSED)
        assert (ticket.cancelled_at is not None) == (ticket.status == S.CANCELLED)
        assert marks.startswith("s")
        assert "pp" not in marks
        assert "rr" not in marks
        assert marks.count("b") <= 1
        assert "p" not in marks.partition("b")[2]
        if "b" not in marks:
            paused = marks.replace("m", "").endswith("p")
            assert paused == (ticket.status == S.AWAITING_TENANT)


@settings(
    max_examples=WALKS,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(STEPS)), st.sampled_from(PEOPLE), st.integers(0, 90)),
        max_size=14,
    )
)
def test_no_sequence_of_commands_reaches_an_illegal_state(
    world: World, walk: list[tuple[str, str, int]]
) -> None:
    clock.reset()
    ticket = report(world)
    add_evidence(world, ticket)
    for name, who, minutes in walk:
        clock.shift(timedelta(minutes=minutes))
        actor = world.actor(who)
        try:
            with world.database.transaction(actor.scope) as session:
                STEPS[name](session, actor, world, ticket)
        except AppError:
            pass
        check(world, ticket.id)
