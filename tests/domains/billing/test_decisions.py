"""Four eyes, numbers used once, what is compared before anybody approves."""

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from ecopick.domains.billing.commands import decisions, drafts
from ecopick.domains.billing.commands.rates import add_rate, change_rate
from ecopick.domains.billing.commands.settings import keep_settings
from ecopick.domains.billing.inputs import (
    BillingSettings,
    ChangeRate,
    DisputeInvoice,
    LineInput,
    PayInvoice,
    SaveInvoice,
    SaveRate,
)
from ecopick.domains.billing.lifecycle import InvoiceStatus, RateType
from ecopick.domains.billing.models import Invoice
from ecopick.domains.billing.queries.matching import Check, matches
from ecopick.domains.billing.queries.rates import rates_of
from tests.domains.tickets.test_main_line import assign_vendor, report
from tests.factories import World
from tests.invoices import bill, invoice_now, price_of, written

S = InvoiceStatus


@pytest.fixture
def ticket(world: World) -> Any:
    """A job that the plumber was sent to."""
    found = report(world)
    assign_vendor(world, found)
    return found


def sent(world: World, ticket: Any, price: str = "68.00") -> Any:
    vendor = world.actor("vendor")
    with world.database.transaction(vendor.scope) as session:
        return bill(session, vendor, world, ticket, price).id


def act(world: World, who: str, step: Any, key: Any, *data: Any) -> Invoice:
    actor = world.actor(who)
    with world.database.transaction(actor.scope) as session:
        return step(session, actor, key, *data)


def test_above_the_limit_two_people_approve(world: World, ticket: Any) -> None:
    key = sent(world, ticket, "400.00")  # 1,239.98 with tax; the limit is 1,000.
    assert invoice_now(world, key).total_amount == Decimal("1239.98")
    first = act(world, "manager", decisions.approve_invoice, key)
    assert (first.status, first.first_approved_by_id) == (S.SUBMITTED, world.people["manager"])
    with pytest.raises(Conflict, match="second_person_needed"):
        act(world, "manager", decisions.approve_invoice, key)
    assert act(world, "owner", decisions.approve_invoice, key).status is S.APPROVED
    paid = act(world, "manager", decisions.pay_invoice, key, PayInvoice(paid_on=clock.now().date()))
    assert paid.status is S.PAID
    assert paid.payment_reference is None


def test_below_the_limit_one_person_is_enough_and_the_limit_is_the_owners(
    world: World, ticket: Any
) -> None:
    key = sent(world, ticket)  # 252.28 with tax.
    owner = world.actor("owner")
    with world.database.transaction(owner.scope) as session:
        keep_settings(session, owner, None, BillingSettings(two_approvals_above=Decimal("252.27")))
    assert act(world, "manager", decisions.approve_invoice, key).status is S.SUBMITTED
    with world.database.transaction(owner.scope) as session:
        keep_settings(session, owner, None, BillingSettings())
    other = report(world)
    assign_vendor(world, other)
    large = sent(world, other, "4000.00")
    assert act(world, "manager", decisions.approve_invoice, large).status is S.APPROVED


def test_a_dispute_undoes_approvals_and_a_correction_is_looked_at_anew(
    world: World, ticket: Any
) -> None:
    key = sent(world, ticket, "400.00")
    act(world, "manager", decisions.approve_invoice, key)
    act(world, "owner", decisions.dispute_invoice, key, DisputeInvoice(reason="Zu viele Stunden"))
    found = invoice_now(world, key)
    assert (found.status, found.first_approved_by_id) == (S.DISPUTED, None)
    seen = found.version
    act(world, "vendor", drafts.correct_invoice, key, written(found.invoice_number, "390.00"))
    actor = world.actor("manager")
    with (
        pytest.raises(Conflict, match="changed"),
        world.database.transaction(actor.scope) as session,
    ):
        decisions.approve_invoice(session, actor, key, version=seen)
    assert invoice_now(world, key).first_approved_by_id is None


def test_a_number_counts_once(world: World, ticket: Any) -> None:
    """Also when two people send the same invoice at once."""
    vendor = world.actor("vendor")
    desk = drafts.desk_of(world.owner_id, world.vendor_org_id, ticket)
    outcomes: list[str] = []
    gate = threading.Barrier(4)

    def write() -> None:
        gate.wait()
        try:
            with world.database.transaction(vendor.scope) as session:
                drafts.draft_invoice(session, vendor, desk, written("2026-77"))
            outcomes.append("kept")
        except AppError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=write) for _each in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(outcomes) == ["duplicate_number"] * 3 + ["kept"]
    # Another vendor has numbers of its own.
    other = world.actor("vendor_two")
    foreign = drafts.desk_of(world.owner_id, world.second_vendor_org_id)
    with world.database.transaction(other.scope) as session:
        drafts.draft_invoice(session, other, foreign, written("2026-77"))
    with world.database.transaction(Actor.system(world.owner_id).scope) as session:
        count = select(func.count()).where(Invoice.invoice_number == "2026-77")
        assert session.scalar(count.where(Invoice.property_owner_id == world.owner_id)) == 2


