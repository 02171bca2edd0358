"""Who decides while somebody is away."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import NotFound
from ecopick.core.finding import as_id
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.governance.inputs import NameDelegate
from ecopick.domains.governance.models import ApprovalDelegate
from ecopick.domains.governance.queries.approvals import approvers
from ecopick.domains.people.models import User
from ecopick.domains.people.queries import find_self


@command("approval:delegate", find=find_self, audit_as="ENTITY_CREATED")
def name_delegate(
    session: Session, actor: Actor, person: User, data: NameDelegate
) -> ApprovalDelegate:
    """Let another manager decide in one's place; one's own steps stay one's own too."""
    if data.ends_at <= clock.now():
        raise wrong_field("ends_at", _("Please choose a time in the future."))
    if actor.owner_id is None or data.delegate_id not in {
        user_id for user_id, _name in approvers(session, actor)
    }:
        raise wrong_field("delegate_id", _("Please choose one of the options."))
    row = ApprovalDelegate(
        id=new_id(),
        property_owner_id=actor.owner_id,
        user_id=person.id,
        delegate_id=data.delegate_id,
        starts_at=data.starts_at,
        ends_at=data.ends_at,
    )
    session.add(row)
    return row


@command("approval:delegate", find=find_self, audit_as="ENTITY_DEACTIVATED")
def end_delegation(session: Session, actor: Actor, person: User, key: Any) -> ApprovalDelegate:
    """Decide alone again from now on. Raises NotFound for anything but one's own."""
    row_id = as_id(key)
    row = session.scalars(
        select(ApprovalDelegate)
        .where(
            ApprovalDelegate.id == row_id,
            ApprovalDelegate.user_id == person.id,
            ApprovalDelegate.ended_at.is_(None),
        )
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    row.ended_at = clock.now()
    return row
