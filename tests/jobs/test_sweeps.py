"""The sweeps: what is due happens once, whatever is repeated."""

import io
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from ecopick.core import clock
from ecopick.core.models import Outbox
from ecopick.core.streaming import try_lock
from ecopick.domains.tickets.files import folder_of
from ecopick.domains.tickets.lifecycle import TicketStatus
from ecopick.domains.tickets.models import Assignment, Ticket
from jobs import housekeeping, tickets
from jobs.runtime import Runtime
from jobs.schedule import SWEEPS, Scheduler, Sweep
from tests.domains.tickets.test_main_line import add_evidence, status
from tests.factories import World
from tests.jobs.conftest import Post
from tests.jobs.steps import report, send_to_vendor


def fresh(world: World, jobs: Runtime, ticket: Ticket) -> Ticket:
    with jobs.as_system(world.owner_id) as (session, _system):
        return session.scalars(select(Ticket).where(Ticket.id == ticket.id)).one()


def events(world: World, jobs: Runtime, ticket: Ticket, name: str) -> int:
    with jobs.as_system(world.owner_id) as (session, _system):
        found = session.scalar(
            select(func.count())
            .select_from(Outbox)
            .where(Outbox.name == name, Outbox.payload["ticket_id"].astext == str(ticket.id))
        )
    return int(found or 0)


def test_past_due_is_marked_once_and_told(
    world: World, jobs: Runtime, post: Post, work: Any
) -> None:
    ticket = report(world, priority="URGENT")
    clock.shift(timedelta(minutes=50))
    tickets.sla_sweep()
    assert fresh(world, jobs, ticket).sla_warned_at is not None
    assert fresh(world, jobs, ticket).sla_breached_at is None
    clock.shift(timedelta(minutes=11))
    tickets.sla_sweep()
    tickets.sla_sweep()
    assert fresh(world, jobs, ticket).sla_breached_at is not None
    assert events(world, jobs, ticket, "sla.breached") == 1
    assert events(world, jobs, ticket, "sla.warning") == 1
    work()
    subjects = [mail["Subject"] for mail in post.to(world.emails["manager"])]
    assert sum("Past due" in subject for subject in subjects) == 1
    assert sum("Due soon" in subject for subject in subjects) == 1


def test_silence_takes_the_job_back_once(world: World, jobs: Runtime) -> None:
    ticket = report(world)
    assignment = send_to_vendor(world, ticket)
    clock.shift(timedelta(hours=3))
    tickets.lapse_unanswered()
    tickets.lapse_unanswered()
    with jobs.as_system(world.owner_id) as (session, _system):
        found = session.scalars(select(Assignment).where(Assignment.id == assignment.id)).one()
        assert found.state == "CANCELLED"
    assert events(world, jobs, ticket, "assignment.lapsed") == 1
    assert fresh(world, jobs, ticket).status is TicketStatus.TRIAGED


def test_only_one_process_sweeps_at_a_time(world: World, jobs: Runtime) -> None:
    ticket = report(world, priority="URGENT")
    clock.shift(timedelta(hours=2))
    with jobs.as_system(world.owner_id) as (session, _system):
        assert try_lock(session, "sla_sweep")
        assert tickets.sla_sweep() == 0
        assert fresh(world, jobs, ticket).sla_breached_at is None
    tickets.sla_sweep()
    assert fresh(world, jobs, ticket).sla_breached_at is not None


def test_pruning_partitions_and_expiries_can_be_repeated(jobs: Runtime) -> None:
    for job in (housekeeping.prune, housekeeping.make_partitions, housekeeping.expire):
        job()
        job()


def test_solved_tickets_close_after_seven_days(world: World, jobs: Runtime) -> None:
    ticket = report(world)
    from sqlalchemy import text

    with world.engine.begin() as connection:
        connection.execute(
            text("update tickets set status = 'RESOLVED', resolved_at = :at where id = :id"),
            {"at": clock.now(), "id": ticket.id},
        )
    clock.shift(timedelta(days=6))
    tickets.close_resolved()
    assert fresh(world, jobs, ticket).status is TicketStatus.RESOLVED
    clock.shift(timedelta(days=1, minutes=1))
    tickets.close_resolved()
    tickets.close_resolved()
    assert fresh(world, jobs, ticket).status is TicketStatus.CLOSED


def test_an_invitation_expires(world: World, jobs: Runtime) -> None:
    from ecopick.core.db import new_id
    from ecopick.domains.people.models import Invitation, MembershipRole

    invitation_id = new_id()
    world.add(
        Invitation(
            id=invitation_id,
            property_owner_id=world.owner_id,
            token_hash=invitation_id.bytes,
            email="new@example.org",
            role=MembershipRole.CARETAKER,
            expires_at=clock.now() + timedelta(days=7),
        )
    )
    housekeeping.expire()
    clock.shift(timedelta(days=7, seconds=1))
    housekeeping.expire()
    with jobs.as_system(world.owner_id) as (session, _system):
        found = session.scalars(select(Invitation).where(Invitation.id == invitation_id)).one()
        assert found.status == "expired"


def test_every_sweep_names_a_job_that_exists() -> None:
    from importlib import import_module

    for sweep in SWEEPS:
        module, _, name = sweep.job.rpartition(".")
        assert callable(getattr(import_module(module), name))


def test_the_scheduler_asks_for_each_sweep_once_and_not_while_it_waits(jobs: Runtime) -> None:
    moment = [0.0]
    sweeps = (Sweep("jobs.housekeeping.prune", 60.0),)
    scheduler = Scheduler(jobs, sweeps, now=lambda: moment[0])
    assert scheduler.tick() == ["jobs.housekeeping.prune"]
    assert scheduler.tick() == []
    moment[0] = 61.0
    assert scheduler.tick() == [], "the first one still waits in the queue"
    jobs.queue.empty()
    moment[0] = 122.0
    assert scheduler.tick() == ["jobs.housekeeping.prune"]
    jobs.queue.empty()


def test_the_scheduler_bothers_nobody_without_work(world: World, jobs: Runtime) -> None:
    sweeps = (Sweep("jobs.tickets.withdraw_expired", 60.0, ("vendor_deadlines",)),)
    assert Scheduler(jobs, sweeps).tick() == []


def test_nobody_is_called_back_from_a_solved_ticket(world: World, jobs: Runtime) -> None:
    ticket = report(world)
    assignment = send_to_vendor(world, ticket)
    add_evidence(world, ticket)
    status(world, ticket, "AWAITING_TENANT")
    status(world, ticket, "RESOLVED")
    clock.shift(timedelta(hours=3))
    assert world.owner_id not in jobs.owners_with("respond_by", clock.now())
    with jobs.as_system(world.owner_id) as (session, _system):
        assert session.get_one(Assignment, assignment.id).state == "CANCELLED"


def test_a_breach_without_a_warning_leaves_no_work(world: World, jobs: Runtime) -> None:
    report(world, priority="URGENT")
    clock.shift(timedelta(minutes=61))
    tickets.sla_sweep()
    for kind in ("sla_sweep", "sla_warning"):
        assert world.owner_id not in jobs.owners_with(kind, clock.now())


def test_files_of_an_owner_without_any_report_are_swept(world: World, jobs: Runtime) -> None:
    """Photos of a form that was never sent: no row of the owner tells of them."""
    day = (clock.now() - timedelta(days=2)).date()
    key = f"{folder_of(world.owner_id, day)}/photo.jpg"
    jobs.storage.put(key, io.BytesIO(b"x"))
    housekeeping.sweep_files()
    assert list(jobs.storage.keys(folder_of(world.owner_id, day))) == []
