"""Figures of vendors beside a plain reckoning, and the order that they lead to."""

import os
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from ecopick.core import changes, clock
from ecopick.core.db import new_id
from ecopick.domains.reports.queries.performance import (
    HALF_AS_PROMPT,
    HOLDS_AFTER,
    Scorecard,
    months,
    scorecard,
)
from ecopick.domains.reports.queries.recommendation import recommended
from ecopick.domains.reports.ranking import Means, means, quality, score, shrunk
from ecopick.domains.tickets.lifecycle import Rating
from ecopick.domains.tickets.models import Ticket, TicketRating
from ecopick.domains.vendors.models import OwnerVendor, VendorPerformance
from tests.domains.tickets.test_main_line import answer, assign_vendor, report
from tests.factories import World
from tests.figures import figure

EXAMPLES = 400 if os.environ.get("ECOPICK_FULL") else 25
SLOW = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
JOB = st.fixed_dictionaries(
    {
        "age": st.integers(0, 400),
        "response": st.one_of(st.none(), st.integers(0, 3000)),
        "resolution": st.integers(0, 20000),
        "in_time": st.sampled_from([None, True, False]),
        "reopened_after": st.one_of(st.none(), st.integers(0, 45)),
        "visits": st.one_of(st.none(), st.integers(1, 3)),
        "stars": st.one_of(st.none(), st.integers(1, 5)),
        "tenant": st.one_of(st.none(), st.sampled_from(list(Rating))),
    }
)
NOON = timedelta(hours=12)


@pytest.fixture
def tickets(world: World) -> list[Ticket]:
    """As many tickets as a drawn history needs."""
    return [report(world) for _each in range(6)]


def _store(
    session: Session, world: World, tickets: list[Ticket], drawn: list[dict[str, Any]]
) -> None:
    changes.push(session, "test")
    for ticket, job in zip(tickets, drawn, strict=False):
        at = clock.now() - timedelta(days=job["age"]) - NOON
        again = job["reopened_after"]
        session.add(
            VendorPerformance(
                id=new_id(),
                property_owner_id=world.owner_id,
                vendor_org_id=world.vendor_org_id,
                ticket_id=ticket.id,
                created_at=at,
                response_time_minutes=job["response"],
                resolution_time_minutes=job["resolution"],
                sla_met_deadline=job["in_time"],
                reopened_at=None if again is None else at + timedelta(days=again),
                visits=job["visits"],
                rating=job["stars"],
            )
        )
        if job["tenant"] is not None:
            session.add(
                TicketRating(
                    id=new_id(),
                    property_owner_id=world.owner_id,
                    ticket_id=ticket.id,
                    vendor_org_id=world.vendor_org_id,
                    rating=job["tenant"],
                    created_at=at,
                )
            )
    session.flush()


def _reckoned(drawn: list[dict[str, Any]], now: datetime) -> Scorecard:
    """The same figures by hand."""
    young = [job for job in drawn if job["age"] < 365]
    answers = [job["response"] for job in young if job["response"] is not None]
    stars = [job["stars"] for job in young if job["stars"] is not None]
    fixed = decided = 0
    for job in young:
        again, visits = job["reopened_after"], job["visits"] or 1
        failed = visits > 1 or (again is not None and again <= HOLDS_AFTER.days)
        old = job["age"] >= HOLDS_AFTER.days
        decided += failed or old
        fixed += old and not failed
    said = [job["tenant"] for job in young]
    return Scorecard(
        jobs=len(young),
        answered=len(answers),
        response_minutes=median(answers) if answers else None,
        promptness=sum(1 / (1 + each / HALF_AS_PROMPT) for each in answers),
        resolution_minutes=median([job["resolution"] for job in young]) if young else None,
        due=sum(job["in_time"] is not None for job in young),
        met=sum(job["in_time"] is True for job in young),
        decided=decided,
        fixed=fixed,
        reopened=sum(job["reopened_after"] is not None for job in young),
        rated=len(stars),
        stars=sum(stars) / len(stars) if stars else None,
        good=said.count(Rating.GOOD),
        fair=said.count(Rating.FAIR),
        poor=said.count(Rating.POOR),
    )


