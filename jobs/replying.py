"""Whether a mail can be answered, where to, and who reads the answer."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.models import Outbox
from ecopick.core.permissions import allows
from ecopick.core.text import gettext as _
from ecopick.domains.auth.queries.actors import load_user_actor
from ecopick.domains.mailbox.replies import reply_address
from ecopick.domains.notifications.audience import Side
from ecopick.domains.notifications.models import Notification, NotificationType
from ecopick.domains.tickets.lifecycle import TERMINAL
from ecopick.domains.tickets.models import Message, MessageVisibility, Ticket
from jobs.runtime import Runtime

V = MessageVisibility


def reply_to(
    session: Session, at: Runtime, row: Notification, ticket: Ticket, side: Side
) -> tuple[str, tuple[str, ...]]:
    """The address for answers and a line that says who reads them; nothing where none counts.

    What the staff answers to a note, or to news that nobody wrote, stays with the team:
    an answer given in haste must not reach the tenant.
    """
    domain = at.settings.inbound.domain
    if not domain or ticket.status in TERMINAL or not _may_write(session, at, row, ticket):
        return "", ()
    visibility = _answered(session, row) if side is Side.STAFF else V.EVERYONE
    address = reply_address(session, domain, ticket, row.user_id, visibility)
    if visibility is V.TEAM:
        return address, (_("You can answer this mail; only the team will read it."),)
    return address, (_("You can answer this mail; everybody involved will read it."),)


def _may_write(session: Session, at: Runtime, row: Notification, ticket: Ticket) -> bool:
    actor = load_user_actor(at.database, row.user_id, ticket.property_owner_id)
    return actor is not None and allows(session, actor, "ticket:comment", ticket)


def _answered(session: Session, row: Notification) -> MessageVisibility:
    """Who reads the message that the notification tells of; the team where it is about none."""
    if row.type != NotificationType.TICKET_MESSAGE:
        return V.TEAM
    try:
        event_id = uuid.UUID((row.dedup_key or "").partition(":")[0])
    except ValueError:
        return V.TEAM
    payload = session.scalar(select(Outbox.payload).where(Outbox.id == event_id))
    message_id = (payload or {}).get("message_id")
    if message_id is None:
        return V.TEAM
    found = session.scalar(select(Message.visibility).where(Message.id == uuid.UUID(message_id)))
    return found or V.TEAM
