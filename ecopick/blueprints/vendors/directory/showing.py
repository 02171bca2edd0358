"""What the pages of one vendor are made of."""

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy.orm import Session

from ecopick.blueprints.vendors.directory import chart
from ecopick.core.actor import Actor
from ecopick.core.permissions import allows, authorize
from ecopick.domains.billing.queries.rates import rates_of
from ecopick.domains.catalog.queries import services_of
from ecopick.domains.property.queries import home_of
from ecopick.domains.reports.queries.performance import Scorecard, months, scorecard
from ecopick.domains.tickets.inputs import ListTickets
from ecopick.domains.tickets.queries.list import list_tickets
from ecopick.domains.vendors.models import OwnerVendor, VendorOrg
from ecopick.domains.vendors.queries.certificates import papers
from ecopick.domains.vendors.queries.directory import (
    find_works,
    invited_people,
    subscriptions_of,
    vendor_of,
    vendor_people,
)
from ecopick.web import performance as performance_words

JOBS_SHOWN = 8


def performance(
    session: Session, owner_ids: Collection[uuid.UUID], vendor_id: uuid.UUID
) -> dict[str, Any]:
    """The scorecard with its pictures, of a vendor that the reader was found to see."""
    card: Scorecard = scorecard(session, owner_ids, vendor_id)
    found = months(session, owner_ids, vendor_id)
    return {
        "card": card,
        "figures": performance_words.figures(card),
        "tenants": performance_words.tenants(card),
        "sample": performance_words.sample(card),
        "months": found,
        "finding": chart.finding(found),
        "month_name": chart.month_name,
        "wide": chart.draw(found, 720, 170, 1),
        "narrow": chart.draw(found, 340, 170, 3),
        "has_jobs": any(month.jobs for month in found),
    }


def vendor_page(session: Session, actor: Actor, vendor_id: str) -> dict[str, Any]:
    """Everything on the page of one vendor of the owner. Raises NotFound."""
    works = find_works(session, actor, vendor_id)
    authorize(session, actor, "vendor:view", works)
    vendor = vendor_of(session, works)
    owner_id = works.property_owner_id
    jobs = list_tickets(
        session,
        actor,
        ListTickets(view="all", vendor_org_id=[vendor.id], sort="-updated", limit=JOBS_SHOWN),
    )
    return {
        "works": works,
        "vendor": vendor,
        "people": vendor_people(session, vendor.id),
        "invited": invited_people(session, works),
        "subscriptions": subscriptions_of(session, works),
        "papers": papers(session, actor, vendor.id, owner_id),
        "services": services_of(session, vendor.id),
        "country": home_of(session, owner_id).country,
        "rates": rates_of(session, owner_id, vendor.id),
        "jobs": jobs.items,
        **performance(session, [owner_id], vendor.id),
        **_rights(session, actor, works, vendor),
    }


def _rights(
    session: Session, actor: Actor, works: OwnerVendor, vendor: VendorOrg
) -> dict[str, bool]:
    return {
        "may_manage": allows(session, actor, "vendor:manage", works),
        "may_edit": allows(session, actor, "vendor:edit", vendor),
        "may_staff": allows(session, actor, "vendor:staff", vendor),
        "may_verify": allows(session, actor, "certificate:verify", works),
    }
