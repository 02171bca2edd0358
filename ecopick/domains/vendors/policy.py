"""Who may look at a vendor and its jobs, and who may change what is known of it."""

import uuid

from sqlalchemy import ColumnElement, Select, exists, false, or_, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import policy
from ecopick.core.roles import MANAGEMENT_ROLES, VENDOR_ROLES, MembershipRole
from ecopick.domains.governance.queries import granted
from ecopick.domains.governance.resources import Resource, resource
from ecopick.domains.people.lifecycle import MembershipStatus, OrganizationType
from ecopick.domains.people.models import Invitation, Membership, User
from ecopick.domains.people.policy import vendors_led
from ecopick.domains.vendors.models import (
    OwnerVendor,
    VendorCertificate,
    VendorOrg,
    VendorSubscription,
)

# Where an explicit right for a vendor's jobs may stand.
GRANTED_ON = {
    "VendorOrg": OwnerVendor.vendor_org_id,
    "PropertyOwner": OwnerVendor.property_owner_id,
}
# The words of a right that let somebody look.
LOOKING = ("view", "view_opportunities")


@policy("vendor:view_opportunities")
def vendor_role(session: Session, actor: Actor, subject: object) -> bool:
    """People with a role at a vendor; what they see is that vendor's own."""
    return bool(actor.vendor_org_ids)


def vendors_granted(actor: Actor) -> Select[uuid.UUID, uuid.UUID]:
    """Owner and vendor of every right that shows a vendor's jobs: for that owner, no other."""
    return select(OwnerVendor.property_owner_id, OwnerVendor.vendor_org_id).where(
        OwnerVendor.ended_at.is_(None),
        or_(*(granted(actor, verb, "vendors", GRANTED_ON) for verb in LOOKING)),
    )


@policy("vendor:view_opportunities", name="permission")
def may_look(session: Session, actor: Actor, subject: object) -> bool:
    """An explicit right on a vendor, or on the whole owner; it shows that owner's jobs alone."""
    return bool(session.scalar(select(exists(vendors_granted(actor)))))


@resource("VendorOrg")
def _as_resource(session: Session, actor: Actor, vendor_org_id: uuid.UUID) -> Resource | None:
    """A vendor of the owner for whom the actor acts."""
    name = session.scalar(
        select(VendorOrg.name)
        .join(OwnerVendor, OwnerVendor.vendor_org_id == VendorOrg.id)
        .where(
            VendorOrg.id == vendor_org_id,
            OwnerVendor.property_owner_id == actor.owner_id,
            OwnerVendor.ended_at.is_(None),
        )
    )
    if name is None or actor.owner_id is None:
        return None
    return Resource("VendorOrg", vendor_org_id, actor.owner_id, None, name)


# The directory: an owner's vendors, and a vendor's own page.


def manages_some(actor: Actor) -> bool:
    """Whether the person leads at least one building of the owner for whom they act."""
    return actor.owner_id is not None and (
        actor.staff_buildings(actor.owner_id, MANAGEMENT_ROLES) != frozenset()
    )


def works_with_visible_to(actor: Actor) -> ColumnElement[bool]:
    """In SQL, of ``owner_vendors``: the owner's vendors for its management, and for a
    vendor's people its own dealings."""
    allowed: list[ColumnElement[bool]] = []
    if actor.owner_id is not None and (manages_some(actor) or actor.kind == "system"):
        allowed.append(OwnerVendor.property_owner_id == actor.owner_id)
    if actor.vendor_org_ids:
        allowed.append(OwnerVendor.vendor_org_id.in_(actor.vendor_org_ids))
    return or_(false(), *allowed)


@policy("vendor:view", name="management")
def management_looks(session: Session, actor: Actor, works: OwnerVendor) -> bool:
    """Management of the owner, of some of its buildings too."""
    return works.property_owner_id == actor.owner_id and manages_some(actor)


@policy(
    "vendor:create", "vendor:manage", "certificate:add", "certificate:verify", name="management"
)
def management_decides(
    session: Session, actor: Actor, works: OwnerVendor | VendorCertificate
) -> bool:
    """Management of all of the owner's buildings."""
    owner_id = works.property_owner_id
    return owner_id == actor.owner_id and actor.is_management(owner_id)


