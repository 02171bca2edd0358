"""Why is it due then? The account adds up, whatever happened to the ticket."""

import os
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import AppError
from ecopick.domains.sla.models import SLAEvent, SLAEventType
from ecopick.domains.sla.queries import events_of
from ecopick.domains.sla.targets import TARGETS, due_at
from ecopick.domains.tickets.commands.intake import update_ticket
from ecopick.domains.tickets.commands.status import mark_breached, transition_ticket_status
from ecopick.domains.tickets.inputs import ChangeStatus, UpdateTicket
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.queries.find import get_ticket
from ecopick.domains.tickets.queries.sla_account import Account, Use, account, causes_of
from ecopick.domains.tickets.queries.timeline import intervals
from tests.domains.tickets.test_main_line import add_evidence, report
from tests.factories import World

FULL = bool(os.environ.get("ECOPICK_FULL"))
NONE = timedelta(0)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
GAPS = st.timedeltas(NONE, timedelta(days=2))


def check(found: Account, *, ended: bool) -> None:
    """Everything that a reader could add up themselves."""
    assert found.adds_up
    assert found.start + found.target + found.paused == found.due
    for before, after in zip(found.lines, found.lines[1:], strict=False):
        assert before.end == after.start
    counted, paused = NONE, NONE
    for line in found.lines:
        assert line.length >= NONE
        if line.use in (Use.COUNTED, Use.LEFT):
            counted += line.length
        if line.use is Use.PAUSED and not line.running:
            paused += line.length
        if line.use is not Use.LEFT:
            assert line.counted == counted
            assert line.due == found.start + found.target + paused
    left, over = found.total(Use.LEFT), found.total(Use.OVER)
    assert found.total(Use.COUNTED) <= found.target
    if not ended:
        assert found.total(Use.COUNTED) + left == found.target
    assert not (left and over)
    if left:
        assert found.lines[-1].end == found.due + found.running_pause


@given(
    MOMENTS,
    st.sampled_from(sorted(TARGETS)),
    st.lists(st.tuples(GAPS, GAPS), max_size=6),
    GAPS,
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=400 if FULL else 100, deadline=None)
def test_any_sequence_of_pauses_adds_up(
    created: datetime,
    priority: str,
    pauses: list[tuple[timedelta, timedelta]],
    rest: timedelta,
    still_paused: bool,
    ended: bool,
) -> None:
    now, events, total = created, [], NONE
    for number, (before, length) in enumerate(pauses):
        last = still_paused and not ended and number == len(pauses) - 1
        begin = (now + before).replace(microsecond=0)
        end = (begin + length).replace(microsecond=0)
        events.append(SLAEvent(type=SLAEventType.PAUSED, occurred_at=begin))
        if not last:
            events.append(SLAEvent(type=SLAEventType.RESUMED, occurred_at=end))
            total += end - begin
        now = max(now, end)
    spans = intervals(events, created, now + rest)
    if not ended:
        spans[-1] = type(spans[-1])(spans[-1].start, spans[-1].end, spans[-1].paused, True)
    found = account(spans, due_at(created, priority, total))
    assert found is not None
    check(found, ended=ended)
    assert found.priority == priority and found.target == TARGETS[priority]


STEPS = st.one_of(
    st.tuples(st.just("status"), st.sampled_from(["AWAITING_TENANT", "IN_PROGRESS", "TRIAGED"])),
    st.tuples(st.just("priority"), st.sampled_from(sorted(TARGETS))),
    st.tuples(st.just("sweep"), st.just("")),
    st.tuples(st.just("end"), st.sampled_from(["RESOLVED", "CANCELLED"])),
)


def take(world: World, ticket: Ticket, kind: str, value: str) -> None:
    """One step by real commands; refused ones change nothing."""
    actor = Actor.system(world.owner_id) if kind == "sweep" else world.actor("manager")
    try:
        with world.database.transaction(actor.scope) as session:
            if kind == "sweep":
                mark_breached(session, actor, world.owner_id, clock.now())
            elif kind == "priority":
                update_ticket(
                    session, actor, ticket.id, UpdateTicket.model_validate({"priority": value})
                )
            else:
                data = ChangeStatus.model_validate({"status": value, "reason": "Nobody at home"})
                transition_ticket_status(session, actor, ticket.id, data)
    except AppError:
        return


def read(world: World, ticket: Ticket) -> tuple[Account, Ticket]:
    """The account as the page makes it, and the ticket as it is."""
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        row = get_ticket(session, manager, ticket.id)
        spans = intervals(
            events_of(session, row.id), row.created_at, row.resolved_at or row.cancelled_at
        )
        causes = causes_of(session, row.property_owner_id, row.id)
        found = account(spans, row.sla_due_at, causes)
        assert found is not None
        return found, row


@given(st.lists(st.tuples(st.timedeltas(NONE, timedelta(hours=5)), STEPS), max_size=9))
@settings(
    max_examples=60 if FULL else 6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_random_walks_through_the_commands_add_up(
    world: World, steps: list[tuple[timedelta, tuple[str, str]]]
) -> None:
    ticket = report(world)
    add_evidence(world, ticket)
    for wait, (kind, value) in steps:
        clock.shift(wait)
        take(world, ticket, kind, value)
    found, row = read(world, ticket)
    ended = row.resolved_at is not None or row.cancelled_at is not None
    check(found, ended=ended)
    assert row.sla_due_at is not None
    assert found.due == row.sla_due_at.replace(microsecond=0)
    assert found.priority is not None
    if not ended and row.sla_breached_at is None:
        assert found.priority == row.priority.value


def test_each_pause_names_who_paused_and_why(world: World) -> None:
    ticket = report(world)
    clock.shift(timedelta(minutes=100))
    take(world, ticket, "status", "AWAITING_TENANT")
    clock.shift(timedelta(minutes=25))
    take(world, ticket, "status", "IN_PROGRESS")
    take(world, ticket, "priority", "MEDIUM")
    found, _row = read(world, ticket)
    assert [line.use for line in found.lines] == [Use.COUNTED, Use.PAUSED, Use.COUNTED, Use.LEFT]
    pause, after = found.lines[1], found.lines[2]
    assert pause.cause is not None and after.cause is not None
    assert pause.cause.reason == "Nobody at home" and "Manager" in (pause.cause.who or "")
    assert after.cause.ends_pause and not after.cause.by_reply
    assert timedelta(minutes=25) <= found.paused < timedelta(minutes=26)
    assert found.target == TARGETS["MEDIUM"]
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        causes = causes_of(session, world.owner_id, ticket.id)
    assert [cause.priorities for cause in causes] == [None, None, ("HIGH", "MEDIUM")]


def test_a_priority_changed_while_solved_counts_once_it_goes_on(world: World) -> None:
    ticket = report(world)
    add_evidence(world, ticket)
    take(world, ticket, "status", "AWAITING_TENANT")
    clock.shift(timedelta(minutes=10))
    take(world, ticket, "end", "RESOLVED")
    take(world, ticket, "priority", "LOW")
    _found, solved = read(world, ticket)
    take(world, ticket, "status", "IN_PROGRESS")
    found, row = read(world, ticket)
    assert found.adds_up and found.priority == "LOW"
    assert row.sla_due_at is not None and solved.sla_due_at is not None
    assert row.sla_due_at > solved.sla_due_at
