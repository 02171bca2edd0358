"""Billing over the API: the export in two forms, received files, rates."""

import io
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import update
from sqlalchemy.orm import Session

from ecopick.adapters.e_invoices import findings, read
from ecopick.domains.vendors.models import VendorOrg
from tests.domains.billing.test_electronic import XRECHNUNG, zugferd
from tests.domains.tickets.test_main_line import assign_vendor, report
from tests.factories import World
from tests.figures import timed
from tests.invoices import VAT_ID, bill
from tests.signing_in import api_of

LINE = {
    "description": "Arbeitszeit", "quantity": "2.5", "unit_amount": "68.00", "tax_rate": "19",
    "category": "plumbing", "rate_type": "HOURLY",
}  # fmt: skip
SELLER = {"name": "Sanitär GmbH", "vat_id": VAT_ID, "country": "DE"}


@pytest.fixture
def ticket(world: World) -> Any:
    """A job of the plumber."""
    found = report(world)
    assign_vendor(world, found)
    return found


def test_an_invoice_from_draft_to_paid(app: Flask, world: World, ticket: Any) -> None:
    vendor, manager = api_of(app, world, "vendor"), api_of(app, world, "manager")
    body = {
        "ticket_id": str(ticket.id), "invoice_number": "2026-1", "lines": [LINE], "seller": SELLER,
    }  # fmt: skip
    made = vendor.post("/api/billing/invoices", body)
    assert made.status_code == 201, made.text
    draft = made.get_json()
    assert (draft["net_amount"], draft["tax_amount"], draft["total_amount"]) == (
        "170.00",
        "32.30",
        "202.30",
    )
    assert draft["available_actions"] == ["edit", "submit", "withdraw"]
    address = f"/api/billing/invoices/{draft['id']}"
    assert manager.get(address).status_code == 404
    assert vendor.post("/api/billing/invoices", body).get_json()["code"] == "duplicate_number"
    assert vendor.post(f"{address}/submit").get_json()["status"] == "SUBMITTED"
    seen = manager.get(address).get_json()
    assert {each["check"] for each in seen["matches"]} >= {"no_rate", "no_quote", "no_evidence"}
    assert manager.post(f"{address}/approve").get_json()["status"] == "APPROVED"
    assert vendor.post(f"{address}/approve").status_code == 403
    paid = manager.post(f"{address}/pay", {"paid_on": "2026-01-02", "reference": "7"})
    assert (paid.get_json()["status"], paid.get_json()["available_actions"]) == ("PAID", [])
    listed = manager.get("/api/billing/invoices?status=PAID").get_json()["items"]
    assert [each["number"] for each in listed] == ["2026-1"]
    assert listed[0]["total"] == "202.30"
    assert manager.get("/api/billing/ageing").get_json()["items"] == []


def test_the_export_is_a_hybrid_pdf_or_json(app: Flask, world: World, ticket: Any) -> None:
    person = world.actor("vendor")
    with world.database.transaction(person.scope) as session:
        invoice = bill(session, person, world, ticket)
    manager = api_of(app, world, "manager")
    address = f"/api/billing/invoices/{invoice.id}/export"
    with timed("billing", "an invoice as Factur-X"):
        answer = manager.get(address)
    assert answer.mimetype == "application/pdf"
    document = read(answer.data)
    assert (document.embedded, str(document.gross), findings(document)) == (True, "252.28", [])
    # The building speaks German, whoever asks.
    words = PdfReader(io.BytesIO(answer.data)).pages[0].extract_text()
    assert "Rechnung" in words
    french = manager.get(f"{address}?language=fr").data
    assert "Facture" in PdfReader(io.BytesIO(french)).pages[0].extract_text()
    for given in (
        manager.get(f"{address}?format=json"),
        manager.get(address, headers={"Accept": "application/json"}),
    ):
        body = given.get_json()
        assert body["total_amount"] == "252.28"
        assert body["line_items"][0]["amount"] == "170.00"
        assert body["taxes"] == [
            {"tax_category": "S", "tax_rate": "19", "basis": "212.00", "tax": "40.28"}
        ]


def test_a_vendor_sends_an_electronic_invoice(app: Flask, world: World, ticket: Any) -> None:
    with Session(world.engine) as session, session.begin():
        session.execute(
            update(VendorOrg).where(VendorOrg.id == world.vendor_org_id).values(vat_id=VAT_ID)
        )
    vendor = api_of(app, world, "vendor")
    content = XRECHNUNG.replace(b">EP-1<", f">EP-{ticket.number}<".encode())
    sent = vendor.upload(
        "/api/billing/invoices/received", file=(io.BytesIO(content), "../../r.xml")
    )
    assert sent.status_code == 201, sent.text
    body = sent.get_json()
    assert (body["status"], body["source"], body["total_amount"]) == (
        "DRAFT",
        "e_invoice",
        "172.55",
    )
    assert body["ticket_id"] == str(ticket.id)
    pdf = vendor.upload("/api/billing/invoices/received", file=(io.BytesIO(zugferd()), "z.pdf"))
    assert (pdf.status_code, pdf.get_json()["total_amount"]) == (201, "594.76")
    # Somebody else's invoice is not this vendor's to send.
    other = api_of(app, world, "vendor_two")
    refused = other.upload("/api/billing/invoices/received", file=(io.BytesIO(content), "r.xml"))
    assert refused.status_code == 422
    assert VAT_ID in refused.get_json()["errors"]["file"]


def test_rates_are_kept_by_those_who_may(app: Flask, world: World) -> None:
    vendor, manager = api_of(app, world, "vendor"), api_of(app, world, "manager")
    body = {
        "vendor_org_id": str(world.vendor_org_id), "category": "plumbing", "rate_type": "HOURLY",
        "amount": "68.00",
    }  # fmt: skip
    own = vendor.post("/api/billing/rates", body)
    assert (own.status_code, own.get_json()["property_owner_id"]) == (201, None)
    agreed = manager.post("/api/billing/rates", {**body, "amount": "60.00"})
    assert agreed.get_json()["property_owner_id"] == str(world.owner_id)
    address = f"/api/billing/rates/{own.get_json()['id']}"
    assert manager.put(address, {"amount": "1.00"}).status_code == 403
    assert api_of(app, world, "vendor_tech").put(address, {"amount": "1.00"}).status_code == 403
    assert api_of(app, world, "vendor_two").put(address, {"amount": "1.00"}).status_code == 404
    assert vendor.put(address, {"amount": "69.00"}).get_json()["amount"] == "69.00"
    found = manager.get("/api/billing/rates").get_json()["items"]
    assert sorted(each["amount"] for each in found) == ["60.00", "69.00"]
    assert api_of(app, world, "caretaker").get("/api/billing/rates").status_code == 403
