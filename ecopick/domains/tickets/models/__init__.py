"""Tickets and all that hangs on them."""

from ecopick.domains.tickets.lifecycle import AttachmentType
from ecopick.domains.tickets.models.tables import (
    Assignment,
    Attachment,
    Message,
    Ticket,
    TicketCounter,
    TicketStakeholder,
    VendorLink,
)
from ecopick.domains.tickets.models.values import (
    MessageVisibility,
    ScanState,
    StakeholderRole,
    TicketChannel,
)

__all__ = [
    "Assignment",
    "Attachment",
    "AttachmentType",
    "Message",
    "MessageVisibility",
    "ScanState",
    "StakeholderRole",
    "Ticket",
    "TicketChannel",
    "TicketCounter",
    "TicketStakeholder",
    "VendorLink",
]
