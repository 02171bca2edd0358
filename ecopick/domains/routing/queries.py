"""Which rule takes a ticket: highest priority, then the more exact place, then the oldest."""

import uuid
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ecopick.domains.routing.models import RoutingRule


@dataclass(frozen=True)
class Facts:
    """What rules look at."""

    property_owner_id: uuid.UUID
    building_id: uuid.UUID
    unit_id: uuid.UUID | None
    category: str


@dataclass(frozen=True)
class Exclude:
    """Everyone who ever declined the ticket or let it lapse."""

    user_ids: frozenset[uuid.UUID] = frozenset()
    vendor_org_ids: frozenset[uuid.UUID] = frozenset()


@dataclass(frozen=True)
class Choice:
    """Who is asked: exactly one of the two, and by which rule."""

    rule_id: uuid.UUID
    user_id: uuid.UUID | None = None
    vendor_org_id: uuid.UUID | None = None


def pick(session: Session, facts: Facts, exclude: Exclude = Exclude()) -> Choice | None:
    """The first choice of the first rule that fits and is not excluded.

    A rule with both a person and a vendor tries the person first.
    """
    rules = session.scalars(
        select(RoutingRule)
        .where(
            RoutingRule.property_owner_id == facts.property_owner_id,
            RoutingRule.building_id == facts.building_id,
            or_(RoutingRule.unit_id.is_(None), RoutingRule.unit_id == facts.unit_id),
            RoutingRule.category == facts.category,
            RoutingRule.is_active,
        )
        .order_by(
            RoutingRule.priority.desc(),
            RoutingRule.unit_id.is_(None),
            RoutingRule.created_at,
            RoutingRule.id,
        )
    )
    for rule in rules:
        person = rule.default_assignee_user_id
        if person is not None and person not in exclude.user_ids:
            return Choice(rule.id, user_id=person)
        vendor = rule.default_vendor_org_id
        if vendor is not None and vendor not in exclude.vendor_org_ids:
            return Choice(rule.id, vendor_org_id=vendor)
    return None
