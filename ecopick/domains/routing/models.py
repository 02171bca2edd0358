"""Routing rules: who gets a ticket of a category in a building or unit."""

import uuid

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core.db import Base, HasId, Owned, Timestamps, owner_fk, owner_key


class RoutingRule(HasId, Owned, Timestamps, Base):
    """The higher ``priority`` wins; of two targets the assignee is tried first."""

    __tablename__ = "routing_rules"
    __table_args__ = (
        owner_key(),
        owner_fk("building_id", "buildings"),
        owner_fk("unit_id", "units", parent="building_id"),
        ForeignKeyConstraint(
            ["property_owner_id", "default_vendor_org_id"],
            ["owner_vendors.property_owner_id", "owner_vendors.vendor_org_id"],
        ),
        CheckConstraint(
            "default_assignee_user_id is not null or default_vendor_org_id is not null",
            name="has_target",
        ),
        Index(None, "property_owner_id", "building_id"),
        Index(None, "building_id", "unit_id"),
        Index(None, "category"),
    )

    building_id: Mapped[uuid.UUID]
    unit_id: Mapped[uuid.UUID | None]
    category: Mapped[str]
    default_assignee_user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    default_vendor_org_id: Mapped[uuid.UUID | None]
    priority: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
