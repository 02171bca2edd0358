"""Figures of a vendor's work, kept when the ticket is resolved."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.domains.vendors.models import VendorPerformance
from jobs.outbox import dispatch_owner
from jobs.runtime import Runtime
from tests.domains.tickets.test_main_line import (
    add_evidence,
    answer,
    assign_vendor,
    report,
    status,
)
from tests.factories import World


def figures(migrator: Engine, ticket_id: Any) -> list[VendorPerformance]:
    with Session(migrator) as session:
        return list(
            session.scalars(
                select(VendorPerformance).where(VendorPerformance.ticket_id == ticket_id)
            )
        )


def test_response_and_solution_are_measured_once(
    world: World, jobs: Runtime, migrator: Engine
) -> None:
    ticket = report(world)
    clock.shift(timedelta(minutes=10))
    assignment = assign_vendor(world, ticket)
    clock.shift(timedelta(minutes=20))
    answer(world, assignment)
    add_evidence(world, ticket)
    clock.shift(timedelta(minutes=60))
    status(world, ticket, "RESOLVED", "vendor")
    dispatch_owner(jobs, world.owner_id)
    dispatch_owner(jobs, world.owner_id)
    (row,) = figures(migrator, ticket.id)
    assert row.vendor_org_id == world.vendor_org_id
    assert (row.response_time_minutes, row.resolution_time_minutes) == (20, 90)
    assert row.sla_met_deadline is True

    status(world, ticket, "IN_PROGRESS", "manager")
    clock.shift(timedelta(minutes=300))
    status(world, ticket, "RESOLVED", "vendor")
    dispatch_owner(jobs, world.owner_id)
    (row,) = figures(migrator, ticket.id)
    assert (row.resolution_time_minutes, row.sla_met_deadline) == (390, False)


def test_the_owners_own_staff_are_not_measured(
    world: World, jobs: Runtime, migrator: Engine
) -> None:
    world.add_rule(assignee="caretaker")
    ticket = report(world)
    status(world, ticket, "IN_PROGRESS", "caretaker")
    add_evidence(world, ticket)
    status(world, ticket, "RESOLVED", "caretaker")
    dispatch_owner(jobs, world.owner_id)
    assert figures(migrator, ticket.id) == []
