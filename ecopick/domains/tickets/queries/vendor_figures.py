"""How well a vendor has done for one owner."""

import uuid
from dataclasses import dataclass

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.orm import Session

from ecopick.domains.vendors.models import VendorPerformance


@dataclass(frozen=True)
class VendorFigures:
    """Averages over finished jobs; None where nothing was measured yet."""

    jobs: int
    response_minutes: int | None
    resolution_minutes: int | None
    met_percent: int | None
    rating: float | None


def vendor_figures(
    session: Session, owner_id: uuid.UUID, vendor_org_id: uuid.UUID
) -> VendorFigures:
    """The figures of a vendor's finished jobs for the owner, in one statement."""
    row = session.execute(
        select(
            func.count(VendorPerformance.id),
            func.avg(VendorPerformance.response_time_minutes),
            func.avg(VendorPerformance.resolution_time_minutes),
            func.avg(cast(VendorPerformance.sla_met_deadline, Integer)),
            func.avg(VendorPerformance.rating),
        ).where(
            VendorPerformance.property_owner_id == owner_id,
            VendorPerformance.vendor_org_id == vendor_org_id,
        )
    ).one()
    jobs, response, resolution, met, rating = row
    return VendorFigures(
        jobs=int(jobs),
        response_minutes=round(response) if response is not None else None,
        resolution_minutes=round(resolution) if resolution is not None else None,
        met_percent=round(met * 100) if met is not None else None,
        rating=round(float(rating), 1) if rating is not None else None,
    )
