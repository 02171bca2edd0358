"""Prices: kept by a vendor for everybody, or agreed between an owner and a vendor."""

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.billing.inputs import ChangeRate, SaveRate
from ecopick.domains.billing.models import BillingRate
from ecopick.domains.billing.policy import RateDesk
from ecopick.domains.billing.queries.find import lock_rate
from ecopick.domains.vendors.queries import is_linked


def _no_find(session: Session, actor: Actor, key: object) -> RateDesk:
    raise RuntimeError("a rate is kept for somebody")


def add_rate(session: Session, actor: Actor, data: SaveRate) -> BillingRate:
    """A new price. Conflict where one of this kind counts already, Invalid for a foreign vendor."""
    agreed = actor.owner_id if data.agreed or not actor.vendor_org_ids else None
    if agreed is not None and not is_linked(session, agreed, data.vendor_org_id):
        raise wrong_field("vendor_org_id", _("Please choose one of the options."))
    added: BillingRate = _add(session, actor, RateDesk(data.vendor_org_id, agreed), data)
    return added


@command("billing:rates", find=_no_find, audit_as="ENTITY_CREATED")
def _add(session: Session, actor: Actor, desk: RateDesk, data: SaveRate) -> BillingRate:
    _check_alone(session, desk.vendor_org_id, desk.property_owner_id, data)
    rate = BillingRate(
        id=new_id(),
        vendor_org_id=desk.vendor_org_id,
        property_owner_id=desk.property_owner_id,
        category=data.category,
        rate_type=data.rate_type,
        amount=data.amount,
        currency=data.currency,
        note=data.note,
        created_at=clock.now(),
    )
    session.add(rate)
    return rate


@command("billing:rates", find=lock_rate, audit_as="ENTITY_UPDATED")
def change_rate(session: Session, actor: Actor, rate: BillingRate, data: ChangeRate) -> BillingRate:
    """Another price or note, or the end of a rate; invoices keep the prices they name.

    Conflict where an ended rate would count again beside another of its kind.
    """
    if data.amount is not None:
        rate.amount = data.amount
    if "note" in data.model_fields_set:
        rate.note = data.note
    if data.is_active and not rate.is_active:
        _check_alone(session, rate.vendor_org_id, rate.property_owner_id, rate)
    if data.is_active is not None:
        rate.is_active = data.is_active
    return rate


def _check_alone(
    session: Session, vendor_org_id: uuid.UUID, owner_id: uuid.UUID | None, kind: Any
) -> None:
    """Conflict where a price of this category and type counts already."""
    same = session.scalar(
        select(BillingRate.id).where(
            BillingRate.vendor_org_id == vendor_org_id,
            BillingRate.property_owner_id.is_not_distinct_from(owner_id),
            BillingRate.category == kind.category,
            BillingRate.rate_type == kind.rate_type,
            BillingRate.is_active,
        )
    )
    if same is not None:
        raise Conflict(
            _("There is a price of this kind already. Please change that one."),
            code="duplicate_rate",
        )
