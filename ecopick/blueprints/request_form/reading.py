"""The form of the owner for whom one acts."""

from typing import Any

from ecopick.core.permissions import authorize
from ecopick.core.text import LANGUAGES
from ecopick.domains.tickets.commands.request_form import own_ground
from ecopick.domains.tickets.queries.public_requests import PublicOwner, as_public
from ecopick.web.state import current_actor, db_session


def own_form() -> PublicOwner:
    """What management may change of it. Raises NotFound or Forbidden."""
    session, actor = db_session(), current_actor()
    owner = own_ground(session, actor)
    authorize(session, actor, "request_form:manage", owner)
    return as_public(owner)


def fields_of(owner: PublicOwner) -> dict[str, Any]:
    """The form's settings under the names of their fields; None keeps a text that we provide."""
    return {
        "open": owner.takes_requests,
        "categories": list(owner.tiles),
        "contact": owner.settings.get("contact"),
        **{f"privacy_{language}": owner.privacy(language) for language in LANGUAGES},
    }
