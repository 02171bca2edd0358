"""What follows from open jobs and from decided approvals of prices."""

import uuid
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.domains.governance.lifecycle import AccessRequestStatus
from ecopick.domains.governance.models import AccessRequest
from ecopick.domains.tickets.commands.opportunity_links import issue_opportunity_links
from ecopick.domains.tickets.commands.quote_approvals import quote_waiting_for
from ecopick.domains.tickets.commands.quote_choices import settle_approval

if TYPE_CHECKING:
    from jobs.subscriptions import StoredEvent


def issue_links(session: Session, system: Actor, event: "StoredEvent") -> None:
    """Give everybody at the vendors that may apply a link of their own, before they are told."""
    issue_opportunity_links(session, system, uuid.UUID(str(event.payload["ticket_id"])))


def settle(session: Session, system: Actor, event: "StoredEvent") -> None:
    """Take, refuse or put back the price that waited for an approval which has ended."""
    request_id = uuid.UUID(str(event.payload["request_id"]))
    quote = quote_waiting_for(session, request_id)
    if quote is None:
        return
    request = session.get_one(AccessRequest, request_id)
    status = AccessRequestStatus(event.payload["status"])
    settle_approval(session, system, quote.id, status, event.actor_id, request.decision_note)
