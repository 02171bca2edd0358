"""Invitations that nobody took up in time."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.errors import NotFound
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.people.models import Invitation, InvitationStatus


def _find(session: Session, actor: Actor, key: uuid.UUID) -> Invitation:
    found = session.scalars(
        select(Invitation).where(Invitation.id == key).with_for_update(key_share=True)
    ).one_or_none()
    if found is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    return found


@command("system:expire", find=_find, audit_as="ENTITY_STATUS_CHANGED")
def expire_invitation(session: Session, actor: Actor, invitation: Invitation) -> bool:
    """Expire a pending invitation whose time has passed; False if it is not."""
    due = invitation.status is InvitationStatus.PENDING and invitation.expires_at <= clock.now()
    if due:
        invitation.status = InvitationStatus.EXPIRED
    return due
