"""The stream itself: events of the outbox that its reader may see, in their order.

No database session is held between two looks; each look is one short
transaction in the reader's own scope. Nothing personal is sent: a page that
wants to show what changed asks for it, and is then told only what it may see.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ecopick.blueprints.events.hub import HEARTBEAT_SECONDS, Listener
from ecopick.core.actor import Actor
from ecopick.core.models import Outbox
from ecopick.core.uow import Database
from ecopick.domains.property.models import PropertyOwner
from ecopick.domains.tickets.models import Message, MessageVisibility, Ticket
from ecopick.domains.tickets.policy import visible_to

BATCH = 200
RETRY_MILLISECONDS = 2000
# The names that readers know, for each event; every change of a ticket updates it.
NAMES: Mapping[str, tuple[str, ...]] = {
    "ticket.created": ("ticket.created",),
    "ticket.message": ("ticket.message", "ticket.updated"),
    "ticket.assigned": ("assignment.updated", "ticket.updated"),
    "assignment.accepted": ("assignment.updated", "ticket.updated"),
    "assignment.declined": ("assignment.updated", "ticket.updated"),
    "assignment.lapsed": ("assignment.updated", "ticket.updated"),
    "assignment.cancelled": ("assignment.updated", "ticket.updated"),
    "assignment.undone": ("assignment.updated", "ticket.updated"),
    "sla.breached": ("sla.breached", "ticket.updated"),
    "notification.created": ("notification.created",),
}
TICKET_CHANGED = ("ticket.updated",)

Positions = dict[uuid.UUID, int]


@dataclass(frozen=True)
class Reader:
    """Who follows: the actor is read anew while the stream lives; None ends it."""

    database: Database
    owner_ids: tuple[uuid.UUID, ...]
    load: Callable[[], Actor | None]


def start_positions(
    database: Database, actor: Actor, owner_ids: Sequence[uuid.UUID], last: str | None
) -> Positions:
    """Where to go on: after the event that the reader saw last, else from now."""
    seen = _parse(last, len(owner_ids))
    if seen is not None:
        return dict(zip(owner_ids, seen, strict=True))
    with database.transaction(actor.scope) as session:
        newest: dict[uuid.UUID, int] = {
            row.property_owner_id: row.newest
            for row in session.execute(
                select(Outbox.property_owner_id, func.max(Outbox.stream_id).label("newest"))
                .where(Outbox.property_owner_id.in_(owner_ids), Outbox.stream_id.is_not(None))
                .group_by(Outbox.property_owner_id)
            )
        }
    return {owner_id: newest.get(owner_id, 0) for owner_id in owner_ids}


def _parse(last: str | None, count: int) -> list[int] | None:
    """An ``id`` of ours: one number for each owner, in the order of their ids."""
    parts = (last or "").split("-")
    if len(parts) != count or not all(part.isdecimal() and len(part) < 19 for part in parts):
        return None
    return [int(part) for part in parts]


def follow(reader: Reader, actor: Actor, listener: Listener, at: Positions) -> Iterator[str]:
    """The text of the stream, until the reader may no longer read."""
    try:
        yield f"retry: {RETRY_MILLISECONDS}\n\n: open\n\n"
        checked = beaten = time.monotonic()
        while True:
            for text in _news(reader, actor, at):
                beaten = time.monotonic()
                yield text
            # Often enough that whoever was signed out hears nothing for ten seconds more.
            next_check = checked + HEARTBEAT_SECONDS / 2
            listener.wait(max(0.0, min(next_check, beaten + HEARTBEAT_SECONDS) - time.monotonic()))
            if time.monotonic() >= next_check:
                fresh = reader.load()
                if fresh is None or not set(reader.owner_ids) <= set(fresh.owner_ids):
                    return
                actor, checked = fresh, time.monotonic()
            if time.monotonic() - beaten >= HEARTBEAT_SECONDS:
                beaten = time.monotonic()
                yield ": heartbeat\n\n"
    except SQLAlchemyError:
        return  # The database is away: the reader comes again by itself.
    finally:
        listener.close()


def _news(reader: Reader, actor: Actor, at: Positions) -> list[str]:
    texts: list[str] = []
    for owner_id in reader.owner_ids:
        while True:
            with reader.database.transaction(actor.scope) as session:
                rows = _rows(session, owner_id, at[owner_id])
                tickets = _visible(session, actor, rows)
                hidden = _team_notes(session, actor, rows, tickets)
            for row in rows:
                at[owner_id] = row.stream_id
                if row.id not in hidden:
                    texts += _texts(row, actor, tickets, at)
            if len(rows) < BATCH:
                break
    return texts


def _rows(session: Session, owner_id: uuid.UUID, after: int) -> Sequence[Row[Any]]:
    return session.execute(
        select(Outbox.id, Outbox.stream_id, Outbox.name, Outbox.payload, Outbox.created_at)
        .where(Outbox.property_owner_id == owner_id, Outbox.stream_id > after)
        .order_by(Outbox.stream_id)
        .limit(BATCH)
    ).all()


def _visible(session: Session, actor: Actor, rows: Sequence[Row[Any]]) -> dict[str, Row[Any]]:
    ids = {row.payload["ticket_id"] for row in rows if "ticket_id" in row.payload}
    if not ids:
        return {}
    found: Any = session.execute(
        select(
            Ticket.id,
            Ticket.number,
            Ticket.property_owner_id,
            Ticket.building_id,
            PropertyOwner.ticket_prefix,
        )
        .join(PropertyOwner, PropertyOwner.id == Ticket.property_owner_id)
        .where(Ticket.id.in_([uuid.UUID(each) for each in ids]), visible_to(actor))
    ).all()
    return {str(row.id): row for row in found}


def _team_notes(
    session: Session, actor: Actor, rows: Sequence[Row[Any]], tickets: Mapping[str, Row[Any]]
) -> set[uuid.UUID]:
    """Events of notes to the team, where the reader is not of the ticket's team."""
    foreign = {
        key
        for key, ticket in tickets.items()
        if not actor.is_operations(ticket.property_owner_id, ticket.building_id)
    }
    by_message = {
        uuid.UUID(row.payload["message_id"]): row.id
        for row in rows
        if row.name == "ticket.message" and row.payload["ticket_id"] in foreign
    }
    if not by_message:
        return set()
    notes = session.scalars(
        select(Message.id).where(
            Message.id.in_(by_message), Message.visibility == MessageVisibility.TEAM
        )
    )
    return {by_message[message_id] for message_id in notes}


def _texts(
    row: Row[Any], actor: Actor, tickets: Mapping[str, Row[Any]], at: Positions
) -> Iterator[str]:
    """What the reader is told of one event: nothing, or one text for each name."""
    data: dict[str, Any] = {"stream_id": row.stream_id, "at": row.created_at.isoformat()}
    if row.name == "notification.created":
        if row.payload["user_id"] != str(actor.user_id):
            return
        data["notification_id"] = row.payload["notification_id"]
    else:
        ticket = tickets.get(row.payload.get("ticket_id", ""))
        if ticket is None:
            return
        data["ticket_id"] = str(ticket.id)
        data["number"] = f"{ticket.ticket_prefix}-{ticket.number}"
        if row.name == "sla.breached":
            data["state"] = "past_due"
    names = NAMES.get(row.name, TICKET_CHANGED)
    body = json.dumps(data, separators=(",", ":"))
    # The id comes with the last text only: a break between two of them loses neither.
    for name in names[:-1]:
        yield f"event: {name}\ndata: {body}\n\n"
    yield f"id: {'-'.join(map(str, at.values()))}\nevent: {names[-1]}\ndata: {body}\n\n"
