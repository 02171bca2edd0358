"""Open jobs: applied for, taken back, returned to the vendors."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import Conflict, Invalid
from ecopick.core.models import Outbox
from ecopick.domains.tickets.commands.assignment import (
    cancel_assignment,
    respond_assignment,
    undo_response,
)
from ecopick.domains.tickets.commands.dispatch import respond_dispatch
from ecopick.domains.tickets.commands.opportunities import confirm_claim, publish_opportunity
from ecopick.domains.tickets.inputs import (
    CancelAssignment,
    PublishOpportunity,
    RespondAssignment,
)
from ecopick.domains.tickets.lifecycle import AssignmentState, TicketStatus
from ecopick.domains.tickets.models import Assignment, Ticket
from ecopick.domains.tickets.queries.inbox import inbox, interested_vendors
from ecopick.domains.vendors.models import OwnerVendor, VendorOpportunityView, VendorSubscription
from tests.domains.tickets.test_main_line import answer, assign_vendor, now_at, report
from tests.factories import World

S = TicketStatus


def publish(world: World, *, hours: int | None = 4) -> Ticket:
    """A job that is open to the first vendor."""
    ticket = report(world)
    deadline = clock.now() + timedelta(hours=hours) if hours is not None else None
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        publish_opportunity(
            session, manager, ticket.id, PublishOpportunity(vendor_deadline=deadline)
        )
    world.add(
        VendorSubscription(
            property_owner_id=world.owner_id,
            vendor_org_id=world.vendor_org_id,
            categories=["plumbing"],
        )
    )
    return ticket


def apply(world: World, ticket: Ticket, *, accept: bool = True, **values: object) -> None:
    """The vendor applies, or passes."""
    vendor = world.actor("vendor")
    data = RespondAssignment.model_validate({"accept": accept, **values})
    with world.database.transaction(vendor.scope) as session:
        respond_dispatch(session, vendor, ticket.id, data)


def events(world: World, ticket: Ticket) -> list[str]:
    """Names of what happened to the ticket."""
    with world.database.transaction(Actor.system(world.owner_id).scope) as session:
        return list(
            session.scalars(
                select(Outbox.name)
                .where(Outbox.payload["ticket_id"].astext == str(ticket.id))
                .order_by(Outbox.seq)
            )
        )


def stands(world: World, ticket: Ticket) -> tuple[TicketStatus, bool, bool]:
    found = now_at(world, ticket)
    return found.status, found.open_to_vendors, found.vendor_org_id is None


def test_a_vendor_takes_its_application_back_and_may_apply_again(world: World) -> None:
    ticket = publish(world)
    deadline = now_at(world, ticket).vendor_deadline
    apply(world, ticket)
    assert stands(world, ticket) == (S.VENDOR_PENDING, True, False)
    for _ in range(2):
        apply(world, ticket, accept=False)
        assert stands(world, ticket) == (S.VENDOR_OPPORTUNITY, True, True)
    assert now_at(world, ticket).vendor_deadline == deadline
    assert events(world, ticket).count("ticket.unrouted") == 1, "only when it came in"
    apply(world, ticket)
    assert stands(world, ticket) == (S.VENDOR_PENDING, True, False)


def test_without_a_deadline_an_application_taken_back_waits_for_management(world: World) -> None:
    ticket = publish(world, hours=None)
    apply(world, ticket)
    apply(world, ticket, accept=False)
    assert stands(world, ticket) == (S.TRIAGED, False, True)
    assert events(world, ticket)[-1] == "ticket.unrouted"


def test_a_dispatch_out_of_the_open_jobs_leads_back_there(world: World) -> None:
    ticket = publish(world)
    first = assign_vendor(world, ticket)
    answer(world, first, accept=False)
    assert stands(world, ticket) == (S.VENDOR_OPPORTUNITY, True, True)
    vendor = world.actor("vendor")
    with world.database.transaction(vendor.scope) as session:
        undo_response(session, vendor, session.get_one(Assignment, first.id))
    assert stands(world, ticket)[0] == S.ASSIGNED
    answer(world, first)
    assert stands(world, ticket) == (S.IN_PROGRESS, False, False)


def test_an_application_cannot_be_confirmed_by_whoever_made_it(world: World) -> None:
    ticket = publish(world)
    apply(world, ticket)
    claimed = now_at(world, ticket).current_assignment_id
    vendor = world.actor("vendor")
    with (
        pytest.raises(Conflict, match="claim_unconfirmed"),
        world.database.transaction(vendor.scope) as session,
    ):
        respond_assignment(session, vendor, claimed, RespondAssignment(accept=True))


def test_turning_an_application_down_keeps_the_job_open(world: World) -> None:
    ticket = publish(world, hours=None)
    apply(world, ticket)
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        cancel_assignment(session, manager, ticket.id, CancelAssignment())
    assert stands(world, ticket) == (S.VENDOR_OPPORTUNITY, True, True)


def test_an_application_says_when_the_vendor_would_come(world: World) -> None:
    ticket = publish(world)
    start = clock.now() + timedelta(hours=2)
    with pytest.raises(Invalid):
        apply(world, ticket, arrival_from=start)
    window = {"arrival_from": start, "arrival_until": start + timedelta(hours=1)}
    apply(world, ticket, **window)
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        confirmed = confirm_claim(session, manager, ticket.id)
        assert (confirmed.state, confirmed.arrival_from) == (AssignmentState.ACCEPTED, start)
    apply(world, ticket)
    assert stands(world, ticket) == (S.IN_PROGRESS, False, False)


def test_looking_at_an_open_job_is_kept_once(world: World) -> None:
    ticket = publish(world)
    first = clock.now()
    for who in ("vendor", "vendor_tech"):
        actor = world.actor(who)
        with world.database.transaction(actor.scope) as session:
            assert [item.ticket_id for item in inbox(session, actor)] == [ticket.id]
        clock.shift(timedelta(minutes=5))
    with world.database.transaction(Actor.system(world.owner_id).scope) as session:
        seen = session.scalars(
            select(VendorOpportunityView).where(VendorOpportunityView.ticket_id == ticket.id)
        ).one()
    assert (seen.vendor_org_id, seen.viewed_by_id) == (world.vendor_org_id, world.people["vendor"])
    assert seen.viewed_at - first < timedelta(minutes=1)


def test_a_vendor_whose_contract_ended_hears_of_nothing(world: World) -> None:
    ticket = publish(world)
    system = Actor.system(world.owner_id)
    for expected in ({world.vendor_org_id}, set()):
        with world.database.transaction(system.scope) as session:
            assert interested_vendors(session, ticket.id) == expected
        with world.engine.begin() as connection:
            connection.execute(
                update(OwnerVendor)
                .where(OwnerVendor.vendor_org_id == world.vendor_org_id)
                .values(ended_at=clock.now())
            )
