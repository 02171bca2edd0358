"""Which job hears of which event: one line each, and on purpose nothing for the rest.

A handler gets ``(session, system, event)`` in the transaction that marks the
event as dispatched; it must be safe to repeat and must not reach outside the
database. Every event goes to the live streams besides; nothing is subscribed
for that.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from jobs import memberships, notifications, quotes, support, vendors


@dataclass(frozen=True)
class StoredEvent:
    """An event as the outbox holds it."""

    id: uuid.UUID
    name: str
    property_owner_id: uuid.UUID
    payload: dict[str, Any]
    actor_id: uuid.UUID | None
    at: datetime


Handler = Callable[[Session, Actor, StoredEvent], None]

SUBSCRIPTIONS: dict[str, tuple[Handler, ...]] = {
    "ticket.created": (notifications.tell,),
    "ticket.confirmed": (notifications.tell,),
    "ticket.unrouted": (notifications.tell,),
    "ticket.assigned": (notifications.tell,),
    "ticket.published": (quotes.issue_links, notifications.tell),
    "ticket.quotes_due": (notifications.tell,),
    "ticket.status_changed": (notifications.tell, vendors.measure),
    "ticket.message": (notifications.tell,),
    "ticket.stakeholder_added": (notifications.tell,),
    "assignment.accepted": (notifications.tell,),
    "assignment.declined": (notifications.tell,),
    "assignment.lapsed": (notifications.tell,),
    "assignment.cancelled": (notifications.tell,),
    "assignment.undone": (notifications.tell,),
    "visit.changed": (notifications.tell,),
    "vendor_link.renewed": (notifications.tell,),
    "quote.offered": (notifications.tell,),
    "quote.waiting": (notifications.tell,),
    "quote.accepted": (notifications.tell,),
    "quote.refused": (notifications.tell,),
    "quote.withdrawn": (notifications.tell,),
    "sla.warning": (notifications.tell,),
    "sla.breached": (notifications.tell,),
    "support.started": (support.tell,),
    "permission.granted": (notifications.tell_governance,),
    "permission.revoked": (notifications.tell_governance,),
    "permission.emergency_used": (notifications.tell_governance,),
    "approval.requested": (notifications.tell_governance,),
    "approval.ended": (quotes.settle, notifications.tell_governance),
    "approval.question": (notifications.tell_governance,),
    "invoice.changed": (notifications.tell_invoices,),
    "membership.requested": (memberships.tell,),
    "membership.confirmed": (memberships.tell,),
    "membership.ended": (memberships.tell,),
}

# Only shown live: open pages update, nobody is told.
IGNORED = frozenset(
    {
        "ticket.updated",
        "ticket.attachment",
        "ticket.incident",
        "ticket.joined",
        "ticket.linked",
        "ticket.stakeholder_removed",
        "notification.created",
        "invitation.accepted",
        "invitation.revoked",
        "invitation.sent",
        "vendor.blocked",
        "vendor.certificate",
        "vendor.changed",
        "vendor.subscription",
        "vendor.unblocked",
        "view.removed",
        "view.saved",
    }
)
