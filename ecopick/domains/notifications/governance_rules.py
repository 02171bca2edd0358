"""Who is told what about permissions and approvals. Whoever caused it is not told."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.roles import MANAGEMENT_ROLES
from ecopick.core.tenancy import SYSTEM_USER_ID
from ecopick.core.text import LazyText
from ecopick.domains.governance.models import AccessRequest, AccessRequestTask, ResourcePermission
from ecopick.domains.governance.queries.approvals import who_is_told
from ecopick.domains.governance.words import ACTS, act_words
from ecopick.domains.notifications import governance_wording as wording
from ecopick.domains.notifications.audience import people_of
from ecopick.domains.notifications.commands import Telling
from ecopick.domains.notifications.wording import Notice
from ecopick.domains.people.queries import people, staff_with
from ecopick.domains.property.queries import home_of
from ecopick.domains.tickets.models import Ticket


@dataclass(frozen=True)
class Happening:
    """A stored event about a permission or an approval."""

    id: uuid.UUID
    name: str
    property_owner_id: uuid.UUID
    actor_id: uuid.UUID | None
    payload: dict[str, Any]

    def ref(self, name: str) -> uuid.UUID:
        """The id that the event carries under ``name``."""
        return uuid.UUID(str(self.payload[name]))


def tellings_for(session: Session, event: Happening) -> list[Telling]:
    """Everything to be told because of ``event``."""
    return RULES[event.name](session, event)


def _to(
    session: Session, event: Happening, notice: Notice, ids: Iterable[uuid.UUID]
) -> list[Telling]:
    others = set(ids) - {event.actor_id, SYSTEM_USER_ID}
    told = people_of(session, {each for each in others if each is not None})
    return [Telling(notice, told, str(event.id))] if told else []


def _name(session: Session, user_id: uuid.UUID | None) -> str:
    found = people(session, [user_id])
    return next(iter(found.values())).name if found else "—"


def _permission(session: Session, event: Happening) -> list[Telling]:
    row = session.get_one(ResourcePermission, event.ref("permission_id"))
    ended = event.name == "permission.revoked"
    notice = (
        wording.permission_taken(row.resource_type)
        if ended
        else wording.permission_given(row.resource_type, _end(session, row))
    )
    return _to(session, event, notice, {row.user_id})


def _end(session: Session, row: ResourcePermission) -> datetime | None:
    """When the right runs out, on the clocks of its building or of most of the owner's."""
    if row.expires_at is None:
        return None
    building_id = row.resource_id if row.resource_type == "Building" else None
    home = home_of(session, row.property_owner_id, building_id)
    return row.expires_at.astimezone(ZoneInfo(home.time_zone))


def _emergency(session: Session, event: Happening) -> list[Telling]:
    building = event.payload.get("building_id")
    managers = staff_with(
        session,
        event.property_owner_id,
        MANAGEMENT_ROLES,
        uuid.UUID(building) if building else None,
    )
    notice = wording.emergency(_name(session, event.ref("user_id")), event.payload["action"])
    return _to(session, event, notice, {line.id for line in managers})


def _request(session: Session, event: Happening) -> AccessRequest:
    return session.get_one(AccessRequest, event.ref("request_id"))


def about(session: Session, request: AccessRequest) -> LazyText | str:
    """What a request is about, in a few words: its title, its ticket, its thing."""
    facts = request.metadata_ or {}
    title = session.scalar(select(Ticket.title).where(Ticket.id == request.ticket_id))
    said = facts.get("title") or title or facts.get("resource_name")
    return str(said) if said else ACTS.get(request.action, act_words(request.action))


def _requested(session: Session, event: Happening) -> list[Telling]:
    request = _request(session, event)
    task = session.get_one(AccessRequestTask, event.ref("task_id"))
    notice = wording.requested(
        _name(session, request.requested_by_id), about(session, request), request.reason
    )
    return _to(session, event, notice, who_is_told(session, task, request.requested_by_id))


def reminder(session: Session, request: AccessRequest, task: AccessRequestTask) -> Telling:
    """A step that is due soon, for everybody who may decide on it."""
    told = people_of(session, who_is_told(session, task, request.requested_by_id))
    return Telling(wording.due_soon(about(session, request)), told, f"approval_due:{task.id}")


def _ended(session: Session, event: Happening) -> list[Telling]:
    request = _request(session, event)
    ids = {request.requested_by_id}
    if event.payload["status"] in ("CANCELLED", "EXPIRED"):
        ids |= {task.reviewer_user_id for task in request.tasks}
    notice = wording.ended(about(session, request), event.payload["status"], request.decision_note)
    return _to(session, event, notice, ids)


def _question(session: Session, event: Happening) -> list[Telling]:
    request = _request(session, event)
    ids = {request.requested_by_id, *(task.reviewer_user_id for task in request.tasks)}
    if event.actor_id != request.requested_by_id:
        ids = {request.requested_by_id}
    notice = wording.question(
        _name(session, event.actor_id), about(session, request), event.payload["text"]
    )
    return _to(session, event, notice, ids)


RULES: dict[str, Callable[[Session, Happening], list[Telling]]] = {
    "permission.granted": _permission,
    "permission.revoked": _permission,
    "permission.emergency_used": _emergency,
    "approval.requested": _requested,
    "approval.ended": _ended,
    "approval.question": _question,
}
