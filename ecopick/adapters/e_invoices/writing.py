"""Making an electronic invoice: CII in the profile EN 16931, inside an archivable PDF.

Together they are Factur-X, which is ZUGFeRD in Germany.
"""

from decimal import Decimal
from typing import Any

from facturx import generate_from_binary, generate_xml

from ecopick.adapters.e_invoices.documents import Document, Party
from ecopick.adapters.e_invoices.rules import Finding, findings

LEVEL = "en16931"
TRANSFER = "58"  # SEPA credit transfer (UNCL 4461).
UNKNOWN_MEANS = "1"
EXEMPTIONS = {
    "AE": ("VATEX-EU-AE", "Reverse charge"),
    "E": (None, "Exempt from tax"),
}


class WrongSums(ValueError):
    """An invoice of ours that does not add up; ``found`` says where."""

    def __init__(self, found: list[Finding]) -> None:
        super().__init__("; ".join(f"{each.rule}: {each.found}" for each in found))
        self.found = found


def to_xml(invoice: Document) -> bytes:
    """The invoice as CII, valid against the official schema. Raises WrongSums."""
    wrong = findings(invoice)
    if wrong:
        raise WrongSums(wrong)
    made: bytes = generate_xml(
        _fields(invoice), flavor="factur-x", level=LEVEL, check_xsd=True, check_schematron=None
    )
    return made


def hybrid_pdf(pdf: bytes, xml: bytes, *, title: str, author: str, language: str) -> bytes:
    """The PDF/A-3 ``pdf`` with ``xml`` inside, as Factur-X demands."""
    made: bytes = generate_from_binary(
        pdf,
        xml,
        flavor="factur-x",
        level=LEVEL,
        check_xsd=False,
        pdf_metadata={"author": author, "title": title, "subject": title, "keywords": "Factur-X"},
        lang=language,
        afrelationship="alternative",
    )
    return made


def _fields(invoice: Document) -> dict[str, Any]:
    """By the numbers of the standard's business terms; what is empty is left out."""
    fields: dict[str, Any] = {
        "BT-1": invoice.number,
        "BT-2": invoice.issue_date,
        "BT-3": invoice.kind,
        "BT-5": invoice.currency,
        "BT-9": invoice.due_date,
        "BT-10": invoice.buyer_reference,
        "BT-13": invoice.order_reference,
        "BT-20": invoice.terms,
        "BT-72": invoice.service_date,
        "BT-81": TRANSFER if invoice.iban else UNKNOWN_MEANS,
        "BT-83": invoice.payment_reference or invoice.number,
        "BT-84": invoice.iban,
        "BT-106": _money(sum((item.amount for item in invoice.items), Decimal(0))),
        "BT-109": _money(invoice.net),
        "BT-110": _money(invoice.tax),
        "BT-112": _money(invoice.gross),
        "BT-115": _money(invoice.due),
        "BG-1": [{"BT-22": text} for text in invoice.notes],
        "BG-4": _party(invoice.seller),
        "BG-7": _party(invoice.buyer),
        "BG-23": [
            {
                "BT-116": _money(each.basis),
                "BT-117": _money(each.amount),
                "BT-118": each.category,
                "BT-119": _plain(each.rate),
                **_exemption(each.category, each.reason),
            }
            for each in invoice.taxes
        ],
        "BG-25": [
            {
                "BT-126": str(number),
                "BT-129": _plain(item.quantity),
                "BT-130": item.unit,
                "BT-131": _money(item.amount),
                "BT-146": _plain(item.price),
                "BT-151": item.tax_category,
                "BT-152": _plain(item.tax_rate),
                "BT-153": item.name,
            }
            for number, item in enumerate(invoice.items, 1)
        ],
    }
    return {name: value for name, value in fields.items() if value not in (None, [], "")}


def _exemption(category: str, reason: str | None) -> dict[str, str]:
    if category not in EXEMPTIONS:
        return {}
    code, words = EXEMPTIONS[category]
    named = {"BT-120": reason or words}
    return named | ({"BT-121": code} if code else {})


def _party(party: Party) -> dict[str, Any]:
    contact = {"name": party.name, "email": party.email, "phone": party.phone}
    told = {name: value for name, value in contact.items() if value}
    fields: dict[str, Any] = {
        "name": party.name,
        "vat_identifier": party.vat_id,
        "tax_identifier": party.tax_number,
        "addr_l1": party.address,
        "postcode": party.postcode,
        "city": party.city,
        "country_code": party.country,
        "contacts": [told] if len(told) > 1 else None,
    }
    return {name: value for name, value in fields.items() if value}


def _money(value: Decimal) -> str:
    return f"{value:.2f}"


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
