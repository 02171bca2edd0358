"""An act on several tickets and its undo, from any state: nothing is lost, all is told."""

import os
import uuid
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.errors import AppError
from ecopick.core.uow import attempt
from ecopick.domains.tickets.commands.bulk import begin_bulk, begin_undo, carry_on
from ecopick.domains.tickets.desk_inputs import BulkAssign, BulkPriority, BulkStatus, BulkTickets
from ecopick.domains.tickets.lifecycle import (
    BulkKind,
    BulkOutcome,
    BulkState,
    TicketPriority,
    TicketStatus,
)
from ecopick.domains.tickets.models import BulkAct, BulkResult, Ticket
from ecopick.domains.tickets.queries.bulk import state_before
from tests.domains.tickets.test_main_line import add_evidence, report
from tests.domains.tickets.test_random_walks import STEPS, check
from tests.factories import World

EXAMPLES = 150 if os.environ.get("ECOPICK_FULL") else 8
# How a ticket came to where it stands.
WALK = st.lists(
    st.tuples(
        st.sampled_from(sorted(set(STEPS) - {"sweep", "lapse"})),
        st.sampled_from(("manager", "caretaker", "vendor")),
    ),
    max_size=6,
)
ACTS = st.one_of(
    st.tuples(st.just(BulkKind.PRIORITY), st.sampled_from(TicketPriority)),
    st.tuples(st.just(BulkKind.STATUS), st.sampled_from(TicketStatus)),
    st.tuples(st.just(BulkKind.ASSIGN), st.sampled_from(("caretaker", "maintenance", "vendor"))),
)


def prepared(world: World, walk: list[tuple[str, str]]) -> uuid.UUID:
    """A ticket after these steps; what is not possible is left out."""
    ticket = report(world)
    add_evidence(world, ticket)
    for name, who in walk:
        actor = world.actor(who)
        clock.shift(timedelta(minutes=1))
        try:
            with world.database.transaction(actor.scope) as session:
                STEPS[name](session, actor, world, ticket)
        except AppError:
            pass
    return ticket.id


def asked(world: World, kind: BulkKind, value: Any, ids: list[uuid.UUID]) -> BulkTickets:
    """What the form would send."""
    if kind is BulkKind.PRIORITY:
        return BulkPriority(ticket_id=ids, priority=value)
    if kind is BulkKind.STATUS:
        return BulkStatus(ticket_id=ids, status=value)
    whom = f"vendor:{world.vendor_org_id}" if value == "vendor" else f"user:{world.people[value]}"
    return BulkAssign(ticket_id=ids, assignee=whom)


def states(world: World, ids: list[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """What an undo has to bring back, by ticket, and its version."""
    found = {}
    with Session(world.engine) as session:
        for ticket_id in ids:
            ticket = session.get_one(Ticket, ticket_id)
            found[ticket_id] = {**state_before(session, ticket), "version": ticket.version}
    return found


def results(world: World, act_id: uuid.UUID) -> dict[uuid.UUID, BulkResult]:
    with Session(world.engine) as session:
        rows = session.scalars(select(BulkResult).where(BulkResult.bulk_act_id == act_id)).all()
        return {row.ticket_id: row for row in rows}


def carried_out(world: World, kind: BulkKind, value: Any, ids: list[uuid.UUID]) -> uuid.UUID:
    """The act, done."""
    manager = world.actor("manager")
    clock.shift(timedelta(minutes=1))
    with world.database.transaction(manager.scope) as session:
        data = asked(world, kind, value, ids)
        act_id: uuid.UUID = begin_bulk(session, manager, None, kind, data).id
    with world.database.transaction(manager.scope) as session:
        assert not carry_on(session, manager, act_id)
    return act_id


def taken_back(world: World, act_id: uuid.UUID) -> None:
    manager = world.actor("manager")
    clock.shift(timedelta(minutes=1))
    with world.database.transaction(manager.scope) as session:
        begin_undo(session, manager, act_id)
        assert not carry_on(session, manager, act_id)
    with Session(world.engine) as session:
        assert session.get_one(BulkAct, act_id).state is BulkState.UNDONE


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(WALK, min_size=1, max_size=3), ACTS, st.sets(st.integers(0, 2)))
def test_an_undo_brings_back_what_was_or_says_why_not(
    world: World,
    walks: list[list[tuple[str, str]]],
    act: tuple[BulkKind, Any],
    touched: set[int],
) -> None:
    """Each ticket has one result; undone means as before, and all else is left as it is."""
    clock.reset()
    ids = [prepared(world, walk) for walk in walks]
    before = states(world, ids)
    act_id = carried_out(world, *act, ids)
    done = results(world, act_id)
    changed = states(world, ids)
    assert set(done) == set(ids)
    for ticket_id, row in done.items():
        assert row.outcome in (BulkOutcome.DONE, BulkOutcome.REFUSED)
        assert (row.reason is None) == (row.outcome is BulkOutcome.DONE)
        if row.outcome is BulkOutcome.REFUSED:
            assert changed[ticket_id] == before[ticket_id]
    for place in touched & set(range(len(ids))):
        _change(world, ids[place])
    between = states(world, ids)
    taken_back(world, act_id)
    after = states(world, ids)
    for ticket_id, row in results(world, act_id).items():
        was, now = _told(before[ticket_id]), _told(after[ticket_id])
        if row.outcome is BulkOutcome.UNDONE:
            assert between[ticket_id] == changed[ticket_id]
            assert now == was or (row.reason and now == {**was, "status": "TRIAGED"})
        else:
            assert row.outcome in (BulkOutcome.KEPT, BulkOutcome.REFUSED) and row.reason
            assert after[ticket_id] == between[ticket_id]
        check(world, ticket_id)


def _change(world: World, ticket_id: uuid.UUID) -> None:
    """Somebody works on it in between."""
    manager = world.actor("manager")
    clock.shift(timedelta(minutes=1))
    with world.database.transaction(manager.scope) as session:
        ticket = session.get_one(Ticket, ticket_id)
        for name in ("to_awaiting_tenant", "to_in_progress", "to_closed", "assign"):
            try:
                with attempt(session):
                    STEPS[name](session, manager, world, ticket)
            except AppError:
                continue
            return


def _told(state: dict[str, Any]) -> dict[str, Any]:
    """What people see of a ticket, whatever its version is by now."""
    assignment = state["assignment"]
    shown = ("type", "state", "assigned_to_user_id", "vendor_org_id")
    return {
        "status": state["status"],
        "priority": state["priority"],
        "assignment": assignment and {name: assignment[name] for name in shown},
    }
