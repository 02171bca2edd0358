"""How an owner is billed, and from which total on two people approve."""

from typing import Any

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.domains.billing.inputs import BillingSettings
from ecopick.domains.billing.policy import SETTINGS
from ecopick.domains.billing.queries.find import lock_owner
from ecopick.domains.property.models import PropertyOwner

ADDRESS = ("vat_id", "address", "postcode", "city", "country")


@command("billing:settings", find=lock_owner, audit_as="ENTITY_UPDATED")
def keep_settings(
    session: Session, actor: Actor, owner: PropertyOwner, data: BillingSettings
) -> PropertyOwner:
    """Keep address, VAT id and limit; the limit is in the owner's currency, None asks nobody twice."""
    for name in ADDRESS:
        setattr(owner, name, getattr(data, name))
    limit = data.two_approvals_above
    mine: dict[str, Any] = dict(owner.settings.get(SETTINGS) or {})
    mine["two_approvals_above"] = None if limit is None else str(limit)
    owner.settings = {**owner.settings, SETTINGS: mine}
    return owner