@policy("certificate:add", name="vendor")
def vendor_adds(session: Session, actor: Actor, works: OwnerVendor) -> bool:
    """An administrator of the vendor, for each owner it works for."""
    return works.vendor_org_id in vendors_led(actor)


@policy("certificate:view", name="management")
def management_reads(session: Session, actor: Actor, row: VendorCertificate) -> bool:
    """Management of the owner, of some of its buildings too."""
    return row.property_owner_id == actor.owner_id and manages_some(actor)


@policy("certificate:view", "performance:view", name="vendor")
def own_people(session: Session, actor: Actor, row: VendorCertificate | OwnerVendor) -> bool:
    """People at the vendor, of their own."""
    return row.vendor_org_id in actor.vendor_org_ids


@policy("certificate:remove", name="management")
def management_removes(session: Session, actor: Actor, row: VendorCertificate) -> bool:
    """Management of all of the owner's buildings."""
    owner_id = row.property_owner_id
    return owner_id == actor.owner_id and actor.is_management(owner_id)


@policy("certificate:remove", name="vendor")
def vendor_removes(session: Session, actor: Actor, row: VendorCertificate) -> bool:
    """An administrator of the vendor, what nobody has checked yet."""
    return row.vendor_org_id in vendors_led(actor) and row.verified_at is None


@policy("performance:view", name="management")
def management_compares(session: Session, actor: Actor, works: OwnerVendor) -> bool:
    """Management of the owner, of some of its buildings too."""
    return works.property_owner_id == actor.owner_id and manages_some(actor)


@policy("subscription:view", name="vendor_role")
def hears_of_jobs(session: Session, actor: Actor, subject: object) -> bool:
    """People with a role at a vendor; what they see is that vendor's own."""
    return bool(actor.vendor_org_ids)


@policy("subscription:manage", name="vendor")
def chooses_jobs(session: Session, actor: Actor, row: OwnerVendor | VendorSubscription) -> bool:
    """An administrator of the vendor."""
    return row.vendor_org_id in vendors_led(actor)


# Who keeps a vendor's details: itself, or the owner that entered it.


def has_own_account(vendor_org_id: uuid.UUID) -> ColumnElement[bool]:
    """In SQL: somebody administers the vendor with an account of their own."""
    return exists().where(
        Membership.vendor_org_id == vendor_org_id,
        Membership.role == MembershipRole.VENDOR_ADMIN,
        Membership.status == MembershipStatus.ACTIVE,
        Membership.ended_at.is_(None),
        Membership.user_id == User.id,
        User.email_verified,
    )


def keeps_details(session: Session, actor: Actor, vendor: VendorOrg) -> bool:
    """Whether the owner for whom the person acts entered the vendor and still looks after it.

    An owner that could change a vendor's address would get the mails about other owners'
    jobs; so this ends with the vendor's first own account, and with the second owner.
    """
    owner_id = actor.owner_id
    if owner_id is None or vendor.kept_by_id != owner_id or not actor.is_management(owner_id):
        return False
    return not session.scalar(select(has_own_account(vendor.id)))


@policy("vendor:edit", "vendor:staff", name="keeper")
def keeper(session: Session, actor: Actor, vendor: VendorOrg) -> bool:
    """Management of the owner that entered the vendor, until it has an account of its own."""
    return keeps_details(session, actor, vendor)


@policy("vendor:edit", name="vendor")
def vendor_itself(session: Session, actor: Actor, vendor: VendorOrg) -> bool:
    """An administrator of the vendor."""
    return vendor.id in vendors_led(actor)


@policy("invitation:create", "invitation:manage", name="vendor_keeper")
def invites_first(session: Session, actor: Actor, invitation: Invitation) -> bool:
    """Management of the owner that entered the vendor, its first account."""
    if (
        invitation.organization_type != OrganizationType.VENDOR_ORG
        or invitation.role not in VENDOR_ROLES
        or invitation.property_owner_id != actor.owner_id
    ):
        return False
    vendor = session.get(VendorOrg, invitation.organization_id)
    return vendor is not None and keeps_details(session, actor, vendor)
