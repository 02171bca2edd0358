"""Electronic invoices: ours pass the official checks, others' become drafts, wrong ones do not."""

import io
import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from facturx import xml_check_xsd
from hypothesis import given, settings
from hypothesis import strategies as st
from mockeinvoice.order import WHO, invoice, read_order
from mockeinvoice.ubl import write
from pypdf import PdfReader

from ecopick.adapters.e_invoices import BadInvoice, findings, hybrid_pdf, read, to_xml
from ecopick.adapters.typesetting import typeset
from ecopick.core import clock
from ecopick.domains.billing.electronic import WrongInvoice, document_of, draft_of
from ecopick.domains.billing.inputs import SaveInvoice
from ecopick.domains.billing.lifecycle import RateType, TaxCategory
from ecopick.domains.billing.models import Invoice
from ecopick.domains.billing.sums import Line, totals
from tests.figures import timed
from tests.invoices import IBAN, VAT_ID, plumber
from tests.schematron import broken_rules

FILES = Path(__file__).parent / "files"
XRECHNUNG = (FILES / "xrechnung_cii.xml").read_bytes()
BUYER = {"name": "Rheinbogen", "country": "DE", "vat_id": "DE284710008", "city": "Freiburg"}


def ours(lines: list[Line], **more: Any) -> Invoice:
    """An invoice of ours, as it stands in the table; work of no day of its own."""
    summed = totals(lines)
    return Invoice(
        invoice_number="EP-1042", currency="EUR", issue_date=date(2026, 11, 20),
        due_date=date(2026, 12, 20),
        line_items=[line.stored() for line in lines], total_amount=summed.gross,
        tax_amount=summed.tax, seller=plumber().model_dump(), buyer=BUYER, **more,
    )  # fmt: skip


def line(text: str, quantity: str, price: str, rate: str, kind: str = "S", **more: Any) -> Line:
    return Line(text, Decimal(quantity), Decimal(price), Decimal(rate), TaxCategory(kind), **more)


MIXED = [
    line("Arbeitszeit", "2.75", "68.00", "19", rate_type=RateType.HOURLY),
    line("Rabatt", "1", "-10.05", "19"),
    line("Fachbuch", "3", "9.99", "7"),
    line("Bauleistung", "1", "120.00", "0", "AE"),
    line("Porto", "1", "3.70", "0", "E"),
]


def test_ours_passes_the_official_schema_and_every_official_rule() -> None:
    xml = to_xml(document_of(ours(MIXED, tax_note="§ 19 UStG"), "EP-1042"))
    assert xml_check_xsd(xml)
    with timed("billing", "the official rules of EN 16931 for one invoice"):
        assert broken_rules(xml) == []
    # The same rules find what is wrong in a copy with another total.
    gross = totals(MIXED).gross
    wrong = xml.replace(f">{gross}</ram:Grand".encode(), f">{gross + 1}</ram:Grand".encode())
    assert wrong != xml
    assert "BR-CO-15" in broken_rules(wrong)


def test_the_hybrid_pdf_carries_it_and_is_archivable() -> None:
    xml = to_xml(document_of(ours(MIXED)))
    made = hybrid_pdf(_page(), xml, title="Rechnung EP-1042", author="Sanitär", language="de")
    reader = PdfReader(io.BytesIO(made))
    about = reader.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    assert "EN 16931" in about
    assert "<pdfaid:part>3" in about
    assert [each.name for each in reader.attachment_list] == ["factur-x.xml"]
    document = read(made)
    assert document.embedded
    assert (document.gross, findings(document)) == (totals(MIXED).gross, [])


def _page() -> bytes:
    data = {
        "title": "Rechnung", "language": "de", "footer": "", "draft": "", "seller": ["A"],
        "buyer": ["B"], "facts": [["x", "y"]], "head": list("abcde"), "lines": [list("12345")],
        "sums": [["a", "b"]], "total": ["c", "d"], "notes": [],
    }  # fmt: skip
    return typeset("invoice", data, at=clock.now())


