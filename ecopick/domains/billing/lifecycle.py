"""States of an invoice and kinds of rate."""

from enum import StrEnum


class InvoiceStatus(StrEnum):
    """Where an invoice stands."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"
    PAID = "PAID"
    DISPUTED = "DISPUTED"
    CANCELLED = "CANCELLED"


class RateType(StrEnum):
    """What a rate is charged for."""

    HOURLY = "HOURLY"
    FIXED = "FIXED"
    PER_UNIT = "PER_UNIT"
