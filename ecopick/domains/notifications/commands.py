"""Telling people, and what they do with what they were told."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Invalid
from ecopick.core.events import emit
from ecopick.core.finding import missing
from ecopick.core.text import lazy_gettext as _
from ecopick.core.text import use_language
from ecopick.domains.notifications.audience import Person
from ecopick.domains.notifications.events import NotificationCreated
from ecopick.domains.notifications.inputs import MarkRead, SetPreference
from ecopick.domains.notifications.models import (
    Notification,
    NotificationChannel,
    NotificationPreference,
)
from ecopick.domains.notifications.policy import channels_for, visible_to
from ecopick.domains.notifications.wording import Notice
from ecopick.domains.people.models import User
from ecopick.domains.people.queries import find_self


@dataclass(frozen=True)
class Telling:
    """One notice to some people. ``key`` makes sure that each is told once.

    It is about a ticket, or about another ``resource``: its type and id.
    """

    notice: Notice
    people: tuple[Person, ...]
    key: str
    ticket_id: uuid.UUID | None = None
    resource: tuple[str, uuid.UUID] | None = None

    @property
    def about(self) -> tuple[str | None, uuid.UUID | None]:
        """Type and id of what it is about."""
        if self.ticket_id is not None:
            return "Ticket", self.ticket_id
        return self.resource or (None, None)


def tell(
    session: Session, system: Actor, owner_id: uuid.UUID, tellings: Iterable[Telling]
) -> list[uuid.UUID]:
    """Write the notifications, each in its reader's language; ids of the mails to send.

    Safe to repeat: who was told under the same key is not told again.
    """
    mails: list[uuid.UUID] = []
    for telling in tellings:
        chosen = _preferences(session, telling)
        for person in telling.people:
            channels = channels_for(
                telling.notice.type,
                chosen.get(person.user_id),
                by_mail=telling.notice.by_mail,
                always_by_mail=telling.notice.always_by_mail,
            )
            for channel in channels:
                made = _write(session, owner_id, telling, person, channel)
                if made is None:
                    continue
                if channel is NotificationChannel.EMAIL:
                    mails.append(made)
                else:
                    emit(session, system, NotificationCreated(owner_id, made, person.user_id))
    return mails


def _preferences(session: Session, telling: Telling) -> Mapping[uuid.UUID, NotificationPreference]:
    rows = session.scalars(
        select(NotificationPreference).where(
            NotificationPreference.user_id.in_([person.user_id for person in telling.people]),
            NotificationPreference.type == telling.notice.type.value,
        )
    )
    return {row.user_id: row for row in rows}


def _write(
    session: Session,
    owner_id: uuid.UUID,
    telling: Telling,
    person: Person,
    channel: NotificationChannel,
) -> uuid.UUID | None:
    with use_language(person.language):
        words = telling.notice.words(person.side)
    now = clock.now()
    resource_type, resource_id = telling.about
    statement = (
        insert(Notification)
        .values(
            id=new_id(),
            property_owner_id=owner_id,
            user_id=person.user_id,
            type=telling.notice.type.value,
            title=words.title,
            body=words.body,
            resource_type=resource_type,
            resource_id=resource_id,
            channel=channel,
            dedup_key=telling.key,
            created_at=now,
            sent_at=now if channel is NotificationChannel.IN_APP else None,
            attempts=0,
        )
        .on_conflict_do_nothing(
            index_elements=["property_owner_id", "user_id", "channel", "dedup_key"]
        )
        .returning(Notification.id)
    )
    return session.execute(statement).scalar_one_or_none()


def mark_read(session: Session, actor: Actor, data: MarkRead) -> int:
    """Mark one notification, or all, as read; how many were unread.

    Raises NotFound for an id that is not the actor's, Invalid for neither.
    """
    session.info["authorized"] = True
    if data.id is None and not data.all:
        raise Invalid(
            _("Please check the marked fields."), fields={"id": _("This field is needed.")}
        )
    if data.id is not None:
        known = session.scalar(
            select(Notification.id).where(Notification.id == data.id, visible_to(actor))
        )
        if known is None:
            raise missing(actor, "Notification", data.id)
    statement = update(Notification).where(visible_to(actor), Notification.read_at.is_(None))
    if data.id is not None:
        statement = statement.where(Notification.id == data.id)
    read = session.execute(
        statement.values(read_at=clock.now()).returning(Notification.id),
        execution_options={"synchronize_session": False},
    )
    return len(read.all())


@command("notification:prefer", find=find_self, audit_as="ENTITY_UPDATED")
def set_preference(
    session: Session, actor: Actor, user: User, data: SetPreference
) -> NotificationPreference:
    """Choose the channels for one type of notification."""
    row = session.scalars(
        select(NotificationPreference).where(
            NotificationPreference.user_id == user.id, NotificationPreference.type == data.type
        )
    ).one_or_none()
    if row is None:
        row = NotificationPreference(id=new_id(), user_id=user.id, type=data.type)
        session.add(row)
    row.channels = list(data.channels)
    row.enabled = True if data.enabled is None else data.enabled
    row.updated_at = clock.now()
    return row