def test_nobody_else_sees_a_draft_and_nobody_bills_for_others(world: World, ticket: Any) -> None:
    vendor = world.actor("vendor")
    desk = drafts.desk_of(world.owner_id, world.vendor_org_id, ticket)
    with world.database.transaction(vendor.scope) as session:
        key = drafts.draft_invoice(session, vendor, desk, written("R-1")).id
    for who in ("owner", "manager", "caretaker", "resident", "vendor_two"):
        with pytest.raises(NotFound):
            act(world, who, decisions.approve_invoice, key)
    other = world.actor("vendor_two")
    with pytest.raises(Forbidden), world.database.transaction(other.scope) as session:
        drafts.draft_invoice(session, other, desk, written("R-2"))
    empty = SaveInvoice(invoice_number="R-1")
    act(world, "vendor", drafts.edit_invoice, key, empty)
    with pytest.raises(Invalid) as refused:
        act(world, "vendor", drafts.submit_invoice, key)
    assert "lines" in refused.value.fields


def test_what_is_sent_must_say_who_bills(world: World, ticket: Any) -> None:
    vendor = world.actor("vendor")
    desk = drafts.desk_of(world.owner_id, world.vendor_org_id, ticket)
    line = LineInput(description="Arbeit", unit_amount=Decimal("10"), tax_rate=Decimal(19))
    with world.database.transaction(vendor.scope) as session:
        data = SaveInvoice(invoice_number="R-9", lines=[line])
        key = drafts.draft_invoice(session, vendor, desk, data).id
    with pytest.raises(Invalid) as refused:
        act(world, "vendor", drafts.submit_invoice, key)
    assert set(refused.value.fields) == {"seller_vat_id", "seller_country"}


def test_agreed_prices_outweigh_the_vendors_own(world: World, ticket: Any) -> None:
    vendor, manager = world.actor("vendor"), world.actor("manager")
    with world.database.transaction(vendor.scope) as session:
        add_rate(session, vendor, price_of(world, "75.00"))
        with pytest.raises(Conflict, match="duplicate_rate"):
            add_rate(session, vendor, price_of(world, "76.00"))
    with world.database.transaction(manager.scope) as session:
        agreed = add_rate(session, manager, price_of(world, "60.00"))
        way = SaveRate(
            vendor_org_id=world.vendor_org_id, category="plumbing",
            rate_type=RateType.FIXED, amount=Decimal("42.00"),
        )  # fmt: skip
        add_rate(session, manager, way)
    with world.database.transaction(manager.scope) as session:
        known = {
            r.rate_type: r.amount for r in rates_of(session, world.owner_id, world.vendor_org_id)
        }
    assert known == {RateType.HOURLY: Decimal("60.00"), RateType.FIXED: Decimal("42.00")}
    key = sent(world, ticket)
    with world.database.transaction(manager.scope) as session:
        found = {each.check: each for each in matches(session, invoice_now(world, key))}
    assert found[Check.RATE_MORE].difference == Decimal("8.00")
    assert set(found) == {
        Check.RATE_MORE, Check.RATE_SAME, Check.NO_QUOTE, Check.NO_EVIDENCE, Check.NOT_SOLVED,
    }  # fmt: skip
    with world.database.transaction(manager.scope) as session:
        change_rate(session, manager, agreed.id, ChangeRate(is_active=False))
    with world.database.transaction(manager.scope) as session:
        known = {
            r.rate_type: r.amount for r in rates_of(session, world.owner_id, world.vendor_org_id)
        }
    assert known[RateType.HOURLY] == Decimal("75.00")


def test_another_bank_account_and_a_second_invoice_stand_out(world: World, ticket: Any) -> None:
    key = sent(world, ticket)
    act(world, "manager", decisions.approve_invoice, key)
    vendor = world.actor("vendor")
    desk = drafts.desk_of(world.owner_id, world.vendor_org_id, ticket)
    again = written("R-2nd")
    assert again.seller is not None
    changed = again.model_copy(
        update={"seller": again.seller.model_copy(update={"iban": "DE89370400440532013000"})}
    )
    with world.database.transaction(vendor.scope) as session:
        second = drafts.draft_invoice(session, vendor, desk, changed)
        drafts.submit_invoice(session, vendor, second)
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        odd = {
            each.check for each in matches(session, invoice_now(world, second.id)) if each.is_odd
        }
    assert {Check.IBAN_CHANGED, Check.OTHER_INVOICE} <= odd


def test_a_payment_is_not_recorded_in_the_future(world: World, ticket: Any) -> None:
    key = sent(world, ticket)
    act(world, "manager", decisions.approve_invoice, key)
    tomorrow = PayInvoice(paid_on=(clock.now() + timedelta(days=2)).date())
    with pytest.raises(Invalid):
        act(world, "manager", decisions.pay_invoice, key, tomorrow)
    with pytest.raises(Forbidden):
        act(world, "building_admin", decisions.pay_invoice, key, tomorrow)
