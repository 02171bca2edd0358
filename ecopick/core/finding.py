"""Things named by an address: the id that it holds, and the one answer where there is none."""

import uuid

from ecopick.core.actor import Actor
from ecopick.core.errors import NotFound
from ecopick.core.permissions import not_visible
from ecopick.core.text import lazy_gettext as _


def as_id(value: object) -> uuid.UUID | None:
    """``value`` as an id; None for anything that is none."""
    if isinstance(value, uuid.UUID):
        return value
    try:
        return uuid.UUID(str(value))
    except ValueError:
        return None


def missing(actor: Actor, kind: str, key: object) -> NotFound:
    """The one answer for missing, foreign and malformed ids; each is recorded."""
    not_visible(actor, kind, as_id(key))
    return NotFound(_("There is nothing here, or you cannot see it."))
