"""Requests for access that nobody decided in time."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.errors import NotFound
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.governance.lifecycle import AccessRequestStatus, AccessRequestTaskStatus
from ecopick.domains.governance.models import AccessRequest, AccessRequestTask

UNDECIDED = (AccessRequestStatus.SUBMITTED, AccessRequestStatus.IN_REVIEW)
OPEN_TASK = (AccessRequestTaskStatus.PENDING, AccessRequestTaskStatus.IN_PROGRESS)


def _find(session: Session, actor: Actor, key: uuid.UUID) -> AccessRequest:
    found = session.scalars(
        select(AccessRequest).where(AccessRequest.id == key).with_for_update(key_share=True)
    ).one_or_none()
    if found is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    return found


@command("system:expire", find=_find, audit_as="ENTITY_STATUS_CHANGED")
def expire_request(session: Session, actor: Actor, request: AccessRequest) -> bool:
    """Expire an undecided request whose time has passed, its tasks with it; False if it is not."""
    due = (
        request.status in UNDECIDED
        and request.expires_at is not None
        and request.expires_at <= clock.now()
    )
    if not due:
        return False
    request.status = AccessRequestStatus.EXPIRED
    for task in session.scalars(
        select(AccessRequestTask).where(
            AccessRequestTask.access_request_id == request.id,
            AccessRequestTask.status.in_(OPEN_TASK),
        )
    ):
        task.status = AccessRequestTaskStatus.CANCELLED
    return True
