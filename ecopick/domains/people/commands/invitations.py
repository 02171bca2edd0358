"""Invitations: made, sent again, taken back, accepted.

A link's token is computed from id and version; only its hash is stored. It
counts once, for seven days, for the invited address.
"""

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock, crypto
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict, Text
from ecopick.core.events import emit
from ecopick.core.roles import TENANT_ROLES, VENDOR_ROLES, MembershipRole
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.people import policy
from ecopick.domains.people.events import InvitationAccepted, InvitationRevoked, InvitationSent
from ecopick.domains.people.inputs import InvitePerson
from ecopick.domains.people.lifecycle import InvitationStatus, OrganizationType, UnitRelationship
from ecopick.domains.people.members import find_invitation, find_invitation_of_link
from ecopick.domains.people.models import Invitation, Membership, User, UserUnit
from ecopick.domains.people.queries import role_counts
from ecopick.domains.property.models import Building, TenantCompany, Unit

LIFETIME = timedelta(days=7)
_HOMES = {
    MembershipRole.RESIDENT: UnitRelationship.RESIDENT,
    MembershipRole.TENANT_OCCUPANT: UnitRelationship.WORKSPACE,
}


def invitation_token(invitation_id: uuid.UUID, version: int) -> str:
    """What the mailed link carries; computed again each time the mail is rendered."""
    return crypto.token("invitation", invitation_id, version)


def invite(session: Session, actor: Actor, data: InvitePerson) -> Invitation:
    """Invite somebody; ``Invalid`` names a foreign id, ``Conflict`` a waiting invitation."""
    return _store(session, actor, _draft(session, actor, data), data)


def _draft(session: Session, actor: Actor, data: InvitePerson) -> Invitation:
    """The invitation as it would be, for ``authorize`` to judge."""
    kind, organization_id, owner_id = _organisation(actor, data)
    if data.org_type not in (None, kind):
        raise wrong_field("org_type", _("This role belongs to another kind of organisation."))
    building_id = data.building_id
    if building_id is None and data.unit_id is not None:
        building_id = session.scalar(
            select(Unit.building_id).where(
                Unit.id == data.unit_id, Unit.property_owner_id == owner_id
            )
        )
    draft_id = new_id()
    return Invitation(
        id=draft_id,
        property_owner_id=owner_id,
        token_hash=crypto.token_hash(invitation_token(draft_id, 1)),
        version=1,
        email=data.email,
        first_name=data.first_name,
        last_name=data.last_name,
        role=data.role,
        organization_type=kind,
        organization_id=organization_id,
        building_id=building_id,
        unit_id=data.unit_id,
        status=InvitationStatus.PENDING,
        metadata_={"language": data.language} if data.language else None,
        invited_by=actor.user_id,
        expires_at=clock.now() + LIFETIME,
    )


def _organisation(
    actor: Actor, data: InvitePerson
) -> tuple[OrganizationType, uuid.UUID, uuid.UUID]:
    """Kind and id of the organisation, and the owner to whom the invitation belongs."""
    if data.role in VENDOR_ROLES:
        vendor_id = data.org_id or policy.only_vendor(actor)
        if vendor_id is None:
            raise wrong_field("org_id", _("This field is needed."))
        # A vendor's own invitations stand with the platform, an owner's with the owner.
        own = vendor_id in policy.vendors_led(actor) or actor.owner_id is None
        owner_id = PLATFORM_OWNER_ID if own or actor.owner_id is None else actor.owner_id
        return OrganizationType.VENDOR_ORG, vendor_id, owner_id
    if data.role in TENANT_ROLES:
        company_id = data.org_id or policy.only_company(actor)
        if company_id is None:
            raise wrong_field("org_id", _("Please choose the tenant company."))
        owners = [
            m.property_owner_id for m in actor.memberships if m.tenant_company_id == company_id
        ]
        owner_id = next(iter(owners), None) or actor.owner_id or PLATFORM_OWNER_ID
        return OrganizationType.TENANT_COMPANY, company_id, owner_id
    owner_id = actor.owner_id or PLATFORM_OWNER_ID
    if data.org_id not in (None, owner_id):
        raise _no_option("org_id")
    return OrganizationType.PROPERTY_OWNER, owner_id, owner_id


