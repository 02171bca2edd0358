"""No sequence of offering, choosing, approving and taking back reaches an illegal state."""

import os
import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import AppError
from ecopick.domains.governance.commands.approvals import decide_approval, expire_request
from ecopick.domains.governance.inputs import DecideApproval
from ecopick.domains.governance.lifecycle import UNDECIDED
from ecopick.domains.governance.models import AccessRequest, AccessRequestTask
from ecopick.domains.tickets.commands.assignment import (
    assign_ticket,
    cancel_assignment,
    lapse_assignment,
    respond_assignment,
    undo_response,
)
from ecopick.domains.tickets.commands.opportunities import (
    claim,
    confirm_claim,
    publish_opportunity,
    refuse_claim,
    withdraw_lapsed,
)
from ecopick.domains.tickets.commands.quote_approvals import quote_waiting_for
from ecopick.domains.tickets.commands.quote_choices import accept_quote, settle_approval
from ecopick.domains.tickets.commands.quotes import offer_quote, refuse_quote, withdraw_quote
from ecopick.domains.tickets.commands.status import transition_ticket_status
from ecopick.domains.tickets.inputs import (
    AssignTicket,
    CancelAssignment,
    ChangeStatus,
    PublishOpportunity,
    RespondAssignment,
)
from ecopick.domains.tickets.lifecycle import AssignmentState, TicketStatus
from ecopick.domains.tickets.models import Assignment, Quote, Ticket
from ecopick.domains.tickets.quote_inputs import OfferQuote, RefuseQuote
from ecopick.domains.tickets.quote_lifecycle import UNDECIDED_QUOTE, QuoteState
from ecopick.domains.vendors.models import VendorSubscription
from tests.domains.tickets.test_main_line import add_evidence, report
from tests.domains.tickets.test_random_walks import check as check_ticket
from tests.factories import World

WALKS = 300 if os.environ.get("ECOPICK_FULL") else 15
PEOPLE = ("manager", "owner", "vendor", "vendor_two")
Step = Callable[[Session, Actor, World, Ticket, int], Any]
Move = tuple[str, str, int, int]
# Where something interesting begins; odd numbers of a dispatch mean the first vendor.
STARTS: tuple[tuple[Move, ...], ...] = (
    (),
    (("dispatch", "manager", 1, 0), ("offer", "vendor", 5, 1)),
    (("dispatch", "manager", 1, 0), ("accept", "vendor", 0, 1), ("offer", "vendor", 5, 1)),
    (("first_wins", "manager", 0, 0), ("offer", "vendor", 4, 1)),
    (
        ("compare", "manager", 0, 0),
        ("offer", "vendor", 1, 1),
        ("offer", "vendor_two", 5, 1),
        ("choose", "manager", 1, 1),
    ),
)
Q, S = QuoteState, TicketStatus


def _quote(session: Session, ticket: Ticket, at: int, *states: QuoteState) -> uuid.UUID:
    rows = session.scalars(
        select(Quote.id)
        .where(Quote.ticket_id == ticket.id, Quote.state.in_(states or list(QuoteState)))
        .order_by(Quote.created_at, Quote.id)
    ).all()
    return rows[at % len(rows)] if rows else uuid.UUID(int=1)


def _latest(session: Session, ticket: Ticket) -> Any:
    return session.scalar(
        select(Assignment.id)
        .where(Assignment.ticket_id == ticket.id)
        .order_by(Assignment.created_at.desc())
        .limit(1)
    )


def _offer(session: Session, actor: Actor, world: World, ticket: Ticket, at: int) -> Any:
    # Up to 1000 one click is enough, above it somebody else approves.
    data = OfferQuote(net=Decimal(100 + 300 * (at % 6)), tax_rate=Decimal(19))
    return offer_quote(session, actor, ticket.id, data)


