"""Events get their numbers in an owner's stream, in the order in which they were written."""

import uuid

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from ecopick.core.models import Outbox

BATCH = 200


def try_lock(session: Session, name: str) -> bool:
    """Take the lock ``name`` until the transaction ends, without waiting."""
    return bool(
        session.scalar(
            text("select pg_try_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name}
        )
    )


def channel(owner_id: uuid.UUID) -> str:
    """Where whoever follows the stream of an owner is woken."""
    return f"events:{owner_id}"


def number_waiting(session: Session, owner_id: uuid.UUID) -> int:
    """Give the owner's waiting events their numbers; how many got one, at most a batch.

    One process an owner: numbers become visible in their order, so that whoever follows
    never skips a late commit. Another process at work means that nothing is done here.
    The session acts in the scope of the owner.
    """
    if not try_lock(session, f"outbox:{owner_id}"):
        return 0
    rows = session.scalars(
        select(Outbox.id)
        .where(
            Outbox.property_owner_id == owner_id,
            Outbox.dispatched_at.is_(None),
            Outbox.stream_id.is_(None),
        )
        .order_by(Outbox.seq)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    for event_id in rows:
        session.execute(
            update(Outbox)
            .where(Outbox.id == event_id)
            .values(stream_id=func.nextval("outbox_stream_ids"))
        )
    return len(rows)