@st.composite
def bills(draw: st.DrawFn) -> list[Line]:
    rates = [("S", "19"), ("S", "7"), ("S", "8.1"), ("E", "0"), ("AE", "0"), ("Z", "0")]
    found = []
    for _each in range(draw(st.integers(1, 6))):
        kind, rate = draw(st.sampled_from(rates))
        quantity = draw(st.decimals("0.01", "99", places=draw(st.integers(0, 3))))
        price = draw(st.decimals("-500", "5000", places=2))
        found.append(line("Work", str(quantity or 1), str(price), rate, kind))
    return found


@settings(max_examples=30, deadline=None)
@given(bills())
def test_what_we_write_is_read_back_to_the_cent(lines: list[Line]) -> None:
    document = read(to_xml(document_of(ours(lines))))
    assert findings(document) == []
    taken = draft_of(document).data
    assert _gross(taken) == totals(lines).gross == document.gross
    assert taken.seller is not None
    assert (taken.seller.vat_id, taken.seller.iban) == (VAT_ID, IBAN)


def _gross(data: SaveInvoice) -> Decimal:
    return totals(
        Line(each.description, each.quantity, each.unit_amount, each.tax_rate, each.tax_category)
        for each in data.lines
    ).gross


# Of other programs.


def peppol() -> bytes:
    """A Peppol invoice as another library writes it for an order (UBL)."""
    order = read_order(
        {
            "number": "4500000017", "reference": "EP-77",
            "buyer": {"name": "Rheinbogen", "endpoint": "0088:4012345000016", "street": "Weg 1",
                      "vat": "DE284710008", "city": "Freiburg", "postal_code": "79117", "country": "DE"},
            "currency": "EUR",
            "lines": [
                {"line": "1", "name": "Service", "quantity": "3.5", "unit": "HUR", "price": "61.30"},
                {"line": "2", "name": "Dichtung", "quantity": "12", "unit": "C62", "price": "0.83"},
            ],
        }
    )  # fmt: skip
    who = {**WHO, "vat": VAT_ID}
    return write(invoice(order, who, "GLX-0001", date(2026, 11, 9)))


def zugferd() -> bytes:
    """A ZUGFeRD file as another library makes it: CII inside a PDF."""
    from drafthorse.models.accounting import ApplicableTradeTax
    from drafthorse.models.document import Document
    from drafthorse.models.party import TaxRegistration
    from drafthorse.models.payment import PaymentTerms
    from drafthorse.models.tradelines import LineItem
    from drafthorse.pdf import attach_xml

    doc = Document()
    doc.context.guideline_parameter.id = "urn:cen.eu:en16931:2017"
    doc.header.id, doc.header.type_code = "RE1337", "380"
    doc.header.issue_date_time = date(2026, 11, 3)
    seller, buyer = doc.trade.agreement.seller, doc.trade.agreement.buyer
    seller.name, seller.address.country_id = "Lieferant GmbH", "DE"
    seller.tax_registrations.add(TaxRegistration(id=("VA", VAT_ID)))
    buyer.name, buyer.address.country_id = "Kunde GmbH", "DE"
    settlement = doc.trade.settlement
    settlement.currency_code = "EUR"
    item = LineItem()
    item.document.line_id, item.product.name = "1", "Wartung Aufzug"
    item.agreement.net.amount = Decimal("249.90")
    item.delivery.billed_quantity = (Decimal("2"), "C62")
    item.settlement.trade_tax.type_code = "VAT"
    item.settlement.trade_tax.category_code = "S"
    item.settlement.trade_tax.rate_applicable_percent = Decimal("19.00")
    item.settlement.monetary_summation.total_amount = Decimal("499.80")
    doc.trade.items.add(item)
    tax = ApplicableTradeTax()
    tax.calculated_amount, tax.basis_amount = Decimal("94.96"), Decimal("499.80")
    tax.type_code, tax.category_code = "VAT", "S"
    tax.rate_applicable_percent = Decimal("19.00")
    settlement.trade_tax.add(tax)
    terms = PaymentTerms()
    terms.due = date(2026, 12, 3)
    settlement.terms.add(terms)
    sums = settlement.monetary_summation
    sums.line_total = sums.tax_basis_total = Decimal("499.80")
    sums.tax_total = (Decimal("94.96"), "EUR")
    sums.grand_total = sums.due_amount = Decimal("594.76")
    made: bytes = attach_xml(_page(), doc.serialize(schema="FACTUR-X_EN16931"))
    return made


