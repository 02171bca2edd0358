"""What happens when a right that is not a plain one is used.

An approval for an act is used up by it; for reading it counts until it lapses.
Whoever uses a right for emergencies leaves an entry in the account stream, and
management is told, even where the act itself was rolled back.
"""

import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import audit, clock
from ecopick.core.actor import Actor
from ecopick.core.changes import note
from ecopick.core.commands import command
from ecopick.core.errors import Forbidden, NotFound
from ecopick.core.events import emit
from ecopick.core.permissions import Use
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import Database, at_end
from ecopick.domains.governance.events import EmergencyUsed
from ecopick.domains.governance.lifecycle import AccessRequestStatus, Move, advance
from ecopick.domains.governance.models import AccessRequest
from ecopick.domains.governance.queries.grants import USED, Source, source_of, was_used
from ecopick.domains.governance.vocabulary import READING, action_of


@dataclass(frozen=True)
class _Emergency:
    actor: Actor
    event: EmergencyUsed


_pending: ContextVar[tuple[_Emergency, ...]] = ContextVar("emergencies", default=())


def uses_right(
    verb: str, scope: str, resources: Any, *, building_of: Any = lambda subject: None
) -> Use:
    """What a rule about explicit rights does on use; ``resources(subject)`` names the things."""

    def use(session: Session, actor: Actor, action: str, subject: Any) -> None:
        things = resources(subject)
        if not was_used(session, action_of(verb, scope), things):
            take(session, actor, verb, scope, things, building_of(subject))

    return use


def take(
    session: Session,
    actor: Actor,
    verb: str,
    scope: str,
    things: Mapping[str, uuid.UUID],
    building_id: uuid.UUID | None,
) -> None:
    """Use the right that opens this; Forbidden where another act used it up meanwhile."""
    source = source_of(session, actor, verb, scope, things)
    action = action_of(verb, scope)
    if source is None:
        raise Forbidden(_("You do not have permission to do this."))
    if source.is_emergency:
        _note_emergency(actor, source, action, things, building_id)
    elif source.request is not None:
        _link(session, actor, source.request, action, things)


def _link(
    session: Session,
    actor: Actor,
    request: AccessRequest,
    action: str,
    things: Mapping[str, uuid.UUID],
) -> None:
    kind, key = next(iter(things.items()))
    if action in READING:
        audit.read(
            actor,
            "VIEW",
            kind,
            key,
            owner_id=request.property_owner_id,
            metadata={"access_request_id": str(request.id)},
        )
        return
    system = Actor.system(request.property_owner_id, via="permission")
    use_request(session, system, request.id, by=actor, action=action, used_on=(kind, key))
    used = session.info.setdefault(USED, set())
    used.update((action, *thing) for thing in things.items())


def _lock(session: Session, actor: Actor, key: uuid.UUID) -> AccessRequest:
    found = session.scalars(
        select(AccessRequest)
        .where(AccessRequest.id == key)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    return found


@command("system:use_right", find=_lock, audit_as="ENTITY_STATUS_CHANGED")
def use_request(
    session: Session,
    system: Actor,
    request: AccessRequest,
    *,
    by: Actor,
    action: str,
    used_on: tuple[str, uuid.UUID],
) -> None:
    """Close an approval with the act for which it was given; Forbidden if that happened before."""
    if request.status is not AccessRequestStatus.APPROVED:
        raise Forbidden(_("You do not have permission to do this."))
    advance(request, Move.CLOSE)
    request.closed_at = clock.now()
    use = {
        "by": str(by.user_id),
        "action": action,
        "resource_type": used_on[0],
        "resource_id": str(used_on[1]),
        "at": clock.now().isoformat(),
    }
    request.metadata_ = {**(request.metadata_ or {}), "used": use}
    note(session, used_by=by.user_id, used_for=action)


def _note_emergency(
    actor: Actor,
    source: Source,
    action: str,
    things: Mapping[str, uuid.UUID],
    building_id: uuid.UUID | None,
) -> None:
    kind, key = next(iter(things.items()))
    event = EmergencyUsed(
        source.permission.property_owner_id,
        source.permission.id,
        actor.user_id,
        action,
        kind,
        key,
        building_id,
    )
    if all(each.event != event for each in _pending.get()):
        _pending.set((*_pending.get(), _Emergency(actor, event)))


@at_end
def store_emergencies(database: Database) -> None:
    """Store the emergency uses of the work that ended, whether it was kept or rolled back."""
    entries = _pending.get()
    _pending.set(())
    for entry in entries:
        event = entry.event
        owners = (event.property_owner_id, PLATFORM_OWNER_ID)
        with database.transaction(Scope(owners, entry.actor.user_id)) as session:
            audit.login(
                session,
                "emergency_access",
                "success",
                user_id=entry.actor.user_id,
                reason_code=event.action,
                meta=event.payload(),
            )
            emit(session, entry.actor, event)
