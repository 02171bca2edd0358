"""Papers of vendors: added, checked, taken away, and what the scanner says of their files."""

from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict
from ecopick.core.events import emit
from ecopick.core.scanning import ScanState
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.vendors.events import CertificateChanged
from ecopick.domains.vendors.inputs import AddCertificate
from ecopick.domains.vendors.models import OwnerVendor, VendorCertificate
from ecopick.domains.vendors.queries.certificates import lock_certificate
from ecopick.domains.vendors.queries.directory import lock_works


class KeptFile(Protocol):
    """A file that was judged and stored and that no row names yet."""

    @property
    def storage_key(self) -> str: ...
    @property
    def thumbnail_key(self) -> str | None: ...
    @property
    def file_name(self) -> str: ...
    @property
    def content_type(self) -> str: ...
    @property
    def size_bytes(self) -> int: ...
    @property
    def sha256(self) -> bytes: ...
    @property
    def is_clean(self) -> bool: ...


@command("certificate:add", find=lock_works, audit_as="ENTITY_CREATED")
def add_certificate(
    session: Session,
    actor: Actor,
    works: OwnerVendor,
    data: AddCertificate,
    file: KeptFile | None = None,
) -> VendorCertificate:
    """Add a paper for the owner, with its file if there is one; nobody has checked it then.

    Raises Invalid where it would end before it begins. Whoever stored the file removes it
    if this fails.
    """
    if data.valid_from and data.valid_until and data.valid_until < data.valid_from:
        raise wrong_field("valid_until", _("It cannot end before it begins."))
    row = VendorCertificate(
        id=new_id(),
        property_owner_id=works.property_owner_id,
        vendor_org_id=works.vendor_org_id,
        kind=data.kind,
        title=data.title,
        number=data.number,
        issuer=data.issuer,
        valid_from=data.valid_from,
        valid_until=data.valid_until,
        added_by_id=actor.user_id,
    )
    if file is not None:
        row.storage_key = file.storage_key
        row.thumbnail_key = file.thumbnail_key
        row.file_name = file.file_name
        row.content_type = file.content_type
        row.size_bytes = file.size_bytes
        row.sha256 = file.sha256
        row.scan_state = ScanState.CLEAN if file.is_clean else ScanState.PENDING
    session.add(row)
    session.flush()
    _tell(session, actor, row)
    return row


@command("certificate:verify", find=lock_certificate, audit_as="ENTITY_STATUS_CHANGED")
def verify_certificate(session: Session, actor: Actor, row: VendorCertificate) -> VendorCertificate:
    """Say that one has looked at the paper and that it holds; the first to say so is kept.

    Refused for a file that is still being checked or has a virus.
    """
    if row.scan_state not in (None, ScanState.CLEAN):
        raise Conflict(
            _("This file is still being checked for viruses. Try again in a minute."),
            code="scan_pending",
        )
    if row.verified_at is None:
        row.verified_at = clock.now()
        row.verified_by_id = actor.audit_user_id
        _tell(session, actor, row)
    return row


@command("certificate:remove", find=lock_certificate, audit_as="ENTITY_DEACTIVATED")
def remove_certificate(session: Session, actor: Actor, row: VendorCertificate) -> VendorCertificate:
    """Take a paper away: nobody sees it or is reminded of it; its row and file stay."""
    row.removed_at = clock.now()
    _tell(session, actor, row)
    return row


def _tell(session: Session, actor: Actor, row: VendorCertificate) -> None:
    emit(session, actor, CertificateChanged(row.property_owner_id, row.vendor_org_id, row.id))


# The scanner's work.


def _lock(session: Session, actor: Actor, key: Any) -> VendorCertificate:
    return session.scalars(
        select(VendorCertificate)
        .where(VendorCertificate.id == key)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


@command("system:attachments", find=_lock, audit_as="ENTITY_STATUS_CHANGED")
def record_paper_scan(
    session: Session, actor: Actor, row: VendorCertificate, state: ScanState, note: str = ""
) -> VendorCertificate:
    """Keep the scanner's verdict; clean files are served from then on, others never."""
    row.scan_state = state
    row.close_scan(note)
    _tell(session, actor, row)
    return row


@command("system:attachments", find=_lock)
def put_off_paper_scan(session: Session, actor: Actor, row: VendorCertificate, note: str) -> None:
    """No verdict on this file: it goes on waiting and is tried less and less often."""
    row.put_off_scan(note)
