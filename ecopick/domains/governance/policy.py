"""Who grants rights on single things, and who asks for and decides on approvals."""

import uuid
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import ColumnElement, and_, exists, false, or_, select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.permissions import policy
from ecopick.core.roles import MANAGEMENT_ROLES, MembershipRole
from ecopick.domains.governance.lifecycle import OPEN_TASK
from ecopick.domains.governance.models import (
    AccessRequest,
    AccessRequestTask,
    ApprovalDelegate,
    ResourcePermission,
)
from ecopick.domains.people.models import User


class Placed(Protocol):
    """Something that stands in a building, or belongs to an owner as a whole."""

    @property
    def property_owner_id(self) -> uuid.UUID: ...

    @property
    def building_id(self) -> uuid.UUID | None: ...


@dataclass(frozen=True)
class Desk:
    """Where an approval is asked for; ``is_grantee`` by somebody whose right needs it."""

    property_owner_id: uuid.UUID
    building_id: uuid.UUID | None = None
    is_grantee: bool = False


def manages(actor: Actor, place: Placed) -> bool:
    """Whether a management role of the owner being acted for reaches this place.

    What belongs to the whole owner needs a role without a building.
    """
    return actor.owner_id == place.property_owner_id and actor.is_management(
        place.property_owner_id, place.building_id
    )


def is_property_owner(actor: Actor, owner_id: uuid.UUID) -> bool:
    """Whether the actor is PROPERTY_OWNER of the whole owner."""
    return MembershipRole.PROPERTY_OWNER in actor.staff_roles(owner_id)


# Rights on single things.


def permissions_visible_to(actor: Actor) -> ColumnElement[bool]:
    """One's own rights; to management of the whole owner all, to others those that they gave."""
    own = or_(
        ResourcePermission.user_id == actor.user_id,
        ResourcePermission.granted_by_id == actor.user_id,
    )
    if actor.owner_id is None:
        return own
    of_owner = ResourcePermission.property_owner_id == actor.owner_id
    buildings = actor.staff_buildings(actor.owner_id, MANAGEMENT_ROLES)
    if buildings is None:
        return or_(own, of_owner)
    return or_(own, and_(of_owner, ResourcePermission.resource_id.in_(buildings)))


@policy("permission:view", name="own")
def sees_own(session: Session, actor: Actor, person: User) -> bool:
    """One's own rights."""
    return person.id == actor.user_id


@policy("permission:view", name="management")
def management_sees(session: Session, actor: Actor, person: User) -> bool:
    """Any management role of the owner; narrowed ones see what stands on their buildings."""
    return actor.owner_id is not None and (
        actor.staff_buildings(actor.owner_id, MANAGEMENT_ROLES) != frozenset()
    )


@policy("permission:grant", name="management")
def management_grants(session: Session, actor: Actor, place: Placed) -> bool:
    """Management of the building, or of the whole owner for what is not in one."""
    return actor.kind == "user" and manages(actor, place)


# Approvals.


def stands_in(actor: Actor) -> ColumnElement[uuid.UUID]:
    """People for whom the actor decides now, as a query of ids."""
    now = clock.now()
    return select(ApprovalDelegate.user_id).where(  # type: ignore[return-value]
        ApprovalDelegate.delegate_id == actor.user_id,
        ApprovalDelegate.ended_at.is_(None),
        ApprovalDelegate.starts_at <= now,
        ApprovalDelegate.ends_at > now,
    )


def reviews(actor: Actor) -> ColumnElement[bool]:
    """Steps that are the actor's, or of somebody in whose place they decide."""
    return or_(
        AccessRequestTask.reviewer_user_id == actor.user_id,
        AccessRequestTask.reviewer_user_id.in_(stands_in(actor)),
    )


