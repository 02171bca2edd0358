"""Who may look at the jobs of a vendor."""

import uuid

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import policy
from ecopick.domains.governance.queries import granted
from ecopick.domains.governance.resources import Resource, resource
from ecopick.domains.vendors.models import OwnerVendor, VendorOrg

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
