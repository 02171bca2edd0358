"""A person's own roles, as several pages and the session show them."""

from ecopick.core.actor import Actor
from ecopick.domains.auth.queries.actors import owner_choices
from ecopick.domains.people.outputs import MembershipLine
from ecopick.domains.people.queries import memberships
from ecopick.domains.vendors.queries import vendor_names
from ecopick.web.state import db_session


def own_memberships(actor: Actor) -> list[MembershipLine]:
    """Own roles with the names of all their organisations."""
    lines = memberships(db_session(), actor)
    owners = dict(owner_choices(db_session(), actor))
    vendors = vendor_names(db_session(), [line.vendor_org_id for line in lines])
    for line in lines:
        if line.property_owner_name is None and line.property_owner_id is not None:
            line.property_owner_name = owners.get(line.property_owner_id)
        if line.vendor_org_id is not None:
            line.vendor_org_name = vendors.get(line.vendor_org_id)
    return lines
