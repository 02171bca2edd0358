"""Values of tickets and what hangs on them."""

from enum import StrEnum


class TicketChannel(StrEnum):
    """How a request came in."""

    WEB = "web"
    QR = "qr"
    EMAIL = "email"
    PHONE = "phone"
    API = "api"
    PUBLIC = "public"
    SCHEDULE = "schedule"


# Ways in that ask for no account: whoever came by them may not be known yet.
OUTSIDE_CHANNELS = frozenset({TicketChannel.PUBLIC, TicketChannel.EMAIL, TicketChannel.QR})


class StakeholderRole(StrEnum):
    """Why somebody takes part in a ticket."""

    OBSERVER = "observer"
    PARTICIPANT = "participant"
    ASSIGNEE = "assignee"
    VENDOR = "vendor"
    APPROVER = "approver"


class MessageVisibility(StrEnum):
    """Who reads a message: everyone on the ticket, or the owner's team."""

    EVERYONE = "everyone"
    TEAM = "team"