def _no_option(field: str) -> Exception:
    return wrong_field(field, _("Please choose one of the options."))


def _nothing(session: Session, actor: Actor, key: Any) -> Invitation:
    raise TypeError("an invitation is made of a draft")


@command("invitation:create", find=_nothing, audit_as="ENTITY_CREATED")
def _store(session: Session, actor: Actor, draft: Invitation, data: InvitePerson) -> Invitation:
    _check_places(session, draft, data)
    _refuse_twice(session, draft)
    session.add(draft)
    emit(session, actor, InvitationSent(draft.property_owner_id, draft.id))
    return draft


def _check_places(session: Session, draft: Invitation, data: InvitePerson) -> None:
    """Building, unit and company exist and belong to the owner."""
    owner_id = draft.property_owner_id
    if draft.organization_type == OrganizationType.VENDOR_ORG:
        for field in ("building_id", "unit_id"):
            if getattr(data, field) is not None:
                raise wrong_field(field, _("A vendor's role is for all its jobs."))
    if draft.organization_type == OrganizationType.TENANT_COMPANY:
        company = session.get(TenantCompany, draft.organization_id)
        if company is None or company.property_owner_id != owner_id:
            raise _no_option("org_id")
    if data.building_id is not None:
        building = session.get(Building, data.building_id)
        if building is None or building.property_owner_id != owner_id:
            raise _no_option("building_id")
    if data.unit_id is not None:
        unit = session.get(Unit, data.unit_id)
        if (
            unit is None
            or unit.property_owner_id != owner_id
            or unit.building_id != draft.building_id
        ):
            raise _no_option("unit_id")
        if draft.role not in _HOMES:
            raise wrong_field("unit_id", _("Only residents and occupants belong to a unit."))
    elif draft.role == MembershipRole.RESIDENT:
        raise wrong_field("unit_id", _("Please choose the unit."))


def _same_place(draft: Invitation) -> list[Any]:
    return [
        Invitation.property_owner_id == draft.property_owner_id,
        Invitation.email == draft.email,
        Invitation.role == draft.role,
        Invitation.organization_id == draft.organization_id,
        Invitation.building_id.is_not_distinct_from(draft.building_id),
        Invitation.unit_id.is_not_distinct_from(draft.unit_id),
    ]


def _refuse_twice(session: Session, draft: Invitation) -> None:
    waiting = session.scalar(
        select(Invitation.id).where(
            *_same_place(draft),
            Invitation.status == InvitationStatus.PENDING,
            Invitation.expires_at > clock.now(),
        )
    )
    if waiting is not None:
        raise Conflict(
            _("This person is already invited to this role. You can send the invitation again."),
            fields={"email": _("This person is already invited to this role.")},
        )


@command("invitation:manage", find=find_invitation, audit_as="ENTITY_UPDATED")
def resend(session: Session, actor: Actor, invitation: Invitation) -> Invitation:
    """A fresh link for seven more days; the earlier link is dead.

    ``Conflict`` once it was accepted or taken back.
    """
    _refuse_ended(invitation)
    invitation.version += 1
    token = invitation_token(invitation.id, invitation.version)
    invitation.token_hash = crypto.token_hash(token)
    invitation.status = InvitationStatus.PENDING
    invitation.expires_at = clock.now() + LIFETIME
    emit(session, actor, InvitationSent(invitation.property_owner_id, invitation.id))
    return invitation


def _refuse_ended(invitation: Invitation) -> None:
    if invitation.status == InvitationStatus.ACCEPTED:
        raise Conflict(ended_sentence(InvitationStatus.ACCEPTED), code="invitation_accepted")
    if invitation.status == InvitationStatus.REVOKED:
        raise Conflict(ended_sentence(InvitationStatus.REVOKED), code="invitation_revoked")


