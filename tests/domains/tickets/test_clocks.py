"""SLA clocks: warned and breached once, paused fairly, whatever the clocks of the world do."""

from datetime import UTC, datetime, timedelta

import pytest

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.domains.sla.models import SLAPlan
from ecopick.domains.sla.queries import events_of
from ecopick.domains.tickets.commands.intake import update_ticket
from ecopick.domains.tickets.commands.status import mark_breached, mark_warned
from ecopick.domains.tickets.inputs import UpdateTicket
from ecopick.domains.tickets.models import Ticket
from tests.domains.tickets.test_main_line import (
    add_evidence,
    answer,
    assign_vendor,
    now_at,
    report,
    status,
)
from tests.factories import World


def sweep(world: World) -> tuple[bool, bool]:
    """Whether anything was warned of, and breached."""
    system = Actor.system(world.owner_id)
    with world.database.transaction(system.scope) as session:
        late = mark_breached(session, system, world.owner_id, clock.now())
        soon = mark_warned(session, system, world.owner_id, clock.now())
    return bool(soon), bool(late)


def marks(world: World, ticket: Ticket) -> list[str]:
    system = Actor.system(world.owner_id)
    with world.database.transaction(system.scope) as session:
        return [event.type.value for event in events_of(session, ticket.id)]


def edit(world: World, ticket: Ticket, **values: object) -> None:
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        update_ticket(session, manager, ticket.id, UpdateTicket.model_validate(values))


def test_an_edit_that_keeps_the_priority_warns_nobody_again(world: World) -> None:
    ticket = report(world, priority="URGENT")
    clock.shift(timedelta(minutes=50))
    assert sweep(world) == (True, False)
    edit(world, ticket, title="Wasser!", priority="URGENT")
    assert sweep(world) == (False, False)


def test_another_priority_counts_from_the_beginning_and_pauses_stay(world: World) -> None:
    ticket = report(world, priority="HIGH")
    status(world, ticket, "AWAITING_TENANT")
    clock.shift(timedelta(minutes=30))
    status(world, ticket, "IN_PROGRESS")
    edit(world, ticket, priority="MEDIUM")
    due = now_at(world, ticket).sla_due_at
    assert due is not None
    expected = ticket.created_at + timedelta(minutes=1440 + 30)
    assert abs(due - expected) < timedelta(seconds=30)
    clock.shift(timedelta(days=2))
    sweep(world)
    edit(world, ticket, priority="LOW")
    found = now_at(world, ticket)
    assert found.sla_due_at == due and found.sla_breached_at is not None


def test_after_a_breach_the_clock_stands_still(world: World) -> None:
    ticket = report(world, priority="URGENT")
    clock.shift(timedelta(minutes=61))
    sweep(world)
    status(world, ticket, "AWAITING_TENANT")
    clock.shift(timedelta(minutes=10))
    status(world, ticket, "IN_PROGRESS")
    assert marks(world, ticket) == ["started", "breached"]


def test_solved_too_late_is_a_breach_even_before_the_sweep(world: World) -> None:
    ticket = report(world, priority="URGENT")
    answer(world, assign_vendor(world, ticket))
    add_evidence(world, ticket)
    clock.shift(timedelta(minutes=61))
    status(world, ticket, "RESOLVED", "vendor")
    found = now_at(world, ticket)
    assert found.sla_breached_at == found.resolved_at
    assert marks(world, ticket) == ["started", "breached"]
    assert sweep(world) == (False, False)


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)])
def test_a_jump_of_the_clock_breaches_once_and_never_shortens(
    world: World, jump: timedelta
) -> None:
    ticket = report(world, priority="HIGH")
    due = now_at(world, ticket).sla_due_at
    status(world, ticket, "AWAITING_TENANT")
    clock.shift(jump)
    status(world, ticket, "IN_PROGRESS")
    found = now_at(world, ticket).sla_due_at
    assert due is not None and found is not None and found >= due
    breaches = 0
    for step in (timedelta(hours=6), -jump, jump, timedelta(minutes=1)):
        clock.shift(step)
        breaches += sweep(world)[1]
    assert breaches == 1


@pytest.mark.parametrize("night", [datetime(2027, 3, 27, 23, 30), datetime(2027, 10, 30, 23, 30)])
def test_the_nights_of_the_time_change_are_as_long_as_any(world: World, night: datetime) -> None:
    clock.shift(night.replace(tzinfo=UTC) - clock.now())
    ticket = report(world, priority="HIGH")
    clock.shift(timedelta(minutes=239))
    assert sweep(world) == (True, False)
    clock.shift(timedelta(minutes=2))
    assert sweep(world) == (False, True)
    assert sweep(world) == (False, False)
    assert now_at(world, ticket).sla_due_at == ticket.created_at + timedelta(minutes=240)


def test_without_a_priority_the_plan_of_the_owner_counts(world: World) -> None:
    world.add(SLAPlan(property_owner_id=world.owner_id, name="Standard", default_minutes=2880))
    for priority, minutes in ((None, 2880), ("MEDIUM", 1440)):
        ticket = report(world, priority=priority)
        assert ticket.sla_due_at == ticket.created_at + timedelta(minutes=minutes)
    system = Actor.system(world.owner_id)
    with world.database.transaction(system.scope) as session:
        assert all(event.plan_id for event in events_of(session, ticket.id))
