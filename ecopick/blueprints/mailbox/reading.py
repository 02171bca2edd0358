"""The address of a building as its management sees it."""

from ecopick.core.errors import Conflict
from ecopick.core.permissions import authorize
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.mailbox.models import InboundAddress
from ecopick.domains.mailbox.queries import address_of
from ecopick.domains.property.models import Building
from ecopick.domains.property.queries import find_building
from ecopick.web.state import current_actor, db_session, settings


def whole(address: InboundAddress | None) -> str | None:
    """The address with its domain; None where there is none or mail is not taken."""
    domain = settings().inbound.domain
    return f"{address.local_part}@{domain}" if address is not None and domain else None


def find(building_id: str) -> tuple[Building, InboundAddress | None]:
    """The building and its address, for whoever manages it. Raises NotFound or Forbidden."""
    session, actor = db_session(), current_actor()
    building = find_building(session, actor, building_id)
    authorize(session, actor, "building:manage", building)
    return building, address_of(session, building)


def need_domain() -> None:
    """Raises Conflict where this installation takes no mail."""
    if not settings().inbound.domain:
        raise Conflict(_("This installation takes no mail yet."), code="no_domain")
