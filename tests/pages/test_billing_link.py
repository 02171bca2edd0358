"""The invoice behind a mailed link, on a phone, in Italian, without an account."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from ecopick.domains.billing.commands.rates import add_rate
from ecopick.domains.billing.lifecycle import InvoiceStatus
from ecopick.domains.tickets.commands.status import transition_ticket_status
from ecopick.domains.tickets.inputs import ChangeStatus
from ecopick.domains.tickets.lifecycle import TicketStatus
from ecopick.domains.tickets.models import Ticket
from tests.domains.tickets.test_main_line import add_evidence
from tests.factories import World
from tests.invoices import IBAN, VAT_ID, invoice_now, price_of
from tests.jobs.steps import report, send_to_vendor
from tests.vendor_links import Browser, token_of

FORM = {
    "line-0-description": "Manodopera", "line-0-quantity": "2,5", "line-0-unit_amount": "54,00",
    "line-0-tax": "S:22", "line-0-rate_type": "HOURLY", "line-0-category": "plumbing",
    "line-1-description": "Materiale", "line-1-quantity": "1", "line-1-unit_amount": "1.250,50",
    "line-1-tax": "S:22", "invoice_number": "2026/14", "issue_date": "2026-11-20",
    "seller_name": "Elettro Dolomiti S.r.l.", "seller_country": "DE", "seller_vat_id": VAT_ID,
    "seller_iban": IBAN, "seller_city": "Freiburg", "payment_days": "20",
    "typed_name": "Bruno Rossi",
}  # fmt: skip


@pytest.fixture
def ticket(world: World) -> Ticket:
    """A solved job of the plumber."""
    return report(world, title="Salvavita che scatta")


@pytest.fixture
def vendor(app: Flask, world: World, ticket: Ticket) -> Browser:
    """The recipient, who accepted and finished the job."""
    assignment = send_to_vendor(world, ticket)
    browser = Browser(app, token_of(world, assignment))
    assert browser.accept(typed_name="Bruno Rossi").status_code == 303
    add_evidence(world, ticket)
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        transition_ticket_status(
            session, manager, ticket.id, ChangeStatus(status=TicketStatus.RESOLVED)
        )
    return browser


def page(browser: Browser) -> str:
    answer = browser.client.get(f"{browser.address}/invoice")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.text


def nonce(html: str) -> str:
    found = re.search(r'name="nonce" value="([^"]+)"', html)
    assert found is not None
    return found[1]


def send(browser: Browser, act: str = "submit", **changed: Any) -> Any:
    data = {**FORM, "nonce": nonce(page(browser)), "act": act, **changed}
    return browser.client.post(f"{browser.address}/invoice", data=data)


def invoices(world: World) -> list[Any]:
    with world.engine.connect() as connection:
        query = "select id, status from invoices where property_owner_id = :o order by created_at"
        return list(connection.execute(text(query), {"o": world.owner_id}))


def test_the_form_knows_the_prices_and_an_invoice_is_sent(world: World, vendor: Browser) -> None:
    person = world.actor("vendor")
    with world.database.transaction(person.scope) as session:
        add_rate(session, person, price_of(world, "54.50"))
    html = page(vendor)
    assert 'value="54,50"' in html
    assert 'lang="it"' in html
    assert send(vendor).status_code == 303
    ((key, status),) = invoices(world)
    found = invoice_now(world, key)
    assert (status, found.source.value) == ("SUBMITTED", "link")
    assert str(found.total_amount) == "1690.31"  # (135.00 + 1250.50) × 1.22
    assert str(found.due_date) == "2026-12-10"
    assert found.seller["iban"] == IBAN
    after = page(vendor)
    assert "2026/14" in after
    assert "line-0-description" not in after
    pdf = vendor.client.get(f"{vendor.address}/invoice/pdf")
    assert pdf.data.startswith(b"%PDF-")
    # Its page may be sent again: nothing is billed twice.
    again = vendor.client.post(
        f"{vendor.address}/invoice", data={**FORM, "nonce": nonce(after), "act": "submit"}
    )
    assert (again.status_code, len(invoices(world))) == (409, 1)


def test_what_was_typed_stays_where_something_is_wrong(world: World, vendor: Browser) -> None:
    answer = send(
        vendor,
        **{"line-0-unit_amount": "molto", "seller_iban": "DE00", "seller_vat_id": "DE1"},
    )
    assert answer.status_code == 422
    assert 'value="molto"' in answer.text
    assert answer.text.count("field-error") == 3
    assert invoices(world) == []
    more = send(vendor, act="more")
    assert more.status_code == 200
    assert "line-4-description" in more.text
    assert invoices(world) == []


def test_a_draft_is_kept_and_sent_later(world: World, vendor: Browser) -> None:
    assert send(vendor, act="keep").status_code == 303
    ((key, status),) = invoices(world)
    assert status == "DRAFT"
    assert 'value="54,00"' in page(vendor)
    assert send(vendor, **{"line-0-quantity": "3"}).status_code == 303
    assert invoice_now(world, key).status is InvoiceStatus.SUBMITTED
    assert len(invoices(world)) == 1


def test_looking_changes_nothing_and_strangers_need_a_name(
    app: Flask, world: World, vendor: Browser
) -> None:
    token = vendor.address.rsplit("/", 1)[1]
    stranger = Browser(app, token)
    for method in ("GET", "HEAD"):
        stranger.client.open(f"{stranger.address}/invoice", method=method)
        stranger.client.open(f"{stranger.address}/invoice/pdf", method=method)
    assert invoices(world) == []
    without = send(stranger, typed_name="")
    assert (without.status_code, invoices(world)) == (422, [])
    forged = vendor.client.post(f"{vendor.address}/invoice", data={**FORM, "act": "submit"})
    assert (forged.status_code, invoices(world)) == (409, [])


def test_an_unsolved_job_is_not_billed(app: Flask, world: World) -> None:
    assignment = send_to_vendor(world, report(world))
    browser = Browser(app, token_of(world, assignment))
    assert browser.client.get(f"{browser.address}/invoice").status_code == 404
    assert browser.accept(typed_name="Bruno").status_code == 303
    assert browser.client.get(f"{browser.address}/invoice").status_code == 404
