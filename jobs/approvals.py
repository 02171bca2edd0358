"""Approvals in time: reminders before a step is due, an end for what nobody decided."""

import logging
import uuid
from datetime import timedelta

from sqlalchemy import select, text

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.domains.governance.commands.approvals import expire_request, note_reminder
from ecopick.domains.governance.lifecycle import OPEN_TASK, UNDECIDED, AccessRequestStatus
from ecopick.domains.governance.models import AccessRequest, AccessRequestTask
from ecopick.domains.notifications import commands
from ecopick.domains.notifications.governance_rules import reminder
from jobs.outbox import DELIVER
from jobs.runtime import Runtime, origin_of, runtime

log = logging.getLogger("ecopick.jobs.approvals")
REMIND_BEFORE = timedelta(hours=4)


def sweep() -> int:
    """Expire, close and remind; how many."""
    at = runtime()
    done = 0
    with at.alone("approvals") as alone, origin_of("approvals", None, None):
        for owner_id in _owners(at) if alone else ():
            try:
                done += sweep_owner(at, owner_id)
            except Exception:
                log.exception("approvals failed for owner %s", owner_id)
    if done:
        at.enqueue(DELIVER)
    return done


def _owners(at: Runtime) -> list[uuid.UUID]:
    now = clock.now()
    with at.database.transaction(Actor.system().scope) as session:
        rows = session.scalars(
            text("select owners_with_approvals(:now, :soon)"),
            {"now": now, "soon": now + REMIND_BEFORE},
        )
        return [uuid.UUID(str(row)) for row in rows]


def sweep_owner(at: Runtime, owner_id: uuid.UUID) -> int:
    """The same for one owner, in one transaction."""
    now = clock.now()
    with at.as_system(owner_id) as (session, system):
        over = session.scalars(
            select(AccessRequest.id).where(
                AccessRequest.status.in_([*UNDECIDED, AccessRequestStatus.APPROVED]),
                AccessRequest.expires_at <= now,
            )
        ).all()
        done = sum(expire_request(session, system, each) for each in over)
        due = session.scalars(
            select(AccessRequestTask)
            .where(
                AccessRequestTask.status.in_(OPEN_TASK),
                AccessRequestTask.due_at <= now + REMIND_BEFORE,
                AccessRequestTask.metadata_["reminded_at"].astext.is_(None),
            )
            .order_by(AccessRequestTask.order_index)
        ).all()
        for task in due:
            noted = note_reminder(session, system, task.access_request_id, task.id)
            if noted is not None:
                request = session.get_one(AccessRequest, task.access_request_id)
                commands.tell(session, system, owner_id, [reminder(session, request, noted)])
                done += 1
    return done
