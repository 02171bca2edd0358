"""What tenant companies rent, looked at only to decide on access."""

import uuid
from collections.abc import Collection
from datetime import date

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from ecopick.domains.property.models import Lease, LeaseUnit


def rents(
    session: Session,
    companies: Collection[uuid.UUID],
    building_id: uuid.UUID,
    unit_id: uuid.UUID | None,
    on: date,
) -> bool:
    """Whether one of ``companies`` has an active lease for the place on that day.

    Without a unit any active lease in the building counts (common areas).
    """
    query = select(Lease.id).where(
        Lease.tenant_company_id.in_(companies),
        Lease.building_id == building_id,
        Lease.is_active,
        Lease.start_date <= on,
        or_(Lease.end_date.is_(None), Lease.end_date >= on),
    )
    if unit_id is not None:
        query = query.where(
            exists().where(LeaseUnit.lease_id == Lease.id, LeaseUnit.unit_id == unit_id)
        )
    return session.scalar(select(query.exists())) or False
