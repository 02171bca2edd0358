"""What people write on a ticket."""

import uuid

from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.changes import note
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict
from ecopick.core.events import emit
from ecopick.core.permissions import allows, authorize
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.tickets.commands.engagement import author_id, fix_answers
from ecopick.domains.tickets.commands.status import resume_after_reply
from ecopick.domains.tickets.events import MessagePosted
from ecopick.domains.tickets.inputs import PostMessage
from ecopick.domains.tickets.lifecycle import TERMINAL
from ecopick.domains.tickets.models import Message, MessageMention, MessageVisibility, Ticket
from ecopick.domains.tickets.outside import reports_by_link
from ecopick.domains.tickets.policy import lives_there
from ecopick.domains.tickets.queries.find import lock_ticket
from ecopick.domains.tickets.queries.mentionable import named_in, people_to_name


def post_message(
    session: Session, actor: Actor, key: object, data: PostMessage, *, quiet: bool = False
) -> Message:
    """Write to everyone on the ticket or to the team only; ``quiet`` ones are not mailed on.

    The reporter's or a resident's answer ends a wait for the tenant. People named in
    it are kept by id. Raises Invalid where somebody named by id cannot be.
    """
    ticket = lock_ticket(session, actor, getattr(key, "id", key))
    message = _post(session, actor, ticket, data, quiet=quiet)
    from_tenant = (
        ticket.reporter_id == actor.user_id
        or lives_there(actor, ticket)
        or reports_by_link(actor, ticket)
    )
    if from_tenant and data.visibility == "everyone":
        resume_after_reply(session, actor, ticket)
    return message


@command("ticket:comment", find=lock_ticket, audit_as="MESSAGE_POSTED")
def _post(
    session: Session, actor: Actor, ticket: Ticket, data: PostMessage, *, quiet: bool
) -> Message:
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
    _mention(session, actor, ticket, message, data.mentions)
    if message.visibility is MessageVisibility.EVERYONE:
        fix_answers(session, ticket)
    emit(session, actor, MessagePosted(ticket.property_owner_id, ticket.id, message.id, quiet))
    return message


def _mention(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    message: Message,
    asked: list[uuid.UUID],
) -> None:
    """Keep who is named: by id, or by full name in the text. Only the team names people."""
    if not asked and "@" not in message.body:
        return
    if not allows(session, actor, "ticket:note", ticket):
        return
    team_only = message.visibility is MessageVisibility.TEAM
    people = people_to_name(session, ticket, team_only=team_only)
    if not set(asked) <= {person.id for person in people}:
        raise wrong_field("mentions", _("Somebody you name cannot read this."))
    named = sorted({*asked, *named_in(message.body, people)})
    for user_id in named:
        session.add(
            MessageMention(
                id=new_id(),
                property_owner_id=ticket.property_owner_id,
                ticket_id=ticket.id,
                message_id=message.id,
                user_id=user_id,
                created_at=message.created_at,
            )
        )
    if named:
        note(session, mentions=named)
        session.flush()
