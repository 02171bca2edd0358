"""Who may look at the jobs of a vendor."""

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import policy


@policy("vendor:view_opportunities")
def vendor_role(session: Session, actor: Actor, subject: object) -> bool:
    """People with a role at a vendor; what they see is that vendor's own."""
    return bool(actor.vendor_org_ids)
