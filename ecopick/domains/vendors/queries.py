"""The vendors that an owner works with and the people to write to."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from ecopick.core.roles import VENDOR_ROLES
from ecopick.domains.people.models import Membership, User
from ecopick.domains.vendors.models import OwnerVendor, VendorOrg


@dataclass(frozen=True)
class Recipient:
    """A person at a vendor who gets the mailed link."""

    user_id: uuid.UUID
    email: str
    name: str
    language: str


def is_linked(session: Session, owner_id: uuid.UUID, vendor_org_id: uuid.UUID) -> bool:
    """Whether the owner works with this vendor."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    OwnerVendor.property_owner_id == owner_id,
                    OwnerVendor.vendor_org_id == vendor_org_id,
                    OwnerVendor.ended_at.is_(None),
                )
            )
        )
    )


def linked_vendors(session: Session, owner_id: uuid.UUID) -> list[VendorOrg]:
    """The owner's vendors by name, for pickers."""
    return list(
        session.scalars(
            select(VendorOrg)
            .join(OwnerVendor, OwnerVendor.vendor_org_id == VendorOrg.id)
            .where(OwnerVendor.property_owner_id == owner_id, OwnerVendor.ended_at.is_(None))
            .order_by(VendorOrg.name)
        )
    )


def recipients(session: Session, vendor_org_id: uuid.UUID) -> list[Recipient]:
    """Everyone at the vendor who may accept a job, by name."""
    rows = session.execute(
        select(User.id, User.email, User.name, User.language)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.vendor_org_id == vendor_org_id,
            Membership.role.in_(VENDOR_ROLES),
            Membership.status == "active",
            Membership.ended_at.is_(None),
        )
        .order_by(User.name, User.id)
        .distinct()
    )
    return [Recipient(row.id, row.email, row.name or row.email, row.language) for row in rows]


def vendor_names(session: Session, ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    """Names of vendors in the scope."""
    wanted = {vendor_id for vendor_id in ids if vendor_id is not None}
    if not wanted:
        return {}
    rows = session.execute(select(VendorOrg.id, VendorOrg.name).where(VendorOrg.id.in_(wanted)))
    return {row.id: row.name for row in rows}
