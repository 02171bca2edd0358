"""What happened to tickets, told to the rest of the product."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from ecopick.core.events import Event


@dataclass(frozen=True)
class TicketEvent(Event):
    """Base of all ticket events."""

    ticket_id: uuid.UUID


@dataclass(frozen=True)
class TicketCreated(TicketEvent):
    """A request came in."""

    name: ClassVar[str] = "ticket.created"


@dataclass(frozen=True)
class RequestConfirmed(TicketEvent):
    """Whoever reported it without an account has proved their address."""

    name: ClassVar[str] = "ticket.confirmed"


@dataclass(frozen=True)
class RequestJoined(TicketEvent):
    """A neighbour follows it, or no longer does."""

    name: ClassVar[str] = "ticket.joined"


@dataclass(frozen=True)
class TicketUpdated(TicketEvent):
    """Fields were edited."""

    name: ClassVar[str] = "ticket.updated"


@dataclass(frozen=True)
class TicketStatusChanged(TicketEvent):
    """The status moved; both states are ticket status values."""

    name: ClassVar[str] = "ticket.status_changed"

    before: str
    after: str


@dataclass(frozen=True)
class TicketAssigned(TicketEvent):
    """A member of the staff or a vendor was asked to take it."""

    name: ClassVar[str] = "ticket.assigned"

    assignment_id: uuid.UUID


@dataclass(frozen=True)
class AssignmentAccepted(TicketEvent):
    """The assignee will come."""

    name: ClassVar[str] = "assignment.accepted"

    assignment_id: uuid.UUID


@dataclass(frozen=True)
class AssignmentDeclined(TicketEvent):
    """The assignee will not come."""

    name: ClassVar[str] = "assignment.declined"

    assignment_id: uuid.UUID


@dataclass(frozen=True)
class AssignmentLapsed(TicketEvent):
    """Nobody answered in time."""

    name: ClassVar[str] = "assignment.lapsed"

    assignment_id: uuid.UUID


@dataclass(frozen=True)
class AssignmentCancelled(TicketEvent):
    """Management took the assignment back."""

    name: ClassVar[str] = "assignment.cancelled"

    assignment_id: uuid.UUID


@dataclass(frozen=True)
class AnswerUndone(TicketEvent):
    """An accept or decline was taken back within its quarter of an hour."""

    name: ClassVar[str] = "assignment.undone"

    assignment_id: uuid.UUID


@dataclass(frozen=True)
class NobodyToAssign(TicketEvent):
    """No routing rule fits: management has to choose."""

    name: ClassVar[str] = "ticket.unrouted"


@dataclass(frozen=True)
class OpportunityPublished(TicketEvent):
    """Vendors may apply for the job."""

    name: ClassVar[str] = "ticket.published"


@dataclass(frozen=True)
class QuotesDue(TicketEvent):
    """The time for prices is over: management has to choose."""

    name: ClassVar[str] = "ticket.quotes_due"


@dataclass(frozen=True)
class QuoteEvent(TicketEvent):
    """Base of events about a vendor's price."""

    quote_id: uuid.UUID


@dataclass(frozen=True)
class QuoteOffered(QuoteEvent):
    """A vendor named a price."""

    name: ClassVar[str] = "quote.offered"


@dataclass(frozen=True)
class QuoteWaiting(QuoteEvent):
    """The price is above the owner's limit and waits for an approval."""

    name: ClassVar[str] = "quote.waiting"


@dataclass(frozen=True)
class QuoteAccepted(QuoteEvent):
    """The price was taken."""

    name: ClassVar[str] = "quote.accepted"


@dataclass(frozen=True)
class QuoteRefused(QuoteEvent):
    """The price was not taken; ``before`` is the state it had."""

    name: ClassVar[str] = "quote.refused"

    before: str


@dataclass(frozen=True)
class QuoteWithdrawn(QuoteEvent):
    """The vendor took its price back; ``before`` is the state it had."""

    name: ClassVar[str] = "quote.withdrawn"

    before: str


@dataclass(frozen=True)
class MessagePosted(TicketEvent):
    """Somebody wrote; ``quiet`` ones are not mailed on, lest programs answer each other."""

    name: ClassVar[str] = "ticket.message"

    message_id: uuid.UUID
    quiet: bool = False


@dataclass(frozen=True)
class AttachmentAdded(TicketEvent):
    """A file was added."""

    name: ClassVar[str] = "ticket.attachment"

    attachment_id: uuid.UUID


@dataclass(frozen=True)
class StakeholderAdded(TicketEvent):
    """Somebody takes part from now on."""

    name: ClassVar[str] = "ticket.stakeholder_added"

    user_id: uuid.UUID


@dataclass(frozen=True)
class StakeholderRemoved(TicketEvent):
    """Somebody no longer takes part."""

    name: ClassVar[str] = "ticket.stakeholder_removed"

    user_id: uuid.UUID


@dataclass(frozen=True)
class TicketLinked(TicketEvent):
    """It was linked to another ticket, or that link was taken away; told of both."""

    name: ClassVar[str] = "ticket.linked"

    other_id: uuid.UUID
    kind: str
    live: bool


@dataclass(frozen=True)
class IncidentChanged(TicketEvent):
    """It joined or left an incident; told of the parent too, once for all that did."""

    name: ClassVar[str] = "ticket.incident"

    parent_id: uuid.UUID


@dataclass(frozen=True)
class SlaWarned(TicketEvent):
    """Four fifths of the time are used."""

    name: ClassVar[str] = "sla.warning"


@dataclass(frozen=True)
class SlaBreached(TicketEvent):
    """The due time has passed."""

    name: ClassVar[str] = "sla.breached"


@dataclass(frozen=True)
class VisitChanged(TicketEvent):
    """Something was arranged, or done on a visit; ``step`` is a value of VisitStep."""

    name: ClassVar[str] = "visit.changed"

    visit_id: uuid.UUID
    step: str


@dataclass(frozen=True)
class LinkRenewed(TicketEvent):
    """Somebody asked for a mailed link whose time had passed once more."""

    name: ClassVar[str] = "vendor_link.renewed"

    link_id: uuid.UUID


@dataclass(frozen=True)
class ViewEvent(Event):
    """Base of events about a view of the list; ``user_id`` is whose it is."""

    view_id: uuid.UUID
    user_id: uuid.UUID


@dataclass(frozen=True)
class ViewSaved(ViewEvent):
    """Somebody keeps a list under a name, changed it or brought it back."""

    name: ClassVar[str] = "view.saved"

    is_shared: bool


@dataclass(frozen=True)
class ViewRemoved(ViewEvent):
    """A view was removed."""

    name: ClassVar[str] = "view.removed"