def test_figures_agree_with_a_plain_reckoning(world: World, tickets: list[Ticket]) -> None:
    checked = 0

    @SLOW
    @given(st.lists(JOB, max_size=len(tickets)))
    def agree(drawn: list[dict[str, Any]]) -> None:
        nonlocal checked
        actor = world.actor("manager")
        with world.database.transaction(actor.scope) as session:
            _store(session, world, tickets, drawn)
            found = scorecard(session, [world.owner_id], world.vendor_org_id)
            expected = _reckoned(drawn, clock.now())
            for name, value in expected.__dict__.items():
                assert getattr(found, name) == pytest.approx(value), name
            by_month = months(session, [world.owner_id], world.vendor_org_id)
            assert len(by_month) == 12
            assert sum(month.jobs for month in by_month) <= len(drawn)
            assert all(month.met <= month.due <= month.jobs for month in by_month)
            session.rollback()
        checked += 1

    agree()
    figure("vendors", "histories whose figures agree with a plain reckoning", checked)


SHARE = st.floats(0, 1)


@given(st.integers(0, 500), SHARE, SHARE)
def test_small_numbers_are_drawn_to_the_mean(count: int, share: float, mean: float) -> None:
    """What is believed lies between what was seen and what is usual, nearer to it with more jobs."""
    found = shrunk(share * count, count, mean)
    assert min(share, mean) - 1e-9 <= found <= max(share, mean) + 1e-9
    more = shrunk(share * (count + 10), count + 10, mean)
    assert abs(more - share) <= abs(found - share) + 1e-9


@st.composite
def cards(draw: st.DrawFn) -> Scorecard:
    jobs = draw(st.integers(0, 60))
    due, decided, rated = (draw(st.integers(0, jobs)) for _each in range(3))
    answered = draw(st.integers(0, jobs))
    return Scorecard(
        jobs=jobs,
        answered=answered,
        promptness=draw(SHARE) * answered,
        due=due,
        met=draw(st.integers(0, due)),
        decided=decided,
        fixed=draw(st.integers(0, decided)),
        rated=rated,
        stars=draw(st.floats(1, 5)) if rated else None,
        good=draw(st.integers(0, jobs)),
    )


@given(st.lists(cards(), min_size=1, max_size=8))
def test_quality_is_a_share(listed: list[Scorecard]) -> None:
    usual = means(listed)
    assert all(0 <= each <= 1 for each in (usual.met, usual.fixed, usual.content, usual.prompt))
    assert all(0 <= quality(card, usual) <= 1 for card in listed)


@given(cards(), st.integers(0, 9), st.integers(0, 9))
def test_doing_better_never_hurts(card: Scorecard, here: int, load: int) -> None:
    usual = Means(0.8, 0.8, 0.7, 0.5)
    better = Scorecard(
        **{
            **card.__dict__,
            "jobs": card.jobs + 1,
            "due": card.due + 1,
            "met": card.met + 1,
            "good": card.good + 1,
        }
    )
    now = score(card, usual, jobs_here=here, open_jobs=load)
    assert score(better, usual, jobs_here=here, open_jobs=load) >= now - 1e-9
    assert score(card, usual, jobs_here=here + 1, open_jobs=load) >= now
    assert score(card, usual, jobs_here=here, open_jobs=load + 1) <= now


def test_one_lucky_job_does_not_lead() -> None:
    lucky = Scorecard(jobs=1, due=1, met=1, decided=1, fixed=1, rated=1, stars=5.0)
    proven = Scorecard(jobs=40, due=40, met=38, decided=40, fixed=38, rated=30, stars=4.7)
    usual = means([lucky, proven])
    assert quality(proven, usual) > quality(lucky, usual)


def _order(world: World, ticket: Ticket) -> list[tuple[Any, bool, bool]]:
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        found = recommended(session, manager, ticket)
    return [(one.id, one.fits, one.has_declined) for one in found]


def test_whoever_does_such_work_stands_first_and_blocked_vendors_nowhere(world: World) -> None:
    first, second = world.vendor_org_id, world.second_vendor_org_id
    ticket = report(world)
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        changes.push(session, "test")
        works = {
            row.vendor_org_id: row
            for row in session.query(OwnerVendor).filter_by(property_owner_id=world.owner_id)
        }
        works[second].categories = ["plumbing"]
    assert _order(world, ticket) == [(second, True, False), (first, False, False)]
    assignment = assign_vendor(world, ticket, second=True)
    answer(world, assignment, "vendor_two", accept=False)
    assert _order(world, ticket) == [(first, False, False), (second, True, True)]
    with world.database.transaction(manager.scope) as session:
        changes.push(session, "test")
        row = (
            session.query(OwnerVendor)
            .filter_by(property_owner_id=world.owner_id, vendor_org_id=first)
            .one()
        )
        row.blocked_at, row.blocked_reason = clock.now(), "Pfusch"
    assert _order(world, ticket) == [(second, True, True)]
