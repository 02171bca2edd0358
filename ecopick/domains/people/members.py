"""Who belongs to an organisation and who is invited into it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    LargeBinary,
    Select,
    Text,
    Uuid,
    and_,
    cast,
    column,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from ecopick.core import clock, crypto
from ecopick.core.actor import Actor
from ecopick.core.finding import as_id, missing
from ecopick.core.matching import has_words, nearness
from ecopick.core.permissions import allows
from ecopick.core.roles import MembershipRole
from ecopick.domains.people.lifecycle import InvitationStatus, OrganizationType
from ecopick.domains.people.models import Invitation, Membership, User, UserUnit
from ecopick.domains.people.policy import (
    homes_visible_to,
    invitations_visible_to,
    memberships_visible_to,
)
from ecopick.domains.people.queries import role_counts, shown_name, tie_counts
from ecopick.domains.property.models import Building, PropertyOwner, TenantCompany, Unit


@dataclass(frozen=True)
class InvitationFacts:
    """An invitation as lists show it."""

    id: uuid.UUID
    email: str
    role: MembershipRole
    status: InvitationStatus
    organization_type: OrganizationType | None
    organization_id: uuid.UUID | None
    building_id: uuid.UUID | None
    building_name: str | None
    unit_id: uuid.UUID | None
    unit_label: str | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Member:
    """A role of somebody in the actor's organisation."""

    membership_id: uuid.UUID
    user_id: uuid.UUID
    name: str
    email: str
    role: MembershipRole
    is_pending: bool
    company_name: str | None
    building_name: str | None
    unit_label: str | None
    may_end: bool


@dataclass(frozen=True)
class FoundPerson:
    """Somebody who was found by their name: what they are here, or where they live."""

    id: uuid.UUID
    name: str
    roles: tuple[MembershipRole, ...]
    home: str


@dataclass(frozen=True)
class LinkFacts:
    """What the holder of an invitation's link may know: who invites whom into what."""

    id: uuid.UUID
    property_owner_id: uuid.UUID
    organization_type: OrganizationType | None
    organization_id: uuid.UUID | None
    organisation: str
    role: MembershipRole
    inviter_id: uuid.UUID | None
    inviter: str
    email: str
    first_name: str | None
    last_name: str | None
    building_id: uuid.UUID | None
    status: InvitationStatus


