"""Ending what is personal in the streams once its time is over.

Addresses and programs behind entries stand under a key of their month. Destroying
it empties them for good in every entry of that month; rows, hashes and chains stay.
"""

import uuid
from datetime import date

from sqlalchemy import update
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.audit.models import KeyKind, SubjectKey
from ecopick.core.audit.subjects import period_id
from ecopick.core.changes import note
from ecopick.core.commands import command
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.domains.privacy.lifecycle import (
    MOST_MONTHS,
    SIGN_IN_MONTHS,
    SIGN_IN_STREAM,
)
from ecopick.domains.privacy.queries.people import retention


def _nothing(session: Session, actor: Actor, key: object) -> None:
    return None


def periods_over(session: Session, owner_id: uuid.UUID, today: date) -> list[uuid.UUID]:
    """The subjects of all months that lie before what the owner keeps."""
    kept = {stream.value: months for stream, months in retention(session, owner_id).items()}
    if owner_id == PLATFORM_OWNER_ID:
        kept[SIGN_IN_STREAM] = SIGN_IN_MONTHS
    return [
        period_id(owner_id, stream, month_before(today, back))
        for stream, months in kept.items()
        for back in range(months + 1, MOST_MONTHS + 13)
    ]


def month_before(day: date, months: int) -> date:
    """The first day of the month that lies so many months back."""
    at = day.year * 12 + day.month - 1 - months
    return date(at // 12, at % 12 + 1, 1)


@command("privacy:carry_out", find=_nothing, audit_as=None)
def end_periods(session: Session, actor: Actor, subject: None) -> int:
    """Destroy the keys of months whose time is over with the actor's owner; how many.

    A month counts from its end: with 24 months, January 2024 goes in February 2026.
    """
    assert actor.owner_id is not None
    over = periods_over(session, actor.owner_id, clock.now().date())
    done = session.execute(
        update(SubjectKey)
        .where(
            SubjectKey.property_owner_id == actor.owner_id,
            SubjectKey.kind == KeyKind.PERIOD,
            SubjectKey.destroyed_at.is_(None),
            SubjectKey.subject_id.in_(over),
        )
        .values(wrapped_key=None, destroyed_at=clock.now())
        .returning(SubjectKey.subject_id),
        execution_options={"synchronize_session": False},
    ).all()
    if done:
        _record(session, actor, None, len(done))
    return len(done)


@command("privacy:carry_out", find=_nothing, audit_as="ENTITY_DEACTIVATED")
def _record(session: Session, actor: Actor, subject: None, keys: int) -> None:
    note(session, resource="subject_keys", reason_code="retention", keys=keys)
