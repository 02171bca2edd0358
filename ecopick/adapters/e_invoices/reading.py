"""Reading an electronic invoice: safe XML, the official schema, then its fields.

Whatever somebody sends is met with suspicion: no entities, no document types, nothing
from the network, and no more bytes than an invoice can have.
"""

import io
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from facturx import parse_ubl_cii_xml, xml_check_xsd
from facturx.facturx import get_flavor, get_level
from lxml import etree
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from ecopick.adapters.e_invoices.documents import (
    BadInvoice,
    Document,
    Item,
    Party,
    Surcharge,
    Tax,
)

MAX_BYTES = 10 * 1024 * 1024
MAX_LINES = 500
# The names under which hybrid invoices carry their data, newest first.
EMBEDDED = ("factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml")
SYNTAXES = {"factur-x": "cii", "ubl-2.1-invoice": "ubl", "ubl-2.1-creditnote": "ubl"}
# Of these profiles only their totals can be read.
WITHOUT_LINES = frozenset({"minimum", "basicwl"})
# Kinds of document that give money back (UNTDID 1001).
CREDIT_NOTES = frozenset(
    {"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "502", "503", "532"}
)
RAM = {"ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"}
NOTHING = Decimal(0)
logging.getLogger("factur-x").setLevel(logging.CRITICAL)
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


def read(content: bytes) -> Document:
    """The invoice in an XML file (CII or UBL) or inside a PDF.

    Raises BadInvoice: ``too_large``, ``not_an_invoice``, ``unsafe``, ``no_data`` (a PDF
    without any), ``schema`` (not as the standard demands), ``profile`` (without lines),
    ``kind`` (a credit note), ``fields`` (something is missing or no number).
    """
    if len(content) > MAX_BYTES:
        raise BadInvoice("too_large")
    is_pdf = content[:1024].lstrip().startswith(b"%PDF-")
    root = parse(_embedded(content) if is_pdf else content)
    try:
        flavor = get_flavor(root)
        level = get_level(root, flavor)
    except Exception as error:
        raise BadInvoice("not_an_invoice", str(error)) from error
    if flavor not in SYNTAXES:
        raise BadInvoice("profile", flavor)
    if level in WITHOUT_LINES:
        raise BadInvoice("profile", level)
    try:
        xml_check_xsd(root, flavor=flavor, level=level)
        found = parse_ubl_cii_xml(root, flavor=flavor, level=level, check_xsd=False)
    except Exception as error:
        raise BadInvoice("schema", _reason(error)) from error
    try:
        document = _document(found, SYNTAXES[flavor], level, embedded=is_pdf)
        return replace(document, surcharges=(*document.surcharges, *_freight(root)))
    except (KeyError, InvalidOperation, TypeError, ValueError) as error:
        raise BadInvoice("fields", repr(error)) from error


def parse(content: bytes) -> Any:
    """The root of an XML file that defines nothing of its own. Raises BadInvoice."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadInvoice("not_an_invoice", str(error)) from error
    if root.getroottree().docinfo.doctype or any(
        isinstance(each, etree._Entity) for each in root.iter()
    ):
        raise BadInvoice("unsafe", "document type")
    return root


def _embedded(content: bytes) -> bytes:
    try:
        files = {
            each.name.lower(): each.content
            for each in PdfReader(io.BytesIO(content)).attachment_list
            if each.name
        }
    except (PyPdfError, ValueError, KeyError, RecursionError, OSError) as error:
        raise BadInvoice("no_data", str(error)) from error
    for name in EMBEDDED:
        data = files.get(name)
        if data:
            if len(data) > MAX_BYTES:
                raise BadInvoice("too_large")
            return bytes(data)
    raise BadInvoice("no_data")


def _reason(error: Exception) -> str:
    """The sentence of the schema's complaint, without the library's own words."""
    return str(error.__cause__ or error)[:300]


def _document(found: Mapping[str, Any], syntax: str, level: str, *, embedded: bool) -> Document:
    kind = str(found["BT-3"])
    if kind in CREDIT_NOTES:
        raise BadInvoice("kind", kind)
    lines = found.get("BG-25") or []
    if not lines or len(lines) > MAX_LINES:
        raise BadInvoice("profile", f"{len(lines)} lines")
    return Document(
        number=_text(found["BT-1"]),
        issue_date=_day(found["BT-2"]),
        currency=_text(found["BT-5"]),
        seller=_party(found["BG-4"]),
        buyer=_party(found["BG-7"]),
        items=tuple(_item(each) for each in lines),
        taxes=tuple(_tax(each) for each in found.get("BG-23") or []),
        net=_number(found["BT-109"]),
        tax=_number(found.get("BT-110") or 0),
        gross=_number(found["BT-112"]),
        due=_number(found["BT-115"]),
        line_total=_number(found["BT-106"]) if found.get("BT-106") else None,
        prepaid=_number(found.get("BT-113") or 0),
        rounding=_number(found.get("BT-114") or 0),
        surcharges=(
            *(_surcharge(each, -1) for each in found.get("BG-20") or []),
            *(_surcharge(each, 1) for each in found.get("BG-21") or []),
        ),
        due_date=_day(found["BT-9"]) if found.get("BT-9") else None,
        service_date=_day(found["BT-72"]) if found.get("BT-72") else None,
        iban=_text(found.get("BT-84")) or None,
        payment_reference=_text(found.get("BT-83")) or None,
        order_reference=_text(found.get("BT-13")) or None,
        buyer_reference=_text(found.get("BT-10")) or None,
        terms=_text(found.get("BT-20")) or None,
        notes=tuple(_text(each.get("BT-22")) for each in found.get("BG-1") or []),
        syntax=syntax,
        profile=level,
        kind=kind,
        embedded=embedded,
    )


def _party(found: Mapping[str, Any]) -> Party:
    contact = (found.get("contacts") or [{}])[0]
    street = [_text(found.get(name)) for name in ("addr_l1", "addr_l2", "addr_l3")]
    return Party(
        name=_text(found["name"]),
        vat_id=_text(found.get("vat_identifier")) or None,
        tax_number=_text(found.get("tax_identifier")) or None,
        address=", ".join(line for line in street if line) or None,
        postcode=_text(found.get("postcode")) or None,
        city=_text(found.get("city")) or None,
        country=_text(found.get("country_code")) or None,
        email=_text(contact.get("email")) or None,
        phone=_text(contact.get("phone")) or None,
    )


def _item(found: Mapping[str, Any]) -> Item:
    less = sum((_number(each["amount"]) for each in found.get("BG-27") or []), NOTHING)
    more = sum((_number(each["amount"]) for each in found.get("BG-28") or []), NOTHING)
    return Item(
        name=_text(found["BT-153"]),
        quantity=_number(found["BT-129"]),
        unit=_text(found["BT-130"]),
        price=_number(found["BT-146"]),
        amount=_number(found["BT-131"]),
        tax_category=_text(found.get("BT-151")) or "S",
        tax_rate=_number(found.get("BT-152") or 0),
        base_quantity=_number(found.get("BT-149") or 1) or Decimal(1),
        surcharge=more - less,
    )


def _surcharge(found: Mapping[str, Any], sign: int) -> Surcharge:
    return Surcharge(
        reason=_text(found.get("reason")),
        amount=sign * _number(found["amount"]),
        tax_category=_text(found.get("vat_category_code")) or "S",
        tax_rate=_number(found.get("vat_rate") or 0),
    )


def _freight(root: Any) -> Iterator[Surcharge]:
    """Charges for transport, which only the profile EXTENDED of CII knows."""
    for each in root.iterfind(".//ram:SpecifiedLogisticsServiceCharge", RAM):
        yield Surcharge(
            reason=_text(each.findtext("ram:Description", namespaces=RAM)),
            amount=_number(each.findtext("ram:AppliedAmount", namespaces=RAM)),
            tax_category=each.findtext("ram:AppliedTradeTax/ram:CategoryCode", "S", RAM),
            tax_rate=_number(
                each.findtext("ram:AppliedTradeTax/ram:RateApplicablePercent", "0", RAM)
            ),
        )


def _tax(found: Mapping[str, Any]) -> Tax:
    return Tax(
        category=_text(found["BT-118"]),
        rate=_number(found.get("BT-119") or 0),
        basis=_number(found["BT-116"]),
        amount=_number(found["BT-117"]),
        reason=_text(found.get("BT-120")) or None,
    )


def _first(value: Any) -> Any:
    """The first of several values where the invoice names more than the standard allows."""
    return value[0] if isinstance(value, list) and value else value


def _number(value: Any) -> Decimal:
    found = Decimal(str(_first(value)))
    if not found.is_finite():
        raise ValueError("not a number")
    return found


def _text(value: Any) -> str:
    found = _first(value)
    return " ".join(str(found).split()) if found else ""


def _day(value: Any) -> date:
    found = _first(value)
    if not isinstance(found, date):
        raise ValueError("not a date")
    return found
