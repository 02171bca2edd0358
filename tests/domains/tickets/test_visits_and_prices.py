"""Where a price and a visit meet: an accepted price begins it, one that waits holds it back."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import Conflict
from ecopick.domains.tickets.commands import visits
from ecopick.domains.tickets.commands.assignment import respond_assignment
from ecopick.domains.tickets.commands.quote_choices import accept_quote
from ecopick.domains.tickets.commands.quotes import offer_quote
from ecopick.domains.tickets.inputs import RespondAssignment
from ecopick.domains.tickets.link_inputs import ArrivalWindow
from ecopick.domains.tickets.models import Assignment, Quote, Ticket, Visit
from ecopick.domains.tickets.queries.visits import open_visit
from ecopick.domains.tickets.quote_inputs import OfferQuote
from ecopick.domains.tickets.quote_lifecycle import QuoteState
from ecopick.domains.tickets.visit_states import VisitState
from tests.factories import World
from tests.jobs.steps import report, send_to_vendor

# One click is enough up to 1000; above it somebody else approves.
CHEAP, DEAR = Decimal(400), Decimal(4000)


def window(hours: int = 30) -> tuple[datetime, datetime]:
    start = clock.now().replace(microsecond=0) + timedelta(hours=hours)
    return start, start + timedelta(hours=2)


def offer(world: World, ticket: Ticket, net: Decimal, hours: int = 30) -> Quote:
    start, until = window(hours)
    data = OfferQuote(net=net, tax_rate=Decimal(19), arrival_from=start, arrival_until=until)
    vendor = world.actor("vendor")
    with world.database.transaction(vendor.scope) as session:
        return offer_quote(session, vendor, ticket.id, data)


def take(world: World, quote: Quote) -> QuoteState:
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        return accept_quote(session, manager, quote.id).state


def accept(world: World, job: Assignment) -> None:
    """The vendor takes the job and names no time."""
    vendor = world.actor("vendor")
    with world.database.transaction(vendor.scope) as session:
        respond_assignment(session, vendor, job.id, RespondAssignment(accept=True))


def visit_of(world: World, job: Assignment) -> Visit | None:
    with world.database.transaction(Actor.system(world.owner_id).scope) as session:
        return open_visit(session, job.id)


def run(world: World, step: Any, job: Assignment, *values: Any) -> Visit:
    vendor = world.actor("vendor")
    with world.database.transaction(vendor.scope) as session:
        found: Visit = step(session, vendor, job.id, *values)
        return found


@pytest.mark.parametrize("accepted_before", [False, True], ids=["sent", "accepted"])
def test_an_accepted_price_with_a_time_begins_the_visit(
    world: World, accepted_before: bool
) -> None:
    """The quote's window is agreed: as the answer to the job, and once it was accepted."""
    ticket = report(world)
    job = send_to_vendor(world, ticket)
    if accepted_before:
        accept(world, job)
    quote = offer(world, ticket, CHEAP)
    assert take(world, quote) is QuoteState.ACCEPTED
    visit = visit_of(world, job)
    assert visit is not None
    assert visit.state is VisitState.CONFIRMED
    assert (visit.arrival_from, visit.arrival_until) == (quote.arrival_from, quote.arrival_until)


def test_times_under_discussion_count_before_those_of_a_price(world: World) -> None:
    ticket = report(world)
    job = send_to_vendor(world, ticket)
    accept(world, job)
    run(world, visits.propose_times, job, [ArrivalWindow(*window(50))])
    assert take(world, offer(world, ticket, CHEAP)) is QuoteState.ACCEPTED
    visit = visit_of(world, job)
    assert visit is not None
    assert (visit.state, visit.arrival_from) == (VisitState.PROPOSED, None)


@pytest.mark.parametrize("step", [visits.set_off, visits.arrive])
def test_nobody_sets_off_while_the_price_waits(world: World, step: Any) -> None:
    ticket = report(world)
    job = send_to_vendor(world, ticket)
    accept(world, job)
    assert offer(world, ticket, DEAR).state is QuoteState.WAITING
    with pytest.raises(Conflict) as refused:
        run(world, step, job)
    assert refused.value.code == "waiting_for_approval"
    assert visit_of(world, job) is None


def test_whoever_is_there_already_stays_there_while_a_price_waits(world: World) -> None:
    """A repeat changes nothing, and is no new step."""
    ticket = report(world)
    job = send_to_vendor(world, ticket)
    accept(world, job)
    run(world, visits.arrive, job)
    assert offer(world, ticket, DEAR).state is QuoteState.WAITING
    assert run(world, visits.arrive, job).state is VisitState.ARRIVED