def _publish(*, collect: bool) -> Step:
    return lambda s, a, w, t, n: publish_opportunity(
        s,
        a,
        t.id,
        PublishOpportunity(
            collect_quotes=collect,
            vendor_deadline=clock.now() + timedelta(hours=2) if n % 2 else None,
        ),
    )


def _decide(decision: str) -> Step:
    def step(session: Session, actor: Actor, world: World, ticket: Ticket, at: int) -> Any:
        request_id = session.scalar(
            select(AccessRequest.id).where(
                AccessRequest.ticket_id == ticket.id, AccessRequest.status.in_(UNDECIDED)
            )
        )
        data = DecideApproval.model_validate({"decision": decision, "note": "Darum"})
        return decide_approval(session, actor, request_id or uuid.UUID(int=1), data)

    return step


def _expire(session: Session, actor: Actor, world: World, ticket: Ticket, at: int) -> Any:
    system = Actor.system(world.owner_id)
    for request_id in session.scalars(
        select(AccessRequest.id).where(AccessRequest.ticket_id == ticket.id)
    ).all():
        expire_request(session, system, request_id)


def _answer(*, accept: bool) -> Step:
    return lambda s, a, w, t, n: respond_assignment(
        s, a, _latest(s, t), RespondAssignment(accept=accept)
    )


def _to(status: TicketStatus) -> Step:
    return lambda s, a, w, t, n: transition_ticket_status(s, a, t.id, ChangeStatus(status=status))


def _dispatch(session: Session, actor: Actor, world: World, ticket: Ticket, at: int) -> Any:
    vendor_id = world.vendor_org_id if at % 2 else world.second_vendor_org_id
    return assign_ticket(
        session, actor, ticket.id, AssignTicket(type="VENDOR", vendor_org_id=vendor_id)
    )


STEPS: dict[str, Step] = {
    "offer": _offer,
    "offer_again": _offer,
    "compare": _publish(collect=True),
    "first_wins": _publish(collect=False),
    "unpublish": lambda s, a, w, t, n: publish_opportunity(
        s, a, t.id, PublishOpportunity(open=False)
    ),
    "choose": lambda s, a, w, t, n: accept_quote(s, a, _quote(s, t, n, *UNDECIDED_QUOTE)),
    "choose_any": lambda s, a, w, t, n: accept_quote(s, a, _quote(s, t, n)),
    "refuse_quote": lambda s, a, w, t, n: refuse_quote(s, a, _quote(s, t, n), RefuseQuote()),
    "take_back_quote": lambda s, a, w, t, n: withdraw_quote(s, a, _quote(s, t, n), RefuseQuote()),
    "approve": _decide("APPROVED"),
    "approve_too": _decide("APPROVED"),
    "reject": _decide("REJECTED"),
    "expire": _expire,
    "claim": lambda s, a, w, t, n: claim(s, a, t.id, w.vendor_org_id),
    "confirm": lambda s, a, w, t, n: confirm_claim(s, a, t.id),
    "refuse_claim": lambda s, a, w, t, n: refuse_claim(s, a, t.id),
    "dispatch": _dispatch,
    "accept": _answer(accept=True),
    "decline": _answer(accept=False),
    "undo": lambda s, a, w, t, n: undo_response(s, a, _latest(s, t)),
    "take_back_job": lambda s, a, w, t, n: cancel_assignment(s, a, t.id, CancelAssignment()),
    "lapse": lambda s, a, w, t, n: lapse_assignment(s, Actor.system(w.owner_id), _latest(s, t)),
    "deadline": lambda s, a, w, t, n: withdraw_lapsed(s, Actor.system(w.owner_id), t.id),
    "resolve": _to(S.RESOLVED),
    "await_tenant": _to(S.AWAITING_TENANT),
    "resume": _to(S.IN_PROGRESS),
    "cancel": _to(S.CANCELLED),
}


