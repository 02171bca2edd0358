"""What people write on a ticket."""

from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict
from ecopick.core.events import emit
from ecopick.core.permissions import authorize
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.commands.engagement import author_id, fix_answers
from ecopick.domains.tickets.commands.status import resume_after_reply
from ecopick.domains.tickets.events import MessagePosted
from ecopick.domains.tickets.inputs import PostMessage
from ecopick.domains.tickets.lifecycle import TERMINAL
from ecopick.domains.tickets.models import Message, MessageVisibility, Ticket
from ecopick.domains.tickets.policy import lives_there
from ecopick.domains.tickets.queries.find import lock_ticket


def post_message(session: Session, actor: Actor, key: object, data: PostMessage) -> Message:
    """Write to everyone on the ticket or to the team only.

    The reporter's or a resident's answer ends a wait for the tenant.
    """
    ticket = lock_ticket(session, actor, getattr(key, "id", key))
    message = _post(session, actor, ticket, data)
    from_tenant = ticket.reporter_id == actor.user_id or lives_there(actor, ticket)
    if from_tenant and data.visibility == "everyone":
        resume_after_reply(session, actor, ticket)
    return message


@command("ticket:comment", find=lock_ticket, audit_as="MESSAGE_POSTED")
def _post(session: Session, actor: Actor, ticket: Ticket, data: PostMessage) -> Message:
    if ticket.status in TERMINAL:
        raise Conflict(_("This request is closed; nothing can be added."), code="terminal")
    if data.visibility == "team":
        authorize(session, actor, "ticket:note", ticket)
    message = Message(
        id=new_id(),
        property_owner_id=ticket.property_owner_id,
        ticket_id=ticket.id,
        author_id=author_id(actor),
        body=data.body,
        visibility=MessageVisibility(data.visibility),
        created_at=clock.now(),
    )
    session.add(message)
    session.flush()
    if message.visibility is MessageVisibility.EVERYONE:
        fix_answers(session, ticket)
    emit(session, actor, MessagePosted(ticket.property_owner_id, ticket.id, message.id))
    return message