@pytest.mark.parametrize(
    ("content", "number", "gross", "lines", "due"),
    [
        (XRECHNUNG, "RE-2026/0815", "172.55", 4, date(2026, 12, 16)),
        (peppol(), "GLX-0001", "267.17", 2, date(2026, 11, 9) + timedelta(days=30)),
        (zugferd(), "RE1337", "594.76", 1, date(2026, 12, 3)),
    ],
    ids=["XRechnung, CII", "Peppol, UBL", "ZUGFeRD, PDF"],
)
def test_invoices_of_other_programs_become_drafts(
    content: bytes, number: str, gross: str, lines: int, due: date
) -> None:
    document = read(content)
    assert findings(document) == []
    taken = draft_of(document)
    assert taken.data.invoice_number == number
    assert _gross(taken.data) == document.gross == Decimal(gross)
    assert len(taken.data.lines) == lines
    assert taken.data.due_date == due
    assert taken.seller_vat_id == VAT_ID


def test_discounts_charges_and_prices_for_many_keep_their_sums() -> None:
    found = draft_of(read(XRECHNUNG)).data.lines
    said = [(each.description, each.quantity * each.unit_amount, each.rate_type) for each in found]
    assert said == [
        ("Rohrschelle verzinkt (24 × 12.5)", Decimal("27.00"), None),
        ("Monteurstunde", Decimal("119.00"), RateType.HOURLY),
        ("Treuerabatt", Decimal("-6.00"), None),
        ("Entsorgung", Decimal("5.00"), None),
    ]


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        (b">172.55</a:GrandTotalAmount>", b">182.55</a:GrandTotalAmount>", "BR-CO-15"),
        (b">119.00</a:LineTotalAmount>", b">191.00</a:LineTotalAmount>", "BT-131"),
        (b">27.55</a:CalculatedAmount>", b">30.00</a:CalculatedAmount>", "BR-CO-17"),
        (b">145.00</a:BasisAmount>", b">100.00</a:BasisAmount>", "BR-S-08"),
        (b">172.55</a:DuePayableAmount>", b">1.00</a:DuePayableAmount>", "BR-CO-16"),
        (b">146.00</a:LineTotalAmount>", b">147.00</a:LineTotalAmount>", "BR-CO-10"),
    ],
)
def test_a_wrong_sum_is_caught(before: bytes, after: bytes, rule: str) -> None:
    wrong = XRECHNUNG.replace(before, after)
    assert wrong != XRECHNUNG
    document = read(wrong)
    assert rule in {each.rule for each in findings(document)}
    with pytest.raises(WrongInvoice):
        draft_of(document)


BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;">]>
<CrossIndustryInvoice>&b;</CrossIndustryInvoice>"""
STRANGER = b"""<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd">
<CrossIndustryInvoice/>"""


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_an_invoice"),
        (b"hello", "not_an_invoice"),
        (b"<html/>", "not_an_invoice"),
        (BOMB, "unsafe"),
        (STRANGER, "unsafe"),
        (b"%PDF-1.7 broken", "no_data"),
        (_page(), "no_data"),
        (XRECHNUNG.replace(b"<a:ID>RE-2026/0815</a:ID>", b""), "schema"),
        (XRECHNUNG.replace(b">380<", b">381<"), "kind"),
        (XRECHNUNG.replace(b"DE811294009", b"DE811294377"), "vat_id"),
        (b"x" * (10 * 1024 * 1024 + 1), "too_large"),
    ],
)
def test_what_cannot_be_taken_is_refused_for_its_reason(content: bytes, code: str) -> None:
    with pytest.raises(BadInvoice) as refused:
        draft_of(read(content))
    assert refused.value.code == code


def test_numbers_leave_as_text() -> None:
    stored = json.dumps([each.stored() for each in MIXED])
    assert '"amount": "187.00"' in stored
    assert '"amount": "-10.05"' in stored
