"""Finding one invoice or rate: visible or 404, for writing locked and fresh."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.finding import as_id, missing
from ecopick.domains.billing.models import BillingRate, Invoice
from ecopick.domains.billing.policy import rates_visible_to, visible_to
from ecopick.domains.property.models import PropertyOwner
from ecopick.domains.vendors.models import VendorOrg


def get_invoice(session: Session, actor: Actor, key: Any) -> Invoice:
    """The visible invoice, for reading. Raises NotFound."""
    return _invoice(session, actor, key, lock=False)


def lock_invoice(session: Session, actor: Actor, key: Any) -> Invoice:
    """The visible invoice, locked and fresh, for writing. Raises NotFound."""
    return _invoice(session, actor, key, lock=True)


def _invoice(session: Session, actor: Actor, key: Any, *, lock: bool) -> Invoice:
    session.info["authorized"] = True
    query = select(Invoice).where(Invoice.id == as_id(key), visible_to(actor))
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = session.scalars(query).one_or_none() if as_id(key) else None
    if found is None:
        raise missing(actor, "Invoice", key)
    return found


def lock_rate(session: Session, actor: Actor, key: Any) -> BillingRate:
    """The visible rate, locked and fresh. Raises NotFound."""
    query = (
        select(BillingRate)
        .where(BillingRate.id == as_id(key), rates_visible_to(actor))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = session.scalars(query).one_or_none() if as_id(key) else None
    if found is None:
        raise missing(actor, "BillingRate", key)
    return found


def lock_vendor(session: Session, actor: Actor, key: Any) -> VendorOrg:
    """A vendor in the scope, locked and fresh. Raises NotFound."""
    query = select(VendorOrg).where(VendorOrg.id == as_id(key)).with_for_update(key_share=True)
    found = session.scalars(query).one_or_none() if as_id(key) else None
    if found is None:
        raise missing(actor, "VendorOrg", key)
    return found


def lock_owner(session: Session, actor: Actor, key: Any) -> PropertyOwner:
    """The owner for whom the actor acts, locked and fresh. Raises NotFound."""
    query = (
        select(PropertyOwner)
        .where(PropertyOwner.id == actor.owner_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    found = session.scalars(query).one_or_none()
    if found is None:
        raise missing(actor, "PropertyOwner", key)
    return found
