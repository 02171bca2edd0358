"""Kinds of a vendor's papers, and how each of them stands."""

from datetime import date, timedelta
from enum import StrEnum


class CertificateKind(StrEnum):
    """What a paper proves."""

    LIABILITY_INSURANCE = "liability_insurance"
    ACCIDENT_INSURANCE = "accident_insurance"
    TRADE_LICENCE = "trade_licence"
    QUALIFICATION = "qualification"
    TAX_EXEMPTION = "tax_exemption"
    OTHER = "other"


class CertificateState(StrEnum):
    """How a paper stands today, the worst first; for a vendor, the worst of its papers."""

    EXPIRED = "expired"
    EXPIRES_SOON = "expires_soon"
    UNVERIFIED = "unverified"
    VALID = "valid"
    MISSING = "missing"


# Days before the end at which a reminder goes out; on the last one it is over.
REMINDERS = (30, 7, 0)
SOON = timedelta(days=REMINDERS[0])
# A paper that ended earlier than this is old news.
REMINDED_FOR = timedelta(days=14)


def state_on(today: date, valid_until: date | None, *, verified: bool) -> CertificateState:
    """How a paper stands: its last day still counts, and nobody's check outweighs its end."""
    if valid_until is not None and valid_until < today:
        return CertificateState.EXPIRED
    if valid_until is not None and valid_until - today <= SOON:
        return CertificateState.EXPIRES_SOON
    return CertificateState.VALID if verified else CertificateState.UNVERIFIED


def reminder_due(today: date, valid_until: date) -> int | None:
    """Which reminder is due: 30, 7 or 0 days before the end; None long before and long after.

    One that was missed is not made up for: the next one says more.
    """
    left = (valid_until - today).days
    if left > REMINDERS[0] or -left > REMINDED_FOR.days:
        return None
    return min(days for days in REMINDERS if left <= days)
