"""Invoices on the desk: list, one invoice, decisions by two people, files, prices, settings."""

import io
import zipfile
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ecopick.core import clock
from ecopick.domains.billing.lifecycle import InvoiceStatus
from ecopick.domains.tickets.models import Ticket
from tests.domains.billing.test_electronic import XRECHNUNG
from tests.domains.tickets.test_main_line import assign_vendor, report
from tests.factories import PASSWORD, World
from tests.invoices import bill, invoice_now

S = InvoiceStatus


class Page:
    """Somebody at a browser without scripts."""

    def __init__(self, app: Flask, world: World, who: str) -> None:
        self.client: FlaskClient = app.test_client()
        body = {"email": world.emails[who], "password": PASSWORD}
        assert self.client.post("/api/auth/login", json=body).status_code == 200
        cookie = self.client.get_cookie("ecopick_csrf")
        assert cookie is not None
        self.csrf = cookie.value

    def get(self, path: str, expected: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == expected, answer.text[:600]
        return answer.text

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(path, data={"csrf_token": self.csrf, **fields})


@pytest.fixture
def ticket(world: World) -> Ticket:
    """A job of the plumber."""
    found = report(world)
    assign_vendor(world, found)
    return found


@pytest.fixture
def key(world: World, ticket: Ticket) -> Any:
    """An invoice above the limit, sent by the plumber."""
    vendor = world.actor("vendor")
    with world.database.transaction(vendor.scope) as session:
        return bill(session, vendor, world, ticket, "400.00").id


def test_two_managers_approve_and_a_third_step_records_the_payment(
    app: Flask, world: World, ticket: Ticket, key: Any
) -> None:
    manager, owner = Page(app, world, "manager"), Page(app, world, "owner")
    listed = manager.get("/de/billing")
    assert f"R-{ticket.number}" in listed
    assert "1.239,98" in listed
    address = f"/de/billing/invoices/{key}"
    shown = manager.get(address)
    assert "Schwarzwald Sanitär GmbH" in shown
    assert manager.post(f"{address}/approve", version_shown="1").status_code == 303
    assert invoice_now(world, key).status is S.SUBMITTED
    assert f"{address}/approve" not in manager.get(address)
    assert manager.post(f"{address}/approve").status_code == 409
    assert owner.post(f"{address}/approve", version_shown="1").status_code == 303
    assert invoice_now(world, key).status is S.APPROVED
    today = clock.now().date().isoformat()
    wrong = owner.post(f"{address}/pay", paid_on="morgen", reference="SEPA 7")
    assert wrong.status_code == 422
    assert 'value="SEPA 7"' in wrong.text
    paid = owner.post(f"{address}/pay", paid_on=today, reference="SEPA 7")
    assert paid.status_code == 303
    found = invoice_now(world, key)
    assert (found.status, found.payment_reference) == (S.PAID, "SEPA 7")
    assert f"R-{ticket.number}" in manager.get(f"/de/tickets/{ticket.id}?section=billing")


def test_a_dispute_goes_to_the_vendor_who_corrects_it(app: Flask, world: World, key: Any) -> None:
    manager, vendor = Page(app, world, "manager"), Page(app, world, "vendor")
    address = f"/en/billing/invoices/{key}"
    assert manager.post(f"{address}/dispute", reason=" ").status_code == 422
    assert manager.post(f"{address}/dispute", reason="Too many hours").status_code == 303
    assert "Too many hours" in vendor.get(address)
    form = vendor.get(f"{address}/edit")
    assert 'value="400.00"' in form
    fields = {
        "line-0-description": "Arbeitszeit", "line-0-quantity": "2", "line-0-unit_amount": "400",
        "line-0-tax": "S:19", "invoice_number": "R-1", "act": "submit",
    }  # fmt: skip
    assert vendor.post(f"{address}/edit", **fields).status_code == 303
    found = invoice_now(world, key)
    assert (found.status, found.total_amount) == (S.SUBMITTED, Decimal("952.00"))
    assert "R-1" in vendor.get("/en/billing")


def test_the_list_is_filtered_and_taken_away(app: Flask, world: World, key: Any) -> None:
    manager = Page(app, world, "manager")
    number = invoice_now(world, key).invoice_number
    for query in ("", "?tab=waiting", f"?q={number}", "?bucket=not_due"):
        assert number in manager.get(f"/en/billing{query}"), query
    for query in ("?tab=paid", "?q=nothing", "?bucket=90"):
        assert number not in manager.get(f"/en/billing{query}"), query
    lines = manager.get("/en/billing/export?format=csv").splitlines()
    assert len(lines) == 2
    assert "1042.00,197.98,1239.98,EUR" in lines[1]
    sheet = manager.client.get("/en/billing/export?format=xlsx")
    with zipfile.ZipFile(io.BytesIO(sheet.data)) as archive:
        assert b"1239.98" in archive.read("xl/worksheets/sheet1.xml")
    owed = manager.get("/en/billing/ageing")
    assert "1.239,98" in owed
    assert "1239.98" in manager.get("/en/billing/ageing/export?format=csv")


def test_an_electronic_invoice_is_taken_in_by_management(app: Flask, world: World) -> None:
    """The sender is not known by its VAT id yet, so it is chosen once."""
    manager = Page(app, world, "manager")
    wrong = XRECHNUNG.replace(b">172.55</a:GrandTotalAmount>", b">182.55</a:GrandTotalAmount>")

    def send(content: bytes, **more: str) -> Any:
        file = (io.BytesIO(content), "rechnung.xml")
        return manager.post("/de/billing/receive", file=file, **more)

    refused = send(wrong)
    assert refused.status_code == 422
    assert "182,55" in refused.text
    assert "172,55" in refused.text
    unknown = send(XRECHNUNG)
    assert unknown.status_code == 422
    assert "DE811294009" in unknown.text
    taken = send(XRECHNUNG, vendor_org_id=str(world.vendor_org_id))
    assert taken.status_code == 303, taken.text
    address = taken.headers["Location"]
    shown = manager.get(address)
    assert "Monteurstunde" in shown
    assert send(XRECHNUNG, vendor_org_id=str(world.vendor_org_id)).status_code == 409
    # Whoever takes it in does not approve it as well.
    assert manager.post(f"{address}/submit").status_code == 303
    assert manager.post(f"{address}/approve").status_code == 403
    owner = Page(app, world, "owner")
    assert owner.post(f"{address}/approve").status_code == 303
    assert invoice_now(world, address.rsplit("/", 1)[1]).status is S.APPROVED
    # The file waits for the scanner.
    assert manager.client.get(f"{address}/original").status_code == 404


def test_prices_and_settings_are_kept(app: Flask, world: World) -> None:
    manager, vendor = Page(app, world, "manager"), Page(app, world, "vendor")
    fields = {"category": "plumbing", "rate_type": "HOURLY", "amount": "68,50", "currency": "EUR"}
    org = str(world.vendor_org_id)
    assert vendor.post("/de/billing/rates", vendor_org_id=org, **fields).status_code == 303
    agreed = {**fields, "amount": "61,00"}
    assert manager.post("/de/billing/rates", vendor_org_id=org, **agreed).status_code == 303
    again = manager.post("/de/billing/rates", vendor_org_id=org, **agreed)
    assert again.status_code == 409
    assert 'value="61,00"' in again.text
    assert "61,00" in manager.get("/de/billing/rates")
    assert "68,50" in vendor.get("/de/billing/rates")
    kept = manager.post(
        "/de/billing/settings", two_approvals_above="2.500,00", country="DE", vat_id="DE 284710008"
    )
    assert kept.status_code == 303
    assert 'value="2500,00"' in manager.get("/de/billing/settings")
    wrong = manager.post("/de/billing/settings", vat_id="DE123")
    assert wrong.status_code == 422
    assert 'value="DE123"' in wrong.text
    assert Page(app, world, "building_admin").client.get("/de/billing/settings").status_code == 403


def test_the_history_of_the_ticket_tells_of_invoices_in_words(
    app: Flask, world: World, ticket: Ticket, key: Any
) -> None:
    manager = Page(app, world, "manager")
    assert manager.post(f"/en/billing/invoices/{key}/approve").status_code == 303
    told = manager.get(f"/en/tickets/{ticket.id}?section=history")
    assert "wrote an invoice" in told
    assert "invoice: Submitted" in told
    assert "approved an invoice, the first of two" in told
    assert "unit_amount" not in told
    assert "1239.98" not in told