def settle_ended(world: World, ticket: Ticket) -> None:
    """What the job of ended approvals does, as soon as they have ended."""
    system = Actor.system(world.owner_id)
    with world.database.transaction(system.scope) as session:
        for request in session.scalars(
            select(AccessRequest).where(
                AccessRequest.ticket_id == ticket.id, AccessRequest.status.not_in(UNDECIDED)
            )
        ).all():
            quote = quote_waiting_for(session, request.id)
            if quote is not None:
                settle_approval(
                    session, system, quote.id, request.status, request.approver_id, "Darum"
                )


def check(world: World, ticket: Ticket) -> None:
    """What holds after every step, whatever happened before."""
    check_ticket(world, ticket.id)
    system = Actor.system(world.owner_id)
    with world.database.transaction(system.scope) as session:
        quotes = session.scalars(select(Quote).where(Quote.ticket_id == ticket.id)).all()
        found = session.get_one(Ticket, ticket.id)
        job = session.get(Assignment, found.current_assignment_id or uuid.UUID(int=0))
        accepted = [row for row in quotes if row.state is Q.ACCEPTED]
        waiting = [row for row in quotes if row.state is Q.WAITING]
        assert len(accepted) <= 1
        assert len(waiting) <= 1
        for row in quotes:
            assert row.total_amount == row.net_amount + row.tax_amount
        for row in accepted:
            assert job is not None
            assert (job.vendor_org_id, job.state) == (row.vendor_org_id, AssignmentState.ACCEPTED)
            if row.net_amount > 1000:
                _two_people(session, row)
        for row in waiting:
            request = session.get_one(AccessRequest, row.approval_id)
            assert request.status in UNDECIDED
            assert found.status not in (S.RESOLVED, S.CLOSED, S.CANCELLED, S.TRIAGED)
            assert found.vendor_org_id == row.vendor_org_id
        if found.status in (S.CLOSED, S.CANCELLED, S.TRIAGED, S.NEW):
            assert all(row.state not in UNDECIDED_QUOTE for row in quotes)
        if not found.collects_quotes or not found.open_to_vendors:
            live = {row.vendor_org_id for row in quotes if row.state in UNDECIDED_QUOTE}
            assert live <= {found.vendor_org_id}


def _two_people(session: Session, quote: Quote) -> None:
    """Above the limit one person alone never takes a price."""
    tasks = session.scalars(
        select(AccessRequestTask).where(AccessRequestTask.access_request_id == quote.approval_id)
    ).all()
    deciders = {(task.metadata_ or {}).get("decided_by") for task in tasks} - {None}
    who = deciders | ({str(quote.accepted_by_id)} if quote.accepted_by_id else set())
    assert len(who) >= 2


@settings(
    max_examples=WALKS,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.sampled_from(STARTS),
    st.lists(
        st.tuples(
            st.sampled_from(sorted(STEPS)),
            st.sampled_from(PEOPLE),
            st.integers(0, 11),
            st.integers(0, 60),
        ),
        max_size=16,
    ),
)
def test_no_sequence_reaches_an_illegal_state(
    world: World, start: tuple[Move, ...], walk: list[Move]
) -> None:
    clock.reset()
    ticket = report(world)
    add_evidence(world, ticket)
    subscribe(world)
    for name, who, number, minutes in (*start, *walk):
        clock.shift(timedelta(minutes=minutes))
        actor = world.actor(who)
        try:
            with world.database.transaction(actor.scope) as session:
                STEPS[name](session, actor, world, ticket, number)
        except AppError:
            pass
        settle_ended(world, ticket)
        check(world, ticket)


def subscribe(world: World) -> None:
    """Both vendors hear of jobs about water; told once."""
    with world.database.transaction(Actor.system(world.owner_id).scope) as session:
        known = session.scalar(select(VendorSubscription.id).limit(1))
    if known is None:
        world.add(
            *(
                VendorSubscription(
                    property_owner_id=world.owner_id,
                    vendor_org_id=vendor_id,
                    categories=["plumbing"],
                )
                for vendor_id in (world.vendor_org_id, world.second_vendor_org_id)
            )
        )