def _building() -> ColumnElement[str]:
    found: ColumnElement[str] = AccessRequest.metadata_["building_id"].astext
    return found


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Approvals that the actor asked for, has a step in, or may see as management."""
    if actor.kind == "system":
        return AccessRequest.property_owner_id.in_(actor.owner_ids)
    mine = or_(
        AccessRequest.requested_by_id == actor.user_id,
        AccessRequest.approver_id == actor.user_id,
        exists().where(AccessRequestTask.access_request_id == AccessRequest.id, reviews(actor)),
    )
    if actor.owner_id is None:
        return mine
    of_owner = AccessRequest.property_owner_id == actor.owner_id
    buildings = actor.staff_buildings(actor.owner_id, MANAGEMENT_ROLES)
    if buildings is None:
        return or_(mine, of_owner)
    return or_(mine, and_(of_owner, _building().in_([str(each) for each in buildings])))


def decidable_by(actor: Actor) -> ColumnElement[bool]:
    """Steps on which the actor may decide now: theirs, the first that is open, never of
    a request of their own, within their management role."""
    if actor.owner_id is None:
        return false()
    buildings = actor.staff_buildings(actor.owner_id, MANAGEMENT_ROLES)
    if buildings == frozenset():
        return false()
    earlier = AccessRequestTask.__table__.alias("earlier")
    asked = select(AccessRequest.id).where(
        AccessRequest.requested_by_id != actor.user_id,
        AccessRequest.property_owner_id == actor.owner_id,
        or_(AccessRequest.expires_at.is_(None), AccessRequest.expires_at > clock.now()),
        *([] if buildings is None else [_building().in_([str(each) for each in buildings])]),
    )
    return and_(
        AccessRequestTask.status.in_(OPEN_TASK),
        AccessRequestTask.access_request_id.in_(asked),
        reviews(actor),
        ~exists().where(
            earlier.c.access_request_id == AccessRequestTask.access_request_id,
            earlier.c.status.in_([each.value for each in OPEN_TASK]),
            earlier.c.order_index < AccessRequestTask.order_index,
        ),
    )


@policy("approval:view", name="visible")
def sees_approval(session: Session, actor: Actor, request: AccessRequest) -> bool:
    """Management, the requester and everybody who has a step in it."""
    return bool(
        session.scalar(select(exists().where(AccessRequest.id == request.id, visible_to(actor))))
    )


@policy("approval:create", name="operations")
def operations_asks(session: Session, actor: Actor, desk: Desk) -> bool:
    """Operations staff of the building, or of the whole owner."""
    return actor.owner_id == desk.property_owner_id and actor.is_operations(
        desk.property_owner_id, desk.building_id
    )


@policy("approval:create", name="grantee")
def grantee_asks(session: Session, actor: Actor, desk: Desk) -> bool:
    """Somebody whose right on this very thing needs an approval."""
    return desk.is_grantee


@policy("approval:decide", name="reviewer")
def reviewer_decides(session: Session, actor: Actor, request: AccessRequest) -> bool:
    """Management whose step it is, or who stands in for them; never whoever asked."""
    if actor.kind != "user" or request.requested_by_id == actor.user_id:
        return False
    return bool(
        session.scalar(
            select(
                exists().where(
                    AccessRequestTask.access_request_id == request.id, decidable_by(actor)
                )
            )
        )
    )


def place_of(request: AccessRequest) -> Desk:
    """The building that an approval is about."""
    found = (request.metadata_ or {}).get("building_id")
    return Desk(request.property_owner_id, uuid.UUID(found) if found else None)


@policy("approval:skip", name="management")
def management_skips(session: Session, actor: Actor, request: AccessRequest) -> bool:
    """Management, but never whoever asked."""
    return request.requested_by_id != actor.user_id and manages(actor, place_of(request))


@policy("approval:cancel", name="requester")
def requester_cancels(session: Session, actor: Actor, request: AccessRequest) -> bool:
    """Whoever asked."""
    return request.requested_by_id == actor.user_id


@policy("approval:close", name="requester_or_approver")
def closes(session: Session, actor: Actor, request: AccessRequest) -> bool:
    """Whoever asked and whoever was asked to approve."""
    return actor.user_id in (request.requested_by_id, request.approver_id)


@policy("approval:ask", name="participant")
def participates(session: Session, actor: Actor, request: AccessRequest) -> bool:
    """Whoever asked, and whoever may decide now."""
    return request.requested_by_id == actor.user_id or reviewer_decides(session, actor, request)


@policy("approval:delegate", name="own")
def own_place(session: Session, actor: Actor, person: User) -> bool:
    """Management, for themself."""
    return person.id == actor.user_id and management_sees(session, actor, person)
