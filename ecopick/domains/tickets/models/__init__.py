"""Tickets and all that hangs on them."""

from ecopick.domains.tickets.lifecycle import AttachmentType, LinkKind
from ecopick.domains.tickets.models.links import TicketLink
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
from ecopick.domains.tickets.models.views import SavedView, TicketRead

__all__ = [
    "Assignment",
    "Attachment",
    "AttachmentType",
    "LinkKind",
    "Message",
    "MessageVisibility",
    "SavedView",
    "ScanState",
    "StakeholderRole",
    "Ticket",
    "TicketChannel",
    "TicketCounter",
    "TicketLink",
    "TicketRead",
    "TicketStakeholder",
    "VendorLink",
]
