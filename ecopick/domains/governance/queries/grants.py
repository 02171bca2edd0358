"""Explicit rights: the ResourcePermission matrix, read fail-closed.

The same conditions serve whole lists (``granted``), single checks
(``has_grant``) and the search for the right that made the difference
(``source_of``).
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Text, and_, case, cast, exists, false, literal, or_, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.types import Uuid

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.domains.governance.lifecycle import AccessRequestStatus
from ecopick.domains.governance.models import AccessRequest, ResourcePermission
from ecopick.domains.governance.resources import Resource
from ecopick.domains.governance.vocabulary import ACTIONS, ANY, action_of
from ecopick.domains.property.models import Unit

# Resource types with an id, or with the column that holds it.
Key = uuid.UUID | InstrumentedAttribute[uuid.UUID] | InstrumentedAttribute[uuid.UUID | None]
Resources = Mapping[str, Key]
# Requests whose right this very transaction has used up; for its own further steps.
USED = "used_requests"


@dataclass(frozen=True)
class Source:
    """The right that opens something; ``request`` where an approval made it count."""

    permission: ResourcePermission
    request: AccessRequest | None = None

    @property
    def is_emergency(self) -> bool:
        """Whether it counts only because emergencies override the need for an approval."""
        return self.permission.needs_approval and self.request is None


def live(user_id: uuid.UUID) -> ColumnElement[bool]:
    """Rights of a person that are neither revoked nor expired."""
    return and_(
        ResourcePermission.user_id == user_id,
        ResourcePermission.revoked_at.is_(None),
        or_(
            ResourcePermission.expires_at.is_(None),
            ResourcePermission.expires_at > clock.now(),
        ),
    )


def covers(verb: str, scope: str) -> ColumnElement[bool]:
    """Rights that name ``verb`` with ``scope`` or any scope, or cover everything."""
    return or_(
        ResourcePermission.full,
        ResourcePermission.permissions[verb].has_any(array([ANY, scope])),
    )


def _key(key: Key) -> ColumnElement[uuid.UUID]:
    return literal(key, Uuid) if isinstance(key, uuid.UUID) else key  # type: ignore[return-value]


def _with_owner(
    column: InstrumentedAttribute[uuid.UUID], resources: Resources
) -> list[ColumnElement[bool]]:
    """A vendor works for several owners: a right on it counts with the owner who gave it."""
    owner = resources.get("PropertyOwner") if "VendorOrg" in resources else None
    return [] if owner is None else [column == _key(owner)]


def approved(actor: Actor, action: str, resources: Resources) -> ColumnElement[bool]:
    """Approvals of ``actor`` for ``action`` on one of ``resources`` that count now."""
    about = AccessRequest.metadata_
    return and_(
        AccessRequest.requested_by_id == actor.user_id,
        AccessRequest.status == AccessRequestStatus.APPROVED,
        AccessRequest.action == action,
        AccessRequest.expires_at > clock.now(),
        *_with_owner(AccessRequest.property_owner_id, resources),
        or_(
            false(),
            *(
                and_(
                    about["resource_type"].astext == kind,
                    about["resource_id"].astext == cast(_key(key), Text),
                )
                for kind, key in resources.items()
            ),
        ),
    )


def granted(actor: Actor, verb: str, scope: str, resources: Resources) -> ColumnElement[bool]:
    """Whether ``actor`` holds a right on any of ``resources`` that counts, as a condition.

    It must name ``verb`` with ``scope`` (``tickets``) or any scope. One that
    needs an approval counts with an approval that is neither used nor lapsed,
    or in an emergency where it allows for that.
    """
    if actor.kind != "user":
        return false()
    allowed = exists(
        select(AccessRequest.id).where(approved(actor, action_of(verb, scope), resources))
    )
    found: list[ColumnElement[bool]] = []
    for kind, key in resources.items():
        held = select(ResourcePermission.resource_id).where(
            ResourcePermission.resource_type == kind,
            live(actor.user_id),
            covers(verb, scope),
            *_with_owner(ResourcePermission.property_owner_id, resources),
        )
        at_once = or_(ResourcePermission.needs_approval.is_(False), ResourcePermission.emergency)
        found.append(_key(key).in_(held.where(at_once)))
        found.append(and_(_key(key).in_(held.where(~at_once)), allowed))
    return or_(false(), *found)


def has_grant(session: Session, actor: Actor, verb: str, scope: str, resources: Resources) -> bool:
    """Whether ``actor`` holds a right on any of ``resources`` that counts now."""
    if was_used(session, action_of(verb, scope), resources):
        return True
    return bool(session.scalar(select(granted(actor, verb, scope, resources))))


def was_used(session: Session, action: str, resources: Resources) -> bool:
    """Whether this transaction used up an approval for this very act."""
    used = session.info.get(USED, ())
    return any((action, kind, key) in used for kind, key in resources.items())


def source_of(
    session: Session, actor: Actor, verb: str, scope: str, resources: Mapping[str, uuid.UUID]
) -> Source | None:
    """The right that opens this: a plain one before an approved, that before an emergency."""
    rows = session.scalars(
        select(ResourcePermission)
        .where(live(actor.user_id), covers(verb, scope), or_(*_on(resources)))
        .order_by(
            ResourcePermission.needs_approval,
            case((ResourcePermission.emergency, 1), else_=0),
            ResourcePermission.id,
        )
    ).all()
    if not rows:
        return None
    if not rows[0].needs_approval:
        return Source(rows[0])
    request = session.scalars(
        select(AccessRequest)
        .where(approved(actor, action_of(verb, scope), resources))
        .order_by(AccessRequest.expires_at, AccessRequest.id)
        .limit(1)
    ).one_or_none()
    if request is not None:
        return Source(rows[0], request)
    emergency = next((row for row in rows if row.emergency), None)
    return Source(emergency) if emergency is not None else None


def holds_any(actor: Actor, resources: Mapping[str, uuid.UUID]) -> ColumnElement[bool]:
    """Whether the actor holds any live right on one of these things, as a condition.

    Where they hold none, no single right needs to be looked for.
    """
    if actor.kind != "user":
        return false()
    return exists(select(ResourcePermission.id).where(live(actor.user_id), or_(*_on(resources))))


def has_unusual_right(session: Session, actor: Actor, resources: Mapping[str, uuid.UUID]) -> bool:
    """Whether a live right of the actor on one of these things asks for more than a look."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    live(actor.user_id), ResourcePermission.needs_approval, or_(*_on(resources))
                )
            )
        )
    )


