"""Reading notifications and preferences, always one's own."""

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.errors import Invalid
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.notifications.inputs import ListNotifications
from ecopick.domains.notifications.models import (
    Notification,
    NotificationChannel,
    NotificationPreference,
    NotificationType,
)
from ecopick.domains.notifications.outputs import Inbox, NotificationLine, PreferenceLine
from ecopick.domains.notifications.policy import default_channels, visible_to


def inbox(session: Session, actor: Actor, data: ListNotifications) -> Inbox:
    """A page of the actor's notifications. Raises Invalid for a foreign cursor."""
    query = select(Notification).where(visible_to(actor))
    if data.unread:
        query = query.where(Notification.read_at.is_(None))
    if data.cursor is not None:
        at = session.scalar(
            select(Notification.created_at).where(Notification.id == data.cursor, visible_to(actor))
        )
        if at is None:
            raise Invalid(
                _("Please check the marked fields."),
                fields={"cursor": _("This page does not exist.")},
            )
        query = query.where(
            tuple_(Notification.created_at, Notification.id) < tuple_(at, data.cursor)
        )
    rows = session.scalars(
        query.order_by(Notification.created_at.desc(), Notification.id.desc()).limit(data.limit + 1)
    ).all()
    session.info["authorized"] = True
    page = rows[: data.limit]
    return Inbox(
        items=[NotificationLine.model_validate(row) for row in page],
        next_cursor=page[-1].id if len(rows) > data.limit else None,
        unread=unread_count(session, actor),
    )


def unread(actor: Actor) -> Select[int]:
    """The number of notifications that the actor has not read, as a query."""
    return (
        select(func.count())
        .select_from(Notification)
        .where(visible_to(actor), Notification.read_at.is_(None))
    )


def unread_count(session: Session, actor: Actor) -> int:
    """How many notifications the actor has not read."""
    session.info["authorized"] = True
    return int(session.scalar(unread(actor)) or 0)


def preferences(session: Session, actor: Actor) -> list[PreferenceLine]:
    """The actor's choice for every type, the default where there is none."""
    session.info["authorized"] = True
    chosen = {
        row.type: row
        for row in session.scalars(
            select(NotificationPreference).where(NotificationPreference.user_id == actor.user_id)
        )
    }
    return [_line(kind, chosen.get(kind.value)) for kind in NotificationType]


def _line(kind: NotificationType, chosen: NotificationPreference | None) -> PreferenceLine:
    if chosen is None:
        return PreferenceLine(type=kind, channels=list(default_channels(kind)), enabled=True)
    channels = [NotificationChannel(channel) for channel in chosen.channels]
    return PreferenceLine(type=kind, channels=channels, enabled=chosen.enabled)