def find_invitation(session: Session, actor: Actor, key: uuid.UUID | str) -> Invitation:
    """The invitation, locked; ``NotFound`` where it is missing, malformed or foreign."""
    invitation_id = as_id(key)
    found = session.scalars(
        select(Invitation)
        .where(Invitation.id == invitation_id, invitations_visible_to(actor))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise missing(actor, "Invitation", invitation_id)
    return found


def find_invitation_of_link(session: Session, actor: Actor, key: uuid.UUID) -> Invitation:
    """The invitation of a link that was opened, locked; its token was the proof."""
    found = session.scalars(
        select(Invitation)
        .where(Invitation.id == key)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise missing(actor, "Invitation", key)
    return found


def owner_of_link(session: Session, token: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    """Id and owner of the invitation with this token, whatever the scope."""
    found = func.find_invitation(cast(crypto.token_hash(token), LargeBinary)).table_valued(
        column("id", Uuid), column("property_owner_id", Uuid), column("status", Text)
    )
    row = session.execute(select(found)).one_or_none()
    return None if row is None else (row.id, row.property_owner_id)


def link_facts(session: Session, invitation_id: uuid.UUID) -> LinkFacts:
    """The facts of an opened link; the scope must hold the invitation's owner.

    A vendor's name is left to the vendors. A pending one past its time counts as expired.
    """
    row = session.execute(
        select(
            Invitation,
            PropertyOwner.name.label("owner"),
            TenantCompany.name.label("company"),
            shown_name.label("inviter"),
        )
        .outerjoin(PropertyOwner, PropertyOwner.id == Invitation.property_owner_id)
        .outerjoin(TenantCompany, TenantCompany.id == Invitation.organization_id)
        .outerjoin(User, User.id == Invitation.invited_by)
        .where(Invitation.id == invitation_id)
    ).one()
    found = row.Invitation
    due = found.status == InvitationStatus.PENDING and found.expires_at <= clock.now()
    return LinkFacts(
        id=found.id,
        property_owner_id=found.property_owner_id,
        organization_type=found.organization_type,
        organization_id=found.organization_id,
        organisation=row.company or row.owner or "",
        role=found.role,
        inviter_id=found.invited_by,
        inviter=row.inviter if found.invited_by is not None and row.inviter else "",
        email=found.email,
        first_name=found.first_name,
        last_name=found.last_name,
        building_id=found.building_id,
        status=InvitationStatus.EXPIRED if due else found.status,
    )


def leads_vendor(
    session: Session, user_id: uuid.UUID | None, vendor_org_id: uuid.UUID | None
) -> bool:
    """Whether the person administers the vendor; the scope must be theirs."""
    found = session.scalar(
        select(Membership.id)
        .where(
            Membership.user_id == user_id,
            Membership.vendor_org_id == vendor_org_id,
            Membership.role == MembershipRole.VENDOR_ADMIN,
            role_counts(),
        )
        .limit(1)
    )
    return found is not None


def leads_itself(session: Session, vendor_org_id: uuid.UUID | None) -> bool:
    """Whether somebody administers the vendor with an account of their own."""
    found = session.scalar(
        select(Membership.id)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.vendor_org_id == vendor_org_id,
            Membership.role == MembershipRole.VENDOR_ADMIN,
            role_counts(),
            User.email_verified,
        )
        .limit(1)
    )
    return found is not None


def has_left(session: Session, user_id: uuid.UUID | None, owner_id: uuid.UUID) -> bool:
    """Whether the person had roles at the owner and has none any more; the scope is the owner's."""
    counts = session.scalars(
        select(role_counts()).where(
            Membership.user_id == user_id, Membership.property_owner_id == owner_id
        )
    ).all()
    return bool(counts) and not any(counts)


def invitations(session: Session, actor: Actor) -> list[InvitationFacts]:
    """Invitations that wait or have expired, newest first, which the actor may manage."""
    rows = session.execute(
        select(Invitation, Building.name, Unit.label)
        .outerjoin(Building, Building.id == Invitation.building_id)
        .outerjoin(Unit, Unit.id == Invitation.unit_id)
        .where(
            invitations_visible_to(actor),
            Invitation.status.in_((InvitationStatus.PENDING, InvitationStatus.EXPIRED)),
        )
        .order_by(Invitation.created_at.desc(), Invitation.id)
    ).all()
    session.info["authorized"] = True
    moment = clock.now()
    return [
        InvitationFacts(
            id=row.id,
            email=row.email,
            role=row.role,
            status=InvitationStatus.EXPIRED if row.expires_at <= moment else row.status,
            organization_type=row.organization_type,
            organization_id=row.organization_id,
            building_id=row.building_id,
            building_name=building,
            unit_id=row.unit_id,
            unit_label=unit,
            created_at=row.created_at,
            expires_at=row.expires_at,
        )
        for row, building, unit in rows
        if allows(session, actor, "invitation:manage", row)
    ]


def members(session: Session, actor: Actor) -> list[Member]:
    """Roles that the actor may see, their own included, by name."""
    rows = session.execute(
        select(
            Membership,
            shown_name.label("name"),
            User.email,
            TenantCompany.name.label("company"),
            Building.name.label("building"),
            Unit.label.label("unit"),
        )
        .join(User, User.id == Membership.user_id)
        .outerjoin(TenantCompany, TenantCompany.id == Membership.tenant_company_id)
        .outerjoin(Building, Building.id == Membership.building_id)
        .outerjoin(Unit, Unit.id == Membership.unit_id)
        .where(Membership.ended_at.is_(None), memberships_visible_to(actor))
        .order_by(func.lower(shown_name), Membership.role, Membership.id)
    ).all()
    session.info["authorized"] = True
    return [
        Member(
            membership_id=row.Membership.id,
            user_id=row.Membership.user_id,
            name=row.name,
            email=row.email,
            role=row.Membership.role,
            is_pending=row.Membership.status == "pending",
            company_name=row.company,
            building_name=row.building,
            unit_label=row.unit,
            may_end=allows(session, actor, "membership:manage", row.Membership),
        )
        for row in rows
    ]


def find_people(
    session: Session, actor: Actor, words: Sequence[str], limit: int
) -> list[FoundPerson]:
    """People in whose name all the words stand, of those whose roles or homes the actor sees."""
    session.info["authorized"] = True
    found = _people(actor).where(has_words(shown_name, words)).limit(limit)
    order = (nearness(shown_name, words), shown_name, User.id)
    return [_person(row) for row in session.execute(found.order_by(*order))]


def found_person(session: Session, actor: Actor, user_id: uuid.UUID) -> FoundPerson | None:
    """Somebody whose roles or home the actor sees; None for anybody else."""
    session.info["authorized"] = True
    row = session.execute(_people(actor).where(User.id == user_id)).one_or_none()
    return _person(row) if row is not None else None


def _people(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Everybody of whom the actor sees a role or a home, with these."""
    roles = (
        select(Membership.role)
        .where(
            Membership.user_id == User.id,
            Membership.property_owner_id.in_(actor.owner_ids),
            role_counts(),
            memberships_visible_to(actor),
        )
        .correlate(User)
    )
    homes = (
        select(func.concat_ws(", ", Building.name, Unit.label))
        .select_from(UserUnit)
        .join(
            Unit,
            and_(Unit.property_owner_id == UserUnit.property_owner_id, Unit.id == UserUnit.unit_id),
        )
        .join(
            Building,
            and_(
                Building.property_owner_id == UserUnit.property_owner_id,
                Building.id == UserUnit.building_id,
            ),
        )
        .where(
            UserUnit.user_id == User.id,
            UserUnit.property_owner_id.in_(actor.owner_ids),
            tie_counts(),
            homes_visible_to(actor),
        )
        .correlate(User)
    )
    first = homes.order_by(UserUnit.is_primary.desc(), Building.name, Unit.label).limit(1)
    return select(
        User.id,
        shown_name.label("name"),
        func.array(roles.scalar_subquery()).label("roles"),
        first.scalar_subquery().label("home"),
    ).where(User.is_system.is_(False), or_(roles.exists(), homes.exists()))


def _person(row: Any) -> FoundPerson:
    roles = sorted({MembershipRole(role) for role in row.roles})
    return FoundPerson(row.id, row.name, tuple(roles), row.home or "")
