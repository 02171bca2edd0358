"""Random sequences of calls by random people: no illegal state, four eyes are of two people,
totals equal their lines."""

import os
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import AppError
from ecopick.domains.billing.commands import decisions, drafts
from ecopick.domains.billing.inputs import (
    CancelInvoice,
    DisputeInvoice,
    LineInput,
    PayInvoice,
    SaveInvoice,
    Seller,
)
from ecopick.domains.billing.lifecycle import MOVES, TERMINAL, InvoiceStatus, Move
from ecopick.domains.billing.models import Invoice
from ecopick.domains.billing.sums import lines_of, totals
from tests.domains.tickets.test_main_line import assign_vendor, report
from tests.factories import World

WALKS = 300 if os.environ.get("ECOPICK_FULL") else 20
PEOPLE = ("owner", "manager", "building_admin", "vendor", "vendor_tech", "caretaker", "resident")
VENDOR, MANAGEMENT = {"vendor", "vendor_tech"}, {"owner", "manager", "building_admin"}
LIMIT = Decimal("1000.00")
S = InvoiceStatus
# Which states may follow which, written down here a second time.
ARROWS = {
    (S.DRAFT, S.SUBMITTED), (S.DRAFT, S.CANCELLED), (S.SUBMITTED, S.CANCELLED),
    (S.SUBMITTED, S.APPROVED), (S.SUBMITTED, S.DISPUTED), (S.APPROVED, S.DISPUTED),
    (S.APPROVED, S.PAID), (S.APPROVED, S.CANCELLED), (S.DISPUTED, S.SUBMITTED),
    (S.DISPUTED, S.APPROVED), (S.DISPUTED, S.CANCELLED),
}  # fmt: skip


def bill(price: str = "68.00", number: str = "R-1") -> SaveInvoice:
    """An invoice of two lines at nineteen per cent."""
    seller = Seller(name="Plumber", vat_id="DE811294009", country="DE", city="Freiburg")
    lines = [
        LineInput(description="Arbeit", quantity=Decimal("2.5"), unit_amount=Decimal(price),
                  tax_rate=Decimal(19)),
        LineInput(description="Anfahrt", unit_amount=Decimal("42.00"), tax_rate=Decimal(19)),
    ]  # fmt: skip
    return SaveInvoice(invoice_number=number, lines=lines, seller=seller)


Step = Callable[[Session, Actor, Any], Any]
STEPS: dict[str, Step] = {
    "edit": lambda s, a, key: drafts.edit_invoice(s, a, key, bill("12.34", f"R-{key}")),
    "edit_large": lambda s, a, key: drafts.edit_invoice(s, a, key, bill("900.00", f"R-{key}")),
    "empty": lambda s, a, key: drafts.edit_invoice(
        s, a, key, SaveInvoice(invoice_number=f"R-{key}")
    ),
    "submit": lambda s, a, key: drafts.submit_invoice(s, a, key),
    "correct": lambda s, a, key: drafts.correct_invoice(s, a, key, bill("700.00", f"R-{key}")),
    "withdraw": lambda s, a, key: drafts.withdraw_invoice(s, a, key),
    "approve": lambda s, a, key: decisions.approve_invoice(s, a, key),
    "dispute": lambda s, a, key: decisions.dispute_invoice(
        s, a, key, DisputeInvoice(reason="Zu viel")
    ),
    "cancel": lambda s, a, key: decisions.cancel_invoice(s, a, key, CancelInvoice()),
    "pay": lambda s, a, key: decisions.pay_invoice(
        s, a, key, PayInvoice(paid_on=clock.now().date())
    ),
}
WHO: dict[str, set[str]] = {
    **dict.fromkeys(("edit", "edit_large", "empty", "submit", "correct", "withdraw"), VENDOR),
    **dict.fromkeys(("approve", "dispute", "cancel"), MANAGEMENT),
    "pay": {"owner", "manager"},
}


def begin(world: World, price: str = "68.00") -> Any:
    """A draft of the plumber for a ticket; its id."""
    ticket = report(world)
    assign_vendor(world, ticket)
    vendor = world.actor("vendor")
    desk = drafts.desk_of(world.owner_id, world.vendor_org_id, ticket)
    with world.database.transaction(vendor.scope) as session:
        number = f"R-{ticket.number}"
        return drafts.draft_invoice(session, vendor, desk, bill(price, number)).id


def now(world: World, key: Any) -> Invoice:
    """The invoice as it stands."""
    with world.database.transaction(Actor.system(world.owner_id).scope) as session:
        return session.scalars(select(Invoice).where(Invoice.id == key)).one()


def check(world: World, before: Invoice, key: Any) -> Invoice:
    """What holds after every call."""
    found = now(world, key)
    assert before.status is found.status or (before.status, found.status) in ARROWS
    if before.status in TERMINAL:
        assert (found.version, found.status) == (before.version, before.status)
    summed = totals(lines_of(found.line_items))
    assert (found.total_amount, found.tax_amount) == (summed.gross, summed.tax)
    assert (found.status is S.PAID) == (found.paid_at is not None)
    if found.status is not S.DRAFT and found.submitted_at is not None:
        assert found.line_items
        assert found.total_amount > 0
        assert found.due_date
    if found.status in (S.APPROVED, S.PAID):
        assert found.approved_by_id not in (None, found.submitted_by_id)
        if found.total_amount > LIMIT:
            people = {found.first_approved_by_id, found.approved_by_id} - {None}
            assert len(people) == 2
            assert found.submitted_by_id not in people
    if found.status is S.DISPUTED:
        assert found.dispute_reason
    return found


@settings(
    max_examples=WALKS,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(sorted(STEPS)), st.sampled_from(PEOPLE)), min_size=1, max_size=14
    )
)
def test_no_sequence_of_calls_reaches_an_illegal_state(
    world: World, steps: list[tuple[str, str]]
) -> None:
    key = begin(world, "480.00")
    found = now(world, key)
    for name, who in steps:
        actor = world.actor(who)
        before = found
        try:
            with world.database.transaction(actor.scope) as session:
                STEPS[name](session, actor, key)
        except AppError:
            assert now(world, key).version == before.version
            assert now(world, key).status is before.status
        else:
            assert who in WHO[name], f"{who} could {name}"
        found = check(world, before, key)


def test_every_arrow_is_written_down_once() -> None:
    arrows = {
        (before, step.after)
        for move, step in MOVES.items()
        if move is not Move.EDIT
        for before in step.before
    }
    assert arrows == ARROWS
