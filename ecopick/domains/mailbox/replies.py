"""The address at which one person answers about one ticket."""

import base64
import uuid

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ecopick.core import clock, crypto
from ecopick.core.db import new_id
from ecopick.domains.mailbox.models import ReplyAddress
from ecopick.domains.mailbox.queries import REPLY
from ecopick.domains.tickets.models import MessageVisibility, Ticket

PURPOSE = "reply_address"
_TOKEN_BYTES = 20


def reply_token(ticket_id: uuid.UUID, user_id: uuid.UUID, visibility: MessageVisibility) -> str:
    """160 bits in small letters and digits: mail servers may change the case of an address."""
    signed = crypto.sign(PURPOSE, ticket_id, user_id, visibility.value)[:_TOKEN_BYTES]
    return base64.b32encode(signed).decode().lower()


def reply_address(
    session: Session,
    domain: str,
    ticket: Ticket,
    user_id: uuid.UUID,
    visibility: MessageVisibility,
) -> str:
    """Where ``user_id`` answers; the address is noted, so that mail to it is recognised.

    Bookkeeping of the mail that carries it: asked again it is the same address.
    """
    token = reply_token(ticket.id, user_id, visibility)
    session.execute(
        insert(ReplyAddress)
        .values(
            id=new_id(),
            property_owner_id=ticket.property_owner_id,
            ticket_id=ticket.id,
            user_id=user_id,
            visibility=visibility,
            token_hash=crypto.token_hash(token),
            created_at=clock.now(),
        )
        .on_conflict_do_nothing(index_elements=["token_hash"])
    )
    return f"{REPLY}{token}@{domain}"
