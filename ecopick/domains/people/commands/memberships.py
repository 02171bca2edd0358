"""Roles: asked for, confirmed, ended. What ends counts no more at the next request."""

import uuid
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict
from ecopick.core.events import emit
from ecopick.core.finding import as_id, missing
from ecopick.core.roles import TENANT_ROLES, VENDOR_ROLES, MembershipRole
from ecopick.core.tenancy import Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import Database
from ecopick.core.validation import wrong_field
from ecopick.domains.people.events import (
    MembershipConfirmed,
    MembershipEnded,
    MembershipRequested,
)
from ecopick.domains.people.inputs import AskForResidence, AskForRole
from ecopick.domains.people.lifecycle import MembershipStatus
from ecopick.domains.people.models import Membership, UserUnit
from ecopick.domains.people.policy import memberships_visible_to
from ecopick.domains.people.queries import role_counts

# More requests of one person than this wait for nobody.
MOST_REQUESTS = 10


def find_membership(session: Session, actor: Actor, key: uuid.UUID | str) -> Membership:
    """The role in force or asked for, locked; ``NotFound`` for missing and foreign ones."""
    membership_id = as_id(key)
    found = session.scalars(
        select(Membership)
        .where(
            Membership.id == membership_id,
            Membership.ended_at.is_(None),
            memberships_visible_to(actor),
        )
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise missing(actor, "Membership", membership_id)
    return found


def ask_for_role(database: Database, actor: Actor, data: AskForRole) -> uuid.UUID:
    """Ask for a role in an organisation; it waits until its management confirms it.

    ``Invalid`` names what does not exist. Answers the id of the request.
    """
    if data.role == MembershipRole.RESIDENT:
        raise wrong_field("role", _("Please ask for the unit in which you live."))
    wanted = Membership(
        id=new_id(), user_id=actor.user_id, role=data.role, status=MembershipStatus.PENDING
    )
    if data.role in VENDOR_ROLES:
        if data.building_id is not None:
            raise wrong_field("building_id", _("A vendor's role is for all its jobs."))
        wanted.vendor_org_id = data.org_id
    elif data.role in TENANT_ROLES:
        wanted.property_owner_id = _look_up(database, actor, "find_tenant_company", data.org_id)[0]
        wanted.tenant_company_id = data.org_id
        if wanted.property_owner_id is None:
            raise _no_option("org_id")
    else:
        wanted.property_owner_id = data.org_id
    wanted.building_id = data.building_id
    with database.transaction(_beside(actor, wanted.property_owner_id)) as session:
        field = "org_id" if data.building_id is None else "building_id"
        return _ask(session, actor, wanted, None, field).id


def ask_for_residence(database: Database, actor: Actor, data: AskForResidence) -> uuid.UUID:
    """Say that one belongs to a unit; it waits until management confirms it.

    ``Invalid`` where the unit does not exist. Answers the id of the request.
    """
    owner_id, building_id = _look_up(database, actor, "find_unit_place", data.unit_id)
    if owner_id is None:
        raise _no_option("unit_id")
    place = {"property_owner_id": owner_id, "unit_id": data.unit_id, "building_id": building_id}
    wanted = Membership(
        id=new_id(),
        user_id=actor.user_id,
        role=MembershipRole.RESIDENT,
        status=MembershipStatus.PENDING,
        **place,
    )
    tie = UserUnit(
        id=new_id(),
        user_id=actor.user_id,
        relationship=data.relationship,
        is_active=False,
        start_date=clock.now().date(),
        **place,
    )
    with database.transaction(_beside(actor, owner_id)) as session:
        return _ask(session, actor, wanted, tie, "unit_id").id


def _no_option(field: str) -> Exception:
    return wrong_field(field, _("Please choose one of the options."))


def _look_up(
    database: Database, actor: Actor, function: str, key: uuid.UUID
) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    """Owner and building of a place that the person cannot see yet."""
    with database.transaction(actor.scope) as session:
        row = session.execute(text(f"select * from {function}(:id)"), {"id": key}).one_or_none()
    if row is None:
        return None, None
    return row.property_owner_id, getattr(row, "building_id", None)


def _beside(actor: Actor, owner_id: uuid.UUID | None) -> Scope:
    """The person's scope and the owner whom a request is addressed to."""
    owners = {*actor.owner_ids, *([owner_id] if owner_id is not None else [])}
    return Scope(tuple(sorted(owners)), actor.user_id)


def leave(database: Database, actor: Actor, key: uuid.UUID | str) -> None:
    """End a role, one's own also at an owner for whom one does not act just now."""
    membership_id = as_id(key)
    with database.transaction(actor.scope) as session:
        owner_id = session.scalar(
            select(Membership.property_owner_id).where(
                Membership.id == membership_id, Membership.user_id == actor.user_id
            )
        )
    with database.transaction(_beside(actor, owner_id)) as session:
        end(session, actor, str(key))


def _nothing(session: Session, actor: Actor, key: Any) -> Membership:
    raise TypeError("a request is made of a draft")


@command("membership:ask", find=_nothing, audit_as="ENTITY_CREATED")
def _ask(
    session: Session, actor: Actor, wanted: Membership, tie: UserUnit | None, field: str
) -> Membership:
    own = session.scalars(
        select(Membership).where(Membership.user_id == actor.user_id, Membership.ended_at.is_(None))
    ).all()
    if any(_is_same(wanted, row) for row in own):
        raise Conflict(_("You already have this role or have asked for it."))
    if sum(row.status == MembershipStatus.PENDING for row in own) >= MOST_REQUESTS:
        raise Conflict(_("Too many requests are waiting. Please wait for an answer first."))
    try:
        with session.begin_nested():
            session.add(wanted)
            session.flush()
            if tie is not None and not _has_tie(session, tie):
                session.add(tie)
                session.flush()
    except IntegrityError:
        raise _no_option(field) from None
    if wanted.property_owner_id is not None:
        emit(
            session,
            actor,
            MembershipRequested(wanted.property_owner_id, wanted.id, wanted.user_id),
        )
    return wanted


def _is_same(wanted: Membership, row: Membership) -> bool:
    names = (
        "role",
        "property_owner_id",
        "tenant_company_id",
        "vendor_org_id",
        "building_id",
        "unit_id",
    )
    return all(getattr(wanted, name) == getattr(row, name) for name in names)


def _has_tie(session: Session, tie: UserUnit) -> bool:
    """Whether the person once had this unit; confirming lets that tie run again."""
    return _tie_of(session, tie.user_id, tie.unit_id) is not None


def _tie_of(session: Session, user_id: uuid.UUID, unit_id: uuid.UUID) -> UserUnit | None:
    return session.scalars(
        select(UserUnit).where(UserUnit.user_id == user_id, UserUnit.unit_id == unit_id)
    ).one_or_none()


@command("membership:manage", find=find_membership, audit_as="ENTITY_STATUS_CHANGED")
def confirm(session: Session, actor: Actor, membership: Membership) -> Membership:
    """Grant a role that somebody asked for; ``Conflict`` where it is in force already."""
    if membership.status == MembershipStatus.ACTIVE:
        raise Conflict(_("This role is already in force."))
    membership.status = MembershipStatus.ACTIVE
    if membership.unit_id is not None:
        tie = _tie_of(session, membership.user_id, membership.unit_id)
        if tie is not None:
            tie.is_active, tie.start_date, tie.end_date = True, clock.now().date(), None
    if membership.property_owner_id is not None:
        emit(
            session,
            actor,
            MembershipConfirmed(membership.property_owner_id, membership.id, membership.user_id),
        )
    return membership


@command("membership:end", find=find_membership, audit_as="ENTITY_DEACTIVATED")
def end(session: Session, actor: Actor, membership: Membership) -> Membership:
    """End a role, with the tie to its unit, from the next request on.

    ``Conflict`` for the last PROPERTY_OWNER of an owner.
    """
    if _is_last_owner(session, membership):
        raise Conflict(
            _("This is the last owner role. Please give it to somebody else first."),
            code="last_owner",
        )
    membership.ended_at = clock.now()
    membership.ended_by_id = actor.user_id
    if membership.unit_id is not None:
        tie = _tie_of(session, membership.user_id, membership.unit_id)
        if tie is not None and tie.is_active:
            tie.is_active, tie.end_date = False, max(tie.start_date, clock.now().date())
    if membership.property_owner_id is not None:
        emit(
            session,
            actor,
            MembershipEnded(membership.property_owner_id, membership.id, membership.user_id),
        )
    return membership


def _is_last_owner(session: Session, membership: Membership) -> bool:
    """Owners end one after the other: all their roles are locked."""
    if (
        membership.role != MembershipRole.PROPERTY_OWNER
        or membership.status != MembershipStatus.ACTIVE
    ):
        return False
    owners = session.scalars(
        select(Membership.id)
        .where(
            Membership.property_owner_id == membership.property_owner_id,
            Membership.role == MembershipRole.PROPERTY_OWNER,
            role_counts(),
        )
        .order_by(Membership.id)
        .with_for_update()
    ).all()
    return set(owners) <= {membership.id}
