"""What stands behind an address, and what came to it before."""

import re
import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import LargeBinary, Text, Uuid, cast, column, func, select
from sqlalchemy.dialects.postgresql import CITEXT
from sqlalchemy.orm import Session

from ecopick.core import clock, crypto
from ecopick.core.tenancy import Scope
from ecopick.core.uow import Database
from ecopick.domains.mailbox.models import InboundAddress, InboundReply
from ecopick.domains.property.models import Building
from ecopick.domains.tickets.models import MessageVisibility

REPLY = "reply+"
HOUR = timedelta(hours=1)
# A program repeats itself within a day; a person only with a short answer.
SAME_WORDS_WITHIN = timedelta(days=1)
_TOKEN = re.compile(r"[a-z2-7]{32}")


@dataclass(frozen=True)
class BuildingAddress:
    """Mail to it becomes a request in this building."""

    property_owner_id: uuid.UUID
    building_id: uuid.UUID


@dataclass(frozen=True)
class ReplyTo:
    """Mail to it becomes a message of this person on this ticket."""

    property_owner_id: uuid.UUID
    ticket_id: uuid.UUID
    user_id: uuid.UUID
    visibility: MessageVisibility


def find_address(database: Database, domain: str, address: str) -> BuildingAddress | ReplyTo | None:
    """What an address of ours stands for; None for one that was never given out or has ended.

    Read in a transaction without any scope.
    """
    local, _at, host = address.strip().strip("<>").lower().rpartition("@")
    if host != domain or not domain or not local.isascii() or len(local) > 64:
        return None
    with database.transaction(Scope()) as session:
        if local.startswith(REPLY):
            return _reply(session, local.removeprefix(REPLY))
        return _building(session, local)


def _reply(session: Session, token: str) -> ReplyTo | None:
    if _TOKEN.fullmatch(token) is None:
        return None
    found = func.find_reply_address(cast(crypto.token_hash(token), LargeBinary)).table_valued(
        column("property_owner_id", Uuid),
        column("ticket_id", Uuid),
        column("user_id", Uuid),
        column("visibility", Text),
    )
    row = session.execute(select(found)).one_or_none()
    if row is None:
        return None
    visibility = MessageVisibility(row.visibility)
    return ReplyTo(row.property_owner_id, row.ticket_id, row.user_id, visibility)


def _building(session: Session, local: str) -> BuildingAddress | None:
    found = func.find_inbound_address(cast(local, CITEXT)).table_valued(
        column("property_owner_id", Uuid), column("building_id", Uuid)
    )
    row = session.execute(select(found)).one_or_none()
    return None if row is None else BuildingAddress(row.property_owner_id, row.building_id)


def address_of(session: Session, building: Building) -> InboundAddress | None:
    """The address of a building that counts now; the building was found for the actor."""
    return session.scalars(
        select(InboundAddress).where(
            InboundAddress.property_owner_id == building.property_owner_id,
            InboundAddress.building_id == building.id,
            InboundAddress.retired_at.is_(None),
        )
    ).one_or_none()


def is_taken(session: Session, reply: ReplyTo, mail_key: bytes) -> bool:
    """Whether this mail came in before for this ticket and person.

    Another one with the same key waits here for this one.
    """
    number = int.from_bytes(mail_key[:8], "big", signed=True)
    session.execute(select(func.pg_advisory_xact_lock(number)))
    found = session.scalar(
        select(InboundReply.id).where(
            InboundReply.ticket_id == reply.ticket_id,
            InboundReply.user_id == reply.user_id,
            InboundReply.mail_key == mail_key,
        )
    )
    return found is not None


def times_said(session: Session, reply: ReplyTo, words_hash: bytes, within: timedelta) -> int:
    """How often the same person mailed the same words to the ticket of late."""
    counted = session.scalar(
        select(func.count())
        .select_from(InboundReply)
        .where(
            InboundReply.ticket_id == reply.ticket_id,
            InboundReply.user_id == reply.user_id,
            InboundReply.words_hash == words_hash,
            InboundReply.created_at > clock.now() - within,
        )
    )
    return counted or 0


def replies_within_the_hour(session: Session, ticket_id: uuid.UUID) -> int:
    """How many mailed replies became messages of the ticket in the last hour."""
    counted = session.scalar(
        select(func.count())
        .select_from(InboundReply)
        .where(InboundReply.ticket_id == ticket_id, InboundReply.created_at > clock.now() - HOUR)
    )
    return counted or 0