def _on(resources: Mapping[str, uuid.UUID]) -> list[ColumnElement[bool]]:
    given = _with_owner(ResourcePermission.property_owner_id, resources)
    return [
        false(),
        *(
            and_(
                ResourcePermission.resource_type == kind,
                ResourcePermission.resource_id == key,
                *given,
            )
            for kind, key in resources.items()
        ),
    ]


def needs_asking(
    session: Session, actor: Actor, action: str, resources: Mapping[str, uuid.UUID]
) -> bool:
    """Whether a right of the actor on one of these things waits for an approval of ``action``."""
    verbs = [pair for pair, named in ACTIONS.items() if named == action]
    if not verbs:
        return False
    return bool(
        session.scalar(
            select(
                exists().where(
                    live(actor.user_id),
                    ResourcePermission.needs_approval,
                    or_(*(covers(verb, scope) for verb, scope in verbs)),
                    or_(*_on(resources)),
                )
            )
        )
    )


def held_resource(
    session: Session, actor: Actor, kind: str, resource_id: uuid.UUID
) -> Resource | None:
    """A thing that the actor cannot see yet, but on which they hold a right of their own."""
    row = session.scalars(
        select(ResourcePermission).where(
            live(actor.user_id),
            ResourcePermission.resource_type == kind,
            ResourcePermission.resource_id == resource_id,
            ResourcePermission.property_owner_id.in_(
                [actor.owner_id] if kind == "VendorOrg" else actor.owner_ids
            ),
        )
    ).one_or_none()
    if row is None:
        return None
    building_id = resource_id if kind == "Building" else None
    if kind == "Unit":
        building_id = session.scalar(select(Unit.building_id).where(Unit.id == resource_id))
    return Resource(kind, resource_id, row.property_owner_id, building_id, "")
