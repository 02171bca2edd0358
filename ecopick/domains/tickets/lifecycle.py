"""States of tickets and assignments."""

from enum import StrEnum


class TicketStatus(StrEnum):
    """Where a ticket stands."""

    NEW = "NEW"
    TRIAGED = "TRIAGED"
    ASSIGNED = "ASSIGNED"
    VENDOR_OPPORTUNITY = "VENDOR_OPPORTUNITY"
    VENDOR_PENDING = "VENDOR_PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    AWAITING_TENANT = "AWAITING_TENANT"
    AWAITING_VENDOR = "AWAITING_VENDOR"
    RESOLVED = "RESOLVED"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"


class TicketPriority(StrEnum):
    """How soon a ticket must be resolved."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    URGENT = "URGENT"


class AssignmentType(StrEnum):
    """Own staff or a vendor."""

    INTERNAL = "INTERNAL"
    VENDOR = "VENDOR"


class AssignmentState(StrEnum):
    """Answer to an assignment; finished work stays ACCEPTED."""

    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    CANCELLED = "CANCELLED"
