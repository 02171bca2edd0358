"""Prices by mail: open jobs with a link, friendly refusals, approvals that decide."""

import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import Conflict
from ecopick.domains.governance.commands.approvals import decide_approval
from ecopick.domains.governance.inputs import DecideApproval, ListApprovals
from ecopick.domains.governance.queries.approvals import list_approvals
from ecopick.domains.tickets.commands.assignment import assign_ticket, respond_assignment
from ecopick.domains.tickets.commands.opportunities import publish_opportunity
from ecopick.domains.tickets.commands.quote_choices import accept_quote
from ecopick.domains.tickets.commands.quotes import offer_quote
from ecopick.domains.tickets.inputs import AssignTicket, PublishOpportunity, RespondAssignment
from ecopick.domains.tickets.lifecycle import TicketStatus
from ecopick.domains.tickets.models import Quote, Ticket
from ecopick.domains.tickets.queries.quotes import quote_of
from ecopick.domains.tickets.quote_inputs import OfferQuote
from ecopick.domains.tickets.quote_lifecycle import QuoteState
from jobs import approvals, tickets
from tests.domains.tickets.test_main_line import now_at, report
from tests.domains.tickets.test_random_quotes import subscribe
from tests.factories import World
from tests.jobs.conftest import Post, text_of

Q, S = QuoteState, TicketStatus


def offer(world: World, ticket: Ticket, who: str, net: str, **values: Any) -> Quote:
    actor = world.actor(who)
    data = OfferQuote(net=Decimal(net), tax_rate=Decimal(19), **values)
    with world.database.transaction(actor.scope) as session:
        return offer_quote(session, actor, ticket.id, data)


def accept(world: World, quote: Quote, who: str = "manager") -> None:
    actor = world.actor(who)
    with world.database.transaction(actor.scope) as session:
        accept_quote(session, actor, quote.id)


def english(world: World) -> None:
    """Vendors read English here, for the sake of the reader of these tests."""
    with world.engine.begin() as connection:
        connection.execute(
            text("update users set language = 'en' where id = any(:ids)"),
            {"ids": [world.people["vendor"], world.people["vendor_two"]]},
        )


def dispatch(world: World) -> Ticket:
    english(world)
    ticket, manager = report(world), world.actor("manager")
    data = AssignTicket(type="VENDOR", vendor_org_id=world.vendor_org_id)
    with world.database.transaction(manager.scope) as session:
        assign_ticket(session, manager, ticket.id, data)
    return ticket


def compare(world: World, *, hours: int | None = None) -> Ticket:
    english(world)
    subscribe(world)
    ticket, manager = report(world), world.actor("manager")
    deadline = clock.now() + timedelta(hours=hours) if hours else None
    data = PublishOpportunity(collect_quotes=True, vendor_deadline=deadline)
    with world.database.transaction(manager.scope) as session:
        publish_opportunity(session, manager, ticket.id, data)
    return ticket


def state(world: World, quote: Quote) -> QuoteState:
    with world.database.transaction(Actor.system(world.owner_id).scope) as session:
        return session.get_one(Quote, quote.id).state


def decide(world: World, who: str, decision: str = "APPROVED") -> uuid.UUID:
    """Decide on what waits for the person."""
    actor = world.actor(who)
    with world.database.transaction(actor.scope) as session:
        [waiting] = list_approvals(session, actor, ListApprovals(view="waiting"))
        data = DecideApproval.model_validate({"decision": decision, "note": "Zu teuer"})
        decide_approval(session, actor, waiting.id, data)
    return waiting.id


def subjects(world: World, post: Post, who: str) -> list[str]:
    return [str(mail["Subject"]) for mail in post.to(world.emails[who])]


def test_above_the_limit_two_people_approve_and_the_work_waits(
    world: World, post: Post, work: Any
) -> None:
    ticket = dispatch(world)
    start = clock.now() + timedelta(hours=3)
    window = {"arrival_from": start, "arrival_until": start + timedelta(hours=2)}
    quote = offer(world, ticket, "vendor", "1284.50", **window)
    assert state(world, quote) is Q.WAITING
    work()
    assert any("waiting for approval" in each for each in subjects(world, post, "vendor"))
    vendor = world.actor("vendor")
    assigned = now_at(world, ticket).current_assignment_id
    with (
        pytest.raises(Conflict, match="waiting_for_approval"),
        world.database.transaction(vendor.scope) as session,
    ):
        respond_assignment(session, vendor, assigned, RespondAssignment(accept=True))
    decided = {decide(world, who) for who in _order(world)}
    assert len(decided) == 1
    work()
    assert state(world, quote) is Q.ACCEPTED
    found = now_at(world, ticket)
    assert found.status is S.IN_PROGRESS
    with world.database.transaction(Actor.system(world.owner_id).scope) as session:
        agreed = quote_of(session, world.owner_id, ticket.id, world.vendor_org_id)
        assert agreed is not None
        assert (agreed.net_amount, agreed.total_amount) == (Decimal("1284.50"), Decimal("1528.56"))
    assert any("Your quote is accepted" in each for each in subjects(world, post, "vendor"))


