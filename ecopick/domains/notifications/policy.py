"""Notifications are personal; each person chooses how they are told."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import policy
from ecopick.domains.notifications.models import (
    Notification,
    NotificationChannel,
    NotificationPreference,
    NotificationType,
)
from ecopick.domains.people.models import User

C = NotificationChannel
# In the app everything is told; by mail what somebody has to know or to do.
NOT_BY_MAIL = frozenset(
    {NotificationType.INVOICE_STATUS_CHANGED, NotificationType.PERMISSION_GRANTED}
)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The actor's own notifications in the app, in the owners of their scope or not."""
    return and_(Notification.user_id == actor.user_id, Notification.channel == C.IN_APP)


@policy("notification:prefer", name="own")
def own(session: Session, actor: Actor, user: User) -> bool:
    """Only the person chooses how they are told."""
    return user.id == actor.user_id


def default_channels(kind: NotificationType) -> tuple[NotificationChannel, ...]:
    """The channels of somebody who chose nothing."""
    return (C.IN_APP,) if kind in NOT_BY_MAIL else (C.IN_APP, C.EMAIL)


def channels_for(
    kind: NotificationType,
    preference: NotificationPreference | None,
    *,
    by_mail: bool = True,
    always_by_mail: bool = False,
) -> tuple[NotificationChannel, ...]:
    """How to tell somebody: their choice, or the default of the type.

    ``by_mail`` false keeps small news in the app; ``always_by_mail`` is for a
    mail without which the work cannot go on. Push messages are delivered in the app.
    """
    if preference is None:
        wanted: Iterable[NotificationChannel] = default_channels(kind)
    elif preference.enabled:
        wanted = [C(channel) for channel in preference.channels]
    else:
        wanted = ()
    chosen = {C.IN_APP if channel is C.PUSH else channel for channel in wanted}
    if not by_mail:
        chosen.discard(C.EMAIL)
    if always_by_mail:
        chosen |= {C.IN_APP, C.EMAIL}
    return tuple(channel for channel in (C.IN_APP, C.EMAIL) if channel in chosen)
