"""Invoices taken away: one as PDF or as it came, the list and what is owed as tables."""

import io
from collections.abc import Iterator
from typing import Any

from flask import Response, jsonify, request, send_file
from xlsxwriter import Workbook

from ecopick.adapters.errors import ObjectMissing
from ecopick.blueprints.billing.blueprint import api, pages
from ecopick.blueprints.billing.document import as_json, make_pdf
from ecopick.blueprints.billing.invoices import home, today_of
from ecopick.blueprints.billing.words import bucket_words
from ecopick.core import audit, clock
from ecopick.core.errors import NotFound
from ecopick.core.permissions import authorize
from ecopick.core.scanning import ScanState
from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as _l
from ecopick.domains.billing.inputs import ListInvoices
from ecopick.domains.billing.models import Invoice
from ecopick.domains.billing.queries import get_invoice
from ecopick.domains.billing.queries.list import BUCKETS, InvoiceRow, ageing, every_invoice
from ecopick.web.bind import bind
from ecopick.web.csv_files import csv_lines
from ecopick.web.labels import label
from ecopick.web.state import current_actor, db_session, storage

# What a request writes by itself; longer lists are narrowed by their filters.
MOST_ROWS = 20_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
GONE = _l("There is nothing here, or you cannot see it.")


def _found(invoice_id: str) -> Invoice:
    session, actor = db_session(), current_actor()
    invoice = get_invoice(session, actor, invoice_id)
    authorize(session, actor, "billing:view", invoice)
    audit.read(actor, "DOWNLOAD", "Invoice", invoice.id, owner_id=invoice.property_owner_id)
    return invoice


def _pdf(invoice: Invoice) -> Response:
    made = make_pdf(db_session(), invoice, request.args.get("language"))
    name = "".join(char if char.isalnum() else "-" for char in invoice.invoice_number)
    response = send_file(
        io.BytesIO(made),
        mimetype="application/pdf",
        as_attachment=True,
        download_name=f"{name}.pdf",
        conditional=False,
        etag=False,
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


@pages.get("/billing/invoices/<invoice_id>/download")
def download(invoice_id: str) -> Response:
    """The invoice as PDF with its data inside (Factur-X)."""
    return _pdf(_found(invoice_id))


@api.get("/billing/invoices/<invoice_id>/export")
def export(invoice_id: str) -> Any:
    """PDF; JSON with ``format=json`` or where a program asks for JSON alone."""
    invoice = _found(invoice_id)
    asked = request.args.get("format")
    accepts = request.accept_mimetypes
    by_accept = accepts.best_match(["application/pdf", "application/json"], "application/pdf")
    if asked == "json" or (asked is None and by_accept == "application/json"):
        return jsonify(as_json(invoice))
    return _pdf(invoice)


@pages.get("/billing/invoices/<invoice_id>/original")
def original(invoice_id: str) -> Response:
    """The file that an electronic invoice came in, once the scanner found it clean."""
    return _original(_found(invoice_id))


def _original(invoice: Invoice) -> Response:
    if invoice.storage_key is None or invoice.scan_state is not ScanState.CLEAN:
        raise NotFound(GONE)
    try:
        stream = storage().open(invoice.storage_key)
    except ObjectMissing as error:
        raise NotFound(GONE) from error
    response = send_file(
        stream,
        mimetype=invoice.content_type or "application/octet-stream",
        as_attachment=True,
        download_name=invoice.file_name,
        conditional=False,
        etag=False,
    )
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


# Tables.


def _heads() -> list[str]:
    return [
        _("Number"), _("Vendor"), _("Status"), _("Date"), _("Due"), _("Sum without tax"),
        _("Tax"), _("Total"), _("Currency"), _("Ticket"), _("Building"), _("Paid on"),
        _("Reference"),
    ]  # fmt: skip


def _cells(row: InvoiceRow) -> list[Any]:
    tax = row.tax or 0
    return [
        row.number, row.vendor, label(row.status), row.issued, row.due, row.total - tax,
        tax, row.total, row.currency, row.ticket, row.building,
        row.paid_at.date() if row.paid_at else None, row.payment_reference,
    ]  # fmt: skip


@pages.get("/billing/export")
def export_list() -> Response:
    """The list as CSV or XLSX."""
    session, actor = db_session(), current_actor()
    names = ("vendor_org_id", "ticket_id", "q", "bucket")
    source: dict[str, Any] = {name: request.args.get(name) or None for name in names}
    filters = bind(
        ListInvoices,
        source={
            **source,
            "late": request.args.get("late") == "true",
            "status": [each for each in request.args.getlist("status") if each],
        },
    )
    rows = every_invoice(session, actor, filters, today_of(home(session, actor)), most=MOST_ROWS)
    return _table("invoices", _heads(), (_cells(row) for row in rows))


@pages.get("/billing/ageing/export")
def export_ageing() -> Response:
    """What is owed to each vendor by age, as CSV or XLSX."""
    session, actor = db_session(), current_actor()
    names = [name for name, _days in BUCKETS]
    heads = [_("Vendor"), _("Currency"), *map(bucket_words, names), _("Total")]
    rows = (
        [line.vendor, line.currency, *(line.sums.get(name, 0) for name in names), line.total]
        for line in ageing(session, actor, today_of(home(session, actor)))
    )
    return _table("ageing", heads, rows)


def _table(name: str, heads: list[str], rows: Iterator[list[Any]]) -> Response:
    name = f"{name}-{clock.now():%Y-%m-%d}"
    if request.args.get("format") == "xlsx":
        return _sheet(name, heads, rows)
    lines = list(csv_lines(heads, ([_text(each) for each in row] for row in rows)))
    response = Response("".join(lines), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _text(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _sheet(name: str, heads: list[str], rows: Iterator[list[Any]]) -> Response:
    target = io.BytesIO()
    book = Workbook(
        target, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    amount = book.add_format({"num_format": "#,##0.00"})
    sheet.set_column(0, len(heads) - 1, 16)
    for at, head in enumerate(heads):
        sheet.write_string(0, at, head, bold)
    for number, row in enumerate(rows, 1):
        for at, value in enumerate(row):
            _write(sheet, number, at, value, day, amount)
    sheet.freeze_panes(1, 0)
    book.close()
    target.seek(0)
    response = send_file(
        target, mimetype=XLSX, as_attachment=True, download_name=f"{name}.xlsx",
        conditional=False, etag=False,
    )  # fmt: skip
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _write(sheet: Any, row: int, at: int, value: Any, day: Any, amount: Any) -> None:
    if value is None:
        return
    if hasattr(value, "isoformat"):
        sheet.write_datetime(row, at, value, day)
    elif isinstance(value, str):
        sheet.write_string(row, at, value)
    else:
        sheet.write_number(row, at, float(value), amount)