def _order(world: World) -> Iterator[str]:
    """Who decides, in turn: whoever something waits for, twice."""
    found = []
    for _step in range(2):
        for who in ("manager", "building_admin", "owner"):
            actor = world.actor(who)
            with world.database.transaction(actor.scope) as session:
                if who not in found and list_approvals(
                    session, actor, ListApprovals(view="waiting")
                ):
                    found.append(who)
                    yield who
                    break


def test_a_rejected_price_lets_the_vendor_answer_again(world: World, work: Any, post: Post) -> None:
    ticket = dispatch(world)
    quote = offer(world, ticket, "vendor", "2000")
    work()
    decide(world, next(iter(_order(world))), "REJECTED")
    work()
    assert state(world, quote) is Q.REFUSED
    refused = [each for each in post.to(world.emails["vendor"]) if "not chosen" in each["Subject"]]
    assert len(refused) == 1
    assert "Zu teuer" in text_of(refused[0])
    assert now_at(world, ticket).status is S.ASSIGNED
    again = offer(world, ticket, "vendor", "900")
    assert state(world, again) is Q.OFFERED
    accept(world, again)
    assert now_at(world, ticket).status is S.IN_PROGRESS


def test_prices_are_compared_and_the_others_are_thanked(
    world: World, post: Post, work: Any
) -> None:
    ticket = compare(world)
    work()
    for who in ("vendor", "vendor_two"):
        [mail] = post.to(world.emails[who])
        assert re.search(r"/en/open-jobs/[\w-]{40,}", text_of(mail)), text_of(mail)
    cheap = offer(world, ticket, "vendor_two", "300")
    dear = offer(world, ticket, "vendor", "400")
    accept(world, cheap)
    work()
    assert (state(world, cheap), state(world, dear)) == (Q.ACCEPTED, Q.REFUSED)
    found = now_at(world, ticket)
    assert (found.status, found.vendor_org_id) == (S.IN_PROGRESS, world.second_vendor_org_id)
    assert any("not chosen" in each for each in subjects(world, post, "vendor"))
    won = post.to(world.emails["vendor_two"])[-1]
    assert re.search(r"/en/jobs/[\w-]{40,}", text_of(won)), "the link to the job itself"


def test_a_chosen_price_above_the_limit_waits_and_lapses_back(world: World, work: Any) -> None:
    ticket = compare(world)
    quote, other = (
        offer(world, ticket, "vendor", "1500"),
        offer(world, ticket, "vendor_two", "1600"),
    )
    accept(world, quote)
    assert now_at(world, ticket).status is S.VENDOR_PENDING
    assert (state(world, quote), state(world, other)) == (Q.WAITING, Q.OFFERED)
    clock.shift(timedelta(days=8))
    approvals.sweep()
    work()
    assert now_at(world, ticket).status is S.VENDOR_OPPORTUNITY
    assert (state(world, quote), state(world, other)) == (Q.OFFERED, Q.OFFERED)
    accept(world, other)
    decide(world, "owner")
    work()
    assert (state(world, quote), state(world, other)) == (Q.REFUSED, Q.ACCEPTED)
    assert now_at(world, ticket).status is S.IN_PROGRESS


def test_the_end_of_the_time_for_prices_is_told_once(world: World, post: Post, work: Any) -> None:
    ticket = compare(world, hours=2)
    offer(world, ticket, "vendor", "300")
    clock.shift(timedelta(hours=3))
    for _time in range(2):
        tickets.withdraw_expired()
    work()
    told = [each for each in subjects(world, post, "manager") if "Please choose a quote" in each]
    assert len(told) == 1
    assert now_at(world, ticket).status is S.VENDOR_OPPORTUNITY
    with pytest.raises(Conflict, match="deadline_passed"):
        offer(world, ticket, "vendor_two", "200")


def test_an_undecided_price_keeps_the_job_from_lapsing(world: World, work: Any) -> None:
    ticket = dispatch(world)
    quote = offer(world, ticket, "vendor", "300")
    clock.shift(timedelta(days=3))
    tickets.lapse_unanswered()
    assert now_at(world, ticket).status is S.ASSIGNED
    accept(world, quote)
    assert now_at(world, ticket).status is S.IN_PROGRESS


def test_only_the_latest_price_of_a_vendor_counts(world: World) -> None:
    ticket = compare(world)
    first, second = (offer(world, ticket, "vendor", net) for net in ("500", "450"))
    with world.database.transaction(Actor.system(world.owner_id).scope) as session:
        rows = session.execute(
            select(Quote.id, Quote.state).where(Quote.ticket_id == ticket.id)
        ).all()
    assert {row.id: row.state for row in rows} == {first.id: Q.WITHDRAWN, second.id: Q.OFFERED}
