"""What vendors send about the open jobs they want to hear of."""

import uuid
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from ecopick.core.categories import Category
from ecopick.core.validation import Input


class SaveSubscription(Input):
    """Of which open jobs a vendor wants to hear; without a building of all of the owner's.

    ``vendor_org_id`` may be left out by people of one vendor. With ``max_concurrent_jobs``
    accepted jobs the vendor hears of no more. ``service_radius_miles`` is noted only.
    """

    vendor_org_id: uuid.UUID | None = None
    property_owner_id: uuid.UUID
    building_id: uuid.UUID | None = None
    categories: list[Category] = Field(min_length=1, max_length=50)
    is_active: bool = True
    notify_urgent: bool = True
    notify_high: bool = True
    notify_medium: bool = True
    notify_low: bool = True
    max_concurrent_jobs: Annotated[int, Field(ge=1, le=1000)] | None = None
    service_radius_miles: Annotated[Decimal, Field(gt=0, max_digits=8, decimal_places=2)] | None = (
        None
    )