def ended_sentence(status: InvitationStatus) -> Text:
    """Why an invitation no longer counts."""
    match status:
        case InvitationStatus.ACCEPTED:
            return _("This invitation has already been accepted.")
        case InvitationStatus.REVOKED:
            return _("This invitation was taken back. Please ask for a new one.")
        case _:
            return _("This invitation has expired. Please ask for a new one.")


@command("invitation:manage", find=find_invitation, audit_as="ENTITY_STATUS_CHANGED")
def revoke(session: Session, actor: Actor, invitation: Invitation) -> Invitation:
    """Take an invitation back: its link is dead. ``Conflict`` once it was accepted."""
    _refuse_ended(invitation)
    invitation.status = InvitationStatus.REVOKED
    invitation.revoked_at = clock.now()
    emit(session, actor, InvitationRevoked(invitation.property_owner_id, invitation.id))
    return invitation


@command("invitation:accept", find=find_invitation_of_link, audit_as="ENTITY_CREATED")
def accept(
    session: Session, actor: Actor, invitation: Invitation, user: User | None = None
) -> Membership:
    """Take the role; ``user`` is a new account, stored with it.

    The transaction's scope holds the invitation's owner (for a vendor the
    inviter's own). ``Conflict`` where the invitation no longer counts.
    """
    due = invitation.expires_at <= clock.now()
    if invitation.status != InvitationStatus.PENDING or due:
        expired = due and invitation.status == InvitationStatus.PENDING
        status = InvitationStatus.EXPIRED if expired else invitation.status
        raise Conflict(ended_sentence(status), code=f"invitation_{status}")
    if user is not None:
        session.add(user)
        session.flush()
    invitation.status = InvitationStatus.ACCEPTED
    invitation.accepted_at = clock.now()
    membership = _membership(session, actor.user_id, invitation)
    if invitation.unit_id is not None:
        _move_in(session, actor.user_id, invitation)
    emit(
        session,
        actor,
        InvitationAccepted(invitation.property_owner_id, invitation.id, actor.user_id),
    )
    return membership


def _membership(session: Session, user_id: uuid.UUID, invitation: Invitation) -> Membership:
    """The role, unless the person already holds the very same."""
    kind, organization_id = invitation.organization_type, invitation.organization_id
    is_vendor = kind == OrganizationType.VENDOR_ORG
    place: dict[str, Any] = {
        "user_id": user_id,
        "role": invitation.role,
        "property_owner_id": None if is_vendor else invitation.property_owner_id,
        "tenant_company_id": organization_id if kind == OrganizationType.TENANT_COMPANY else None,
        "vendor_org_id": organization_id if is_vendor else None,
        "building_id": invitation.building_id,
        "unit_id": invitation.unit_id,
    }
    held = session.scalars(
        select(Membership).where(
            role_counts(),
            *(getattr(Membership, name).is_not_distinct_from(each) for name, each in place.items()),
        )
    ).first()
    if held is not None:
        return held
    membership = Membership(id=new_id(), **place)
    session.add(membership)
    return membership


def _move_in(session: Session, user_id: uuid.UUID, invitation: Invitation) -> None:
    """The tie to the unit, from today; one that had ended runs again."""
    today = clock.now().date()
    tie = session.scalars(
        select(UserUnit).where(UserUnit.user_id == user_id, UserUnit.unit_id == invitation.unit_id)
    ).one_or_none()
    if tie is None:
        tie = UserUnit(
            user_id=user_id,
            property_owner_id=invitation.property_owner_id,
            unit_id=invitation.unit_id,
            building_id=invitation.building_id,
            relationship=_HOMES[invitation.role],
            start_date=today,
        )
        session.add(tie)
    elif not tie.is_active or tie.end_date is not None:
        tie.is_active, tie.start_date, tie.end_date = True, today, None
