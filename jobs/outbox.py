"""From the outbox to the live streams and to everyone who subscribed.

First every waiting event gets its number in the stream, in the order in which
the events were written, one dispatcher an owner: whoever follows the stream
never skips a late commit. Then each event's handlers run in one transaction
that also marks it as dispatched. A handler that fails holds up nobody; its
event comes again, later each time.
"""

import logging
import uuid

from redis.exceptions import RedisError
from sqlalchemy import ColumnElement, func, literal, select, text, update

from ecopick.core import clock
from ecopick.core.models import Outbox
from ecopick.core.streaming import BATCH, channel, number_waiting
from jobs.runtime import ACCOUNT_MAILS, Runtime, origin_of, runtime
from jobs.subscriptions import SUBSCRIPTIONS, StoredEvent

log = logging.getLogger("ecopick.jobs.outbox")
RETRY_SECONDS = 3
DISPATCH = "jobs.outbox.dispatch"
DELIVER = "jobs.notifications.deliver"
DELIVER_ACCOUNT_MAILS = "jobs.account_mails.deliver"


def dispatch() -> int:
    """Dispatch everything that waits, owner by owner; how many events were handled.

    Whoever wakes this may also have asked for a mail about an account.
    """
    at = runtime()
    if at.owners_with(ACCOUNT_MAILS, clock.now()):
        at.enqueue(DELIVER_ACCOUNT_MAILS)
    handled = 0
    for owner_id in at.owners_with("outbox", clock.now()):
        handled += dispatch_owner(at, owner_id)
    if handled:
        at.enqueue(DELIVER)
    return handled


def dispatch_owner(at: Runtime, owner_id: uuid.UUID) -> int:
    """Dispatch what one owner's events wait for, events of the handlers included."""
    handled = 0
    tried: set[uuid.UUID] = set()
    while True:
        number(at, owner_id)
        waiting = [event_id for event_id in _waiting(at, owner_id) if event_id not in tried]
        if not waiting:
            return handled
        for event_id in waiting:
            tried.add(event_id)
            handled += _handle(at, owner_id, event_id)


def number(at: Runtime, owner_id: uuid.UUID) -> int:
    """Give waiting events their numbers in the stream and wake who follows it.

    The process that wrote them has often done so already.
    """
    with at.as_system(owner_id) as (session, _system):
        count = number_waiting(session, owner_id)
    if count:
        _wake(at, owner_id)
    return count


def _wake(at: Runtime, owner_id: uuid.UUID) -> None:
    try:
        at.redis.publish(channel(owner_id), b"")
    except RedisError:
        log.warning("queue away: live pages notice within seconds")


def _due() -> ColumnElement[bool]:
    """Events whose time to be tried (again) has come: 0, 3, 9, 21 … seconds after writing."""
    pause = literal(RETRY_SECONDS) * (func.power(2, func.least(Outbox.attempts, 20)) - 1)
    return Outbox.created_at + pause * text("interval '1 s'") <= clock.now()


def _waiting(at: Runtime, owner_id: uuid.UUID) -> list[uuid.UUID]:
    with at.as_system(owner_id) as (session, _system):
        return list(
            session.scalars(
                select(Outbox.id)
                .where(
                    Outbox.property_owner_id == owner_id,
                    Outbox.dispatched_at.is_(None),
                    Outbox.stream_id.is_not(None),
                    _due(),
                )
                .order_by(Outbox.seq)
                .limit(BATCH)
            )
        )


def _handle(at: Runtime, owner_id: uuid.UUID, event_id: uuid.UUID) -> int:
    """Run the handlers of one event; 1 if this process did, 0 if another or nobody could."""
    try:
        with at.as_system(owner_id) as (session, system):
            row = session.scalars(
                select(Outbox)
                .where(Outbox.id == event_id, Outbox.dispatched_at.is_(None))
                .with_for_update(skip_locked=True)
            ).one_or_none()
            if row is None:
                return 0
            event = StoredEvent(
                id=row.id,
                name=row.name,
                property_owner_id=row.property_owner_id,
                payload=row.payload,
                actor_id=row.actor_id,
                at=row.created_at,
            )
            with origin_of(f"outbox:{row.name}", row.request_id, row.correlation_id):
                for handler in SUBSCRIPTIONS.get(row.name, ()):
                    handler(session, system, event)
            row.dispatched_at = clock.now()
    except Exception:
        log.exception("event %s was not handled; it comes again", event_id)
        _count_failure(at, owner_id, event_id)
        return 0
    return 1


def _count_failure(at: Runtime, owner_id: uuid.UUID, event_id: uuid.UUID) -> None:
    with at.as_system(owner_id) as (session, _system):
        session.execute(
            update(Outbox)
            .where(Outbox.id == event_id, Outbox.dispatched_at.is_(None))
            .values(attempts=Outbox.attempts + 1)
        )
