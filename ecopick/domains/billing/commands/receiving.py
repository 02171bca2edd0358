"""Electronic invoices taken in: drafts with the file that they came in."""

import hashlib
import io
import secrets
import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.adapters.errors import StorageError
from ecopick.adapters.storage import Storage
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.errors import Invalid, Unavailable
from ecopick.core.finding import as_id
from ecopick.core.scanning import ScanState
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.billing.commands.drafts import desk_of, draft_invoice, receive_invoice
from ecopick.domains.billing.electronic import Taken, is_for, ticket_named, vendor_named
from ecopick.domains.billing.lifecycle import InvoiceSource
from ecopick.domains.billing.models import Invoice
from ecopick.domains.vendors.models import VendorOrg
from ecopick.domains.vendors.queries import is_linked


def take_in(
    session: Session,
    actor: Actor,
    taken: Taken,
    chosen: str | None,
    content: bytes,
    name: str | None,
) -> Invoice:
    """A draft of what was read: by the vendor itself, or by management for a vendor it knows.

    The sender is known by its VAT id; ``chosen`` helps where the vendor has none on file.
    Raises Invalid under ``file`` for an invoice of somebody else or to somebody else, under
    ``vendor_org_id`` where the sender is not known; Conflict for a number used before.
    """
    owner_id = actor.owner_id or _only_owner(session, actor, taken)
    if not is_for(session, owner_id, taken):
        raise _refused(_("This invoice is addressed to somebody else."))
    vendor = _sender(session, actor, owner_id, taken, chosen)
    ticket = ticket_named(session, actor, owner_id, vendor.id, taken.references)
    desk = desk_of(owner_id, vendor.id, ticket)
    if vendor.id in actor.vendor_org_ids:
        invoice = draft_invoice(session, actor, desk, taken.data, source=InvoiceSource.E_INVOICE)
    else:
        invoice = receive_invoice(session, actor, desk, taken.data)
    _note_file(session, actor, invoice, content, name)
    return invoice


def _refused(sentence: Any) -> Invalid:
    return Invalid(sentence, code="not_accepted", fields={"file": sentence})


def _only_owner(session: Session, actor: Actor, taken: Taken) -> uuid.UUID:
    """For which owner a vendor's invoice is: the one that it names, or the only one."""
    named = [each for each in actor.owner_ids if is_for(session, each, taken)]
    if len(named) != 1:
        raise _refused(_("It is not clear to whom this invoice is addressed."))
    return named[0]


def _sender(
    session: Session, actor: Actor, owner_id: uuid.UUID, taken: Taken, chosen: str | None
) -> VendorOrg:
    own = next(iter(actor.vendor_org_ids), None) if not actor.is_staff else None
    found = vendor_named(session, owner_id, taken.seller_vat_id)
    if found is not None and (own is None or found.id in actor.vendor_org_ids):
        return found
    if found is not None:
        raise _stranger(taken)
    wanted = own or as_id(chosen)
    row = (
        session.scalars(select(VendorOrg).where(VendorOrg.id == wanted)).one_or_none()
        if wanted is not None and is_linked(session, owner_id, wanted)
        else None
    )
    if row is None:
        raise wrong_field(
            "vendor_org_id",
            _(
                "No vendor of yours has the VAT id %(vat)s (%(name)s). Please choose who it is.",
                vat=taken.seller_vat_id or "–",
                name=taken.seller_name,
            ),
        )
    if row.vat_id and taken.seller_vat_id and row.vat_id != taken.seller_vat_id:
        raise _stranger(taken)
    return row


def _stranger(taken: Taken) -> Invalid:
    return _refused(
        _("This invoice is from somebody else: its VAT id is %(vat)s.", vat=taken.seller_vat_id)
    )


def _no_find(session: Session, actor: Actor, key: object) -> Invoice:
    raise RuntimeError("the file belongs to an invoice")


@command("billing:submit", find=_no_find)
def _note_file(
    session: Session, actor: Actor, invoice: Invoice, content: bytes, name: str | None
) -> None:
    """Name the file that an invoice came in; ``store`` puts it where it is named."""
    is_pdf = content[:1024].lstrip().startswith(b"%PDF-")
    ending = "pdf" if is_pdf else "xml"
    day = clock.now().date().isoformat()
    owner_id = invoice.property_owner_id
    invoice.storage_key = f"invoices/{owner_id}/{day}/{secrets.token_hex(16)}.{ending}"
    invoice.file_name = _safe(name, invoice.invoice_number, ending)
    invoice.content_type = "application/pdf" if is_pdf else "application/xml"
    invoice.size_bytes = len(content)
    invoice.sha256 = hashlib.sha256(content).digest()
    invoice.scan_state = ScanState.PENDING


def _safe(name: str | None, number: str, ending: str) -> str:
    stem = (name or number).rsplit("/", 1)[-1].rsplit("\\", 1)[-1].rsplit(".", 1)[0]
    kept = "".join(char for char in stem if char.isprintable() and char not in '"<>|:*?')
    return f"{kept[:120].strip() or 'invoice'}.{ending}"


def store(storage: Storage, invoice: Invoice, content: bytes) -> None:
    """Put the file of an invoice where it is named; the last step before the end of the work."""
    if invoice.storage_key is None:
        return
    try:
        storage.put(invoice.storage_key, io.BytesIO(content), size=len(content))
    except StorageError as error:
        raise Unavailable(
            _("Files cannot be stored at the moment. Nothing was saved; please try again later."),
            code=error.code,
        ) from error


# What the scanner says.


def unscanned(session: Session, owner_id: uuid.UUID) -> list[Invoice]:
    """Invoices of an owner whose files wait for the scanner, oldest first."""
    return list(
        session.scalars(
            select(Invoice)
            .where(
                Invoice.property_owner_id == owner_id,
                Invoice.scan_state == ScanState.PENDING,
                Invoice.is_due(),
            )
            .order_by(Invoice.created_at)
            .limit(100)
        )
    )


def _lock(session: Session, actor: Actor, key: Any) -> Invoice:
    return session.scalars(
        select(Invoice)
        .where(Invoice.id == key)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


@command("system:attachments", find=_lock, audit_as="ENTITY_STATUS_CHANGED")
def record_invoice_scan(
    session: Session, actor: Actor, invoice: Invoice, state: ScanState, note: str = ""
) -> Invoice:
    """Keep the scanner's verdict; clean files are served from then on, others never."""
    invoice.scan_state = state
    invoice.close_scan(note)
    return invoice


@command("system:attachments", find=_lock)
def put_off_invoice_scan(session: Session, actor: Actor, invoice: Invoice, note: str) -> None:
    """No verdict on this file: it goes on waiting and is tried less and less often."""
    invoice.put_off_scan(note)
