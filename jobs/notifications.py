"""Telling people: notifications for events, then the mails.

A mail is sent while its row is locked, and marked in the same transaction. A
worker that dies before the server took the mail lets go of the row, and the
next sweep sends it; one that dies in the instant after may send it twice, with
the same Message-ID. Mail programs show such twins once.
"""

import logging
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from ecopick.adapters.mail import MailPermanent, MailTemporary
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.domains.notifications import commands, governance_rules, invoice_rules, rules
from ecopick.domains.notifications.models import Notification, NotificationChannel
from ecopick.domains.tickets.lifecycle import AssignmentState
from ecopick.domains.tickets.models import Assignment
from jobs import mails
from jobs.runtime import Runtime, runtime

if TYPE_CHECKING:
    from jobs.subscriptions import StoredEvent

log = logging.getLogger("ecopick.jobs.notifications")
BATCH = 200
GIVE_UP_AFTER = timedelta(days=3)
FIRST_RETRY = timedelta(seconds=20)
LONGEST_RETRY = timedelta(hours=1)


class ServerAway(Exception):
    """No mail can leave at present."""


def tell(session: Session, system: Actor, event: "StoredEvent") -> None:
    """Write the notifications that an event of a ticket calls for."""
    happening = rules.Happening(
        id=event.id,
        name=event.name,
        property_owner_id=event.property_owner_id,
        ticket_id=uuid.UUID(str(event.payload["ticket_id"])),
        actor_id=event.actor_id,
        payload=event.payload,
        at=event.at,
    )
    tellings = rules.tellings_for(session, happening)
    commands.tell(session, system, event.property_owner_id, tellings)


def tell_governance(session: Session, system: Actor, event: "StoredEvent") -> None:
    """Write the notifications that an event about a permission or an approval calls for."""
    happening = governance_rules.Happening(
        event.id, event.name, event.property_owner_id, event.actor_id, event.payload
    )
    tellings = governance_rules.tellings_for(session, happening)
    commands.tell(session, system, event.property_owner_id, tellings)


def tell_invoices(session: Session, system: Actor, event: "StoredEvent") -> None:
    """Write the notifications that an event about an invoice calls for."""
    happening = governance_rules.Happening(
        event.id, event.name, event.property_owner_id, event.actor_id, event.payload
    )
    tellings = invoice_rules.tellings_for(session, happening)
    commands.tell(session, system, event.property_owner_id, tellings)


def deliver() -> int:
    """Send every mail that is due; how many left.

    Stops where the server cannot be reached: the sweep tries again.
    """
    at = runtime()
    sent = 0
    try:
        for owner_id in at.owners_with("notifications", clock.now()):
            for notification_id in _due(at, owner_id):
                sent += _attempt(at, owner_id, notification_id)
    except ServerAway:
        log.warning("mail server away; %s mails left before", sent)
    return sent


def _attempt(at: Runtime, owner_id: uuid.UUID, notification_id: uuid.UUID) -> int:
    try:
        return deliver_one(at, owner_id, notification_id)
    except ServerAway:
        raise
    except Exception:
        log.exception("mail %s could not be written", notification_id)
        _put_off(at, owner_id, notification_id)
        return 0


def _due(at: Runtime, owner_id: uuid.UUID) -> list[uuid.UUID]:
    with at.as_system(owner_id) as (session, _system):
        return list(
            session.scalars(
                select(Notification.id)
                .where(
                    Notification.property_owner_id == owner_id,
                    Notification.channel == NotificationChannel.EMAIL,
                    Notification.sent_at.is_(None),
                    Notification.failed_at.is_(None),
                    or_(Notification.retry_at.is_(None), Notification.retry_at <= clock.now()),
                )
                .order_by(Notification.created_at, Notification.id)
                .limit(BATCH)
            )
        )


def deliver_one(at: Runtime, owner_id: uuid.UUID, notification_id: uuid.UUID) -> int:
    """Send one mail unless it left, failed or is being sent; 1 if it left now.

    Raises ServerAway where the server cannot be reached at all.
    """
    away = False
    with at.as_system(owner_id) as (session, system):
        row = session.scalars(
            select(Notification)
            .where(
                Notification.id == notification_id,
                Notification.sent_at.is_(None),
                Notification.failed_at.is_(None),
            )
            .with_for_update(skip_locked=True)
        ).one_or_none()
        if row is None:
            return 0
        message = mails.compose(session, at, row)
        if message is None:
            row.failed_at = clock.now()
            return 0
        row.attempts += 1
        try:
            if at.mailer is None:
                raise MailTemporary("unreachable", detail="no mail server is set")
            at.mailer.send(message)
        except MailPermanent as error:
            log.warning("mail %s refused: %s", notification_id, error)
            _fail(session, system, row)
            return 0
        except MailTemporary as error:
            log.warning("mail %s not taken now: %s", notification_id, error)
            away = error.status is None
            _retry_later(session, system, row)
        else:
            row.sent_at = clock.now()
            row.retry_at = None
    if away:
        raise ServerAway
    return 1 if row.sent_at else 0


def _retry_later(session: Session, system: Actor, row: Notification) -> None:
    if clock.now() - row.created_at > GIVE_UP_AFTER:
        _fail(session, system, row)
        return
    row.retry_at = clock.now() + min(FIRST_RETRY * 2 ** min(row.attempts - 1, 10), LONGEST_RETRY)


def _fail(session: Session, system: Actor, row: Notification) -> None:
    """Give a mail up; management hears of a job that does not reach its vendor."""
    row.failed_at = clock.now()
    session.flush()
    link = mails.vendor_link(session, row)
    if link is None:
        return
    assignment = session.scalars(
        select(Assignment).where(Assignment.id == link.assignment_id)
    ).one()
    if assignment.state is AssignmentState.PENDING:
        tellings = rules.undeliverable(session, assignment)
        commands.tell(session, system, row.property_owner_id, tellings)


def _put_off(at: Runtime, owner_id: uuid.UUID, notification_id: uuid.UUID) -> None:
    """A mail that cannot even be written holds up nobody."""
    with at.as_system(owner_id) as (session, _system):
        session.execute(
            update(Notification)
            .where(Notification.id == notification_id, Notification.sent_at.is_(None))
            .values(attempts=Notification.attempts + 1, retry_at=clock.now() + LONGEST_RETRY)
        )
