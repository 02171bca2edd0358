"""What the API shows of vendors."""

import uuid
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from ecopick.core.scanning import ScanState
from ecopick.domains.vendors.lifecycle import CertificateKind, CertificateState


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class CertificateOut(_Out):
    """A paper and how it stands; ``download_url`` is there once its file is clean."""

    id: uuid.UUID
    kind: CertificateKind
    title: str | None
    number: str | None
    issuer: str | None
    valid_from: date | None
    valid_until: date | None
    state: CertificateState
    is_current: bool
    verified_at: datetime | None
    verified_by: str | None
    file_name: str | None
    scan_state: ScanState | None
    download_url: str | None


class VendorOut(_Out):
    """A vendor with what the owner notes of it."""

    id: uuid.UUID
    name: str
    contact_name: str | None
    email: str | None
    phone: str | None
    emergency_phone: str | None
    website: str | None
    address: str | None
    postcode: str | None
    city: str | None
    language: str
    categories: list[str]
    note: str | None
    blocked_at: datetime | None
    blocked_reason: str | None
    ended_at: datetime | None
