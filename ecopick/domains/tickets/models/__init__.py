"""Tickets and all that hangs on them."""

from ecopick.core.scanning import ScanState
from ecopick.domains.tickets.lifecycle import (
    AttachmentType,
    IncidentAct,
    LinkKind,
    Rating,
    RequestLinkKind,
)
from ecopick.domains.tickets.models.counters import TicketCounter
from ecopick.domains.tickets.models.desk import BulkAct, BulkResult, ListExport
from ecopick.domains.tickets.models.links import IncidentRun, TicketLink
from ecopick.domains.tickets.models.mentions import MessageMention
from ecopick.domains.tickets.models.quotes import OpportunityLink, Quote
from ecopick.domains.tickets.models.ratings import TicketRating
from ecopick.domains.tickets.models.requests import RequestLink
from ecopick.domains.tickets.models.tables import (
    Assignment,
    Attachment,
    Message,
    Ticket,
    TicketStakeholder,
    VendorLink,
)
from ecopick.domains.tickets.models.values import (
    OUTSIDE_CHANNELS,
    MessageVisibility,
    StakeholderRole,
    TicketChannel,
)
from ecopick.domains.tickets.models.views import SavedView, TicketRead
from ecopick.domains.tickets.models.visits import VendorSublink, Visit, VisitCheck

__all__ = [
    "OUTSIDE_CHANNELS",
    "Assignment",
    "Attachment",
    "AttachmentType",
    "BulkAct",
    "BulkResult",
    "IncidentAct",
    "IncidentRun",
    "LinkKind",
    "ListExport",
    "Message",
    "MessageMention",
    "MessageVisibility",
    "OpportunityLink",
    "Quote",
    "Rating",
    "RequestLink",
    "RequestLinkKind",
    "SavedView",
    "ScanState",
    "StakeholderRole",
    "Ticket",
    "TicketChannel",
    "TicketCounter",
    "TicketLink",
    "TicketRating",
    "TicketRead",
    "TicketStakeholder",
    "VendorLink",
    "VendorSublink",
    "Visit",
    "VisitCheck",
]
