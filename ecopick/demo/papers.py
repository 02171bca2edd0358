"""Insurances and certificates of the demo's vendors: most in order, one ending, one over."""

from datetime import date, datetime, timedelta
from uuid import UUID

from ecopick.core.db import Base
from ecopick.demo import people, vendors
from ecopick.demo.rows import Rows, uid
from ecopick.domains.vendors.lifecycle import CertificateKind
from ecopick.domains.vendors.models import VendorCertificate

MODELS: tuple[type[Base], ...] = (VendorCertificate,)
K = CertificateKind
INSURERS = {"de": "Badische Versicherung AG", "fr": "Assurances du Rhin", "it": "Adige Assicura"}
# (vendor, kind, title, days until it ends, checked)
PAPERS: tuple[tuple[str, CertificateKind, str | None, int | None, bool], ...] = (
    ("schwarzwald", K.LIABILITY_INSURANCE, None, 214, True),
    ("schwarzwald", K.TRADE_LICENCE, None, None, True),
    ("schwarzwald", K.QUALIFICATION, "Gas", 480, True),
    ("dolomiti", K.LIABILITY_INSURANCE, None, 23, True),
    ("dolomiti", K.TAX_EXEMPTION, None, 160, True),
    ("dolomiti", K.QUALIFICATION, "CEI 11-27", 305, False),
    ("kleber", K.LIABILITY_INSURANCE, None, 390, True),
    ("kleber", K.QUALIFICATION, "EN 81-20", 95, True),
    ("vogel", K.LIABILITY_INSURANCE, None, -6, True),
    ("hansen", K.ACCIDENT_INSURANCE, None, 120, False),
    ("lombardia", K.LIABILITY_INSURANCE, None, 251, True),
    ("lombardia", K.TRADE_LICENCE, None, None, True),
    ("sicurtec", K.LIABILITY_INSURANCE, None, 18, False),
)


def build(rows: Rows, owners: dict[str, UUID], now: datetime) -> None:
    """The papers as they stand ``now``; each was added by the vendor's administrator."""
    for key, kind, title, left, checked in PAPERS:
        vendor = vendors.BY_KEY[key]
        ends: date | None = None if left is None else now.date() + timedelta(days=left)
        begins = (ends or now.date()) - timedelta(days=365)
        added = now - timedelta(days=70)
        manager = people.BY_KEY["manager" if vendor.owner == "rheinbogen" else "manager2"].id
        rows.add(
            VendorCertificate, added, id=uid("certificate", key, kind, title or ""),
            property_owner_id=owners[vendor.owner], vendor_org_id=vendors.vendor_id(key),
            kind=kind, title=title, valid_from=begins, valid_until=ends,
            number=f"{vendor.country}-{hash_of(key, kind) % 900000 + 100000}",
            issuer=INSURERS[vendor.language] if "insurance" in kind.value else None,
            added_by_id=people.members(key)[0].id,
            verified_at=added + timedelta(days=2) if checked else None,
            verified_by_id=manager if checked else None,
        )  # fmt: skip


def hash_of(*parts: object) -> int:
    """A number that is always the same for the same words."""
    return uid("number", *parts).int
